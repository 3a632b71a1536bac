"""A conversation as it is lived: customers, people and machines write into a channel that remembers; workers walk."""

from dataclasses import dataclass, field, replace

from sqlalchemy import text

from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.passage import Block, BlockKind, Citation, Passage
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.ports import Alert, ModelClassification, ModelDraft
from desk.reasons import Reason
from desk.run import Draft, Run, Statement
from desk.ticket import (
    Event,
    EventKind,
    Message,
    PersonAct,
    PersonActKind,
    Requester,
    Role,
    Ticket,
    TicketState,
    TicketStatus,
    new_id,
)
from tests.contracts.remembered_alerts import RememberedAlerts
from tests.contracts.remembered_channel import RememberedChannel
from tests.fakes import NOW, ROOT, FakeEmbedder, FakeLibrary, a_hit, a_ticket
from tests.scripted_model import ScriptedModel
from workers import record
from workers.dependencies import Dependencies
from workers.processing.deliver import send_delivery
from workers.processing.process_item import process_item
from workers.queue import inbox, outbox

SENTENCE = "We are open from nine to five on weekdays."
PASSAGE = Passage(
    "p1", "d1", "v1", "Opening hours", "https://help.example/hours", (), (Block(SENTENCE, BlockKind.SENTENCE, 0),)
)
CITED = Statement(SENTENCE, BlockKind.SENTENCE, 0, (Citation("d1", "v1", "p1", (0,)),))
CHANNEL = "zendesk"
HOURS = "What are your opening hours on weekdays, please?"
PERSON = "I want to talk to a human about my account."
SELF_HARM = "I can't do this any more. I will kill myself tonight."


DAYS = Passage(
    "p2", "d2", "v1", "Days", "https://help.example/days", (),
    tuple(Block(f"On day {n} we are open.", BlockKind.SENTENCE, 0) for n in range(400)),
)  # fmt: skip


@dataclass(slots=True)
class EverNew(ScriptedModel):
    """Says something new and true each time."""

    said: int = 0

    def draft(self, *asked: object) -> ModelDraft:
        """The next sentence."""
        self.said += 1
        block = Citation("d2", "v1", "p2", (self.said,))
        return ModelDraft(Draft((Statement(DAYS.blocks[self.said].text, BlockKind.SENTENCE, 0, (block,)),)))


@dataclass
class Talk:
    """One ticket. Whatever the customer writes becomes an event in the inbox."""

    tools: Dependencies
    channel: RememberedChannel
    alerts: RememberedAlerts
    account: str
    ticket_id: str
    todo: list[str] = field(default_factory=list)

    # --- Who writes

    def customer(self, body: str, **more: object) -> str:
        """Write, and be told of by webhook; the message's id."""
        return self._say(Role.CUSTOMER, body, **more)

    def agent(self, body: str = "I am on it.", **more: object) -> str:
        """An agent writes."""
        return self._say(Role.AGENT, body, **more)

    def act(self, kind: PersonActKind, status: TicketStatus | None = None) -> None:
        """A person takes the ticket, gives it back or solves it."""
        ticket = self.ticket
        acts = (*ticket.acts, PersonAct(kind, len(ticket.messages)))
        self.channel.tickets[self.ticket_id] = replace(ticket, acts=acts, status=status or ticket.status)

    def change(self, **fields: object) -> None:
        """Something else about the ticket changes."""
        self.channel.tickets[self.ticket_id] = replace(self.ticket, **fields)  # type: ignore[arg-type]  # test builder

    def _say(self, role: Role, body: str, **more: object) -> str:
        values: dict[str, object] = {"public": True, "at": NOW, **more}
        message = Message(id=new_id(), role=role, body=body, **values)  # type: ignore[arg-type]  # test builder
        status = TicketStatus.OPEN if role is Role.CUSTOMER and not message.automatic else self.ticket.status
        self.change(messages=(*self.ticket.messages, message), status=status)
        kind = EventKind.CUSTOMER_MESSAGE if role is Role.CUSTOMER else EventKind.AGENT_MESSAGE
        with self.tools.db.account(self.account) as tx:
            item = inbox.add_event(tx, CHANNEL, Event(kind, message.id, self.ticket_id, message.id), "{}")
        self.todo += [item] if item else []
        return message.id

    # --- Workers

    def think(self) -> list[str]:
        """Work on everything in the inbox; the deliveries that are planned."""
        items, self.todo = self.todo, []
        return [each for item in items for each in process_item(self.tools, self.account, item, "w1")]

    def send(self, delivery_ids: list[str]) -> None:
        """Send; what is to be thought over anew is in the inbox again."""
        for each in delivery_ids:
            self.todo += send_delivery(self.tools, self.account, each, "w1")

    def walk(self) -> None:
        """Think and send until nothing is left to do."""
        while self.todo:
            self.send(self.think())

    # --- What came of it

    @property
    def ticket(self) -> Ticket:
        """As it stands."""
        return self.channel.tickets[self.ticket_id]

    @property
    def public(self) -> list[str]:
        """What the customer got from us."""
        return [m.body for m in self.ticket.messages if m.delivery_id and m.public]

    @property
    def notes(self) -> list[str]:
        """What agents got on the ticket."""
        return [m.body for m in self.ticket.messages if m.delivery_id and not m.public]

    @property
    def told(self) -> list[Alert]:
        """What people were alerted of, as it stands now."""
        return [alert for alert, _ in self.alerts.told if alert.ticket_id == self.ticket_id]

    def deliveries(self, kind: DeliveryKind) -> list[Delivery]:
        """Of a kind, oldest first."""
        with self.tools.db.account(self.account) as tx:
            return [each for each in outbox.deliveries_of_ticket(tx, CHANNEL, self.ticket_id) if each.kind is kind]

    def sent(self, kind: DeliveryKind) -> int:
        """How many of a kind are out."""
        return sum(each.state is DeliveryState.SENT for each in self.deliveries(kind))

    def runs(self) -> list[Run]:
        """All runs."""
        with self.tools.db.account(self.account) as tx:
            return record.runs_of(tx, CHANNEL, self.ticket_id)

    def reasons(self) -> set[Reason]:
        """Of the last run."""
        return {cap.reason for cap in self.runs()[-1].decision.caps}

    @property
    def state(self) -> TicketState:
        """Where it stands."""
        with self.tools.db.account(self.account) as tx:
            line = record.get_ticket_line(tx, CHANNEL, self.ticket_id)
        assert line is not None
        return line.state

    def sql(self, statement: str) -> None:
        """Turn the clock, in the database."""
        with self.tools.db.account(self.account) as tx:
            tx.execute(text(statement))


@dataclass
class Town:
    """An account in which everything may be answered, in many languages."""

    tools: Dependencies
    channel: RememberedChannel
    alerts: RememberedAlerts
    account: str

    def talk(self, *, by: str | None = None) -> Talk:
        """A ticket of a customer, new ones each unless they are named; nothing is written yet."""
        made = a_ticket(id=new_id(), account=self.account, channel=CHANNEL, requester=Requester(by or new_id()))
        self.channel.tickets[made.id] = replace(made, messages=())
        return Talk(self.tools, self.channel, self.alerts, self.account, made.id)


def talkative(town: Town) -> Town:
    """The same town with a model that never says the same twice."""
    guess = ModelClassification("how_to", 0.99, ("On which day are you open?",))
    library = FakeLibrary([a_hit(DAYS, 0.9, 1.0)])
    return replace(town, tools=replace(town.tools, models=(EverNew([guess]),), library=library))


def policy_text(**changed: str) -> str:
    """The shipped policy with every category at auto; further lines are replaced by their beginning."""
    shipped = (ROOT / "desk/policy/default_policy.yaml").read_text(encoding="utf-8")
    lines = []
    for line in shipped.replace("level: draft", "level: auto").splitlines():
        name = line.partition(":")[0]
        lines.append(f"{name}: {changed[name]}" if name in changed else line)
    return "\n".join(lines).replace("channels: [api, email]", "channels: [api, email, zendesk]")


def a_town(database: Database, account: str, policies: PolicyBook) -> Town:
    """The model says the same to everything, so that only what is promised stands between it and the customer."""
    channel, alerts = RememberedChannel(name=CHANNEL), RememberedAlerts(accounts={account})
    guess = ModelClassification("how_to", 0.99, ("When are you open?",))
    tools = Dependencies(
        db=database,
        channels={CHANNEL: channel},
        models=(ScriptedModel([guess], [ModelDraft(Draft((CITED,)))]),),
        library=FakeLibrary([a_hit(PASSAGE, 0.9, 1.0)]),
        policies=policies,
        embedder=FakeEmbedder(),
        sync=lambda account, name=None: None,
        product_version="test",
        alerts=alerts,
        max_attempts=3,
    )
    return Town(tools, channel, alerts, account)
