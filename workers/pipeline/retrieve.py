"""The second stage: the passages that may answer. Internal documents are never searched for a customer's reply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from desk.passage import Hit, SearchScope
from desk.policy.policy import Policy
from desk.ports import Library
from desk.run import Classification
from desk.text import lexicon
from desk.text.mail_quotes import strip_quotes_and_signature
from desk.text.tokenizer import first_words, words
from desk.ticket import Role, Ticket

LIMIT = 6
BEST = 3
"""A draft that cites none of so many best passages of a question does not answer it."""
QUERY_WORDS = 80
"""An embedder reads about 256 tokens; what a customer asks stands in fewer."""
TERSE = 3
"""Fewer words that carry meaning than this make no question of their own in a conversation."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The best passages of all questions, best first, and which of them are among the best of each question."""

    hits: tuple[Hit, ...] = ()
    best_of: Mapping[str, frozenset[str]] = field(default_factory=dict)


def retrieve(
    ticket: Ticket, message_id: str, classification: Classification, library: Library, policy: Policy
) -> Retrieval:
    """The best passages for the standalone questions, at most `LIMIT`. Raises as the library does."""
    questions = classification.questions[: policy.max_questions]
    queries = {question: build_query(ticket, message_id, question) for question in questions}
    distinct_queries = filter(None, dict.fromkeys(queries.values()))
    scope = SearchScope(searchable_text(classification, policy), classification.language)
    hits_by_query = {query: library.search(ticket.account, query, scope, limit=LIMIT) for query in distinct_queries}
    best_ids = {query: frozenset(hit.passage.id for hit in hits[:BEST]) for query, hits in hits_by_query.items()}
    best_of = {question: best_ids.get(query, frozenset()) for question, query in queries.items()}
    return Retrieval(interleave(list(hits_by_query.values())), best_of)


def searchable_text(classification: Classification, policy: Policy) -> frozenset[str]:
    """What may be read for a customer's reply: public, and the category's audience unless that is internal."""
    category = policy.categories.get(classification.category or "")
    return frozenset({"public", category.audience if category else "public"}) - {"internal"}


def build_query(ticket: Ticket, message_id: str, question: str) -> str:
    """What to search for. A terse follow-up ("and on mobile?") is preceded by what the customer wrote before."""
    query, _ = first_words(question, QUERY_WORDS)
    if sum(word not in lexicon.words("empty_question") for word in words(query)) >= TERSE:
        return query
    earlier_text = _earlier_text(ticket, message_id)
    return f"{earlier_text}\n{query}".strip() if earlier_text else query


def _earlier_text(ticket: Ticket, message_id: str) -> str:
    """The subject, or the customer's last message before this one that says something."""
    positions = [position for position, message in enumerate(ticket.messages) if message.id == message_id]
    for message in reversed(ticket.messages[: positions[0] if positions else 0]):
        if (
            message.role is Role.CUSTOMER
            and message.public
            and not message.automatic
            and (body := strip_quotes_and_signature(message.body))
        ):
            return first_words(body, QUERY_WORDS // 2)[0]
    subject = ticket.subject.strip()
    return subject if any(word not in lexicon.words("empty_question") for word in words(subject)) else ""


def interleave(lists: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """The lists' best, then their seconds, and so on; each passage once. Fused scores of two queries do not compare."""
    best_hits: dict[str, Hit] = {}
    for rank in range(max(map(len, lists), default=0)):
        for hits in lists:
            if rank < len(hits):
                hit = hits[rank]
                best_hit = best_hits.get(hit.passage.id)
                if best_hit is None or hit.cosine > best_hit.cosine:
                    best_hits[hit.passage.id] = hit
    return tuple(best_hits.values())[:LIMIT]
