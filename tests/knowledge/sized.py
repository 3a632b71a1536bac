"""An embedder of any size for the tests of switching, and what they look at."""

import math
from collections.abc import Callable, Sequence

from sqlalchemy import func, select

from desk.passage import Hit, SearchScope
from desk.platform.database import Database
from desk.ports import Embedder
from knowledge.index.embedding_versions import active_version
from knowledge.ingest import reindex
from knowledge.search.library import PostgresLibrary
from knowledge.tables import passages

PUBLIC = frozenset({"public"})
QUESTION = "refund"


class Sized:
    """An embedder of word counts of any size. Remembers; `fault` is raised instead of the n-th batch of documents, and
    `before` is called before each."""

    def __init__(self, name: str, dimensions: int, window: int = 60) -> None:
        self.name, self.dimensions, self.window = name, dimensions, window
        self.batches: list[list[str]] = []
        self.faults: dict[int, BaseException] = {}
        self.before: Callable[[], object] = lambda: None
        self.query_fault: Exception | None = None

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        self.before()
        self.batches.append(list(texts))
        if fault := self.faults.pop(len(self.batches), None):
            raise fault
        return [self._vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        if self.query_fault:
            raise self.query_fault
        return self._vector(text)

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def _vector(self, text: str) -> list[float]:
        vector = [0.001] * self.dimensions
        for word in text.lower().split():
            vector[sum(word.strip(".,?").encode()) % self.dimensions] += 1.0
        length = math.sqrt(sum(x * x for x in vector))
        return [x / length for x in vector]


def found(database: Database, account: str, wanted: Embedder, *others: Embedder, query: str = QUESTION) -> list[Hit]:
    known = {each.name: each for each in others}
    library = PostgresLibrary(database, wanted, known.get)
    return library.search(account, query, SearchScope(PUBLIC, "en"), limit=20)


def settle(database: Database, account: str, wanted: Embedder, *others: Embedder) -> str:
    known = {each.name: each for each in others}
    return reindex.settle_embedder(database, account, wanted, known.get).name


def kept(database: Database, account: str) -> dict[str, int]:
    """How many passages there are by embedder."""
    with database.account(account) as tx:
        rows = tx.execute(select(passages.c.embedder, func.count().label("many")).group_by(passages.c.embedder))
        return {row.embedder: row.many for row in rows}


def active_name(database: Database, account: str) -> str | None:
    with database.account(account) as tx:
        state = active_version(tx)
    return state.embedder if state else None
