"""The list of tickets: what was asked for, and a page of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from desk.outcome import Outcome
from desk.platform.database import Transaction
from desk.text.tokenizer import clean
from desk.text.wording import Wording
from desk.ticket import TicketState
from workers import attention, overview, record, tickets
from workers.attention import Focus
from workers.record import TicketFilter, TicketLine

PER_PAGE = 50
MOST_PAGES = 2000
"""Postgres walks past what is skipped; whoever needs more narrows the list."""

LONGEST = 300

FOCUS_WORDS: Mapping[Focus, str] = {
    Focus.ESCALATED: Wording("Handed to people"),
    Focus.DRAFTS: Wording("Drafts to review"),
    Focus.REJECTED: Wording("Drafts rejected"),
    Focus.PARKED: Wording("Set aside"),
    Focus.ANSWERED: Wording("Answered automatically today"),
    Focus.NOTED: Wording("Drafted today"),
    Focus.HANDED_OVER: Wording("Handed over today"),
    Focus.BY_PEOPLE: Wording("Answered by people today"),
}
"""Each group of the first screen, as people read it."""


@dataclass(frozen=True, slots=True)
class TicketListQuery:
    """The filter as typed. `faults` say what could not be understood, by field; such a field filters nothing."""

    typed: Mapping[str, str]
    wanted: TicketFilter
    page: int
    faults: Mapping[str, str]
    focus: Focus | None = None
    """One group of the first screen alone."""

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
    names = ("state", "category", "ticket_id", "requester", "since", "until", "focus")
    raw_values = {name: clean(args.get(name, "")).strip()[:LONGEST] for name in names}
    faults: dict[str, str] = {}
    days_by_field = {name: parse_day(raw_values[name], name, faults) for name in ("since", "until")}
    ticket_filter = TicketFilter(
        state=TicketState(raw_values["state"]) if raw_values["state"] in set(TicketState) else None,
        category=raw_values["category"] or None,
        ticket_id=raw_values["ticket_id"] or None,
        requester=raw_values["requester"] or None,
        since=days_by_field["since"],
        until=days_by_field["until"],
    )
    focus = Focus(raw_values["focus"]) if raw_values["focus"] in set(Focus) else None
    return TicketListQuery(raw_values, ticket_filter, read_page_number(args.get("page", "")), faults, focus)


def find_tickets(tx: Transaction, query: TicketListQuery) -> TicketPage:
    """The page that was asked for."""
    skip, also = (query.page - 1) * PER_PAGE, attention.focus_condition(query.focus) if query.focus else None
    is_waiting = query.focus in attention.NEEDS
    lines = record.list_tickets(tx, query.wanted, most=PER_PAGE + 1, skip=skip, also=also, oldest_first=is_waiting)
    page_lines = lines[:PER_PAGE]
    subjects = tickets.ticket_subjects(tx, [line.ticket_id for line in page_lines])
    outcomes = overview.outcomes(tx, page_lines)
    rows = tuple(
        TicketRow(line, subjects.get(line.ticket_id), outcomes.get((line.channel, line.ticket_id)))
        for line in page_lines
    )
    return TicketPage(rows, len(lines) > PER_PAGE, record.count_tickets(tx), record.categories(tx))


def format_count(count: int) -> str:
    """A number of a group as pages show it."""
    if count <= attention.COUNTED_TO:
        return Wording("%(count)s", count=count)
    return Wording("more than %(count)s", count=attention.COUNTED_TO)


def parse_day(raw_day: str, field: str, faults: dict[str, str]) -> date | None:
    """A day as typed; None for none, and for what is no day, which `faults` then says."""
    if not raw_day:
        return None
    try:
        day = date.fromisoformat(raw_day)
    except ValueError:
        faults[field] = Wording("Write the day as 2026-03-31.")
        return None
    return day if day < date.max else None  # the day after it must exist too


def read_page_number(raw_number: str) -> int:
    """The number of a page as typed, from 1; 1 for what is none."""
    return (
        min(max(int(raw_number), 1), MOST_PAGES)
        if raw_number.isascii() and raw_number.isdigit() and len(raw_number) < 8
        else 1
    )
