"""The figures, against numbers worked out by hand."""

import math

import numpy as np
import pytest

from knowledge.evaluation.metrics import (
    METRICS,
    bootstrap_interval,
    compare_halves,
    distinct_documents,
    hit_at,
    ndcg,
    reciprocal_rank,
    score_questions,
)

ORDER = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"]


def of(*ids: str) -> frozenset[str]:
    return frozenset(ids)


@pytest.mark.parametrize(("relevant", "at_1", "at_5"), [(of("a"), 1, 1), (of("e", "k"), 0, 1), (of("f"), 0, 0)])
def test_any_one_relevant_document_answers_the_question(relevant: frozenset[str], at_1: float, at_5: float) -> None:
    assert (hit_at(1, ORDER, relevant), hit_at(5, ORDER, relevant)) == (at_1, at_5)


@pytest.mark.parametrize(
    ("relevant", "expected"), [(of("a"), 1), (of("d"), 1 / 4), (of("d", "b"), 1 / 2), (of("j"), 0.1), (of("k"), 0)]
)
def test_the_reciprocal_rank_is_that_of_the_first_relevant_document_of_ten(
    relevant: frozenset[str], expected: float
) -> None:
    assert reciprocal_rank(ORDER, relevant) == pytest.approx(expected)


def test_gain_is_discounted_by_the_place_and_compared_with_the_best_order() -> None:
    # b and d at places 2 and 4: 1/log2(3) + 1/log2(5) = 0.6309 + 0.4307; best: 1 + 0.6309
    assert ndcg(ORDER, of("b", "d")) == pytest.approx((0.63093 + 0.43068) / 1.63093, abs=1e-4)
    assert ndcg(ORDER, of("a", "b")) == pytest.approx(1.0)
    assert ndcg(ORDER, of("k")) == 0.0
    assert ndcg(["a"], of("a", "z")) == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_the_best_possible_gain_counts_ten_documents_at_the_most() -> None:
    assert ndcg(ORDER, frozenset(ORDER)) == pytest.approx(1.0)


def test_nothing_found_scores_nothing() -> None:
    assert [metric([], of("a")) for metric in METRICS.values()] == [0, 0, 0, 0]


def test_a_document_stands_where_its_best_passage_stands() -> None:
    assert distinct_documents(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


def test_every_question_gets_a_score_by_every_metric() -> None:
    scores = score_questions([["a"], ["b", "a"]], [of("a"), of("a")])
    assert {name: list(each) for name, each in scores.items()}["mrr@10"] == [1.0, 0.5]
    assert list(scores) == ["r@1", "r@5", "mrr@10", "ndcg@10"]


def test_the_interval_is_around_the_mean_and_the_same_each_time() -> None:
    scores = np.array([1.0] * 80 + [0.0] * 20)
    found = bootstrap_interval(scores)
    assert found == bootstrap_interval(scores)
    assert found.value == pytest.approx(0.8)
    # the binomial's normal approximation: 0.8 ± 1.96 * sqrt(0.8 * 0.2 / 100)
    assert [found.low, found.high] == pytest.approx([0.7216, 0.8784], abs=0.015)


def test_more_questions_make_a_narrower_interval() -> None:
    few, many = (bootstrap_interval(np.array([1.0, 0.0] * n)) for n in (10, 1000))
    assert many.high - many.low < (few.high - few.low) / 5


def test_equal_scores_leave_no_doubt_and_no_scores_no_figure() -> None:
    found = bootstrap_interval(np.ones(7))
    assert (found.low, found.high) == (1.0, 1.0)
    with pytest.raises(ValueError, match="no questions"):
        bootstrap_interval(np.array([]))


def test_a_large_set_is_resampled_in_parts() -> None:
    found = bootstrap_interval(np.array([0.0, 1.0] * 200_000), samples=12)
    assert found.low == pytest.approx(0.5, abs=0.01)


def test_the_gap_is_to_the_better_half_and_paired_by_question() -> None:
    fused, dense, lexical = np.array([1.0, 1.0, 0.5, 0.0]), np.array([1.0, 0.5, 0.5, 0.0]), np.array([0.0, 0.5, 0, 0])
    better, difference = compare_halves(fused, {"dense": dense, "lexical": lexical})
    assert better == "dense"
    assert difference.value == pytest.approx(0.125)
    assert difference.low == 0.0  # no question got worse
