"""How good an order of documents is, and how sure one may be of the figure. Pure; nothing here searches.

A question counts as answered by any one of its relevant documents. The intervals are percentile bootstraps over the
questions (Efron 1979; for retrieval Sakai, "Evaluating evaluation metrics based on the bootstrap", SIGIR 2006): another
hundred questions of the same kind would give a figure inside them 95 times of 100.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEPTH = 10
"""Documents of an order that are looked at."""

SAMPLES = 2000
SEED = 20260101
RESAMPLED_AT_ONCE = 2_000_000

Scores = NDArray[np.float64]
"""One number in [0, 1] for each question."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over the questions, and the 95 % interval around it."""

    value: float
    low: float
    high: float


def hit_at(depth: int, order: Sequence[str], relevant: frozenset[str]) -> float:
    """1 if any of the relevant documents stands among the first `depth`. With one relevant document it is recall."""
    return float(not relevant.isdisjoint(order[:depth]))


def reciprocal_rank(order: Sequence[str], relevant: frozenset[str]) -> float:
    """1 / the place of the first relevant document, 0 if none is among the first ten (Voorhees, TREC-8, 1999)."""
    return next((1 / rank for rank, document in enumerate(order[:DEPTH], 1) if document in relevant), 0.0)


def ndcg(order: Sequence[str], relevant: frozenset[str]) -> float:
    """nDCG@10 with binary gains: the sum of 1 / log2(1 + place) over the relevant documents found, divided by what it
    is with all of them in front (Järvelin and Kekäläinen, "Cumulated gain-based evaluation", 2002)."""
    gain = sum(1 / math.log2(1 + rank) for rank, document in enumerate(order[:DEPTH], 1) if document in relevant)
    ideal_gain = sum(1 / math.log2(1 + rank) for rank in range(1, min(len(relevant), DEPTH) + 1))
    return gain / ideal_gain if ideal_gain else 0.0


METRICS: Mapping[str, Callable[[Sequence[str], frozenset[str]], float]] = {
    "r@1": lambda order, relevant: hit_at(1, order, relevant),
    "r@5": lambda order, relevant: hit_at(5, order, relevant),
    "mrr@10": reciprocal_rank,
    "ndcg@10": ndcg,
}
"""Each takes an order of different documents, best first, and those that are right."""


def distinct_documents(documents: Sequence[str]) -> list[str]:
    """From passages' documents in order to an order of documents, each where its best passage stands."""
    return list(dict.fromkeys(documents))


def score_questions(orders: Sequence[Sequence[str]], relevant: Sequence[frozenset[str]]) -> dict[str, Scores]:
    """By metric, the score of each question."""
    pairs = list(zip(orders, relevant, strict=True))
    return {name: np.array([metric(*pair) for pair in pairs]) for name, metric in METRICS.items()}


def bootstrap_interval(scores: Scores, samples: int = SAMPLES) -> Interval:
    """The mean with its percentile bootstrap. The same scores always give the same interval. Raises ValueError for no
    scores."""
    if not len(scores):
        raise ValueError("no questions")
    generator = np.random.default_rng(SEED)
    batch_size = max(1, RESAMPLED_AT_ONCE // len(scores))
    means: list[Scores] = []
    for start in range(0, samples, batch_size):
        shape = (min(batch_size, samples - start), len(scores))
        means.append(scores[generator.integers(0, len(scores), shape)].mean(axis=1))
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return Interval(float(scores.mean()), float(low), float(high))


def compare_halves(fused: Scores, halves: Mapping[str, Scores]) -> tuple[str, Interval]:
    """The better half by its mean, and fused less that half, question by question: a paired bootstrap. An interval
    wholly below zero says that fusing harms."""
    better_half = max(halves, key=lambda name: float(halves[name].mean()))
    return better_half, bootstrap_interval(fused - halves[better_half])
