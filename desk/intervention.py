"""A person's act on a ticket: what may be ordered, what each order needs, and what came back.

`INTERVENTIONS` says all of each kind. Faces (API, console, sidebar) check an order by `check_order`, store it, and show
its result; `workers/processing/interventions` carries it out.

To add a kind: its code in `InterventionKind`, its line in `INTERVENTIONS`, its handler in
`workers/processing/interventions/handlers.py`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from desk.errors import Refused
from desk.ports import Source
from desk.run import Finding
from desk.text.wording import Said, Wording
from desk.ticket import Author

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_TEXT = 20_000
"""Characters of one order's text; of an API's 12,000 and more."""
MOST_QUESTIONS = 500
"""Open questions that one entry is taught for."""
UNDO_SECONDS = 10.0
"""So long a reply that is pressed on a page can be taken back: it waits in the database, whether or not the page stays
open."""


class InterventionKind(StrEnum):
    """What a person can order."""

    CLAIM = "claim"
    RELEASE = "release"
    SEND = "send"
    EDIT_AND_SEND = "edit_and_send"
    UNDO = "undo"
    REJECT = "reject"
    REGENERATE = "regenerate"
    ASK = "ask"
    CLOSE = "close"
    NOT_AN_ESCALATION = "not_an_escalation"
    TURN_OFF = "turn_off"
    TURN_ON = "turn_on"
    CORRECT_CATEGORY = "correct_category"
    CORRECT_REASON = "correct_reason"
    TEACH = "teach"
    RATE = "rate"


class Face(StrEnum):
    """Where a person pressed."""

    API = "api"
    CONSOLE = "console"
    SIDEBAR = "sidebar"
    SLACK = "slack"
    NOTE = "note"
    """In an internal note of the ticket."""


class ResultStatus(StrEnum):
    """How an intervention ended."""

    DONE = "done"
    REFUSED = "refused"
    """It no longer fitted; nothing was changed."""
    UNCONFIRMED = "unconfirmed"
    """Something was found in the text; the same order with `override` sends it all the same."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who ordered it. `id` names them at every face: by their address where it is known."""

    id: str
    name: str
    email: str | None = None
    channel_user_id: str | None = None
    """Who they are in the ticket's own channel, where the face proved it."""

    @classmethod
    def of(cls, name: str, email: str | None, otherwise: str, channel_user_id: str | None = None) -> "Actor":
        """Known by the address, wherever they press; `otherwise` where there is none."""
        return cls(f"person:{email.casefold()}" if email else otherwise, name, email, channel_user_id)

    @property
    def author(self) -> Author:
        """In whose name their replies are posted."""
        return Author(self.name, self.email, self.channel_user_id)


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asks for. `text` is the reply, the question or the answer; `comment` the reason of a rejection or
    the wish for another draft; `value` the right category or reason, or `up` or `down`."""

    kind: InterventionKind
    channel: str
    ticket_id: str
    text: str = ""
    comment: str = ""
    value: str = ""
    question: str = ""
    question_ids: tuple[str, ...] = ()
    """The open questions of a gap that what is taught answers."""
    run_id: str | None = None
    """Whose draft it is about."""
    seen_message_id: str | None = None
    """The last word of the conversation as the person saw it (`desk.conversation.last_word`)."""
    target_id: str | None = None
    """The act that is to be undone, or whose findings are overridden."""
    override: bool = False
    delay_seconds: float = 0.0
    """So long a reply can still be undone."""


@dataclass(frozen=True, slots=True)
class InterventionResult:
    """What came back, in words; `answer` is a draft or an answer with its sources."""

    status: ResultStatus
    message: Said
    findings: tuple[Finding, ...] = ()
    answer: str = ""
    sources: tuple[Source, ...] = ()
    run_id: str | None = None
    delivery_id: str | None = None


@dataclass(frozen=True, slots=True)
class AboutIntervention:
    """`title` stands on the button, `past` in the story; `needs` are the fields of the order that must be filled."""

    title: Wording
    past: Wording
    needs: tuple[str, ...] = ()
    public: bool = field(default=False)
    """Something reaches the customer."""


INTERVENTIONS: Mapping[InterventionKind, AboutIntervention] = {
    InterventionKind.CLAIM: AboutIntervention(Wording("Claim"), Wording("claimed the ticket")),
    InterventionKind.RELEASE: AboutIntervention(Wording("Release"), Wording("released the ticket")),
    InterventionKind.SEND: AboutIntervention(Wording("Send"), Wording("sent the draft"), ("run_id",), public=True),
    InterventionKind.EDIT_AND_SEND: AboutIntervention(
        Wording("Edit and send"), Wording("edited and sent a reply"), ("text",), public=True
    ),
    InterventionKind.UNDO: AboutIntervention(Wording("Undo"), Wording("took a reply back"), ("target_id",)),
    InterventionKind.REJECT: AboutIntervention(Wording("Reject"), Wording("rejected the draft"), ("run_id", "comment")),
    InterventionKind.REGENERATE: AboutIntervention(Wording("Draft again"), Wording("asked for another draft")),
    InterventionKind.ASK: AboutIntervention(
        Wording("Ask the knowledge"), Wording("asked the knowledge"), ("question",)
    ),
    InterventionKind.CLOSE: AboutIntervention(Wording("Close as answered"), Wording("closed the ticket as answered")),
    InterventionKind.NOT_AN_ESCALATION: AboutIntervention(
        Wording("Not an escalation"), Wording("said that this needed no person")
    ),
    InterventionKind.TURN_OFF: AboutIntervention(
        Wording("Turn off here"), Wording("turned Firstline off for this ticket")
    ),
    InterventionKind.TURN_ON: AboutIntervention(
        Wording("Turn on here"), Wording("turned Firstline on again for this ticket")
    ),
    InterventionKind.CORRECT_CATEGORY: AboutIntervention(
        Wording("Correct the category"), Wording("corrected the category"), ("value",)
    ),
    InterventionKind.CORRECT_REASON: AboutIntervention(
        Wording("Correct a reason"), Wording("corrected a reason"), ("run_id", "value", "comment")
    ),
    InterventionKind.TEACH: AboutIntervention(Wording("Teach"), Wording("proposed an entry"), ("question", "text")),
    InterventionKind.RATE: AboutIntervention(
        Wording("Rate the draft"), Wording("rated the draft"), ("run_id", "value")
    ),
}


class BadOrder(Refused):
    """An order that lacks what its kind needs, or holds what cannot be; `faults` say what, by field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name} {fault}" for name, fault in faults.items()), status=422)
        self.faults = dict(faults)


def check_order(order: Order) -> None:
    """Raises BadOrder (422) for an order that lacks what its kind needs, or is too long."""
    if faults := order_faults(order):
        raise BadOrder(faults)


def order_faults(order: Order) -> dict[str, str]:
    """What is wrong with which field; each field once."""
    faults: dict[str, str] = {}
    for name, fault in (*_missing_fields(order), *_wrong_ids(order), *_wrong_texts(order)):
        faults.setdefault(name, fault)
    if not 0 <= order.delay_seconds <= 600:
        faults["delay_seconds"] = "must be from 0 to 600"
    return faults


def _missing_fields(order: Order) -> Iterator[tuple[str, str]]:
    for name in INTERVENTIONS[order.kind].needs:
        if not str(getattr(order, name) or "").strip():
            yield name, f"is needed for {order.kind}"


def _wrong_ids(order: Order) -> Iterator[tuple[str, str]]:
    for name in ("run_id", "target_id"):
        if (given_id := getattr(order, name)) and not _UUID.fullmatch(given_id):
            yield name, "is no id of ours"
    if len(order.question_ids) > MOST_QUESTIONS or not all(map(_UUID.fullmatch, order.question_ids)):
        yield "question_ids", "are no ids of ours"


def _wrong_texts(order: Order) -> Iterator[tuple[str, str]]:
    if order.text and not any(character.isalnum() for character in order.text):
        yield "text", "says nothing"
    for name in ("text", "comment", "question", "value"):
        if len(getattr(order, name)) > MOST_TEXT:
            yield name, f"is longer than {MOST_TEXT:,} characters"


def undo_seconds(kind: InterventionKind) -> float:
    """How long an act that is pressed on a page waits."""
    is_reply = kind in (InterventionKind.SEND, InterventionKind.EDIT_AND_SEND)
    return UNDO_SECONDS if is_reply else 0.0
