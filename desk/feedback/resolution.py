"""How surely a reply settled the matter: three things that are never taken for one another."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from desk.feedback.feedback import CustomerRating, Feedback, FeedbackKind


class ReplyResolution(StrEnum):
    """How surely a reply settled the matter. Where the customer says otherwise, there is none."""

    SENT = "sent"
    """The reply is out, and that is all that is known."""
    CONFIRMED = "confirmed"
    """The customer said so."""
    ASSUMED = "assumed"
    """The customer has been silent for the policy's days."""


AGAINST = (FeedbackKind.NOT_HELPED, FeedbackKind.REOPENED)


def resolve_reply(
    sent_at: datetime | None, wrote_again: bool, feedback: Sequence[Feedback], now: datetime, silent_days: int
) -> ReplyResolution | None:
    """How surely a reply settled the matter; None while none is out, or once the customer says that it did not.

    `wrote_again`: the customer has written since, and not to confirm it.
    """
    if sent_at is None or any(_speaks_against(each) for each in feedback):
        return None
    if any(each.kind is FeedbackKind.CONFIRMED or each.value == CustomerRating.GOOD for each in feedback):
        return ReplyResolution.CONFIRMED
    is_silent = not wrote_again and now - sent_at >= timedelta(days=silent_days)
    return ReplyResolution.ASSUMED if is_silent else ReplyResolution.SENT


def _speaks_against(feedback: Feedback) -> bool:
    return feedback.kind in AGAINST or (feedback.kind is FeedbackKind.RATING and feedback.value == CustomerRating.BAD)
