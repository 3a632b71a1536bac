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


def fused_score(candidates: Sequence[Candidate]) -> list[float]:
    """The score that ranks, for each candidate: where its cosine stands between the least and the greatest, plus its
    BM25, plus what it gains by its company. Whatever range an embedder's cosines have, words weigh the same."""
    if not candidates:
        return []
    cosines = [candidate.cosine for candidate in candidates]
    lowest, span = min(cosines), max(max(cosines) - min(cosines), LEAST_SPAN)
    scores = [(candidate.cosine - lowest) / span + WORDS_WEIGHT * candidate.words for candidate in candidates]
    return [score + gain for score, gain in zip(scores, _neighbour_gains(candidates, scores), strict=True)]


def rank_candidates(candidates: Sequence[Candidate]) -> Iterator[Hit]:
    """The candidates, best first, each made into a hit when it is asked for."""
    best_bm25 = max((candidate.words for candidate in candidates), default=0.0) or 1.0
    scored = zip(fused_score(candidates), candidates, strict=True)
    ranked = sorted(scored, key=lambda entry: (-entry[0], entry[1].row.id))
    return (_make_hit(candidate, fused, best_bm25) for fused, candidate in ranked)


def _make_hit(candidate: Candidate, fused: float, best_bm25: float) -> Hit:
    share = min(candidate.share, 1.0)
    return Hit(passage_from_row(candidate.row), candidate.cosine, candidate.words / best_bm25, share, fused)


def _neighbour_gains(candidates: Sequence[Candidate], scores: Sequence[float]) -> list[float]:
    """What each gains by those around it; one that stands alone, nothing."""
    median_score = median(scores)
    members_by_document: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for candidate, score in zip(candidates, scores, strict=True):
        if score > median_score:
            members_by_document[candidate.row.document_id].append((score - median_score, candidate.row.ordinal))
    for members in members_by_document.values():
        members.sort(reverse=True)
    return [
        COMPANY * sum(_nearby_gains(candidate.row.ordinal, members_by_document[candidate.row.document_id])[:COMPANIONS])
        for candidate in candidates
    ]


def _nearby_gains(ordinal: int, members: Sequence[tuple[float, int]]) -> list[float]:
    return [gain for gain, member_ordinal in members if 0 < abs(member_ordinal - ordinal) <= REACH]
