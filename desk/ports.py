"""What the product asks of the outside, as small Protocols. Adapters implement them; `app/bootstrap.py` wires them.

Every method may raise `Temporary` (try again later) or `Permanent` (a person has to look), and nothing else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from desk.delivery import Delivery
from desk.errors import Temporary
from desk.party import Access
from desk.passage import Citation, Hit, SearchScope
from desk.policy.policy import Policy
from desk.run import Classification, Draft, Sentiment, Urgency, Usage
from desk.ticket import NO_LABELS, Author, Labels, Ticket


@dataclass(frozen=True, slots=True)
class Source:
    """A page as a reply shows it: the number in the text, the title, where to read it, and what was quoted."""

    number: int
    title: str
    url: str | None
    quotes: tuple[str, ...]
    passage_id: str
    """The first of its passages that is cited."""
    passages: tuple[str, ...] = ()
    """All of them."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a channel is asked to post: plain text with `[n]` marks, and the numbered sources behind them."""

    text: str
    sources: tuple[Source, ...] = ()
    newest_message_id: str | None = None
    """The customer message this answers."""
    escalated: bool = False
    """The ticket is handed to people with this."""
    labels: Labels = NO_LABELS
    """What is to be set on the ticket with it, unless a person has set it."""
    status: str | None = None
    """The status to set, in the helpdesk's own word: with a note, or see `Channel.restore_status`."""
    receipt: str | None = None
    """The address of the receipt, where the text names it."""
    plain: bool = False
    """To be posted as plain text, without markup: the customer's own channel shows none."""
    author: Author | None = None
    """The person who sends it; None where it is automatic."""


StillWanted = Callable[[Ticket], bool]
"""The last look: is it still right to send, with the ticket as it stands? Pure; a channel asks it of the very snapshot
that it posts upon."""


class Channel(Protocol):
    """The outbound half of a channel: one helpdesk, mailbox or our own API."""

    name: str

    def fetch(self, account: str, ticket_id: str, holding: str = "", since: datetime | None = None) -> Ticket:
        """The ticket as it stands now, messages oldest first. One that was read `since` then will do where that is
        given, and with `holding` one of the last minute that has this message: to think and to tell, never to post."""
        ...

    def reply(self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery, still_wanted: StillWanted) -> str | None:
        """Post a public message marked with the delivery's id, with its tags and labels; its foreign id, or None when
        the ticket is closed or the last look says no. Labels that are refused do not keep it back.

        `ticket`, if just read, may be taken for how the ticket stands as long as nothing can have happened since."""
        ...

    def note(self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery) -> str:
        """Post an internal note marked with the delivery's id, with its tags and labels; its foreign id."""
        ...

    def restore_status(
        self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery, still_wanted: StillWanted
    ) -> str | None:
        """Set the ticket's status to `outgoing.status` without a word to anybody; some id of the change, or None when
        the last look says no. Doing it twice changes nothing."""
        ...

    def find_delivery(self, ticket: Ticket, delivery: Delivery) -> str | None:
        """The foreign id of what an earlier attempt at this delivery left in the channel, or None if nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Alert:
    """What people are told when a ticket needs one of them. All texts are plain; `draft` may be empty."""

    account: str
    channel: str
    ticket_id: str
    subject: str
    requester: str
    question: str
    reasons: tuple[str, ...]
    draft: str
    sources: tuple[Source, ...]
    ticket_url: str | None
    console_url: str | None
    title: str = "A ticket needs a person"


class Alerts(Protocol):
    """Where people are told."""

    name: str

    def ready(self, account: str) -> bool:
        """Has this account set it up?"""
        ...

    def quiet(self, account: str) -> float:
        """Seconds that it still wants to be left alone, 0 for none. Asks nobody outside."""
        ...

    def post(self, alert: Alert, delivery: Delivery) -> str:
        """Tell people, marked with the delivery's id; the message's foreign id."""
        ...

    def update(self, alert: Alert, delivery: Delivery, foreign_id: str) -> str:
        """Make what was posted under this id say what the alert says now; the id of what then stands there (another
        one, where the old message was gone)."""
        ...

    def find_delivery(self, alert: Alert, delivery: Delivery) -> str | None:
        """The foreign id of what an earlier attempt at this delivery left there, or None if nothing."""
        ...


class PartyProbe(Protocol):
    """An outside service that work may have to wait for."""

    name: str

    def probe(self, account: str, access: Access) -> None:
        """Ask once, cheaply and briefly, without changing anything. Raises Outage when it is away."""
        ...


class Embedder(Protocol):
    """Turns texts into vectors of unit length. One text always gives one vector, whatever else is in the batch."""

    name: str
    """Other vectors, other name: the index keeps them under it."""
    window: int
    """How many of its own tokens it reads of one text, its special tokens included; the rest would be dropped."""

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has. May have to ask."""
        ...

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text, for what is searched."""
        ...

    def embed_query(self, text: str) -> list[float]:
        """The vector of what is searched for."""
        ...

    def count_tokens(self, text: str) -> int:
        """How many of the embedder's own tokens the text has."""
        ...


class Reranker(Protocol):
    """Reads a question beside each text, which an embedder never does, and so weighs the best few anew."""

    name: str

    def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """One score per text, in order: the higher, the better it answers. Of no fixed scale."""
        ...


class Library(Protocol):
    """The knowledge room as the pipeline sees it."""

    def search(self, account: str, query: str, scope: SearchScope, *, limit: int) -> list[Hit]:
        """The best passages, best first; never one outside the scope."""
        ...

    def outdated(self, account: str, citations: Sequence[Citation]) -> list[Citation]:
        """Those whose document has changed since, or is gone."""
        ...

    def revision(self, account: str) -> str:
        """A short name for the state of the index, for the receipt."""
        ...


@dataclass(frozen=True, slots=True)
class ModelClassification:
    """A model's view of a message. Signals it did not look at stay at their defaults."""

    category: str | None
    confidence: float
    questions: tuple[str, ...]
    urgency: Urgency = Urgency.NORMAL
    sentiment: Sentiment = Sentiment.NEUTRAL
    wants_human: bool = False
    sensitive: tuple[str, ...] = ()
    usage: tuple[Usage, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelDraft:
    """A model's draft and what it used."""

    draft: Draft
    usage: tuple[Usage, ...] = field(default=())


class UnusableAnswer(Temporary):
    """A model answered, was paid, and what it said is of no use. `usage` is what it cost all the same."""

    def __init__(self, message: str, usage: tuple[Usage, ...] = ()) -> None:
        super().__init__(message)
        self.usage = usage


class ModelRefusal(UnusableAnswer):
    """A model would not look at this at all."""


class LanguageModel(Protocol):
    """Who reads and writes: Claude, the local extractive parts, or a script in tests. One of several, asked in turn."""

    name: str
    prompts: str
    """Hash of the prompts it uses, or the version of its method."""

    def classify(self, ticket: Ticket, text: str, policy: Policy) -> ModelClassification:
        """What `text`, the customer's newest message without quotes and signature, is about."""
        ...

    def draft(
        self,
        ticket: Ticket,
        classification: Classification,
        hits: Sequence[Hit],
        policy: Policy,
        instruction: str = "",
    ) -> ModelDraft:
        """A reply to the ticket's newest customer message out of the hits alone, or a draft that hands over. An agent's
        `instruction` says how it should read; it changes nothing of what may be said."""
        ...
