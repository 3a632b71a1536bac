"""The question's vector, by the embedder that the account's library is kept for at the moment."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from desk.errors import FirstlineError, Permanent, Temporary
from desk.platform.database import Database
from desk.ports import Embedder
from knowledge.index.embedding_versions import EmbeddingVersion, active_version

REMEMBERED_SECONDS = 10.0
"""How long the active embedder is not asked for again. What it was before a switch stays in the index for longer."""

FindEmbedder = Callable[[str], Embedder | None]
"""Gives the embedder of this name, or None if it can no longer be had."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class QueryEmbedding:
    """A question's vector, and the name of whose it is. `words_only`: there is none, and all its numbers are zero."""

    name: str
    vector: list[float]
    words_only: bool = False

    @property
    def dimensions(self) -> int:
        """How many numbers it has."""
        return len(self.vector)


class QueryEmbedder:
    """One process's view of who is active. Safe between threads."""

    def __init__(
        self, db: Database, configured: Embedder, find_embedder: FindEmbedder, seconds: float = REMEMBERED_SECONDS
    ) -> None:
        self._db = db
        self._configured = configured
        self._find_embedder = find_embedder
        self._cache_seconds = seconds
        self._versions: dict[str, tuple[float, EmbeddingVersion]] = {}

    def embed(self, account: str, query: str) -> QueryEmbedding:
        """The vector of a question. Raises Temporary when the embedder of the settings is away."""
        version = self._active_version(account)
        name = version.embedder if version else self._configured.name
        try:
            return QueryEmbedding(name, self.embedder(account).embed_query(query))
        except FirstlineError as error:
            # The one of the settings is worth waiting for; the one before it may be gone for good.
            if isinstance(error, Temporary) and name == self._configured.name:
                raise
            log.warning("searching by words alone", account=account, embedder=name, why=str(error))
            return QueryEmbedding(name, [0.0] * ((version and version.dimensions) or 1), words_only=True)

    def embedder(self, account: str) -> Embedder:
        """The embedder that the library is searched with. Raises Permanent when it can no longer be had."""
        version = self._active_version(account)
        name = version.embedder if version else self._configured.name
        embedder = self._configured if name == self._configured.name else self._find_embedder(name)
        if embedder is None:
            raise Permanent(f"the library is still kept for {name}, which can no longer be had")
        return embedder

    def _active_version(self, account: str) -> EmbeddingVersion | None:
        """Not remembered before there is one."""
        expires_at, version = self._versions.get(account, (0.0, None))
        if version is None or time.monotonic() >= expires_at:
            with self._db.account(account) as tx:
                version = active_version(tx)
            if version:
                self._versions[account] = (time.monotonic() + self._cache_seconds, version)
        return version
