"""A worker that acts: puts tickets into any state by the same front functions that the real one uses."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from desk.delivery import Delivery, DeliveryKind
from desk.passage import Block, BlockKind, Citation, Hit, Passage
from desk.platform.database import Database
from desk.platform.settings import DEFAULT_POLICY
from desk.policy.policy import PolicyFile
from desk.ports import Outgoing
from desk.presentation.receipt import explain_decision
from desk.presentation.reply import compose_handover, compose_note, compose_reply
from desk.reasons import Limit, Reason
from desk.run import (
    Action,
    Cap,
    Classification,
    Decision,
    Draft,
    Finding,
    Level,
    Run,
    Sentiment,
    Stage,
    StageTime,
    Statement,
    Urgency,
    Usage,
    Versions,
)
from desk.ticket import Requester, TicketState, new_id
from tests.fakes import default_policy
from workers import record, tickets
from workers.queue import inbox, outbox
from workers.queue.inbox import InboxItem
from workers.queue.outbox import ClaimedDelivery, PlannedDelivery
from workers.tickets import CHANNEL, Accepted, NewTicket, TicketChannel

STATES = {
    Action.AUTO_REPLY: TicketState.ANSWERED,
    Action.INTERNAL_NOTE: TicketState.NOTED,
    Action.ESCALATE: TicketState.ESCALATED,
    Action.OBSERVE: TicketState.OBSERVED,
}
CAPS = {
    Action.INTERNAL_NOTE: (Cap(Limit.DRAFT, Reason.LOW_CONFIDENCE, "0.58 is below 0.70 for billing"),),
    Action.ESCALATE: (
        Cap(Limit.PERSON, Reason.SENSITIVE_TOPIC, "legal: “my lawyer”"),
        Cap(Limit.DRAFT, Reason.LONG_MESSAGE),
    ),
}


def passage(title: str, heading: str, *lines: str, kind: BlockKind = BlockKind.SENTENCE) -> Passage:
    """A passage of one group of blocks."""
    blocks = tuple(Block(line, kind, 1) for line in lines)
    url = f"https://help.example/{title.lower().replace(' ', '-')}"
    return Passage(new_id(), f"{title}.md", "v1", title, url, (heading,), blocks)


PASSAGES = (
    passage(
        "Refunds",
        "How long does a refund take?",
        "We send a refund back to the card you paid with.",
        "Your bank shows it within 5 to 10 business days.",
    ),
    passage(
        "Invoices and receipts",
        "Download an invoice",
        "Open Settings > Billing.",
        "Choose the month, then Download PDF.",
        kind=BlockKind.STEP,
    ),
    passage("Change your plan", "Move to a smaller plan", "A smaller plan starts on the next billing day."),
    passage("VAT", "Add a VAT number", "Your VAT number is printed on every later invoice."),
)
SCORES = ((0.78, 1.0, 0.83, 0.84), (0.61, 0.64, 0.55, 0.62), (0.44, 0.31, 0.35, 0.41), (0.29, 0.12, 0.18, 0.25))


def hits() -> tuple[Hit, ...]:
    """Four passages, the best first."""
    return tuple(Hit(each, *scores) for each, scores in zip(PASSAGES, SCORES, strict=True))


def draft() -> Draft:
    """Two sentences from one passage, and steps from another."""
    statements = [Statement("Thank you for writing to us.", BlockKind.SENTENCE, 0, courtesy=True)]
    for group, source in enumerate(PASSAGES[:2], 1):
        for place, block in enumerate(source.blocks):
            citation = Citation(source.document_id, source.version, source.id, (place,))
            statements.append(Statement(block.text, block.kind, group, (citation,)))
    return Draft(tuple(statements))


@dataclass
class Actor:
    """Works on the tickets of one account as told."""

    db: Database
    account: str
    policy: PolicyFile = field(default_factory=lambda: PolicyFile(default_policy(), DEFAULT_POLICY.read_text()))

    def open(self, subject: str = "Where is my refund?", body: str = "I want to know. Ada", **who: str) -> Accepted:
        """A ticket that waits."""
        requester = replace(Requester("cust-1", "Ada Sample", "ada@example.com"), **who)  # type: ignore[arg-type]  # test builder
        with self.db.account(self.account) as tx:
            return tickets.open_ticket(tx, NewTicket(requester, subject, body))

    def claim(self, accepted: Accepted, stage: Stage | None = None) -> InboxItem:
        """The worker has it, and is at this stage."""
        with self.db.account(self.account) as tx:
            item = inbox.claim_item(tx, accepted.item_id, "acted", 60)
            assert item is not None
            if stage:
                assert inbox.renew_lease(tx, item, 60, stage)
            return item

    def reach(self, item: InboxItem, stage: Stage) -> None:
        """The worker is at the next stage."""
        with self.db.account(self.account) as tx:
            assert inbox.renew_lease(tx, item, 60, stage)

    def decide(self, accepted: Accepted, action: Action, item: InboxItem | None = None, **changes: object) -> list[str]:
        """Save a run with this action and plan what it leads to. Returns the delivery ids."""
        item = item or self.claim(accepted)
        run = replace(a_run(self.account, accepted, action, self.policy), **changes)  # type: ignore[arg-type]
        with self.db.account(self.account) as tx:
            record.save_run(tx, run, self.policy)
            state = STATES.get(action, TicketState.RECEIVED)
            record.set_ticket_state(tx, CHANNEL, accepted.ticket_id, state, category=run.classification.category)
            planned = outbox.plan_deliveries(tx, self._effects(run, accepted), run.id, item.id)
            assert inbox.finish_item(tx, item, action)
        return planned

    def stop(self, accepted: Accepted, outcome: str) -> None:
        """A guard ends the walk."""
        with self.db.account(self.account) as tx:
            item = inbox.claim_item(tx, accepted.item_id, "acted", 60)
            assert item is not None
            assert inbox.finish_item(tx, item, outcome)

    def park(self, accepted: Accepted, why: str = "Permanent: the model refused the request") -> None:
        """The item is set aside."""
        item = self.claim(accepted, Stage.DRAFT)
        with self.db.account(self.account) as tx:
            assert inbox.park_item(tx, item, why)
            record.set_ticket_state(tx, CHANNEL, accepted.ticket_id, TicketState.PARKED)

    def deliver(self, delivery_id: str) -> None:
        """Send one delivery through the real channel."""
        held = self.hold(delivery_id)
        channel = TicketChannel(self.db)
        ticket = channel.fetch(self.account, held.delivery.ticket_id)
        if held.delivery.kind is DeliveryKind.NOTE:
            foreign: str | None = channel.note(ticket, held.outgoing, held.delivery)
        else:
            foreign = channel.reply(ticket, held.outgoing, held.delivery, lambda now: True)
        assert foreign is not None
        with self.db.account(self.account) as tx:
            assert outbox.mark_sent(tx, held, foreign)

    def hold(self, delivery_id: str) -> ClaimedDelivery:
        """A worker has the delivery."""
        with self.db.account(self.account) as tx:
            held = outbox.claim_delivery(tx, delivery_id, "acted", 60)
        assert held is not None
        return held

    def finish(self, accepted: Accepted, action: Action, **changes: Any) -> None:
        """The whole walk."""
        for delivery_id in self.decide(accepted, action, **changes):
            self.deliver(delivery_id)

    def deliveries(self, accepted: Accepted) -> list[Delivery]:
        """The ticket's deliveries."""
        with self.db.account(self.account) as tx:
            return outbox.deliveries_of_ticket(tx, CHANNEL, accepted.ticket_id)

    def _effects(self, run: Run, accepted: Accepted) -> list[PlannedDelivery]:
        rules, message_id = self.policy.policy, accepted.message_id

        def effect(kind: DeliveryKind, outgoing: Outgoing) -> PlannedDelivery:
            return PlannedDelivery(CHANNEL, accepted.ticket_id, message_id, kind, outgoing)

        note = effect(DeliveryKind.NOTE, compose_note(run.draft, run.hits, explain_decision(run)))
        return {
            Action.AUTO_REPLY: [effect(DeliveryKind.REPLY, compose_reply(run.draft, run.hits, rules, message_id))],
            Action.INTERNAL_NOTE: [note],
            Action.ESCALATE: [note, effect(DeliveryKind.HANDOVER, compose_handover(rules, message_id))],
        }.get(run.decision.action, [])


def a_run(account: str, accepted: Accepted, action: Action, policy: PolicyFile) -> Run:
    """A believable run with this action."""
    caps = CAPS.get(action, ())
    finding = Finding("number_not_in_sources", "“14 days” is in no cited block")
    return Run(
        id=new_id(),
        account=account,
        channel=CHANNEL,
        ticket_id=accepted.ticket_id,
        message_id=accepted.message_id,
        classification=Classification(
            "billing", 0.91, Urgency.NORMAL, Sentiment.NEUTRAL, "en", False, (), ("When does the refund arrive?",)
        ),
        hits=hits(),
        draft=draft(),
        findings=(finding,) if action is Action.INTERNAL_NOTE else (),
        decision=Decision(action, Level.AUTO, caps, 0.58 if caps else 0.86),
        versions=Versions(policy.policy.version, "k-41c09e", "extractive-3", "0.1.0"),
        usage=(
            Usage(Stage.CLASSIFY, "small-model", 812, 64, 0, 0, 0.0011),
            Usage(Stage.DRAFT, "large-model", 3904, 288, 0, 0, 0.0160),
        ),
        times=(
            StageTime(Stage.CLASSIFY, 212.4),
            StageTime(Stage.RETRIEVE, 18.7),
            StageTime(Stage.DRAFT, 946.2),
            StageTime(Stage.VALIDATE, 31.0),
            StageTime(Stage.DECIDE, 1.3),
        ),
        remarks=("The last ten messages were read; 2 older ones were left out.",),
        at=datetime.now(UTC),
    )
