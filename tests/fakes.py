"""Fakes that remember, and builders of the values that most tests need. No database, no model, no network."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from desk.passage import Block, BlockKind, Citation, Hit, Passage, SearchScope
from desk.platform.settings import Settings
from desk.policy.policy import Policy, parse_policy
from desk.run import Classification, Draft, Sentiment, Statement, Urgency
from desk.text.tokenizer import words
from desk.ticket import Message, Requester, Role, Ticket, TicketStatus

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[1]


def settings_of(**values: object) -> Settings:
    """Settings of these values, whatever a `.env` here says."""
    return Settings(_env_file=None, **values)  # type: ignore[call-arg, arg-type]  # test builder; pydantic takes it


@cache
def default_policy() -> Policy:
    """The shipped policy, read once: it is frozen."""
    return parse_policy((ROOT / "desk" / "policy" / "default_policy.yaml").read_text(encoding="utf-8"))


@cache
def demo_policy() -> Policy:
    """The demo's policy, read once."""
    return parse_policy((ROOT / "examples" / "policy.yaml").read_text(encoding="utf-8"))


def a_message(body: str = "How do I reset my password?", **fields: object) -> Message:
    """A public message of a customer; `id` is m1 and the time is fixed unless given."""
    values: dict[str, object] = {"id": "m1", "role": Role.CUSTOMER, "public": True, "at": NOW, **fields}
    return Message(body=body, **values)  # type: ignore[arg-type]  # test builder


def a_ticket(*messages: Message | str, **fields: object) -> Ticket:
    """A ticket of these messages; strings become customer messages m1, m2, ... a minute apart."""
    made = [
        a_message(one, id=f"m{place}", at=NOW + timedelta(minutes=place)) if isinstance(one, str) else one
        for place, one in enumerate(messages or ("How do I reset my password?",), 1)
    ]
    values: dict[str, object] = {
        "id": "t1",
        "account": "acme",
        "channel": "api",
        "subject": "",
        "status": TicketStatus.OPEN,
        "requester": Requester("c1"),
        **fields,
    }
    return Ticket(messages=tuple(made), **values)  # type: ignore[arg-type]  # test builder


def a_passage(*blocks: str | Block, **fields: object) -> Passage:
    """A passage of these blocks; strings become sentences of one paragraph."""
    made = tuple(Block(one, BlockKind.SENTENCE, 0) if isinstance(one, str) else one for one in blocks)
    values: dict[str, object] = {
        "id": "p1",
        "document_id": "d1",
        "version": "v1",
        "title": "Passwords",
        "url": "https://help.example/passwords",
        "headings": (),
        **fields,
    }
    return Passage(blocks=made, **values)  # type: ignore[arg-type]  # test builder


def a_hit(passage: Passage, cosine: float = 0.7, share: float = 0.9) -> Hit:
    """A hit on the passage."""
    return Hit(passage, cosine=cosine, lexical=1.0, share=share, fused=cosine)


def a_citation(passage: Passage, *blocks: int) -> Citation:
    """A citation of the passage's blocks, the first unless said otherwise."""
    return Citation(passage.document_id, passage.version, passage.id, blocks or (0,))


def a_statement(text: str, *citations: Citation, **fields: object) -> Statement:
    """A sentence with its citations."""
    values: dict[str, object] = {"kind": BlockKind.SENTENCE, "group": 0, **fields}
    return Statement(text, citations=citations, **values)  # type: ignore[arg-type]  # test builder


def a_draft(*statements: Statement, hand_over: str | None = None) -> Draft:
    """A draft of these statements."""
    return Draft(statements, hand_over)


def a_classification(**fields: object) -> Classification:
    """A calm English question about signing in, surely so."""
    values: dict[str, object] = {
        "category": "account_access",
        "confidence": 0.95,
        "urgency": Urgency.NORMAL,
        "sentiment": Sentiment.NEUTRAL,
        "language": "en",
        "wants_human": False,
        "sensitive": (),
        "questions": ("How do I reset my password?",),
        **fields,
    }
    return Classification(**values)  # type: ignore[arg-type]  # test builder


@dataclass(slots=True)
class FakeEmbedder:
    """Words hashed into a vector: texts that share words are near, and one text always gives one vector."""

    name: str = "fake"
    dimensions: int = 256
    window: int = 256
    embedded: list[str] = field(default_factory=list)

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text."""
        self.embedded.extend(texts)
        return [self._vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self._vector(text)

    def count_tokens(self, text: str) -> int:
        """Words, more or less."""
        return len(words(text))

    def _vector(self, text: str) -> list[float]:
        vector = [0.0] * self.dimensions
        for word in words(text):
            vector[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % self.dimensions] += 1.0
        length = math.sqrt(sum(number * number for number in vector)) or 1.0
        return [number / length for number in vector]


@dataclass(frozen=True, slots=True)
class Searched:
    """One search that was asked for."""

    account: str
    query: str
    scope: SearchScope
    limit: int


@dataclass(slots=True)
class FakeLibrary:
    """Gives the same hits to every search, within the audiences, and remembers the searches."""

    hits: Sequence[Hit] = ()
    stale: Sequence[Citation] = ()
    searches: list[Searched] = field(default_factory=list)

    def search(self, account: str, query: str, scope: SearchScope, *, limit: int) -> list[Hit]:
        """The hits."""
        self.searches.append(Searched(account, query, scope, limit))
        return [hit for hit in self.hits if hit.passage.audience in scope.audiences][:limit]

    def outdated(self, account: str, citations: Sequence[Citation]) -> list[Citation]:
        """Those set as stale."""
        return [citation for citation in citations if citation in self.stale]

    def revision(self, account: str) -> str:
        """A fixed name."""
        return "fake-1"
