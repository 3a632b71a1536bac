"""The words of the product: the frozen values that every room passes on.

All times are timezone-aware and in UTC; all ids are strings; all money is in US dollars.
"""

import secrets
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


def new_id() -> str:
    """A UUID version 7 (RFC 9562): random, and sorted by the millisecond it was made in."""
    stamp = int(time.time() * 1000) << 80
    bits = stamp | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=bits))


# --- Tickets ---------------------------------------------------------------------------------------------------------


class Role(StrEnum):
    """Who wrote a message."""

    CUSTOMER = "customer"
    AGENT = "agent"
    ASSISTANT = "assistant"


class TicketStatus(StrEnum):
    """Where the helpdesk says the ticket stands. `CLOSED` takes no more messages."""

    OPEN = "open"
    SOLVED = "solved"
    CLOSED = "closed"


class Priority(StrEnum):
    """The priority the sender gave."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Requester:
    """The customer behind a ticket, by the id the channel knows them by."""

    id: str
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a ticket. `delivery_id` is set on messages that Firstline itself delivered."""

    id: str
    role: Role
    public: bool
    body: str
    at: datetime
    delivery_id: str | None = None
    attachments: int = 0
    automatic: bool = False
    """Written by a machine that is not us: an out-of-office mail, a bounce, a list."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A channel-free snapshot of a ticket as it stands now; messages are in order of time."""

    id: str
    account: str
    channel: str
    subject: str
    status: TicketStatus
    requester: Requester
    messages: tuple[Message, ...]
    priority: Priority = Priority.NORMAL
    tags: tuple[str, ...] = ()
    assignee: str | None = None
    url: str | None = None

    def message(self, message_id: str) -> Message | None:
        """The message with this id, or None."""
        return next((m for m in self.messages if m.id == message_id), None)

    def newest_customer_message(self) -> Message | None:
        """The last public message a customer wrote, or None."""
        theirs = [m for m in self.messages if m.role is Role.CUSTOMER and m.public]
        return theirs[-1] if theirs else None


class EventKind(StrEnum):
    """What an inbound payload means. Only `CUSTOMER_MESSAGE` can lead to an answer."""

    CUSTOMER_MESSAGE = "customer_message"
    AGENT_MESSAGE = "agent_message"
    TICKET_CHANGED = "ticket_changed"
    RATING = "rating"
    BOUNCE = "bounce"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened outside. `external_id` is unique within (account, channel)."""

    kind: EventKind
    external_id: str
    ticket_id: str
    message_id: str | None = None


class ItemState(StrEnum):
    """What became of an inbox item."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"
    PARKED = "parked"


class TicketState(StrEnum):
    """Where a ticket stands with Firstline, whatever its channel says."""

    RECEIVED = "received"
    ANSWERED = "answered"
    NOTED = "noted"
    ESCALATED = "escalated"
    OBSERVED = "observed"
    STEPPED_BACK = "stepped_back"
    PARKED = "parked"


# --- Knowledge -------------------------------------------------------------------------------------------------------


class BlockKind(StrEnum):
    """What a block was in its document. `STEP` is an item of a numbered list; a `ROW` reads `Header: cell; ...`."""

    SENTENCE = "sentence"
    ITEM = "item"
    STEP = "step"
    ROW = "row"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """The smallest thing that can be cited. Blocks of one paragraph, list or table share a `group`."""

    text: str
    kind: BlockKind
    group: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk of one version of a document, with the headings above it, outermost first."""

    id: str
    document_id: str
    version: str
    title: str
    url: str | None
    headings: tuple[str, ...]
    blocks: tuple[Block, ...]
    locale: str = "en"
    audience: str = "public"

    @property
    def text(self) -> str:
        """All blocks, one a line."""
        return "\n".join(block.text for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that search returned, and why.

    `cosine` is in [-1, 1]; `lexical` is BM25 divided by the best of the candidates, in [0, 1]; `share` is the part of
    the query's IDF that the passage holds, in [0, 1]; `fused` ranks and means nothing on its own.
    """

    passage: Passage
    cosine: float
    lexical: float
    share: float
    fused: float


@dataclass(frozen=True, slots=True)
class Citation:
    """Names document, version, passage and blocks (positions in `Passage.blocks`)."""

    document_id: str
    version: str
    passage_id: str
    blocks: tuple[int, ...]


# --- What the pipeline makes -----------------------------------------------------------------------------------------


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
    citation.
    """

    text: str
    kind: BlockKind
    group: int
    citations: tuple[Citation, ...] = ()
    courtesy: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply that has not been sent. `hand_over` is the model's own way out: why a person should answer."""

    statements: tuple[Statement, ...]
    hand_over: str | None = None

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All citations, in order of appearance, each once."""
        return tuple(dict.fromkeys(c for s in self.statements for c in s.citations))


@dataclass(frozen=True, slots=True)
class Finding:
    """One failed check of a draft: which check, and what it saw."""

    check: str
    detail: str


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


class Limit(StrEnum):
    """What a rule allows at the most: a draft for an agent, or a person at once."""

    DRAFT = "draft"
    PERSON = "person"


class Reason(StrEnum):
    """Why a decision fell as it did. Prose for each stands in `desk/receipt.py`."""

    WANTS_HUMAN = "wants_human"
    SENSITIVE_TOPIC = "sensitive_topic"
    VERY_NEGATIVE = "very_negative"
    CRITICAL = "critical"
    BUDGET_SPENT = "budget_spent"
    NOTHING_FOUND = "nothing_found"
    NO_QUESTION = "no_question"
    HANDED_OVER = "handed_over"
    WITH_PEOPLE = "with_people"
    LANGUAGE_NOT_SERVED = "language_not_served"
    ORDERS_MACHINE = "orders_machine"
    UNKNOWN_CATEGORY = "unknown_category"
    LOW_CONFIDENCE = "low_confidence"
    FINDING = "finding"
    STALE_SOURCE = "stale_source"
    TOO_MANY_TURNS = "too_many_turns"
    LONG_MESSAGE = "long_message"
    MANY_QUESTIONS = "many_questions"
    ATTACHMENT_UNREAD = "attachment_unread"
    CONTRADICTION = "contradiction"
    PAUSED = "paused"


class Stop(StrEnum):
    """Why a guard ended the walk before the pipeline, or a re-check ended it before the send."""

    OWN_MESSAGE = "own_message"
    NOT_A_CUSTOMER = "not_a_customer"
    PERSON_TOOK_OVER = "person_took_over"
    CLOSED = "closed"
    SOLVED = "solved"
    MACHINE_MAIL = "machine_mail"
    NEWER_MESSAGE = "newer_message"
    ALREADY_ANSWERED = "already_answered"
    SWITCHED_OFF = "switched_off"
    MESSAGE_GONE = "message_gone"
    PAUSED = "paused"
    SOURCE_CHANGED = "source_changed"


@dataclass(frozen=True, slots=True)
class Cap:
    """What one rule said: its limit, its reason, and the particulars in prose."""

    limit: Limit
    reason: Reason
    detail: str = ""


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
    remarks: tuple[str, ...]
    at: datetime

    @property
    def dollars(self) -> float:
        """What all model calls of the run cost."""
        return sum(use.dollars for use in self.usage)


# --- Delivery --------------------------------------------------------------------------------------------------------


class DeliveryKind(StrEnum):
    """What a delivery does outside. A `HANDOVER` is the public message that a person will answer; an `ALERT` tells
    people elsewhere."""

    REPLY = "reply"
    NOTE = "note"
    HANDOVER = "handover"
    ALERT = "alert"


class DeliveryState(StrEnum):
    """What became of a delivery. `WITHDRAWN`: a re-check stopped it before it was sent."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One intended effect outside. `id` travels with it and is how it is found again in the channel."""

    id: str
    account: str
    channel: str
    ticket_id: str
    message_id: str
    run_id: str | None
    kind: DeliveryKind
    key: str
    state: DeliveryState
    attempts: int = 0
    foreign_id: str | None = None
    reason: str | None = None
