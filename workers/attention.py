"""What needs a person now, and what happened today: how many tickets, which, and why in words.

`Focus` names each group; the first screen counts them, the list of tickets opens them, and both ask by one condition.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_

from desk.delivery import DeliveryKind, DeliveryState
from desk.intervention import InterventionKind, ResultStatus
from desk.platform.database import Transaction
from desk.reasons import REASONS, Stop
from desk.run import Action
from desk.text.wording import Wording
from desk.ticket import ItemState, TicketState
from workers import record
from workers.queue import inbox
from workers.queue.outbox import BY_A_PERSON
from workers.record import TicketLine
from workers.tables import deliveries, interventions, runs, ticket_states


class Focus(StrEnum):
    """A group of tickets that a person may want to look at."""

    ESCALATED = "escalated"
    DRAFTS = "drafts"
    REJECTED = "rejected"
    PARKED = "parked"
    ANSWERED = "answered"
    NOTED = "noted"
    HANDED_OVER = "handed_over"
    BY_PEOPLE = "by_people"


NEEDS = (Focus.ESCALATED, Focus.DRAFTS, Focus.REJECTED, Focus.PARKED)
"""Groups of tickets that wait for somebody."""
TODAY = (Focus.ANSWERED, Focus.NOTED, Focus.HANDED_OVER, Focus.BY_PEOPLE)
"""Groups of what happened since midnight, UTC."""
COUNTED_TO = 1000
"""Beyond that "more than 1,000" says enough."""

_STATES = {
    Focus.ESCALATED: TicketState.ESCALATED,
    Focus.DRAFTS: TicketState.NOTED,
    Focus.REJECTED: TicketState.NOTED,
    Focus.PARKED: TicketState.PARKED,
}
_SETTLES = (InterventionKind.SEND, InterventionKind.EDIT_AND_SEND, InterventionKind.CLOSE, InterventionKind.REJECT)
_REJECTED = Wording("A colleague rejected the draft, and nobody has answered yet")
_WROTE_AGAIN = "The customer wrote again, and a person has the ticket"
_UNKNOWN = Wording("No reason was noted")


@dataclass(frozen=True, slots=True)
class NeedyTicket:
    """A ticket that needs somebody, since when, and why."""

    line: TicketLine
    focus: Focus
    why: tuple[str, ...]


def count_focus(tx: Transaction, focus: Focus) -> int:
    """How many tickets are in a group; one more than `COUNTED_TO` where there are more than that."""
    tickets = select(ticket_states.c.ticket_id).where(focus_condition(focus)).limit(COUNTED_TO + 1).subquery()
    return int(tx.execute(select(func.count()).select_from(tickets)).scalar_one())


def count_all(tx: Transaction, groups: Sequence[Focus]) -> Mapping[Focus, int]:
    """The same for several."""
    return {focus: count_focus(tx, focus) for focus in groups}


def list_waiting(tx: Transaction, most: int) -> list[NeedyTicket]:
    """What needs a person, the oldest first."""
    found = [(line, focus) for focus in NEEDS for line in oldest_in_focus(tx, focus, most)]
    found.sort(key=lambda pair: pair[0].updated_at)
    return [NeedyTicket(line, focus, explain_waiting(tx, line, focus)) for line, focus in found[:most]]


def oldest_in_focus(tx: Transaction, focus: Focus, most: int, skip: int = 0) -> list[TicketLine]:
    """The tickets of a group that have waited longest."""
    return record.list_tickets(
        tx, record.TicketFilter(), most=most, skip=skip, also=focus_condition(focus), oldest_first=True
    )


def explain_waiting(tx: Transaction, line: TicketLine, focus: Focus) -> tuple[str, ...]:
    """Why a ticket needs somebody, in words."""
    if focus is Focus.REJECTED:
        return (_REJECTED,)
    items = inbox.items_of_ticket(tx, line.channel, line.ticket_id)
    if focus is Focus.PARKED:
        return tuple(item.error or _UNKNOWN for item in items if item.state is ItemState.PARKED) or (_UNKNOWN,)
    if items and items[-1].outcome == Stop.PERSON_TOOK_OVER:
        return (_WROTE_AGAIN,)
    run = record.last_run(tx, line.channel, line.ticket_id)
    reasons = dict.fromkeys(REASONS[cap.reason].agents for cap in run.decision.caps) if run else ()
    return tuple(reasons) or (Wording("The policy asks for a person's look"),)


def focus_condition(focus: Focus) -> ColumnElement[bool]:
    """Is a row of `ticket_states` in this group?"""
    if focus in TODAY:
        return tuple_(ticket_states.c.channel, ticket_states.c.ticket_id).in_(_happened_today(focus))
    conditions = [ticket_states.c.state == _STATES[focus], ~_is_settling()]
    if focus is Focus.DRAFTS:
        conditions.append(~_is_rejected())
    if focus is Focus.REJECTED:
        conditions.append(_is_rejected())
    return and_(*conditions)


def _is_settling() -> ColumnElement[bool]:
    """Has a person ordered what will settle it, and has it not come to its end yet?"""
    c, d = interventions.c, deliveries.c
    ordered = select(c.id).where(_of_ticket(interventions), c.kind.in_(_SETTLES), c.state.in_(("waiting", "claimed")))
    is_leaving = d.state.in_((DeliveryState.WAITING, DeliveryState.SENDING))
    leaving = select(d.id).where(_of_ticket(deliveries), d.key.startswith(BY_A_PERSON), is_leaving)
    return or_(ordered.exists(), leaving.exists())


def _is_rejected() -> ColumnElement[bool]:
    c = interventions.c
    conditions = (c.kind == InterventionKind.REJECT, c.status == ResultStatus.DONE)
    rejected = select(c.id).where(_of_ticket(interventions), *conditions, c.created_at > ticket_states.c.updated_at)
    return rejected.exists()


def _of_ticket(table: Any) -> ColumnElement[bool]:
    return and_(
        table.c.account_id == ticket_states.c.account_id,
        table.c.channel == ticket_states.c.channel,
        table.c.ticket_id == ticket_states.c.ticket_id,
    )


def _happened_today(focus: Focus) -> Select[Any]:
    midnight = datetime.combine(datetime.now(UTC).date(), time(), UTC)
    if focus in (Focus.NOTED, Focus.HANDED_OVER):
        action = Action.INTERNAL_NOTE if focus is Focus.NOTED else Action.ESCALATE
        return select(runs.c.channel, runs.c.ticket_id).where(runs.c.at >= midnight, runs.c.action == action)
    c = deliveries.c
    is_by_person = c.key.startswith(BY_A_PERSON)
    by_whom = is_by_person if focus is Focus.BY_PEOPLE else ~is_by_person
    return select(c.channel, c.ticket_id).where(c.kind == DeliveryKind.REPLY, c.sent_at >= midnight, by_whom)
