"""The first screen: what needs a person now, what happened today, and whether anything is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass

from desk.platform.accounts import get_account
from desk.platform.database import Database, Transaction
from desk.text.wording import Wording
from integration.console.ticket_list import FOCUS_WORDS, format_count
from workers import attention, record, tickets
from workers.attention import Focus, NeedyTicket
from workers.parties import standing
from workers.queue import heartbeats

SHOWN = 12
BEAT_LATE = 120.0
"""Seconds without a sign of life after which people are told."""


@dataclass(frozen=True, slots=True)
class FocusCount:
    """A number of the first screen, and the group of tickets behind it."""

    focus: Focus
    title: str
    count: int

    @property
    def shown(self) -> str:
        """The number in words."""
        return format_count(self.count)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong, and where to look; `route` is a view of the console, None where there is none."""

    text: str
    route: str | None = None


@dataclass(frozen=True, slots=True)
class FirstScreen:
    """`empty`: no ticket has ever come in."""

    needs: tuple[FocusCount, ...]
    waiting: tuple[NeedyTicket, ...]
    subjects: Mapping[str, str]
    today: tuple[FocusCount, ...]
    troubles: tuple[Trouble, ...]
    empty: bool

    @property
    def needed(self) -> int:
        """How many tickets wait for somebody."""
        return sum(each.count for each in self.needs)

    @property
    def drafts(self) -> bool:
        """Are there drafts to review?"""
        return any(each.count for each in self.needs if each.focus is Focus.DRAFTS)


def look_at_beat(db: Database) -> Trouble | None:
    """Has the clock stopped that starts all work which nobody else starts?"""
    age = heartbeats.seconds_since_heartbeat(db, heartbeats.BEAT)
    if age is None:
        return Trouble(
            Wording("No worker has given a sign of life yet. firstline up starts them, or your process manager does.")
        )
    if age > BEAT_LATE:
        return Trouble(
            Wording.plural(
                "The workers' clock stopped %(count)s minute ago: nothing is retried. See firstline doctor.",
                "The workers' clock stopped %(count)s minutes ago: nothing is retried. See firstline doctor.",
                round(age / 60),
            )
        )
    return None


def open_first_screen(tx: Transaction, beat: Trouble | None) -> FirstScreen:
    """The screen as things stand."""
    needs = _focus_counts(tx, attention.NEEDS)
    waiting = tuple(attention.list_waiting(tx, SHOWN)) if any(each.count for each in needs) else ()
    return FirstScreen(
        needs=needs,
        waiting=waiting,
        subjects=tickets.ticket_subjects(tx, [each.line.ticket_id for each in waiting]),
        today=_focus_counts(tx, attention.TODAY),
        troubles=_find_troubles(tx, beat, needs),
        empty=not waiting and not record.list_tickets(tx, record.TicketFilter(), most=1),
    )


def _focus_counts(tx: Transaction, groups: tuple[Focus, ...]) -> tuple[FocusCount, ...]:
    counts = attention.count_all(tx, groups)
    return tuple(FocusCount(focus, FOCUS_WORDS[focus], counts[focus]) for focus in groups)


def _find_troubles(tx: Transaction, beat: Trouble | None, needs: tuple[FocusCount, ...]) -> tuple[Trouble, ...]:
    account = get_account(tx)
    troubles = [
        Trouble(
            Wording(
                "%(party)s is away since %(since)s. Its work waits.", party=each.party.capitalize(), since=each.since
            )
        )
        for each in standing.parties_away(tx)
    ]
    parked = next(each for each in needs if each.focus is Focus.PARKED)
    if parked.count:
        set_aside = Wording.plural(
            "%(shown)s ticket is set aside after failures.",
            "%(shown)s tickets are set aside after failures.",
            parked.count,
            shown=parked.shown,
        )
        troubles.append(Trouble(set_aside, "console.parked"))
    if account and account.paused_at:
        troubles.append(Trouble(Wording("Automatic replies are paused. Drafts go on."), "console.ask_pause"))
    return tuple(troubles + ([beat] if beat else []))
