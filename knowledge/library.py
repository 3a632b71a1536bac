"""The library as the pipeline sees it (desk.ports.Library), in Postgres."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from desk.db import Database
from desk.passage import Citation, Hit
from desk.ports import Embedder
from desk.text import clean
from knowledge.ranking import rank
from knowledge.search import candidates
from knowledge.tables import documents, library_states

MOST_QUESTION = 10_000
"""Characters; what stands behind them is not searched for."""


class PostgresLibrary:
    """The library as the pipeline sees it (desk.ports.Library)."""

    def __init__(self, db: Database, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder

    def search(
        self,
        account: str,
        query: str,
        *,
        limit: int,
        audiences: frozenset[str],
        locale: str,
        collections: frozenset[str] | None = None,
    ) -> list[Hit]:
        """The best passages for a question, best first, in its language where there are any. Empty query, no hits."""
        query = clean(query[:MOST_QUESTION]).strip()
        if not query or limit < 1:
            return []
        vector = self._embedder.embed_query(query)
        with self._db.account(account) as tx:
            found = candidates(tx, query, self._embedder, audiences, locale, vector, collections)
        return rank(found, limit)

    def outdated(self, account: str, citations: Sequence[Citation]) -> list[Citation]:
        """Those whose document has another version now, or is gone."""
        ids = {citation.document_id for citation in citations if _is_id(citation.document_id)}
        with self._db.account(account) as tx:
            rows = tx.execute(select(documents.c.id, documents.c.version).where(documents.c.id.in_(ids)))
            versions = {row.id: row.version for row in rows}
        return [citation for citation in citations if versions.get(citation.document_id) != citation.version]

    def revision(self, account: str) -> str:
        """The embedder and how often the index has changed: `minilm-l6-v2-int8@42`."""
        row = select(library_states.c.revision).where(
            library_states.c.account_id == account, library_states.c.embedder == self._embedder.name
        )
        with self._db.account(account) as tx:
            return f"{self._embedder.name}@{tx.execute(row).scalar_one_or_none() or 0}"


def _is_id(value: str) -> bool:
    try:
        return str(uuid.UUID(value)) == value
    except ValueError:
        return False
