"""What the pipeline makes of a message: from its classification to the decision, and the run that keeps them all."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from desk.passage import BlockKind, Citation, Hit
from desk.reasons import Limit, Reason
from desk.text.wording import Said


class Urgency(StrEnum):
    """How pressing the message is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


class Sentiment(StrEnum):
    """The customer's mood."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"
    VERY_NEGATIVE = "very_negative"


@dataclass(frozen=True, slots=True)
class Classification:
    """What a message is about. `category` is None where no category fits; `confidence` is its probability, 0 to 1."""

    category: str | None
    confidence: float
    urgency: Urgency
    sentiment: Sentiment
    language: str
    wants_human: bool
    sensitive: tuple[str, ...]
    questions: tuple[str, ...]
    orders_machine: bool = False
    """The text tries to give orders to the machine that reads it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence, list item, step, row or code block of a draft, with what it rests on.

    Statements of one list or paragraph share a `group`. A `courtesy` (greeting, thanks) states no fact and needs no
    citation. `number` is the one that a quoted step has on its page, 0 if it is counted anew.
    """

    text: str
    kind: BlockKind
    group: int
    citations: tuple[Citation, ...] = ()
    courtesy: bool = False
    number: int = 0


class WayOut(StrEnum):
    """Which kind of reason a model has for handing over."""

    NOT_IN_DOCUMENTS = "not_in_documents"
    CONTRADICTION = "contradiction"
    NEEDS_A_PERSON = "needs_a_person"
    DECLINED = "declined"
    """The model would not read or answer this at all. Never asked for; it says so by refusing."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply that has not been sent. `hand_over` is the model's own way out: why a person should answer; `way_out`
    is of which kind that is, where the model said so."""

    statements: tuple[Statement, ...]
    hand_over: str | None = None
    way_out: WayOut | None = None

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All citations, in order of appearance, each once."""
        return tuple(dict.fromkeys(citation for statement in self.statements for citation in statement.citations))


@dataclass(frozen=True, slots=True)
class Finding:
    """One failed check of a draft: which check, and what it saw."""

    check: str
    detail: Said


class Level(StrEnum):
    """How much a category may do alone, lowest first."""

    OBSERVE = "observe"
    DRAFT = "draft"
    AUTO = "auto"


class Action(StrEnum):
    """What a run leads to. `OBSERVE` is recorded only; `IGNORE` was stopped by a guard."""

    AUTO_REPLY = "auto_reply"
    INTERNAL_NOTE = "internal_note"
    ESCALATE = "escalate"
    OBSERVE = "observe"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Cap:
    """What one rule said: its limit, its reason, and the particulars in prose."""

    limit: Limit
    reason: Reason
    detail: Said = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The action, the policy's level for the category, every cap that fired, and the confidence, 0 to 1."""

    action: Action
    level: Level
    caps: tuple[Cap, ...]
    confidence: float


class Stage(StrEnum):
    """The pipeline's stages, in order."""

    CLASSIFY = "classify"
    RETRIEVE = "retrieve"
    DRAFT = "draft"
    VALIDATE = "validate"
    DECIDE = "decide"


@dataclass(frozen=True, slots=True)
class Usage:
    """What one model call used, as the model's side reported it."""

    stage: Stage
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    dollars: float = 0.0


@dataclass(frozen=True, slots=True)
class StageTime:
    """Wall time of one stage, in milliseconds."""

    stage: Stage
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Versions:
    """What the run was made with: hashes or names that let it be understood later."""

    policy: str
    knowledge: str
    prompts: str
    product: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What held when the run decided: every fact that a rule reads and that the rest of the run does not hold, so that
    another policy can be tried on it. `heard` is what the text said by itself, before any model was asked; the counts
    are of automatic replies and of hand-overs as they were then; `assumed_days` is the policy's."""

    heard: Classification
    via: str
    word_count: int
    polite: bool
    attachments: int
    third_parties: int
    cut: bool
    skipped: bool
    paused: bool
    budget_spent: bool
    with_people: bool
    rethought: int
    outdated: tuple[Citation, ...]
    open_questions: tuple[str, ...]
    model_away: str
    refused: bool
    unhelped: bool
    for_agent: bool
    same_matter: str
    replies_on_ticket: int
    replies_on_ticket_lately: int
    replies_to_requester_lately: int
    handovers_to_requester: int
    message_repeated: bool
    reply_repeated: bool
    assumed_days: int
    quoted_topics: tuple[str, ...] = ()
    """Sensitive topics of mails that are quoted, by others than us; none for runs of before they were kept."""


@dataclass(frozen=True, slots=True)
class Run:
    """One pass of the pipeline over one state of a ticket. `remarks` say what was left out or fell back."""

    id: str
    account: str
    channel: str
    ticket_id: str
    message_id: str
    classification: Classification
    hits: tuple[Hit, ...]
    draft: Draft
    findings: tuple[Finding, ...]
    decision: Decision
    versions: Versions
    usage: tuple[Usage, ...]
    times: tuple[StageTime, ...]
    remarks: tuple[Said, ...]
    at: datetime
    circumstances: Circumstances | None = None
    """None for runs of before they were kept."""
    related: tuple[Hit, ...] = ()
    """Passages for colleagues alone, for their note; never part of the draft."""

    @property
    def dollars(self) -> float:
        """What all model calls of the run cost."""
        return sum(use.dollars for use in self.usage)
