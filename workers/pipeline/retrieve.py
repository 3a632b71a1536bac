"""The second stage: the passages that may answer. Internal documents are never searched for a customer's reply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from desk.passage import Hit, SearchScope
from desk.policy.policy import Policy
from desk.policy.readers import INTERNAL
from desk.policy.scope import is_one_of
from desk.ports import Library
from desk.run import Classification
from desk.text import lexicon
from desk.text.mail.reader import parse_mail
from desk.text.tokenizer import first_words, words
from desk.text.wording import Wording
from desk.ticket import Role, Ticket
from workers.pipeline.confidence import evidence_fitness

LIMIT = 6
BEST = 3
"""A draft that cites none of so many best passages of a question does not answer it."""
QUERY_WORDS = 80
"""An embedder reads about 256 tokens; what a customer asks stands in fewer."""
FITS = 0.3
"""The fitness of a passage, 0 to 1, below which it has nothing to do with the question."""
TERSE = 3
"""Fewer words that carry meaning than this make no question of their own in a conversation."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The best passages of all questions, best first, and which of them are among the best of each question."""

    hits: tuple[Hit, ...] = ()
    best_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def retrieve(
    ticket: Ticket, message_id: str, classification: Classification, library: Library, policy: Policy
) -> Retrieval:
    """The best passages for the standalone questions, at most `LIMIT`. Raises as the library does."""
    questions = classification.questions[: policy.max_questions]
    queries = {question: build_query(ticket, message_id, question) for question in questions}
    distinct_queries = filter(None, dict.fromkeys(queries.values()))
    scopes = search_scopes(ticket, classification, policy)
    found = {query: _search(library, ticket.account, query, scopes) for query in distinct_queries}
    hits_by_query = {query: hits for query, (hits, _) in found.items()}
    best_ids = {query: frozenset(hit.passage.id for hit in hits[:BEST]) for query, hits in hits_by_query.items()}
    best_of = {question: best_ids.get(query, frozenset()) for question, query in queries.items()}
    remarks = tuple(dict.fromkeys(remark for _, remark in found.values() if remark))
    return Retrieval(interleave(list(hits_by_query.values())), best_of, remarks)


def find_related(ticket: Ticket, message_id: str, classification: Classification, library: Library) -> tuple[Hit, ...]:
    """What colleagues alone may read on the first question, for their note: solved tickets, taught entries, internal
    pages. Never part of a draft. Raises as the library does."""
    query = next((build_query(ticket, message_id, question) for question in classification.questions), "")
    if not query:
        return ()
    scope = SearchScope(frozenset({INTERNAL}), classification.language)
    hits = library.search(ticket.account, query, scope, limit=BEST)
    return tuple(hit for hit in hits if evidence_fitness(hit) >= FITS)


def readable_audiences(ticket: Ticket, classification: Classification, policy: Policy) -> frozenset[str]:
    """What may be read for this customer's reply: public, the category's audience, and what the policy opens to whom
    the helpdesk knows; never what is internal."""
    category = policy.categories.get(classification.category or "")
    opened = {readers.audience for readers in policy.readers if readers.when.fit(ticket)}
    return frozenset({"public", category.audience if category else "public", *opened}) - {INTERNAL}


def search_scopes(ticket: Ticket, classification: Classification, policy: Policy) -> tuple[SearchScope, ...]:
    """Where to look, the narrower first: the category's collections, then all that the ticket's brand may be told."""
    audiences = readable_audiences(ticket, classification, policy)
    category = policy.categories.get(classification.category or "")
    of_brand = _brand_collections(ticket, policy)
    of_category = frozenset(category.collections) if category else frozenset[str]()
    narrow = of_category & of_brand if of_brand is not None else of_category
    collections = dict.fromkeys((*([narrow] if narrow else []), of_brand))
    return tuple(SearchScope(audiences, classification.language, each) for each in collections)


def _brand_collections(ticket: Ticket, policy: Policy) -> frozenset[str] | None:
    """None where the policy binds the brand to nothing."""
    names = [name for name in policy.brands if is_one_of(ticket.brand, [name])]
    return frozenset(policy.brands[names[0]]) if names else None


def _search(
    library: Library, account: str, query: str, scopes: Sequence[SearchScope]
) -> tuple[Sequence[Hit], str | None]:
    """The passages of the first scope in which something fits, and a remark where that is not the first."""
    for place, scope in enumerate(scopes):
        hits = library.search(account, query, scope, limit=LIMIT)
        if place == len(scopes) - 1 or any(evidence_fitness(hit) >= FITS for hit in hits):
            return hits, _fallback_remark(scopes[0]) if place else None
    return (), None


def _fallback_remark(scope: SearchScope) -> str:
    collections = ", ".join(sorted(scope.collections or ()))
    return Wording("Nothing that fits was found in %(places)s: all other pages were searched too.", places=collections)


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
            and (body := parse_mail(message.body).question)
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
