"""The words of the product: the frozen values that every room passes on.

All times are timezone-aware and in UTC; all ids are strings; all money is in US dollars.
"""

import secrets
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


def new_id() -> str:
    """A UUID version 7, random, and sorted by the quarter of a microsecond it was made in (RFC 9562, 6.2, method 3)."""
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    bits = milliseconds << 80 | 0x7 << 76 | (nanoseconds * 4096 // 1_000_000) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=bits))


class Role(StrEnum):
    """Who wrote a message."""

    CUSTOMER = "customer"
    AGENT = "agent"
    ASSISTANT = "assistant"


class TicketStatus(StrEnum):
    """Where the helpdesk says the ticket stands. `CLOSED` takes no more messages."""

    OPEN = "open"
    PENDING = "pending"
    """It waits for the customer or for somebody else; a message of theirs opens it again."""
    SOLVED = "solved"
    CLOSED = "closed"


class Priority(StrEnum):
    """The priority the sender gave."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Requester:
    """The customer behind a ticket, by the id the channel knows them by."""

    id: str
    name: str | None = None
    email: str | None = None
    organisation: str | None = None
    tags: tuple[str, ...] = ()
    """Of the customer, as the helpdesk keeps them."""
    segments: tuple["Named", ...] = ()
    """Circles of readers that the helpdesk counts them to, where the policy asks for them."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a ticket. `delivery_id` is set on messages that Firstline itself delivered."""

    id: str
    role: Role
    public: bool
    body: str
    at: datetime
    delivery_id: str | None = None
    attachments: int = 0
    automatic: bool = False
    """Written by a machine that is not us: an out-of-office mail, a bounce, a list."""
    third_party: bool = False
    """Written by somebody of the customer side who is not the requester: a colleague in copy."""
    status_before: str | None = None
    """The helpdesk's own word for the status that this message changed: `solved`, where it reopened the ticket."""
    author: str | None = None
    """The name of the person of the support team who wrote it, where that is known."""
    writer: "Author | None" = None
    """Who of the support team wrote it, where the channel proves that, and that they may write to customers."""


@dataclass(frozen=True, slots=True)
class Author:
    """A person of the support team in whose name something is posted. `channel_user_id` is who they are in the
    ticket's own channel, where that has been proved."""

    name: str
    email: str | None = None
    channel_user_id: str | None = None


class PersonActKind(StrEnum):
    """What a person did with a ticket besides writing. An assignment by a trigger, a routing rule or on arrival is
    none, and neither is what Firstline's own updates bring with them."""

    TAKEN = "taken"
    """Assigned by a person's hand, to themselves or to a colleague."""
    GIVEN_BACK = "given_back"
    """The assignee was removed."""
    SOLVED = "solved"
    """Solved by an agent."""
    RATED_BAD = "rated_bad"
    """The customer rated what they were told as bad: this act and the next are theirs."""
    RATED_GOOD = "rated_good"


@dataclass(frozen=True, slots=True)
class PersonAct:
    """One act of a person. `place` is how many of the ticket's messages stand before it."""

    kind: PersonActKind
    place: int


@dataclass(frozen=True, slots=True)
class Named:
    """Something of the helpdesk's: its id there, and its name where that is known."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Labels:
    """What is to be set on a ticket besides words; what is None or empty is left alone. A group and a field are named
    as the helpdesk shows them, or by id."""

    priority: Priority | None = None
    group: str | None = None
    type: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()


NO_LABELS = Labels()


@dataclass(frozen=True, slots=True)
class Ticket:
    """A channel-free snapshot of a ticket as it stands now; messages are in order of time."""

    id: str
    account: str
    channel: str
    subject: str
    status: TicketStatus
    requester: Requester
    messages: tuple[Message, ...]
    priority: Priority = Priority.NORMAL
    tags: tuple[str, ...] = ()
    assignee: str | None = None
    """Whose it is, for showing; whether a person has it is told by `acts` (see `desk/conversation.py`)."""
    url: str | None = None
    acts: tuple[PersonAct, ...] = ()
    """In order of time."""
    via: str = ""
    """How the customer reaches us: `mail`, `web`, `chat`, `x`, and so on."""
    brand: Named | None = None
    group: Named | None = None
    form: Named | None = None
    organisation: Named | None = None
    """The requester's."""
    copied: bool = False
    """Others get a public reply too: people in copy."""
    fields: tuple[tuple[str, str], ...] = ()
    """Those custom fields that the policy names, with what stands in them."""
    origin: object = field(default=None, compare=False, repr=False)
    """What the channel that read it keeps with it, for its own use; a `Transaction` is for the last look, too."""

    def message(self, message_id: str) -> Message | None:
        """The message with this id, or None."""
        return next((message for message in self.messages if message.id == message_id), None)


class EventKind(StrEnum):
    """What an inbound payload means. Only `CUSTOMER_MESSAGE` can lead to an answer."""

    CUSTOMER_MESSAGE = "customer_message"
    AGENT_MESSAGE = "agent_message"
    AGENT_NOTE = "agent_note"
    """An internal note that may order something."""
    TICKET_CHANGED = "ticket_changed"
    ASSIGNED = "assigned"
    """Its agent is another one, or none any more."""
    RATING = "rating"
    BOUNCE = "bounce"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened outside. `external_id` is unique within (account, channel)."""

    kind: EventKind
    external_id: str
    ticket_id: str
    message_id: str | None = None
    text: str = ""
    """What was written, as far as the event itself tells: a hint, by which nothing is decided but the order of work."""
    urgent: bool = False
    """The sender says so."""


class ItemState(StrEnum):
    """What became of an inbox item."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"
    PARKED = "parked"


class TicketState(StrEnum):
    """Where a ticket stands with Firstline, whatever its channel says."""

    RECEIVED = "received"
    ANSWERED = "answered"
    NOTED = "noted"
    ESCALATED = "escalated"
    OBSERVED = "observed"
    STEPPED_BACK = "stepped_back"
    CONFIRMED = "confirmed"
    """The customer closed the matter after our automatic reply, and needs nothing more."""
    PARKED = "parked"
