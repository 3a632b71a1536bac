"""Feedback in words: what agents and customers did with a draft, and how surely a reply settled the matter."""

from collections.abc import Mapping

from desk.feedback.feedback import CustomerRating, DraftUse, Feedback, FeedbackKind, Thumbs
from desk.feedback.resolution import ReplyResolution

USES = {
    DraftUse.AS_IS: "An agent sent it as it is",
    DraftUse.EDITED: "An agent sent it edited",
    DraftUse.DISCARDED: "An agent sent another answer",
}
"""What agents did with a draft."""

RESOLUTIONS = {
    ReplyResolution.SENT: "Sent; the customer has not said whether it helped",
    ReplyResolution.CONFIRMED: "Confirmed by the customer",
    ReplyResolution.ASSUMED: "Assumed to have helped: the customer has been silent since",
}
"""Three things that are never taken for one another."""

_BY_CUSTOMERS = {
    FeedbackKind.NOT_HELPED: "The customer wrote that it did not help",
    FeedbackKind.REOPENED: "The customer opened the ticket again",
    FeedbackKind.CONFIRMED: "The customer confirmed that it helped",
}
_VERDICTS: Mapping[tuple[FeedbackKind, str], str] = {
    (FeedbackKind.THUMBS, Thumbs.UP): "Thumbs up from an agent",
    (FeedbackKind.THUMBS, Thumbs.DOWN): "Thumbs down from an agent",
    (FeedbackKind.RATING, CustomerRating.GOOD): "The customer rated it as good",
    (FeedbackKind.RATING, CustomerRating.BAD): "The customer rated it as bad",
}


def describe_feedback(feedback: Feedback) -> str:
    """One thing that was found out, as a line."""
    if feedback.kind is FeedbackKind.AGENT_REPLY:
        return _describe_use(feedback)
    text = _BY_CUSTOMERS.get(feedback.kind) or _VERDICTS[feedback.kind, feedback.value]
    return f"{text}: “{feedback.comment}”" if feedback.comment else text


def _describe_use(feedback: Feedback) -> str:
    """An edit tells what was changed, and how alike the texts are."""
    use = DraftUse(feedback.value)
    if use is DraftUse.AS_IS:
        return USES[use]
    changes = f"{', '.join(feedback.changes)} changed; " if use is DraftUse.EDITED and feedback.changes else ""
    return f"{USES[use]} ({changes}{round((feedback.similarity or 0) * 100)} % alike)"
