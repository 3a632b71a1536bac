"""Search: meaning and words together, in one statement.

Each half proposes candidates, dense vectors by cosine and sparse ones by BM25; every candidate gets both scores, and
`ranking.fuse` alone decides how they make one. Row-level security and the filters on audience, collection and language
stand inside the statement, so that nothing is cut away after the candidates were chosen.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache

from sqlalchemy import TextClause, text

from desk.db import Transaction
from desk.ports import Embedder
from knowledge.lexical import dimension, language_of, terms_of
from knowledge.ranking import Candidate

CANDIDATES = 40
MOST_QUESTION_TERMS = 64

EXACT_UP_TO = 5_000
"""Passages in question up to which every one is scored (about 1 µs each). Beyond, the HNSW indexes propose; a filter
that keeps fewer is still answered exactly, so that it never returns too little."""

# One statement. `scope` is what may be seen; its language is the asker's unless nothing is written in that.
# A branch whose gate (`small`) is shut is never executed.
_STATEMENT = """
    WITH asked AS MATERIALIZED (
        SELECT term.dimension, ln(1 + (state.passages - holders + 0.5) / (holders + 0.5)) AS idf,
               CAST('{{' || term.dimension + 1 || ':' || 1 || '}}/1000000000' AS sparsevec) AS alone
        FROM library_states AS state
        CROSS JOIN unnest(CAST(:dimensions AS integer[])) AS term (dimension)
        LEFT JOIN terms ON terms.account_id = :account AND terms.embedder = :embedder
                       AND terms.dimension = term.dimension
        CROSS JOIN LATERAL (SELECT greatest(coalesce(terms.passages, 0), 0)::float8 AS holders) AS counted
        WHERE state.account_id = :account AND state.embedder = :embedder
    ), question AS MATERIALIZED (
        SELECT CAST(:vector AS halfvec({size})) AS vector,
               CAST('{{' || string_agg(dimension + 1 || ':' || idf, ',' ORDER BY dimension) || '}}/1000000000'
                    AS sparsevec(1000000000)) AS sparse,
               sum(idf) AS idf
        FROM asked
    ), spoken AS MATERIALIZED (
        SELECT EXISTS (SELECT FROM passages WHERE account_id = :account AND embedder = :embedder
                       AND language = :language AND audience = ANY(:audiences)
                       AND (CAST(:collections AS text[]) IS NULL OR collection = ANY(:collections))) AS found
    ), gate AS MATERIALIZED (
        SELECT count(*) <= :exact AS small
        FROM (SELECT FROM passages AS passage WHERE {scope} LIMIT :exact + 1) AS counted
    ), scored AS MATERIALIZED (
        SELECT passage.id, passage.vector <#> (SELECT vector FROM question) AS far,
               passage.sparse <#> (SELECT sparse FROM question) AS lacking
        FROM passages AS passage WHERE {scope} AND (SELECT small FROM gate)
    ), candidate AS MATERIALIZED (
        (SELECT id FROM scored ORDER BY far, id LIMIT :candidates)
        UNION
        (SELECT id FROM scored WHERE lacking < 0 ORDER BY lacking, id LIMIT :candidates)
        UNION
        (SELECT id FROM passages AS passage
         WHERE {scope} AND dimensions = {size} AND NOT (SELECT small FROM gate)
         ORDER BY vector::halfvec({size}) <#> (SELECT vector FROM question) LIMIT :candidates)
        UNION
        (SELECT id FROM passages AS passage
         WHERE {scope} AND NOT (SELECT small FROM gate) AND (SELECT sparse FROM question) IS NOT NULL
         ORDER BY sparse <#> (SELECT sparse FROM question) LIMIT :candidates)
    )
    SELECT passage.id::text AS id, passage.document_id::text AS document_id, passage.version, passage.headings,
           passage.blocks::text AS blocks, passage.audience, document.title, document.url, document.locale,
           -(passage.vector <#> question.vector) AS cosine,
           coalesce(-(passage.sparse <#> question.sparse), 0) AS words,
           coalesce(shared.idf / nullif(question.idf, 0), 0) AS share
    FROM passages AS passage
    JOIN documents AS document ON document.id = passage.document_id AND document.version = passage.version
    CROSS JOIN question
    CROSS JOIN LATERAL (SELECT sum(asked.idf) AS idf FROM asked WHERE passage.sparse <#> asked.alone < 0) AS shared
    WHERE passage.id = ANY (ARRAY(SELECT id FROM candidate))
"""
_SCOPE = """passage.account_id = :account AND passage.embedder = :embedder AND passage.audience = ANY(:audiences)
              AND (CAST(:collections AS text[]) IS NULL OR passage.collection = ANY(:collections))
              AND (passage.language = :language OR NOT (SELECT found FROM spoken))"""


@cache
def _statement(size: int) -> TextClause:
    """The search for vectors of this size: an index serves one size, which must stand in the statement."""
    return text(_STATEMENT.format(size=size, scope=_SCOPE))


def candidates(
    tx: Transaction,
    query: str,
    embedder: Embedder,
    audiences: Iterable[str],
    locale: str,
    vector: Sequence[float],
    collections: Iterable[str] | None = None,
) -> list[Candidate]:
    """What either half proposes, in no order: at most 80, none outside the audiences and collections."""
    language = language_of(locale)
    question_terms = dict.fromkeys(map(dimension, terms_of(query, language)))
    values = {
        "account": tx.account,
        "embedder": embedder.name,
        "dimensions": list(question_terms)[:MOST_QUESTION_TERMS],
        "vector": json.dumps(list(vector)),
        "language": language,
        "audiences": sorted(audiences),
        "collections": None if collections is None else sorted(collections),
        "candidates": CANDIDATES,
        "exact": EXACT_UP_TO,
    }
    rows = tx.execute(_statement(embedder.dimensions), values)
    return [Candidate(row, row.cosine, row.words, row.share) for row in rows]
