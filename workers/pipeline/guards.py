"""Guards: why a message must not be answered. Run before the pipeline, and once more right before sending.

Each guard is a small function that returns why it stops the walk, or None. Being paused is no guard: drafts go on.
"""

from collections.abc import Callable
from dataclasses import dataclass

from desk.run import Stop
from desk.ticket import Message, Role, Ticket, TicketState, TicketStatus

OFF_TAG = "firstline_off"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the channel cannot say: `answered` if a reply or hand-over for this message was already made or begun by
    another walk, `delivery_ids` of all messages that Firstline itself put into the ticket, `automation_off` if a
    person switched Firstline off for the ticket."""

    answered: bool = False
    delivery_ids: frozenset[str] = frozenset()
    automation_off: bool = False


Guard = Callable[[Ticket, Message, Facts], Stop | None]


def first_stop(ticket: Ticket, message_id: str, facts: Facts) -> Stop | None:
    """The first guard's objection to answering this message of the ticket as it stands now, or None."""
    message = ticket.message(message_id)
    if message is None:
        return Stop.MESSAGE_GONE
    return next((stop for guard in GUARDS if (stop := guard(ticket, message, facts))), None)


def newest_question(ticket: Ticket) -> Message | None:
    """The last public message that a customer wrote with their own hands. Machine mail and our own do not count."""
    theirs = [
        m for m in ticket.messages if m.role is Role.CUSTOMER and m.public and not m.automatic and not m.delivery_id
    ]
    return theirs[-1] if theirs else None


def own_message(ticket: Ticket, message: Message, facts: Facts) -> Stop | None:
    """Known by its delivery id, never by its author: the token often belongs to a real agent."""
    return Stop.OWN_MESSAGE if _is_ours(message, facts) else None


def not_a_customer(ticket: Ticket, message: Message, facts: Facts) -> Stop | None:
    """Agents, other assistants and internal notes are not answered."""
    return Stop.NOT_A_CUSTOMER if message.role is not Role.CUSTOMER or not message.public else None


def machine_mail(ticket: Ticket, message: Message, facts: Facts) -> Stop | None:
    """Two machines would write to each other for ever."""
    return Stop.MACHINE_MAIL if message.automatic else None


def closed(ticket: Ticket, message: Message, facts: Facts) -> Stop | None:
    """A closed ticket takes no more messages; a solved one does."""
    return Stop.CLOSED if ticket.status is TicketStatus.CLOSED else None


def switched_off(ticket: Ticket, message: Message, facts: Facts) -> Stop | None:
    """An agent said so, by tag or button."""
    return Stop.SWITCHED_OFF if facts.automation_off or OFF_TAG in ticket.tags else None


def person_took_over(ticket: Ticket, message: Message, facts: Facts) -> Stop | None:
    """Once an agent has replied in public, or the ticket is theirs, Firstline steps back for good."""
    return Stop.PERSON_TOOK_OVER if in_human_hands(ticket, facts) else None


def in_human_hands(ticket: Ticket, facts: Facts | None = None) -> bool:
    """Has a person replied in public, or taken the ticket?"""
    known = facts or Facts()
    replied = any(
        m.role is Role.AGENT and m.public and not m.automatic and not _is_ours(m, known) for m in ticket.messages
    )
    return replied or ticket.assignee is not None


def already_answered(ticket: Ticket, message: Message, facts: Facts) -> Stop | None:
    """One customer message gets at most one reply."""
    return Stop.ALREADY_ANSWERED if facts.answered else None


def newer_message(ticket: Ticket, message: Message, facts: Facts) -> Stop | None:
    """The newest message wins; a burst gets one answer."""
    newest = newest_question(ticket)
    return Stop.NEWER_MESSAGE if newest is not None and newest.id != message.id else None


def _is_ours(message: Message, facts: Facts) -> bool:
    return message.delivery_id is not None or message.id in facts.delivery_ids


GUARDS: tuple[Guard, ...] = (
    own_message,
    not_a_customer,
    machine_mail,
    closed,
    switched_off,
    person_took_over,
    already_answered,
    newer_message,
)
"""In this order; the first that objects is the one reported."""

STATE_AFTER = {
    Stop.PERSON_TOOK_OVER: TicketState.STEPPED_BACK,
    Stop.SWITCHED_OFF: TicketState.STEPPED_BACK,
    Stop.CLOSED: TicketState.STEPPED_BACK,
    Stop.SOLVED: TicketState.STEPPED_BACK,
    Stop.MACHINE_MAIL: TicketState.STEPPED_BACK,
    Stop.NOT_A_CUSTOMER: TicketState.STEPPED_BACK,
    Stop.MESSAGE_GONE: TicketState.STEPPED_BACK,
    Stop.ALREADY_ANSWERED: TicketState.ANSWERED,
}
"""Where a ticket stands once a stop ended the walk. After any other, a walk of its own goes on with the ticket."""
