"""An account with tickets on which people act: our own channel, the real database, a model that says what it must."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import text

from desk.delivery import Delivery, DeliveryKind
from desk.intervention import Actor, Face, InterventionKind, InterventionResult, Order
from desk.ticket import Requester, Role, Ticket, TicketState, new_id
from tests.contracts.remembered_alerts import RememberedAlerts
from tests.workers.talks import Town
from workers import interventions, record, tickets
from workers.dependencies import Dependencies
from workers.interventions import Intervention
from workers.processing.deliver import send_delivery
from workers.processing.interventions.carry_out import carry_out_intervention
from workers.processing.process_item import process_item
from workers.queue import leases, outbox
from workers.tickets import CHANNEL, NewTicket, TicketChannel

MARIA = Actor.of("Maria Lind", "maria@firstline.example", "")
TOM = Actor.of("Tom Berg", "tom@firstline.example", "")


@dataclass
class Desk:
    """One ticket of our own channel, and people at it."""

    tools: Dependencies
    account: str
    ticket_id: str = ""
    todo: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, town: Town) -> "Desk":
        """In the town's account."""
        channel = TicketChannel(town.tools.db)
        tools = replace(town.tools, channels={**town.tools.channels, CHANNEL: channel})
        return cls(tools, town.account)

    def opened(self, body: str = "When are you open?", requester: str | None = None, walk: bool = True) -> "Desk":
        """With a new ticket, worked on."""
        with self.tools.db.account(self.account) as tx:
            accepted = tickets.open_ticket(
                tx, NewTicket(Requester(requester or new_id(), "Kim Doe"), "A question", body)
            )
        desk = replace(self, ticket_id=accepted.ticket_id, todo=[accepted.item_id])
        if walk:
            desk.walk()
        return desk

    def customer(self, body: str = "And on Sundays?", walk: bool = False) -> None:
        """Write again."""
        with self.tools.db.account(self.account) as tx:
            accepted = tickets.add_message(tx, self.ticket_id, Role.CUSTOMER, body)
        self.todo.append(accepted.item_id)
        if walk:
            self.walk()

    def agent(self, body: str = "I am on it.") -> None:
        """Somebody of the team answers past us."""
        with self.tools.db.account(self.account) as tx:
            tickets.add_message(tx, self.ticket_id, Role.AGENT, body)

    def walk(self) -> None:
        """Work until nothing is left to do."""
        while self.todo:
            for delivery_id in process_item(self.tools, self.account, self.todo.pop(0), "w1"):
                self.todo += send_delivery(self.tools, self.account, delivery_id, "w1")

    def order(self, kind: InterventionKind, **fields: Any) -> Order:
        """What a person would send: about the newest draft, and the conversation as it is."""
        values: dict[str, Any] = {"run_id": self.run_id, "seen_message_id": self.last_word} | fields
        return Order(kind, CHANNEL, self.ticket_id, **values)

    def press(
        self, order: Order, actor: Actor = MARIA, press_id: str | None = None, face: Face = Face.CONSOLE
    ) -> Intervention:
        """Store an act, as a face does."""
        with self.tools.db.account(self.account) as tx:
            return interventions.add_intervention(tx, face, press_id or new_id(), actor, order)

    def carry_out(self, intervention: Intervention, worker: str = "w1") -> list[str]:
        """As a worker does, without sending."""
        return carry_out_intervention(self.tools, self.account, intervention.id, worker)

    def act(self, kind: InterventionKind, actor: Actor = MARIA, **fields: Any) -> InterventionResult:
        """Press, and see it through."""
        pressed = self.press(self.order(kind, **fields), actor)
        self.send(self.carry_out(pressed))
        return self.result(pressed)

    def send(self, delivery_ids: list[str]) -> None:
        """Send."""
        for delivery_id in delivery_ids:
            self.todo += send_delivery(self.tools, self.account, delivery_id, "w1")

    def due(self) -> list[str]:
        """What a sweep would hand over of deliveries of this ticket."""
        due = leases.due_deliveries(self.tools.db)
        return [row.id for row in due if row.account == self.account]

    def due_items(self) -> list[str]:
        """What a sweep would hand over of messages."""
        return [row.id for row in leases.due_items(self.tools.db) if row.account == self.account]

    @property
    def alerted(self) -> bool:
        """Were people alerted of this ticket?"""
        alerts = self.tools.alerts
        assert isinstance(alerts, RememberedAlerts)
        return any(alert.ticket_id == self.ticket_id for alert, _ in alerts.told)

    def result(self, intervention: Intervention) -> InterventionResult:
        """What came back."""
        with self.tools.db.account(self.account) as tx:
            stored = interventions.get_intervention(tx, intervention.id)
        assert stored is not None
        assert stored.result is not None
        return stored.result

    def sql(self, statement: str) -> None:
        """Turn the clock, in the database."""
        with self.tools.db.account(self.account) as tx:
            tx.execute(text(statement))

    @property
    def run_id(self) -> str | None:
        """Of the newest draft."""
        with self.tools.db.account(self.account) as tx:
            run = record.last_run(tx, CHANNEL, self.ticket_id)
        return run.id if run else None

    @property
    def last_word(self) -> str:
        """The last message that is the customer's or a person's."""
        spoken = (m.id for m in reversed(self.ticket.messages) if m.role in (Role.CUSTOMER, Role.AGENT))
        return next(spoken, "")

    @property
    def ticket(self) -> Ticket:
        """As it stands."""
        return self.tools.channel(CHANNEL).fetch(self.account, self.ticket_id)

    @property
    def public(self) -> list[tuple[Role, str | None, str]]:
        """What we posted for the customer: by whom, in whose name, what."""
        return [(m.role, m.author, m.body) for m in self.ticket.messages if m.delivery_id and m.public]

    @property
    def replies(self) -> list[str]:
        """What people sent."""
        return [body for role, _, body in self.public if role is Role.AGENT]

    @property
    def deliveries(self) -> Iterator[Delivery]:
        """What people ordered."""
        with self.tools.db.account(self.account) as tx:
            all_deliveries = outbox.deliveries_of_ticket(tx, CHANNEL, self.ticket_id)
        return (each for each in all_deliveries if each.key.startswith("intervention:"))

    @property
    def state(self) -> TicketState:
        """Where it stands."""
        with self.tools.db.account(self.account) as tx:
            line = record.get_ticket_line(tx, CHANNEL, self.ticket_id)
        assert line is not None
        return line.state


ALERT = DeliveryKind.ALERT
