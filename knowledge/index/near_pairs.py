"""Passages of different documents that speak of the same, by their vectors: they may say it twice, or otherwise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Text, cast, select

from desk.passage import Passage
from desk.platform.database import Database, Transaction
from knowledge.index.catalogue import get_passages
from knowledge.index.embedding_versions import active_version
from knowledge.tables import passages

LEAST = 0.6
"""Cosine; what is further apart says something else."""
NEIGHBOURS = 5
"""Of each passage the nearest so many are looked at."""
MOST_PAIRS = 5000
MOST_PASSAGES = 100_000
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class NearPair:
    """Two passages of different documents and the cosine between them."""

    one: Passage
    other: Passage
    cosine: float


@dataclass(frozen=True, slots=True)
class _Vectors:
    """The whole library of one embedder, row by row; `documents` and `languages` as numbers."""

    ids: Sequence[str]
    documents: NDArray[np.int64]
    languages: NDArray[np.int64]
    matrix: NDArray[np.float32]


def find_near_pairs(db: Database, account: str) -> list[NearPair]:
    """The nearest pairs of the account's library, nearest first; each once, both of one language. No transaction is
    open while they are compared."""
    with db.account(account) as tx:
        vectors = _read_vectors(tx)
    if vectors is None:
        return []
    nearest = sorted(_near_rows(vectors), reverse=True)[:MOST_PAIRS]
    wanted_ids = {vectors.ids[row] for _, first, second in nearest for row in (first, second)}
    with db.account(account) as tx:
        known = get_passages(tx, wanted_ids)
    return [
        NearPair(known[vectors.ids[first]], known[vectors.ids[second]], cosine)
        for cosine, first, second in nearest
        if vectors.ids[first] in known and vectors.ids[second] in known
    ]


def _read_vectors(tx: Transaction) -> _Vectors | None:
    active = active_version(tx)
    if active is None:
        return None
    columns = (
        passages.c.id,
        passages.c.document_id,
        passages.c.language,
        cast(passages.c.vector, Text).label("vector"),
    )
    query = select(*columns).where(passages.c.account_id == tx.account, passages.c.embedder == active.embedder)
    rows = tx.execute(query.order_by(passages.c.id).limit(MOST_PASSAGES)).all()
    if len(rows) < 2:
        return None
    matrix = np.array([np.fromstring(row.vector[1:-1], dtype=np.float32, sep=",") for row in rows])
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return _Vectors(
        [row.id for row in rows],
        np.unique([row.document_id for row in rows], return_inverse=True)[1],
        np.unique([row.language for row in rows], return_inverse=True)[1],
        matrix / np.maximum(lengths, 1e-9),
    )


def _near_rows(vectors: _Vectors) -> Iterator[tuple[float, int, int]]:
    """Cosine and two rows, the earlier first, for the nearest neighbours of each passage."""
    seen: set[tuple[int, int]] = set()
    for start in range(0, len(vectors.ids), _BLOCK):
        rows = slice(start, start + _BLOCK)
        cosines = vectors.matrix[rows] @ vectors.matrix.T
        cosines[vectors.documents[rows, None] == vectors.documents[None, :]] = -1.0
        cosines[vectors.languages[rows, None] != vectors.languages[None, :]] = -1.0
        count = min(NEIGHBOURS, cosines.shape[1] - 1)
        nearest = np.argpartition(-cosines, count, axis=1)[:, :count]
        for offset, columns in enumerate(nearest):
            for column in columns[cosines[offset, columns] >= LEAST]:
                pair = (min(start + offset, int(column)), max(start + offset, int(column)))
                if pair not in seen:
                    seen.add(pair)
                    yield float(cosines[offset, column]), *pair
