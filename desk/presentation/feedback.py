"""Feedback in words: what agents and customers did with a draft, and how surely a reply settled the matter."""

from collections.abc import Mapping

from desk.feedback.feedback import Change, CustomerRating, DraftUse, Feedback, FeedbackKind, Thumbs
from desk.feedback.resolution import ReplyResolution
from desk.text.wording import Share, Wording

USES = {
    DraftUse.AS_IS: Wording("An agent sent it as it is"),
    DraftUse.EDITED: Wording("An agent sent it edited"),
    DraftUse.DISCARDED: Wording("An agent sent another answer"),
}
"""What agents did with a draft."""

RESOLUTIONS = {
    ReplyResolution.SENT: Wording("Sent; the customer has not said whether it helped"),
    ReplyResolution.CONFIRMED: Wording("Confirmed by the customer"),
    ReplyResolution.ASSUMED: Wording("Assumed to have helped: the customer has been silent since"),
}
"""Three things that are never taken for one another."""

CHANGES = {
    Change.FIGURE: Wording("figure"),
    Change.NAME: Wording("name"),
    Change.NEGATION: Wording("negation"),
    Change.LINK: Wording("link"),
    Change.WORDING: Wording("wording"),
}
"""What an agent changed in it."""

_BY_CUSTOMERS = {
    FeedbackKind.NOT_HELPED: Wording("The customer wrote that it did not help"),
    FeedbackKind.REOPENED: Wording("The customer opened the ticket again"),
    FeedbackKind.CONFIRMED: Wording("The customer confirmed that it helped"),
}
_VERDICTS: Mapping[tuple[FeedbackKind, str], Wording] = {
    (FeedbackKind.THUMBS, Thumbs.UP): Wording("Thumbs up from an agent"),
    (FeedbackKind.THUMBS, Thumbs.DOWN): Wording("Thumbs down from an agent"),
    (FeedbackKind.RATING, CustomerRating.GOOD): Wording("The customer rated it as good"),
    (FeedbackKind.RATING, CustomerRating.BAD): Wording("The customer rated it as bad"),
}


def describe_feedback(feedback: Feedback) -> Wording:
    """One thing that was found out, as a line."""
    if feedback.kind is FeedbackKind.AGENT_REPLY:
        return _describe_use(feedback)
    text = _BY_CUSTOMERS.get(feedback.kind) or _VERDICTS[feedback.kind, feedback.value]
    return Wording("%(verdict)s: “%(comment)s”", verdict=text, comment=feedback.comment) if feedback.comment else text


def _describe_use(feedback: Feedback) -> Wording:
    """An edit tells what was changed, and how alike the texts are."""
    use = DraftUse(feedback.value)
    if use is DraftUse.AS_IS:
        return USES[use]
    use_words, alike = USES[use], Share(feedback.similarity or 0)
    if use is not DraftUse.EDITED or not feedback.changes:
        return Wording("%(use)s (%(alike)s alike)", use=use_words, alike=alike)
    changes = Wording.listed(CHANGES[change] for change in feedback.changes)
    return Wording("%(use)s (%(changes)s changed; %(alike)s alike)", use=use_words, changes=changes, alike=alike)
