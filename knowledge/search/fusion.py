"""Fusion, from two scores to one order: the one place where meaning and words are weighed against each other.

What was tried, and on what: docs/decisions/retrieval.md.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import Row

from desk.passage import Hit
from knowledge.index.rows import passage_from_row

WORDS_WEIGHT = 0.045
"""What one point of BM25 is worth, where the candidates' cosines span 1. BM25 enters as it is, not divided by its best:
the best match for a question is then worth little where even that shares only a common word with it."""

LEAST_SPAN = 0.2
"""Of cosines that are taken to differ; closer ones are not pulled further apart."""

COMPANY, COMPANIONS, REACH = 0.25, 2, 3
"""A passage gains by the best others around it, at most so many places away in its document: so much of what each has
above the median. The whole of a long document is no company: it would win by its length."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage with both scores as they come from the index: cosine, and BM25 (`words`) as a bare number."""

    row: Row[Any]
    cosine: float
    words: float
    share: float


def fused_score(found: Sequence[Candidate]) -> list[float]:
    """The score that ranks, for each candidate: where its cosine stands between the least and the greatest, plus its
    BM25, plus what it gains by its company. Whatever range an embedder's cosines have, words weigh the same."""
    if not found:
        return []
    cosines = [one.cosine for one in found]
    least, span = min(cosines), max(max(cosines) - min(cosines), LEAST_SPAN)
    scores = [(one.cosine - least) / span + WORDS_WEIGHT * one.words for one in found]
    return [score + gain for score, gain in zip(scores, _company(found, scores), strict=True)]


def rank_candidates(found: Sequence[Candidate]) -> Iterator[Hit]:
    """The candidates, best first, each made into a hit when it is asked for."""
    best = max((one.words for one in found), default=0.0) or 1.0
    ranked = sorted(zip(fused_score(found), found, strict=True), key=lambda hit: (-hit[0], hit[1].row.id))
    return (
        Hit(passage_from_row(one.row), one.cosine, one.words / best, min(one.share, 1.0), fused)
        for fused, one in ranked
    )


def _company(found: Sequence[Candidate], scores: Sequence[float]) -> list[float]:
    """What each gains by those around it; one that stands alone, nothing."""
    usual = median(scores)
    above: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for one, score in zip(found, scores, strict=True):
        if score > usual:
            above[one.row.document_id].append((score - usual, one.row.ordinal))
    for members in above.values():
        members.sort(reverse=True)
    return [COMPANY * sum(_around(one.row.ordinal, above[one.row.document_id])[:COMPANIONS]) for one in found]


def _around(place: int, members: Sequence[tuple[float, int]]) -> list[float]:
    return [more for more, other in members if 0 < abs(other - place) <= REACH]
