"""What agents and customers did with a draft or a reply: found out from what they wrote, pressed and rated."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FeedbackKind(StrEnum):
    """Where feedback comes from."""

    AGENT_REPLY = "agent_reply"
    """An agent answered while the draft stood: the two texts are compared."""
    THUMBS = "thumbs"
    """An agent pressed up or down."""
    RATING = "rating"
    """The customer rated the answer."""
    NOT_HELPED = "not_helped"
    """The customer wrote that the answer did not help."""
    REOPENED = "reopened"
    """The customer opened the ticket again."""
    CONFIRMED = "confirmed"
    """The customer closed the matter: thanks, or that it works."""


class DraftUse(StrEnum):
    """What an agent's public reply made of a draft; the best first."""

    AS_IS = "as_is"
    """Equal, but for greeting, signature, citation marks, source list and white space."""
    EDITED = "edited"
    DISCARDED = "discarded"
    """Less alike than `ALIKE`."""


class Change(StrEnum):
    """What an agent changed in a draft."""

    FIGURE = "figure"
    NAME = "name"
    NEGATION = "negation"
    LINK = "link"
    WORDING = "wording"


class Thumbs(StrEnum):
    """An agent's verdict by one press."""

    UP = "up"
    DOWN = "down"


class CustomerRating(StrEnum):
    """A customer's verdict."""

    GOOD = "good"
    BAD = "bad"


ALIKE = 0.6
"""From this similarity on a changed draft is an edited one."""


@dataclass(frozen=True, slots=True)
class DraftComparison:
    """A draft beside an agent's reply. `similarity` is the ratio 2·M / T over their words without greeting, signature
    and citations: M words stand in both in one order, T is the words of both together. 0 to 1."""

    use: DraftUse
    similarity: float
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Feedback:
    """One thing that was found out about a run. `source_id` is the message, act or event that told it: each tells it
    once. `value` is a `DraftUse`, `Thumbs` or `CustomerRating`, empty where the kind says it all."""

    run_id: str
    kind: FeedbackKind
    source_id: str
    at: datetime
    value: str = ""
    similarity: float | None = None
    changes: tuple[Change, ...] = ()
    comment: str = ""
    reply: str = ""
    """What an agent sent instead of the draft: without personal data, greeting and signature."""


def draft_use(feedback: Iterable[Feedback]) -> Feedback | None:
    """The agent's reply that came nearest to the draft, if any agent answered."""
    replies = [each for each in feedback if each.kind is FeedbackKind.AGENT_REPLY]
    return max(replies, key=lambda each: (each.value == DraftUse.AS_IS, each.similarity or 0.0), default=None)
