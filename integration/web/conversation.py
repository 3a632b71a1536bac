"""A ticket's messages as pages show them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from desk.delivery import Delivery, DeliveryKind
from desk.ports import Source
from desk.text.mail.parts import MailSpan
from desk.text.mail.ticket_mail import mail_reader
from desk.ticket import Message, Role, Ticket


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message. `kind` is customer, reply, handover, note (ours, internal), agent or agent_note (a person's)."""

    id: str
    kind: str
    body: str
    sources: tuple[Source, ...]
    at: datetime
    author: str | None = None
    """The name of the person of the team who wrote it."""
    parts: tuple[MailSpan, ...] = ()
    """Of a customer's message: what was read as whose words."""

    @property
    def public(self) -> bool:
        """True if the customer can read it."""
        return self.kind not in ("note", "agent_note")

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of its sources."""
        return tuple(source.number for source in self.sources)


def shown_messages(
    ticket: Ticket, sources: Mapping[str, tuple[Source, ...]], deliveries: Iterable[Delivery]
) -> tuple[ShownMessage, ...]:
    """All messages in order. `sources` are by message id (`workers.tickets.ticket_sources`)."""
    kinds = {delivery.id: delivery.kind for delivery in deliveries}
    read = mail_reader(ticket)
    return tuple(
        ShownMessage(
            id=message.id,
            kind=_message_kind(message, kinds),
            body=message.body,
            sources=sources.get(message.id, ()),
            at=message.at,
            author=message.author,
            parts=read(message).spans if message.role is Role.CUSTOMER else (),
        )
        for message in ticket.messages
    )


def notes_last(messages: Iterable[ShownMessage]) -> tuple[ShownMessage, ...]:
    """The same messages, but within each turn what the customer can read comes before what only agents see."""
    turn, sort_keys = 0, dict[str, tuple[int, bool]]()
    all_messages = tuple(messages)
    for message in all_messages:
        turn += message.kind == "customer"
        sort_keys[message.id] = (turn, not message.public)
    return tuple(sorted(all_messages, key=lambda message: sort_keys[message.id]))


def _message_kind(message: Message, deliveries: Mapping[str, DeliveryKind]) -> str:
    if message.role is Role.CUSTOMER:
        return "customer"
    if message.role is Role.AGENT:
        return "agent" if message.public else "agent_note"
    if not message.public:
        return "note"
    is_handover = deliveries.get(message.delivery_id or "") is DeliveryKind.HANDOVER
    return "handover" if is_handover else "reply"
