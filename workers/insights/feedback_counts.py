"""What agents made of drafts and how surely replies settled their matters, counted over some time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, or_, select, union_all

from desk.delivery import DeliveryKind, DeliveryState
from desk.feedback.feedback import CustomerRating, DraftUse, FeedbackKind
from desk.feedback.resolution import AGAINST, ReplyResolution
from desk.platform.database import Transaction
from desk.ticket import EventKind
from workers.insights.reply_resolutions import NO_WORD
from workers.insights.run_feedback import DraftUseCounts, count_draft_uses
from workers.insights.tables import run_feedback
from workers.queue.outbox import BY_A_PERSON
from workers.tables import deliveries, inbox_items

UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class ResolutionCounts:
    """Replies that were sent, by what is known of them now; `unresolved`: the customer says that it did not help."""

    sent: int = 0
    confirmed: int = 0
    assumed: int = 0
    unresolved: int = 0


@dataclass(frozen=True, slots=True)
class FeedbackCounts:
    """Both, of the same time."""

    drafts: DraftUseCounts
    replies: ResolutionCounts


def count_feedback(tx: Transaction, since: datetime, now: datetime, assumed_days: int) -> FeedbackCounts:
    """Of drafts that agents answered and of replies that left since then."""
    return FeedbackCounts(count_draft_uses(tx, since), _count_resolutions(tx, since, now, assumed_days))


def _count_resolutions(tx: Transaction, since: datetime, now: datetime, assumed_days: int) -> ResolutionCounts:
    replies, verdicts = _replies(), _verdicts()
    is_silent = and_(replies.c.sent_at <= now - timedelta(days=assumed_days), ~_wrote_again(replies))
    state = case(
        (verdicts.c.against, UNRESOLVED),
        (verdicts.c.confirmed, ReplyResolution.CONFIRMED.value),
        (is_silent, ReplyResolution.ASSUMED.value),
        else_=ReplyResolution.SENT.value,
    )
    joined = replies.outerjoin(verdicts, verdicts.c.run_id == replies.c.run_id)
    of_replies = select(state.label("state")).select_from(joined).where(replies.c.sent_at >= since).subquery()
    rows = tx.execute(select(of_replies.c.state, func.count().label("replies")).group_by(of_replies.c.state))
    return ResolutionCounts(**{row.state: row.replies for row in rows})


def _replies() -> Subquery:
    """Each run whose draft became a reply, by itself or by an agent's hand, and when it last did."""
    d, f = deliveries.c, run_feedback.c
    is_automatic = and_(d.kind == DeliveryKind.REPLY, ~d.key.startswith(BY_A_PERSON), d.state == DeliveryState.SENT)
    automatic = select(d.run_id, d.channel, d.ticket_id, d.sent_at).where(is_automatic, d.run_id.is_not(None))
    is_used = and_(f.kind == FeedbackKind.AGENT_REPLY, f.value != DraftUse.DISCARDED)
    by_hand = select(f.run_id, f.channel, f.ticket_id, f.at.label("sent_at")).where(is_used)
    sent = union_all(automatic, by_hand).subquery()
    key = (sent.c.run_id, sent.c.channel, sent.c.ticket_id)
    return select(*key, func.max(sent.c.sent_at).label("sent_at")).group_by(*key).subquery()


def _verdicts() -> Subquery:
    """What the customer said of each run's reply."""
    f = run_feedback.c
    is_against = or_(f.kind.in_(AGAINST), _is_rated(CustomerRating.BAD))
    is_confirmed = or_(f.kind == FeedbackKind.CONFIRMED, _is_rated(CustomerRating.GOOD))
    columns = (func.bool_or(is_against).label("against"), func.bool_or(is_confirmed).label("confirmed"))
    return select(f.run_id, *columns).group_by(f.run_id).subquery()


def _is_rated(rating: CustomerRating) -> ColumnElement[bool]:
    return and_(run_feedback.c.kind == FeedbackKind.RATING, run_feedback.c.value == rating)


def _wrote_again(replies: Any) -> ColumnElement[bool]:
    i = inbox_items.c
    of_ticket = (i.channel == replies.c.channel, i.ticket_id == replies.c.ticket_id)
    is_word = or_(i.outcome.is_(None), i.outcome.not_in(sorted(NO_WORD)))
    later = (i.kind == EventKind.CUSTOMER_MESSAGE, i.received_at > replies.c.sent_at)
    return exists().where(*of_ticket, *later, is_word)
