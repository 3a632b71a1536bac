"""Meaning and words make one order."""

from types import SimpleNamespace
from typing import Any

import pytest

from knowledge.search.fusion import LEAST_SPAN, Candidate, fused_score, rank_candidates


def found(*scores: tuple[str, float, float]) -> list[Candidate]:
    """Candidates of (document, cosine, BM25), with ids in order."""
    return [Candidate(row(n, document), cosine, words, 0.5) for n, (document, cosine, words) in enumerate(scores)]


def row(place: int, document: str) -> Any:
    return SimpleNamespace(
        id=f"p{place}", document_id=document, version="v", title="T", url=None, headings=[], blocks="[]", locale="en",
        audience="public", source="s", external_id="e", ordinal=place,
    )  # fmt: skip


def order(*scores: tuple[str, float, float]) -> list[str]:
    return [hit.passage.document_id for hit in rank_candidates(found(*scores))]


def test_of_equal_words_the_nearer_and_of_equal_meaning_the_one_with_the_words_comes_first() -> None:
    assert order(("far", 0.3, 5.0), ("near", 0.6, 5.0)) == ["near", "far"]
    assert order(("without", 0.5, 0.0), ("with", 0.5, 9.0)) == ["with", "without"]


def test_a_strong_match_of_words_outweighs_meaning_and_a_weak_one_does_not() -> None:
    assert order(("near", 0.7, 0.0), ("words", 0.4, 30.0), ("neither", 0.1, 0.0))[0] == "words"
    assert order(("near", 0.7, 0.0), ("words", 0.4, 4.0), ("neither", 0.1, 0.0))[0] == "near"


def test_an_embedder_with_closer_cosines_gives_the_same_order() -> None:
    wide = [("a", 0.9, 0.0), ("b", 0.5, 10.0), ("c", 0.1, 0.0)]
    narrow = [(name, 0.6 + cosine / 4, words) for name, cosine, words in wide]
    assert order(*wide) == order(*narrow)
    assert fused_score(found(*wide)) == pytest.approx(fused_score(found(*narrow)))


def test_cosines_that_hardly_differ_are_not_pulled_apart() -> None:
    first, second = fused_score(found(("a", 0.51, 0.0), ("b", 0.50, 0.0)))
    assert first - second == pytest.approx(0.01 / LEAST_SPAN)


def test_a_passage_gains_by_others_of_its_document() -> None:
    alone, together = ("alone", 0.61, 0.0), ("together", 0.60, 0.0)
    rest = [("other", 0.1, 0.0), ("another", 0.2, 0.0), ("third", 0.15, 0.0)]
    assert order(alone, together, *rest)[0] == "alone"
    assert order(alone, together, ("together", 0.5, 0.0), *rest)[0] == "together"


def test_far_away_in_a_document_is_no_company() -> None:
    near, far = [("x", 0.1, 0.0)] * 2, [("x", 0.1, 0.0)] * 3
    with_company, alone = (fused_score(found(("a", 0.6, 0.0), *between, ("a", 0.5, 0.0)))[0] for between in (near, far))
    assert with_company > alone == pytest.approx(1.0)


def test_company_below_the_usual_is_no_gain() -> None:
    scores = fused_score(found(("a", 0.6, 0.0), ("b", 0.5, 0.0), ("c", 0.5, 0.0), ("a", 0.1, 0.0)))
    assert scores[0] == pytest.approx(1.0)


def test_the_order_within_a_document_is_that_of_its_passages() -> None:
    hits = list(
        rank_candidates(found(("a", 0.5, 0.0), ("a", 0.6, 0.0), ("a", 0.7, 0.0), ("b", 0.1, 0.0), ("c", 0.1, 0.0)))
    )
    assert [hit.passage.id for hit in hits[:3]] == ["p2", "p1", "p0"]


def test_scores_that_are_shown_keep_their_meaning() -> None:
    first, second = rank_candidates(found(("a", 0.6, 8.0), ("b", 0.5, 4.0)))
    assert (first.cosine, first.lexical, second.lexical) == (0.6, 1.0, 0.5)


def test_without_candidates_there_are_no_hits() -> None:
    assert fused_score([]) == []
    assert list(rank_candidates([])) == []
