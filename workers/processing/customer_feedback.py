"""What a customer's message or rating tells of the answer before it: it helped or did not, was good or bad."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from desk.conversation import Conversation
from desk.delivery import Delivery, DeliveryKind
from desk.feedback.feedback import CustomerRating, Feedback, FeedbackKind
from desk.platform.database import Transaction
from desk.policy.policy import Policy
from desk.ticket import Message, PersonActKind, Ticket, TicketStatus
from workers.insights import run_feedback
from workers.pipeline.conversation_text import own_texts_of
from workers.pipeline.signals.closing import is_closing, without_greeting_name
from workers.pipeline.signals.not_helped import says_not_helped
from workers.queue import outbox
from workers.queue.outbox import BY_A_PERSON

RATINGS = {PersonActKind.RATED_GOOD: CustomerRating.GOOD, PersonActKind.RATED_BAD: CustomerRating.BAD}


def note_customer_message(tx: Transaction, ticket: Ticket, conversation: Conversation, policy: Policy) -> None:
    """Keep what is open now as feedback on the runs behind the answer before it."""
    if conversation.answer is None or not conversation.open:
        return
    found = list(_read_message(ticket, conversation, conversation.answer, policy))
    run_ids = _runs_behind(tx, ticket, conversation.answer) if found else ()
    feedback = [Feedback(run_id, kind, message.id, message.at) for run_id in run_ids for kind, message in found]
    run_feedback.add_feedback(tx, (ticket.channel, ticket.id), feedback)


def note_rating(tx: Transaction, ticket: Ticket, conversation: Conversation) -> None:
    """Keep the customer's last rating on the runs behind the last answer."""
    rating = next((RATINGS[act.kind] for act in reversed(ticket.acts) if act.kind in RATINGS), None)
    if rating is None or conversation.answer is None:
        return
    at, source_id = datetime.now(UTC), conversation.answer.id
    feedback = [
        Feedback(run_id, FeedbackKind.RATING, source_id, at, rating)
        for run_id in _runs_behind(tx, ticket, conversation.answer)
    ]
    run_feedback.replace_feedback(tx, (ticket.channel, ticket.id), feedback)


def _read_message(
    ticket: Ticket, conversation: Conversation, answer: Message, policy: Policy
) -> Iterator[tuple[FeedbackKind, Message]]:
    first, newest = conversation.open[0], conversation.open[-1]
    names = ticket.requester.name or ""
    is_confirmed = not conversation.person_owed and all(
        is_closing(without_greeting_name(message.body, names)) for message in conversation.open
    )
    if is_confirmed:
        yield FeedbackKind.CONFIRMED, newest
        return
    own_texts = zip(conversation.own, own_texts_of(ticket, conversation), strict=True)
    if unhelped := next((message for message, text in own_texts if says_not_helped(text)), None):
        yield FeedbackKind.NOT_HELPED, unhelped
    is_recent = first.at - answer.at <= timedelta(days=policy.resolution.reopened_days)
    if first.status_before == TicketStatus.SOLVED and is_recent:
        yield FeedbackKind.REOPENED, first


def _runs_behind(tx: Transaction, ticket: Ticket, answer: Message) -> frozenset[str]:
    """The runs whose draft the answer was, or was made of."""
    sent_by_itself = (
        delivery.run_id
        for delivery in outbox.deliveries_of_ticket(tx, ticket.channel, ticket.id)
        if delivery.run_id and _is_automatic_reply(delivery) and _became(delivery, answer)
    )
    used = run_feedback.drafts_behind_message(tx, ticket.channel, ticket.id, answer.id)
    return used.union(sent_by_itself)


def _is_automatic_reply(delivery: Delivery) -> bool:
    return delivery.kind is DeliveryKind.REPLY and not delivery.key.startswith(BY_A_PERSON)


def _became(delivery: Delivery, message: Message) -> bool:
    return delivery.id == message.delivery_id or delivery.foreign_id == message.id
