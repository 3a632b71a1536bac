"""A ticket's messages as pages show them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from desk.delivery import Delivery, DeliveryKind
from desk.ports import Source
from desk.ticket import Message, Role, Ticket


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message. `kind` is customer, reply, handover, note (ours, internal), agent or agent_note (a person's)."""

    id: str
    kind: str
    body: str
    sources: tuple[Source, ...]
    at: datetime

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
    return tuple(ShownMessage(m.id, _kind(m, kinds), m.body, sources.get(m.id, ()), m.at) for m in ticket.messages)


def notes_last(messages: Iterable[ShownMessage]) -> tuple[ShownMessage, ...]:
    """The same messages, but within each turn what the customer can read comes before what only agents see."""
    turn, place = 0, dict[str, tuple[int, bool]]()
    listed = tuple(messages)
    for shown in listed:
        turn += shown.kind == "customer"
        place[shown.id] = (turn, not shown.public)
    return tuple(sorted(listed, key=lambda shown: place[shown.id]))


def _kind(message: Message, deliveries: Mapping[str, DeliveryKind]) -> str:
    if message.role is Role.CUSTOMER:
        return "customer"
    if message.role is Role.AGENT:
        return "agent" if message.public else "agent_note"
    if not message.public:
        return "note"
    handed_over = deliveries.get(message.delivery_id or "") is DeliveryKind.HANDOVER
    return "handover" if handed_over else "reply"
