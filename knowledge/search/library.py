"""The library as the pipeline sees it (desk.ports.Library), in Postgres."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from sqlalchemy import and_, select

from desk.passage import Citation, Hit, SearchScope
from desk.platform.database import Database
from desk.ports import Embedder, Reranker
from desk.text.search_words import as_written
from desk.text.tokenizer import clean
from knowledge.index.bm25 import stemming_language
from knowledge.index.embedding_versions import active_version
from knowledge.index.switched_off import is_switched_off
from knowledge.search.fusion import rank_candidates
from knowledge.search.hybrid import PLANNED_ONCE, find_candidates
from knowledge.search.merge import merge_hits
from knowledge.search.past import find_past_candidates
from knowledge.search.query_embedding import FindEmbedder, QueryEmbedder
from knowledge.search.rerank import WEIGHED, RerankStep
from knowledge.tables import documents

MOST_QUESTION = 10_000
"""Characters; what stands behind them is not searched for."""


class PostgresLibrary:
    """The library as the pipeline sees it (desk.ports.Library).

    It searches with the embedder that is active for the account; while the index is switched to another, that is not
    the one of the settings, and `find` gives it by its name, or None. What is left when the active one can no longer be
    had, or refuses, is the words: hits have a cosine of 0 then, too little for any automatic reply. An embedder of the
    settings that is merely away raises Temporary, and is waited for.
    """

    def __init__(
        self,
        db: Database,
        embedder: Embedder,
        find: FindEmbedder = lambda name: None,
        reranker: Reranker | None = None,
    ) -> None:
        self._db = db
        self._embedder = embedder
        self._query_embedder = QueryEmbedder(db, embedder, find)
        self._rerank_step = RerankStep(reranker) if reranker else None

    def search(self, account: str, query: str, scope: SearchScope, *, limit: int) -> list[Hit]:
        """The best passages for a question, best first, in its language where there are any. Empty query, no hits."""
        query = as_written(clean(query[:MOST_QUESTION]), stemming_language(scope.locale)).strip()
        if not query or limit < 1:
            return []
        query_embedding = self._query_embedder.embed(account, query)
        with self._db.account(account, PLANNED_ONCE) as tx:
            find = find_past_candidates if scope.at else find_candidates
            candidates = find(tx, query, query_embedding, scope, query_embedding.vector)
        if query_embedding.words_only:
            candidates = [replace(candidate, cosine=0.0) for candidate in candidates if candidate.words > 0]
        hits = rank_candidates(candidates)
        if self._rerank_step is not None:
            hits = iter(self._rerank_step.reorder(account, query, list(islice(hits, max(limit, WEIGHED)))))
        return merge_hits(hits, limit)

    def outdated(self, account: str, citations: Sequence[Citation]) -> list[Citation]:
        """Those whose document has another version now, is gone, or was switched off."""
        ids = {citation.document_id for citation in citations if _is_uuid(citation.document_id)}
        with self._db.account(account) as tx:
            is_in_use = and_(documents.c.id.in_(ids), ~is_switched_off())
            rows = tx.execute(select(documents.c.id, documents.c.version).where(is_in_use))
            versions = {row.id: row.version for row in rows}
        return [citation for citation in citations if versions.get(citation.document_id) != citation.version]

    def revision(self, account: str) -> str:
        """The embedder and how often the index has changed: `minilm-l6-v2-int8@42`."""
        with self._db.account(account) as tx:
            version = active_version(tx)
        return f"{version.embedder}@{version.revision}" if version else f"{self._embedder.name}@0"


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
