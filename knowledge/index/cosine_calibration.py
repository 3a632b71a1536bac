"""The cosines of every embedder on one scale.

What a cosine says differs from model to model: of two passages that have nothing to do with each other it is 0.2 to
0.35 for the model in the box, about 0 for some and over 0.7 for others, while it is 1 for all of a passage and itself.
Confidence and the local parts were fitted on the model in the box. Of every other, search stretches the distance from
1 so that what is unrelated gets the cosine that it has there; by how much is gauged on the library itself.
"""

import numpy as np
from sqlalchemy import and_, select, update

from desk.platform.database import Transaction
from knowledge.index.embedding_versions import is_version
from knowledge.tables import library_states, passages

FITTED = "minilm-l6-v2-int8"
"""The embedder whose cosines are taken as they are."""

UNRELATED = 0.25
"""Cosine of two passages of one library in its vectors: 0.17 to 0.32 by the median, in three measured libraries."""

SAMPLE = 256
FEWEST_PAIRS = 10
NEAREST = 0.95
"""Were unrelated passages nearer than this, their distances would be noise."""


def calibrate(tx: Transaction, embedder: str) -> None:
    """Write down by how much search stretches this library's distances. It stays as it was for a few documents."""
    if embedder == FITTED:
        return
    unrelated_cosine = _median_unrelated_cosine(tx, embedder)
    if unrelated_cosine is None:
        return
    stretch = (1 - UNRELATED) / (1 - min(unrelated_cosine, NEAREST))
    tx.execute(update(library_states).where(is_version(tx, embedder)).values(stretch=stretch))


def _median_unrelated_cosine(tx: Transaction, embedder: str) -> float | None:
    """The median cosine of passages of different documents; by their hashes, the sample is a random one."""
    in_library = and_(passages.c.account_id == tx.account, passages.c.embedder == embedder)
    columns = (passages.c.document_id, passages.c.vector)
    rows = list(tx.execute(select(*columns).where(in_library).order_by(passages.c.content_hash).limit(SAMPLE)))
    if not rows:
        return None
    document_ids = np.array([row.document_id for row in rows])
    vectors = np.array([row.vector for row in rows], dtype=np.float32)
    cosines = (vectors @ vectors.T)[document_ids[:, None] != document_ids]
    return float(np.median(cosines)) if len(cosines) >= 2 * FEWEST_PAIRS else None
