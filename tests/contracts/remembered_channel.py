"""A fake of `desk.ports.Channel` that remembers. The contract in `test_channel.py` holds it to the port."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from desk.delivery import Delivery
from desk.errors import Permanent
from desk.ports import Outgoing, StillWanted
from desk.ticket import Message, Role, Ticket, TicketStatus
from tests.fakes import NOW


@dataclass(slots=True)
class RememberedChannel:
    """Tickets in a dict."""

    name: str = "remembered"
    tickets: dict[str, Ticket] = field(default_factory=dict)
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def fetch(self, account: str, ticket_id: str, holding: str = "", since: datetime | None = None) -> Ticket:
        """The ticket. Raises Permanent when there is none."""
        if ticket_id not in self.tickets:
            raise Permanent(f"ticket {ticket_id} is gone")
        return self.tickets[ticket_id]

    def reply(self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery, still_wanted: StillWanted) -> str | None:
        """Post, if the last look allows it."""
        now = self.tickets.get(ticket.id)
        if now is None or now.status is TicketStatus.CLOSED:
            return None
        if found := self.find_delivery(now, delivery):
            return found
        return (
            self.write(ticket.id, Role.ASSISTANT, outgoing.text, delivery_id=delivery.id) if still_wanted(now) else None
        )

    def restore_status(
        self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery, still_wanted: StillWanted
    ) -> str | None:
        """Set the status, if the last look allows it."""
        now = self.fetch(ticket.account, ticket.id)
        if outgoing.status is None or not still_wanted(now):
            return None
        self.tickets[ticket.id] = replace(now, status=TicketStatus(outgoing.status))
        return ticket.id

    def note(self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery) -> str:
        """Post internally, once."""
        found = self.find_delivery(self.fetch(ticket.account, ticket.id), delivery)
        return found or self.write(ticket.id, Role.ASSISTANT, outgoing.text, public=False, delivery_id=delivery.id)

    def find_delivery(self, ticket: Ticket, delivery: Delivery) -> str | None:
        """The message that carries the delivery id."""
        messages = self.fetch(ticket.account, ticket.id).messages
        return next((message.id for message in messages if message.delivery_id == delivery.id), None)

    def write(
        self, ticket_id: str, role: Role, body: str, *, public: bool = True, delivery_id: str | None = None
    ) -> str:
        """Put a message into a ticket; its id."""
        made = Message(f"r{next(self._ids)}", role, public, body, NOW, delivery_id)
        self.tickets[ticket_id] = replace(self.tickets[ticket_id], messages=(*self.tickets[ticket_id].messages, made))
        return made.id
