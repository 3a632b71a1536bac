"""Search: meaning and words together.

Each half proposes candidates, dense vectors by cosine and sparse ones by BM25; every candidate gets both scores, and
`fusion.fused_score` alone decides how they make one. Row-level security and the filters on audience, collection and
language stand inside the statements, so that nothing is cut away after the candidates were chosen.

A library that is scored whole is asked with one statement, planned once for all. One that has outgrown that takes two
more, so that the second is planned for what the first has found: whether anything is written in the asker's language,
and whether what is in question is too much to be scored whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from sqlalchemy import TextClause, text

from desk.passage import SearchScope
from desk.platform.database import Transaction
from knowledge.index import vector_index
from knowledge.index.bm25 import query_terms, stemming_language
from knowledge.search.fusion import Candidate

CANDIDATES = 40

PLANNED_ONCE = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
"""What to open a search's transaction with. Planning takes a third of the time of scoring a small library, and there is
one good plan: all by indexes. Without it the search finds the same, later."""

_COUNT_SQL = """
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true), spoken,
           CASE WHEN NOT near OR passages <= :exact THEN false
                WHEN spoken THEN (SELECT count(*) > :exact FROM (
                    SELECT FROM passages AS passage WHERE {scope} AND language = :language LIMIT :exact + 1) AS counted)
                ELSE (SELECT count(*) > :exact FROM (
                    SELECT FROM passages AS passage WHERE {scope} LIMIT :exact + 1) AS counted) END AS large
    FROM (
        SELECT near, passages,
               EXISTS (SELECT FROM passages AS passage WHERE {scope} AND language = :language) AS spoken
        FROM library_states WHERE account_id = :account AND embedder = :embedder OFFSET 0
    ) AS library
"""

# All ways to write one word (`bm25.QueryTerm`) are as rare as the most common of them, and count once in what a
# passage shares.
# `OFFSET 0`, and a subquery where a join would do, leave the planner no choice but to look rows up by their ids: it
# would choose badly until the first ANALYZE.
QUESTION_SQL = """
    WITH library AS MATERIALIZED (
        SELECT passages, stretch, near AND passages > :exact AS outgrown
        FROM library_states WHERE account_id = :account AND embedder = :embedder
    ), counted AS MATERIALIZED (
        SELECT term.*, coalesce((SELECT greatest(terms.passages, 0) FROM terms
                                 WHERE terms.account_id = :account AND terms.embedder = :embedder
                                   AND terms.dimension = term.dimension), 0)::float8 AS holders
        FROM unnest(CAST(:dimensions AS integer[]), CAST(:words AS integer[]), CAST(:weights AS float8[]))
            AS term (dimension, word, weight)
    ), asked AS MATERIALIZED (
        SELECT dimension, word, weight * ln(1 + (library.passages - spread + 0.5) / (spread + 0.5)) AS idf,
               CAST('{{' || dimension + 1 || ':' || 1 || '}}/1000000000' AS sparsevec) AS alone
        FROM library CROSS JOIN (
            SELECT counted.*, max(holders) OVER (PARTITION BY word) AS spread FROM counted
        ) AS spelt
        WHERE holders > 0 OR (spread = 0 AND weight >= 1)
    ), question AS MATERIALIZED (
        SELECT CAST(:vector AS halfvec({size})) AS vector,
               CAST('{{' || string_agg(dimension + 1 || ':' || idf, ',' ORDER BY dimension) || '}}/1000000000'
                    AS sparsevec(1000000000)) AS sparse,
               (SELECT sum(idf) FROM (SELECT max(idf) AS idf FROM asked GROUP BY word) AS best) AS idf,
               (SELECT stretch FROM library) AS stretch
        FROM asked
    )"""
"""What is asked: the terms with their IDF in this library, and the question's vectors."""
SHARED_SQL = """
    CROSS JOIN LATERAL (SELECT sum(idf) AS idf FROM (
        SELECT max(asked.idf) AS idf FROM asked WHERE passage.sparse <#> asked.alone < 0 GROUP BY word
    ) AS found) AS shared
"""
_FOUND_SQL = """, {candidates_sql}
    SELECT passage.id::text AS id, passage.document_id::text AS document_id, passage.version, passage.ordinal,
           passage.headings,
           passage.blocks::text AS blocks, passage.audience, document.title, document.url, document.locale,
           document.source, document.external_id,
           1 - (1 + (passage.vector <#> question.vector)) * question.stretch AS cosine,
           coalesce(-(passage.sparse <#> question.sparse), 0) AS words,
           coalesce(shared.idf / nullif(question.idf, 0), 0) AS share
    FROM candidate
    CROSS JOIN LATERAL (SELECT * FROM passages WHERE id = candidate.id OFFSET 0) AS passage
    CROSS JOIN LATERAL (SELECT * FROM documents WHERE id = passage.document_id AND version = passage.version OFFSET 0)
        AS document
    CROSS JOIN question"""
_SEARCH_SQL = QUESTION_SQL + _FOUND_SQL + SHARED_SQL
_SCORE_ALL_SQL = """scored AS MATERIALIZED (
        SELECT passage.id, passage.vector <#> (SELECT vector FROM question) AS far,
               passage.sparse <#> (SELECT sparse FROM question) AS lacking
        FROM passages AS passage WHERE {scope}
    ), candidate AS MATERIALIZED (
        (SELECT id FROM scored ORDER BY far, id LIMIT :candidates)
        UNION
        (SELECT id FROM scored WHERE lacking < 0 ORDER BY lacking, id LIMIT :candidates)
    )"""
_BY_INDEXES_SQL = """candidate AS MATERIALIZED (
        (SELECT id FROM passages AS passage WHERE {scope} AND near AND dimensions = {size}
         ORDER BY vector::halfvec({size}) <#> (SELECT vector FROM question) LIMIT :candidates)
        UNION
        (SELECT id FROM passages AS passage WHERE {scope} AND near AND (SELECT sparse FROM question) IS NOT NULL
         ORDER BY sparse <#> (SELECT sparse FROM question) LIMIT :candidates)
    )"""
_FILTERS = "passage.account_id = :account AND passage.embedder = :embedder AND passage.audience = ANY(:audiences)"
_COLLECTION_FILTER = " AND passage.collection = ANY(:collections)"
_LANGUAGE_FILTER = " AND passage.language = :language"
_EXACT_ONLY_FILTER = """ AND NOT (SELECT outgrown FROM library) AND (passage.language = :language OR NOT EXISTS (
            SELECT FROM passages AS passage WHERE {scope} AND language = :language))"""


class EmbeddingModel(Protocol):
    """By what name passages and their vectors are kept: an embedder, or what is known of one."""

    @property
    def name(self) -> str:
        """The embedder's."""
        ...

    @property
    def dimensions(self) -> int:
        """The size of its vectors."""
        ...


@dataclass(frozen=True, slots=True)
class SearchParameters:
    """A question as the statements are given it, by their parameters."""

    values: Mapping[str, object]
    size: int
    in_collections: bool


def search_parameters(
    tx: Transaction, query: str, embedder: EmbeddingModel, scope: SearchScope, vector: Sequence[float]
) -> SearchParameters:
    """Put a question into parameters."""
    language = stemming_language(scope.locale)
    terms = query_terms(query, language)
    values: dict[str, object] = {
        "account": tx.account,
        "embedder": embedder.name,
        "dimensions": [term.dimension for term in terms],
        "words": [term.word for term in terms],
        "weights": [term.weight for term in terms],
        "vector": f"[{','.join([f'{number:.6g}' for number in vector])}]",  # a halfvec has four digits
        "language": language,
        "audiences": sorted(scope.audiences),
        "candidates": CANDIDATES,
        "exact": vector_index.EXACT_UP_TO,
    }
    if scope.collections is not None:
        values["collections"] = sorted(scope.collections)
    return SearchParameters(values, embedder.dimensions, scope.collections is not None)


def find_candidates(
    tx: Transaction, query: str, embedder: EmbeddingModel, scope: SearchScope, vector: Sequence[float]
) -> list[Candidate]:
    """What either half proposes, in no order: at most 80, none outside the audiences and collections."""
    question = search_parameters(tx, query, embedder, scope, vector)
    rows = tx.execute(exact_search_statement(question.size, question.in_collections), question.values).all()
    if not rows:  # nothing is in question, or too much
        extent = tx.execute(count_statement(question.in_collections), question.values).one_or_none()
        if extent is None:
            return []
        statement = index_search_statement(question.size, question.in_collections, extent.spoken, extent.large)
        rows = tx.execute(statement, question.values).all()
    return [Candidate(row, row.cosine, row.words, row.share) for row in rows]


@cache
def exact_search_statement(size: int, in_collections: bool) -> TextClause:
    """The search of a library that has not outgrown being scored whole; of any other it finds nothing."""
    filters_sql = _filters_sql(in_collections)
    candidates_sql = _SCORE_ALL_SQL.format(scope=filters_sql + _EXACT_ONLY_FILTER.format(scope=filters_sql))
    return text(_SEARCH_SQL.format(size=size, candidates_sql=candidates_sql))


@cache
def count_statement(in_collections: bool) -> TextClause:
    """Asks how much is in question: one row with `spoken` and `large`, none for an account without a library."""
    return text(_COUNT_SQL.format(scope=_filters_sql(in_collections)))


@cache
def index_search_statement(size: int, in_collections: bool, spoken: bool, large: bool) -> TextClause:
    """The search for vectors of this size: an index serves one size, which must stand in the statement."""
    filters_sql = _filters_sql(in_collections) + (_LANGUAGE_FILTER if spoken else "")
    candidates_sql = (_BY_INDEXES_SQL if large else _SCORE_ALL_SQL).format(size=size, scope=filters_sql)
    return text(_SEARCH_SQL.format(size=size, candidates_sql=candidates_sql))


def _filters_sql(in_collections: bool) -> str:
    return _FILTERS + (_COLLECTION_FILTER if in_collections else "")
