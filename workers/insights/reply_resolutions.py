"""What became of each draft of a ticket: the feedback on it, and how surely the reply made of it settled the matter."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.feedback.feedback import DraftUse, Feedback, FeedbackKind
from desk.feedback.resolution import ReplyResolution, resolve_reply
from desk.platform.database import Transaction
from desk.policy.policy import ResolutionPolicy
from desk.reasons import Stop
from desk.run import Run
from desk.ticket import EventKind
from workers.insights.run_feedback import feedback_of_ticket
from workers.queue import inbox, outbox
from workers.queue.inbox import InboxItem
from workers.queue.outbox import BY_A_PERSON

NO_WORD = frozenset({Stop.CONFIRMED, Stop.MACHINE_MAIL, Stop.NOT_A_CUSTOMER, Stop.OWN_MESSAGE, "duplicate"})
"""Outcomes of items that are no further word of the customer's."""


@dataclass(frozen=True, slots=True)
class RunFeedback:
    """All feedback on a run, oldest first, and how surely its reply settled the matter; None where it did not, or none
    is out."""

    feedback: tuple[Feedback, ...] = ()
    resolution: ReplyResolution | None = None


NO_FEEDBACK = RunFeedback()


def read_run_feedback(tx: Transaction, channel: str, ticket_id: str, runs: Sequence[Run]) -> Mapping[str, RunFeedback]:
    """By run, what became of the draft, as of now."""
    found = feedback_of_ticket(tx, channel, ticket_id)
    deliveries = outbox.deliveries_of_ticket(tx, channel, ticket_id)
    items = inbox.items_of_ticket(tx, channel, ticket_id)
    return {run.id: _of_run(run, found.get(run.id, ()), deliveries, items) for run in runs}


def _of_run(
    run: Run, feedback: Sequence[Feedback], deliveries: Sequence[Delivery], items: Sequence[InboxItem]
) -> RunFeedback:
    sent_at = max(_sent_times(run, feedback, deliveries), default=None)
    wrote_again = sent_at is not None and any(_is_word(item) and item.received_at > sent_at for item in items)
    days = run.circumstances.assumed_days if run.circumstances else ResolutionPolicy().assumed_days
    return RunFeedback(tuple(feedback), resolve_reply(sent_at, wrote_again, feedback, datetime.now(UTC), days))


def _sent_times(run: Run, feedback: Sequence[Feedback], deliveries: Sequence[Delivery]) -> Iterator[datetime]:
    """When the draft became a reply: by itself, or by an agent's hand."""
    for delivery in deliveries:
        is_reply = delivery.kind is DeliveryKind.REPLY and not delivery.key.startswith(BY_A_PERSON)
        if is_reply and delivery.run_id == run.id and delivery.state is DeliveryState.SENT and delivery.sent_at:
            yield delivery.sent_at
    for each in feedback:
        if each.kind is FeedbackKind.AGENT_REPLY and each.value != DraftUse.DISCARDED:
            yield each.at


def _is_word(item: InboxItem) -> bool:
    return item.kind is EventKind.CUSTOMER_MESSAGE and item.outcome not in NO_WORD
