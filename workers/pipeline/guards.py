"""Guards: why a message must not be answered. Run before the pipeline, and once more right before sending.

Each guard is a small function that returns why it stops the walk, or None. What it asks about the conversation is
defined in `desk/conversation.py`. Being paused is no guard: drafts go on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from desk.conversation import Conversation, OwnRecord, is_ours, last_word, read_conversation
from desk.delivery import DeliveryKind
from desk.policy.scope import EVERYWHERE, TicketScope
from desk.reasons import Stop
from desk.ticket import Message, Role, Ticket, TicketState, TicketStatus

OFF_TAG = "firstline_off"


@dataclass(frozen=True, slots=True)
class GuardInput:
    """What a guard looks at."""

    ticket: Ticket
    message: Message
    conversation: Conversation
    record: OwnRecord
    scope: TicketScope


Guard = Callable[[GuardInput], Stop | None]


def stop_before_run(ticket: Ticket, message_id: str, record: OwnRecord) -> Stop | None:
    """The first guard's objection to answering this message of the ticket as it stands now, or None."""
    return _first_objection(GUARDS, ticket, message_id, record, EVERYWHERE)


def stop_before_send(
    ticket: Ticket, message_id: str, kind: DeliveryKind, record: OwnRecord, scope: TicketScope = EVERYWHERE
) -> Stop | None:
    """Why what was planned may not leave after all, or None. For an automatic reply and a status the same guards as
    before the run, and that nobody is owed a person; a hand-over stands whatever the customer writes, only a person's
    act ends it; a note and an alert are left out only where the ticket is none of ours any more.
    """
    if kind in STANDING_GUARDS:
        guard_input = GuardInput(ticket, _ANY_MESSAGE, read_conversation(ticket, record), record, scope)
        return next((stop for guard in STANDING_GUARDS[kind] if (stop := guard(guard_input))), None)
    return _first_objection((*GUARDS, person_owed), ticket, message_id, record, scope)


def stop_before_person_send(ticket: Ticket, seen_message_id: str, record: OwnRecord) -> Stop | None:
    """Why what a person ordered may not leave after all: the conversation is not any more as they saw it. All else is
    theirs to decide."""
    if ticket.status is TicketStatus.CLOSED:
        return Stop.CLOSED
    last = last_word(ticket, record)
    if last is None or _has_seen(ticket, seen_message_id, last):
        return None
    return Stop.CUSTOMER_WROTE_AGAIN if last.role is Role.CUSTOMER else Stop.ANSWERED_MEANWHILE


def _has_seen(ticket: Ticket, seen_message_id: str, last: Message) -> bool:
    """Whoever saw a note or a hand-over behind the last word saw that too."""
    positions = {message.id: place for place, message in enumerate(ticket.messages)}
    return positions.get(seen_message_id, -1) >= positions[last.id]


def _first_objection(
    guards: tuple[Guard, ...], ticket: Ticket, message_id: str, record: OwnRecord, scope: TicketScope
) -> Stop | None:
    message = ticket.message(message_id)
    if message is None:
        return Stop.MESSAGE_GONE
    guard_input = GuardInput(ticket, message, read_conversation(ticket, record), record, scope)
    return next((stop for guard in guards if (stop := guard(guard_input))), None)


def out_of_scope(guard_input: GuardInput) -> Stop | None:
    """The policy leaves such tickets to others."""
    return None if guard_input.scope.holds(guard_input.ticket) else Stop.OUT_OF_SCOPE


def own_message(guard_input: GuardInput) -> Stop | None:
    """Our own words come back as events."""
    return Stop.OWN_MESSAGE if is_ours(guard_input.message, guard_input.record) else None


def not_a_customer(guard_input: GuardInput) -> Stop | None:
    """Agents, other assistants and internal notes are not answered."""
    message = guard_input.message
    return Stop.NOT_A_CUSTOMER if message.role is not Role.CUSTOMER or not message.public else None


def machine_mail(guard_input: GuardInput) -> Stop | None:
    """Two machines would write to each other for ever."""
    return Stop.MACHINE_MAIL if guard_input.message.automatic else None


def closed(guard_input: GuardInput) -> Stop | None:
    """A closed ticket takes no more messages."""
    return Stop.CLOSED if guard_input.ticket.status is TicketStatus.CLOSED else None


def switched_off(guard_input: GuardInput) -> Stop | None:
    """An agent said so, by tag or button."""
    is_off = guard_input.record.switched_off or OFF_TAG in guard_input.ticket.tags
    return Stop.SWITCHED_OFF if is_off else None


def tagged_off(guard_input: GuardInput) -> Stop | None:
    """The tag keeps us from the ticket in every way; the button from answering it: who needs a person is heard."""
    return Stop.SWITCHED_OFF if OFF_TAG in guard_input.ticket.tags else None


def person_took_over(guard_input: GuardInput) -> Stop | None:
    """A person has the ticket, so Firstline steps back."""
    return Stop.PERSON_TOOK_OVER if guard_input.conversation.taken_over else None


def solved(guard_input: GuardInput) -> Stop | None:
    """Solved since the customer wrote, who wants no answer any more: a message would have opened it again."""
    return Stop.SOLVED if guard_input.ticket.status is TicketStatus.SOLVED else None


def already_answered(guard_input: GuardInput) -> Stop | None:
    """One customer message gets at most one reply."""
    is_answered = (
        guard_input.message not in guard_input.conversation.open
        or guard_input.message.id in guard_input.record.answering
    )
    return Stop.ALREADY_ANSWERED if is_answered else None


def newer_message(guard_input: GuardInput) -> Stop | None:
    """The walk of the newest message judges all that is open; a burst gets one answer."""
    return Stop.NEWER_MESSAGE if guard_input.message != guard_input.conversation.newest else None


def person_owed(guard_input: GuardInput) -> Stop | None:
    """Who was promised a person is not answered by a machine."""
    return Stop.PERSON_OWED if guard_input.conversation.person_owed else None


NOT_OURS: tuple[Guard, ...] = (out_of_scope, tagged_off)
"""What people do to have Firstline leave a ticket alone, in every way."""
STANDING_GUARDS: dict[DeliveryKind, tuple[Guard, ...]] = {
    DeliveryKind.HANDOVER: (*NOT_OURS, closed, person_took_over),
    DeliveryKind.NOTE: NOT_OURS,
    DeliveryKind.ALERT: NOT_OURS,
}
"""Of what stands though its message is gone, and though a trigger solved the ticket."""
_ANY_MESSAGE = Message("", Role.CUSTOMER, True, "", datetime.min.replace(tzinfo=UTC))
GUARDS: tuple[Guard, ...] = (
    out_of_scope,
    own_message,
    not_a_customer,
    machine_mail,
    closed,
    switched_off,
    person_took_over,
    solved,
    already_answered,
    newer_message,
)
"""In this order; the first that objects is the one reported."""

STATE_AFTER = {
    Stop.PERSON_TOOK_OVER: TicketState.STEPPED_BACK,
    Stop.SWITCHED_OFF: TicketState.STEPPED_BACK,
    Stop.OUT_OF_SCOPE: TicketState.STEPPED_BACK,
    Stop.CLOSED: TicketState.STEPPED_BACK,
    Stop.SOLVED: TicketState.STEPPED_BACK,
    Stop.MACHINE_MAIL: TicketState.STEPPED_BACK,
    Stop.NOT_A_CUSTOMER: TicketState.STEPPED_BACK,
    Stop.MESSAGE_GONE: TicketState.STEPPED_BACK,
    Stop.ALREADY_ANSWERED: TicketState.ANSWERED,
    Stop.PERSON_OWED: TicketState.ESCALATED,
}
"""Where a ticket stands once a stop ended the walk. After any other, a walk of its own goes on with the ticket."""
