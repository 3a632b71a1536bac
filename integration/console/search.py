"""A search as the console shows it: what each half found, and what became of both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from desk.passage import Hit, SearchScope
from desk.platform.database import Database
from desk.ports import Embedder
from desk.text.tokenizer import clean
from knowledge.index.catalogue import FilterChoices, filter_choices
from knowledge.search.fusion import rank_candidates
from knowledge.search.hybrid import find_candidates

SHOWN = 20
LONGEST = 2_000
SNIPPET = 260


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What was typed. A field left empty means all that the reader may see; the locale `en` where none is given."""

    query: str
    audience: str
    locale: str
    collection: str


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage and its place among all candidates by cosine, by BM25 (None where no word of the question stands in
    it) and by both together."""

    hit: Hit
    dense: int
    lexical: int | None
    fused: int
    snippet: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The best passages, best first, how many either half proposed, and what the filter can offer."""

    rows: tuple[FoundPassage, ...]
    proposed: int
    choices: FilterChoices
    locales: tuple[str, ...]


def read_search_query(args: Mapping[str, str]) -> SearchQuery:
    """What stands in a query string; whatever it is, it is no error."""

    def argument(name: str, max_length: int = 100) -> str:
        return clean(args.get(name, "")[: max_length * 2]).strip()[:max_length]

    return SearchQuery(argument("q", LONGEST), argument("audience"), argument("locale"), argument("collection"))


def run_search(
    db: Database, account: str, embedder: Embedder, query: SearchQuery, hidden: frozenset[str]
) -> SearchPage:
    """Look for it in what the reader may see: candidates and fusion as for a ticket, but neighbours are not joined and
    no reranker is asked, so that each passage shows what it is ranked by. The question is not logged."""
    vector = embedder.embed_query(query.query) if query.query else []
    with db.account(account) as tx:
        choices = filter_choices(tx, hidden)
        candidates = find_candidates(tx, query.query, embedder, _scope(query, choices), vector) if query.query else []
    hits = list(rank_candidates(candidates))
    return SearchPage(_found_passages(hits), len(hits), choices, tuple(sorted({"en", *choices.locales})))


def _scope(query: SearchQuery, choices: FilterChoices) -> SearchScope:
    audiences = set(choices.audiences) & ({query.audience} if query.audience else set(choices.audiences))
    collections = {"": None, "-": frozenset({""})}.get(query.collection, frozenset({query.collection}))
    return SearchScope(frozenset(audiences), query.locale or "en", collections)


def _found_passages(hits: Sequence[Hit]) -> tuple[FoundPassage, ...]:
    dense_places = _places_by_score(hits, lambda hit: hit.cosine)
    lexical_places = _places_by_score(hits, lambda hit: hit.lexical)
    return tuple(
        FoundPassage(
            hit,
            dense_places[hit.passage.id],
            lexical_places[hit.passage.id] if hit.lexical > 0 else None,
            fused_place,
            _make_snippet(hit),
        )
        for fused_place, hit in enumerate(hits[:SHOWN], 1)
    )


def _places_by_score(hits: Sequence[Hit], score: Callable[[Hit], float]) -> dict[str, int]:
    """Each passage's place by a score, from 1; equal scores share one."""
    ordered_scores = sorted((score(hit) for hit in hits), reverse=True)
    return {hit.passage.id: ordered_scores.index(score(hit)) + 1 for hit in hits}


def _make_snippet(hit: Hit) -> str:
    text = " ".join(hit.passage.text.split())
    return text if len(text) <= SNIPPET else text[:SNIPPET].rsplit(" ", 1)[0] + "…"
