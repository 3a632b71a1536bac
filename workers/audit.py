"""Who did what: one line for each act of a person, written in the same transaction as the act, and never changed.

The database itself lets nobody change or delete a line (`migrations/versions/m0014_lead.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from desk.intervention import INTERVENTIONS, Actor
from desk.platform.database import Transaction
from desk.text.tokenizer import clean
from desk.text.wording import Wording
from desk.ticket import new_id
from workers.tables import audit_log

COMMAND_LINE = Actor("cli", "The command line")
"""Whoever has a shell on the machine."""
MOST_EXPORTED = 100_000
LOOKED_THROUGH = 10_000
"""Lines, for the names that a filter offers."""


class AuditKind(StrEnum):
    """Acts that are no interventions on one ticket."""

    PAUSE = "pause"
    RESUME = "resume"
    REQUEUE = "requeue"
    SIGN_IN = "sign_in"
    INVITE = "invite"
    NEW_LINK = "new_link"
    CHANGE_ROLE = "change_role"
    DISABLE = "disable"
    END_SESSIONS = "end_sessions"
    CREATE_TOKEN = "create_token"  # noqa: S105  # the name of an act
    REVOKE_TOKEN = "revoke_token"  # noqa: S105  # the name of an act
    SYNC_SOURCE = "sync_source"
    SWITCH_OFF_PAGE = "switch_off_page"
    SWITCH_ON_PAGE = "switch_on_page"
    ACCEPT_ENTRY = "accept_entry"
    REJECT_ENTRY = "reject_entry"
    EDIT_ENTRY = "edit_entry"
    WITHDRAW_ENTRY = "withdraw_entry"


# An act is written down as it is pressed, before anybody knows what comes of it: the ticket's story tells that.
AUDIT_WORDS: Mapping[str, Wording] = {
    kind.value: Wording("pressed “%(button)s”", button=about.title) for kind, about in INTERVENTIONS.items()
} | {
    AuditKind.PAUSE.value: Wording("paused automatic replies"),
    AuditKind.RESUME.value: Wording("resumed automatic replies"),
    AuditKind.REQUEUE.value: Wording("had what was set aside tried again"),
    AuditKind.SIGN_IN.value: Wording("signed in"),
    AuditKind.INVITE.value: Wording("invited somebody"),
    AuditKind.NEW_LINK.value: Wording("made a new sign-in link"),
    AuditKind.CHANGE_ROLE.value: Wording("changed a role"),
    AuditKind.DISABLE.value: Wording("shut somebody out"),
    AuditKind.END_SESSIONS.value: Wording("ended somebody's sessions"),
    AuditKind.CREATE_TOKEN.value: Wording("made an API token"),
    AuditKind.REVOKE_TOKEN.value: Wording("revoked an API token"),
    AuditKind.SYNC_SOURCE.value: Wording("had a source read"),
    AuditKind.SWITCH_OFF_PAGE.value: Wording("switched a page off"),
    AuditKind.SWITCH_ON_PAGE.value: Wording("switched a page on again"),
    AuditKind.ACCEPT_ENTRY.value: Wording("accepted a proposed entry"),
    AuditKind.REJECT_ENTRY.value: Wording("rejected a proposed entry"),
    AuditKind.EDIT_ENTRY.value: Wording("changed an entry"),
    AuditKind.WITHDRAW_ENTRY.value: Wording("withdrew an entry"),
}
"""Each kind as people read it, after the name of who did it."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One act. `name` is None where only the id of who did it was known."""

    id: str
    at: datetime
    actor_id: str
    name: str | None
    kind: str
    channel: str | None
    ticket_id: str | None
    subject: str | None
    """What it was about, where that is no ticket; of an intervention its id."""
    detail: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines; None means any. Days are whole days in UTC."""

    actor_id: str | None = None
    kind: str | None = None
    since: date | None = None
    until: date | None = None


def record_audit(
    tx: Transaction,
    actor: Actor,
    kind: str,
    *,
    channel: str | None = None,
    ticket_id: str | None = None,
    subject: str | None = None,
    detail: str = "",
) -> None:
    """Write an act down; it stays if, and only if, the act does."""
    values = {
        "account_id": tx.account,
        "id": new_id(),
        "actor_id": actor.id,
        "who": tx.seal(actor.email or actor.name),
        "kind": kind,
        "channel": channel,
        "ticket_id": ticket_id,
        "subject": clean(subject) if subject else None,
        "detail": tx.seal(detail) if detail else None,
    }
    tx.execute(insert(audit_log).values(values))


def list_audit(tx: Transaction, audit_filter: AuditFilter, *, most: int, skip: int = 0) -> Iterator[AuditLine]:
    """The lines that fit, the newest first."""
    query = select(audit_log).where(*_filter_conditions(audit_filter))
    rows = tx.execute(query.order_by(audit_log.c.at.desc(), audit_log.c.id.desc()).limit(most).offset(skip))
    return (_line_from_row(tx, row) for row in rows)


def audit_actors(tx: Transaction) -> dict[str, str | None]:
    """Whoever did one of the newest acts, by id, with the name that the last of them had."""
    columns = (audit_log.c.actor_id, audit_log.c.who, audit_log.c.at)
    newest = select(*columns).order_by(audit_log.c.at.desc(), audit_log.c.id.desc()).limit(LOOKED_THROUGH).subquery()
    c = newest.c
    query = select(c.actor_id, c.who).ext(distinct_on(c.actor_id)).order_by(c.actor_id, c.who.is_(None), c.at.desc())
    return {row.actor_id: tx.open(row.who) if row.who else None for row in tx.execute(query)}


def _filter_conditions(audit_filter: AuditFilter) -> list[ColumnElement[bool]]:
    c = audit_log.c
    conditions: list[ColumnElement[bool]] = []
    if audit_filter.actor_id:
        conditions.append(c.actor_id == audit_filter.actor_id)
    if audit_filter.kind:
        conditions.append(c.kind == audit_filter.kind)
    if audit_filter.since:
        conditions.append(c.at >= datetime.combine(audit_filter.since, time(), UTC))
    if audit_filter.until:
        conditions.append(c.at < datetime.combine(audit_filter.until + timedelta(days=1), time(), UTC))
    return conditions


def _line_from_row(tx: Transaction, row: Row[Any]) -> AuditLine:
    return AuditLine(
        id=row.id,
        at=row.at,
        actor_id=row.actor_id,
        name=tx.open(row.who) if row.who else None,
        kind=row.kind,
        channel=row.channel,
        ticket_id=row.ticket_id,
        subject=row.subject,
        detail=tx.open(row.detail) if row.detail else "",
    )
