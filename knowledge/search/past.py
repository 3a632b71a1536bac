"""Search in what the documents said at some time: scored whole, without the indexes, for recall and replay.

A text of that time stands in a passage of today, or among the texts that have left the index. One whose vector is of
another embedder is found by its words alone. The rarity of words is that of the library as it is today.
"""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import TextClause, text

from desk.passage import SearchScope
from desk.platform.database import Transaction
from knowledge.search.fusion import Candidate
from knowledge.search.hybrid import QUESTION_SQL, SHARED_SQL, EmbeddingModel, search_parameters

_VALID_SQL = """, valid AS MATERIALIZED (
        SELECT version.document_id, version.version, version.title, version.url, version.locale, version.audience,
               version.source, version.external_id, part.hash, part.place - 1 AS ordinal
        FROM document_versions AS version
        CROSS JOIN LATERAL unnest(version.text_hashes) WITH ORDINALITY AS part (hash, place)
        WHERE version.account_id = :account AND version.audience = ANY(:audiences) {collections}
          AND version.valid_from <= :at AND (version.valid_until IS NULL OR version.valid_until > :at)
    ), passage AS MATERIALIZED (
        SELECT valid.*, said.id, said.headings, said.blocks, said.vector, said.sparse
        FROM valid CROSS JOIN LATERAL (
            SELECT id, headings, blocks, CAST(vector AS halfvec({size})) AS vector, sparse, 0 AS rank FROM passages
            WHERE account_id = :account AND embedder = :embedder AND content_hash = valid.hash
            UNION ALL
            SELECT id, headings, blocks, CASE WHEN embedder = :embedder THEN CAST(vector AS halfvec({size})) END,
                   sparse, CASE WHEN embedder = :embedder THEN 1 ELSE 2 END FROM past_texts
            WHERE account_id = :account AND content_hash = valid.hash
            ORDER BY rank LIMIT 1) AS said
    ), scored AS MATERIALIZED (
        SELECT id, document_id, passage.vector <#> question.vector AS far, passage.sparse <#> question.sparse AS lacking
        FROM passage CROSS JOIN question
    ), candidate AS MATERIALIZED (
        (SELECT id, document_id FROM scored WHERE far IS NOT NULL ORDER BY far, id LIMIT :candidates)
        UNION
        (SELECT id, document_id FROM scored WHERE lacking < 0 ORDER BY lacking, id LIMIT :candidates)
    )
    SELECT DISTINCT ON (passage.document_id, passage.ordinal)
           passage.id::text AS id, passage.document_id::text AS document_id, passage.version, passage.ordinal::int,
           passage.headings, passage.blocks::text AS blocks, passage.audience, passage.title, passage.url,
           passage.locale, passage.source, passage.external_id,
           coalesce(1 - (1 + (passage.vector <#> question.vector)) * question.stretch, 0) AS cosine,
           coalesce(-(passage.sparse <#> question.sparse), 0) AS words,
           coalesce(shared.idf / nullif(question.idf, 0), 0) AS share
    FROM candidate JOIN passage USING (id, document_id) CROSS JOIN question"""


def find_past_candidates(
    tx: Transaction, query: str, embedder: EmbeddingModel, scope: SearchScope, vector: Sequence[float]
) -> list[Candidate]:
    """What either half proposes of the texts that were valid at the scope's time, in no order."""
    question = search_parameters(tx, query, embedder, scope, vector)
    rows = tx.execute(_past_statement(question.size, question.in_collections), {**question.values, "at": scope.at})
    return [Candidate(row, row.cosine, row.words, row.share) for row in rows]


@cache
def _past_statement(size: int, in_collections: bool) -> TextClause:
    collections = "AND version.collection = ANY(:collections)" if in_collections else ""
    return text((QUESTION_SQL + _VALID_SQL + SHARED_SQL).format(size=size, collections=collections))
