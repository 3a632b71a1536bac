"""The list of tickets: what was asked for, and a page of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from desk.outcome import Outcome
from desk.platform.database import Transaction
from desk.text.tokenizer import clean
from desk.ticket import TicketState
from workers import overview, record, tickets
from workers.record import TicketFilter, TicketLine

PER_PAGE = 50
MOST_PAGES = 2000
"""Postgres walks past what is skipped; whoever needs more narrows the list."""

LONGEST = 300


@dataclass(frozen=True, slots=True)
class TicketListQuery:
    """The filter as typed. `faults` say what could not be understood, by field; such a field filters nothing."""

    typed: Mapping[str, str]
    wanted: TicketFilter
    page: int
    faults: Mapping[str, str]

    @property
    def narrowed(self) -> bool:
        """True if anything but the state is asked for."""
        return any(value for name, value in self.typed.items() if name != "state")


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket in the list; the subject where the ticket lives here."""

    line: TicketLine
    subject: str | None
    outcome: Outcome | None
    """What came of the last decision; None where nothing was to be delivered."""


@dataclass(frozen=True, slots=True)
class TicketPage:
    """A page of tickets, and what the filter can offer."""

    rows: tuple[TicketRow, ...]
    more: bool
    counts: Mapping[TicketState, int]
    categories: Sequence[str]


def read_query(args: Mapping[str, str]) -> TicketListQuery:
    """The filter in a query string; whatever stands there, it is no error."""
    names = ("state", "category", "ticket_id", "requester", "since", "until")
    typed = {name: clean(args.get(name, "")).strip()[:LONGEST] for name in names}
    faults: dict[str, str] = {}
    days = {name: _day(typed[name], name, faults) for name in ("since", "until")}
    wanted = TicketFilter(
        state=TicketState(typed["state"]) if typed["state"] in set(TicketState) else None,
        category=typed["category"] or None,
        ticket_id=typed["ticket_id"] or None,
        requester=typed["requester"] or None,
        since=days["since"],
        until=days["until"],
    )
    return TicketListQuery(typed, wanted, read_page_number(args.get("page", "")), faults)


def find_tickets(tx: Transaction, asked: TicketListQuery) -> TicketPage:
    """The page that was asked for."""
    lines = record.list_tickets(tx, asked.wanted, most=PER_PAGE + 1, skip=(asked.page - 1) * PER_PAGE)
    shown = lines[:PER_PAGE]
    subjects = tickets.ticket_subjects(tx, [line.ticket_id for line in shown])
    came = overview.outcomes(tx, shown)
    rows = tuple(
        TicketRow(line, subjects.get(line.ticket_id), came.get((line.channel, line.ticket_id))) for line in shown
    )
    return TicketPage(rows, len(lines) > PER_PAGE, record.count_tickets(tx), record.categories(tx))


def _day(typed: str, name: str, faults: dict[str, str]) -> date | None:
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        faults[name] = "Write the day as 2026-03-31."
        return None
    return day if day < date.max else None  # the day after it must exist too


def read_page_number(typed: str) -> int:
    """The number of a page as typed, from 1; 1 for what is none."""
    return min(max(int(typed), 1), MOST_PAGES) if typed.isascii() and typed.isdigit() and len(typed) < 8 else 1
