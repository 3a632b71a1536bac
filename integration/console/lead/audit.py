"""Who did what: a page of it, and all of it as a table for a spreadsheet."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from flask import Response, g, request

from desk.platform.database import Database, Transaction
from desk.text.tokenizer import clean
from integration.access import sign_in
from integration.access.sign_in import Staff
from integration.console.ticket_list import parse_day, read_page_number
from workers.audit import AUDIT_WORDS, MOST_EXPORTED, AuditFilter, AuditLine, audit_actors, list_audit

PER_PAGE = 100
LONGEST = 200
COLUMNS = ("at", "who", "did", "kind", "channel", "ticket", "about", "detail")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run instead of show."""


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """The filter as typed, what it means, and what could not be understood."""

    typed: Mapping[str, str]
    wanted: AuditFilter
    page: int
    faults: Mapping[str, str]

    @property
    def narrowed(self) -> bool:
        """True if anything at all is asked for."""
        return any(self.typed.values())


class AuditPages:
    """The views; `blueprint.py` admits whoever comes in."""

    def __init__(self, db: Database, page: Callable[..., str]) -> None:
        self._db = db
        self._render_page = page

    def audit(self) -> str:
        """A page of acts, the newest first."""
        staff: Staff = g.staff
        query = read_audit_query(request.args)
        with self._db.account(staff.account) as tx:
            lines = list(list_audit(tx, query.wanted, most=PER_PAGE + 1, skip=(query.page - 1) * PER_PAGE))
            values = {"people": people_by_id(tx), "words": AUDIT_WORDS, "more": len(lines) > PER_PAGE}
            return self._render_page(tx, "audit", asked=query, lines=lines[:PER_PAGE], **values)

    def export(self) -> Response:
        """All that fit, as CSV."""
        staff: Staff = g.staff
        query = read_audit_query(request.args)
        with self._db.account(staff.account) as tx:
            content = write_csv(list_audit(tx, query.wanted, most=MOST_EXPORTED), people_by_id(tx))
        headers = {"Content-Disposition": 'attachment; filename="firstline-audit.csv"'}
        return Response(content, mimetype="text/csv", headers=headers)


def read_audit_query(args: Mapping[str, str]) -> AuditQuery:
    """The filter in a query string; whatever stands there, it is no error."""
    typed = {name: clean(args.get(name, "")).strip()[:LONGEST] for name in ("person", "kind", "since", "until")}
    faults: dict[str, str] = {}
    days: dict[str, date | None] = {name: parse_day(typed[name], name, faults) for name in ("since", "until")}
    kind = typed["kind"] if typed["kind"] in AUDIT_WORDS else None
    wanted = AuditFilter(typed["person"] or None, kind, days["since"], days["until"])
    return AuditQuery(typed, wanted, read_page_number(args.get("page", "")), faults)


def people_by_id(tx: Transaction) -> dict[str, str]:
    """Everybody who has done anything, by name: staff by their address as it is now."""
    staff_names = {f"person:{user.email.casefold()}": user.email for user in sign_in.list_users(tx)}
    names = {actor_id: name or actor_id for actor_id, name in audit_actors(tx).items()}
    names |= {actor_id: email for actor_id, email in staff_names.items() if actor_id in names}
    return dict(sorted(names.items(), key=lambda pair: pair[1]))


def write_csv(lines: Iterable[AuditLine], people: Mapping[str, str]) -> str:
    """One row for each act, under the names of the columns."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for line in lines:
        who = line.name or people.get(line.actor_id, line.actor_id)
        places = (line.channel, line.ticket_id, line.subject, line.detail)
        cells = (line.at.isoformat(), who, AUDIT_WORDS.get(line.kind, line.kind), line.kind, *places)
        writer.writerow(_harmless(cell or "") for cell in cells)
    return buffer.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
