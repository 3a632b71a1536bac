"""From two scores to one order: the one place where meaning and words are weighed against each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from desk.passage import Hit
from knowledge.rows import passage_of

WORDS_WEIGHT = 0.3
"""The part of BM25 in the fused score; cosine has the rest."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage with both scores as they come from the index: cosine, and BM25 (`words`) as a bare number."""

    row: Row[Any]
    cosine: float
    words: float
    share: float


def fuse(cosine: float, lexical: float) -> float:
    """The score that ranks: a convex combination of cosine and of BM25 divided by its best."""
    return (1 - WORDS_WEIGHT) * cosine + WORDS_WEIGHT * lexical


def rank(found: Sequence[Candidate], limit: int) -> list[Hit]:
    """The best candidates, best first."""
    best = max((one.words for one in found), default=0.0) or 1.0
    hits = [(fuse(one.cosine, one.words / best), one) for one in found]
    hits.sort(key=lambda hit: (-hit[0], hit[1].row.id))
    return [
        Hit(passage_of(one.row), one.cosine, one.words / best, min(one.share, 1.0), fused)
        for fused, one in hits[:limit]
    ]
