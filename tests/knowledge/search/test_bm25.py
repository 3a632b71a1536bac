"""Words become terms, and terms weights."""

import pytest

from knowledge.index.bm25 import (
    MOST_TERMS,
    bm25_weights,
    index_terms,
    query_terms,
    stemming_language,
    term_dimension,
)
from knowledge.tables import SPARSE_DIMENSIONS


def as_asked(text: str, language: str) -> list[int]:
    return [term.dimension for term in query_terms(text, language) if term.weight >= 1]


def dimensions(*terms: str) -> list[int]:
    return [term_dimension(term) for term in terms]


@pytest.mark.parametrize(
    ("text", "language", "terms"),
    [
        ("How do I cancel my subscriptions?", "en", ["cancel", "subscript"]),
        ("Cancelling subscription", "en", ["cancel", "subscript"]),
        ("Don't panic, it's Ada's", "en", ["dont", "panic", "ada"]),
        ("error SW-4012", "en", ["error", "sw", "4012", "sw4012"]),
        ("api_key v2.1", "en", ["api", "key", "v2", "1", "v2.1"]),
        ("Kündigung der Verträge", "de", ["kundig", "der", "vertrag"]),
        ("Café", "xx", ["cafe"]),
        ("返金方法", "ja", ["返金", "金方", "方法"]),
        ("\ud800 \0 ?!", "en", []),
        ("", "en", []),
    ],
)
def test_a_text_is_read_as_terms(text: str, language: str, terms: list[str]) -> None:
    assert index_terms(text, language) == terms


def test_an_endless_word_is_one_short_term() -> None:
    assert [len(term) for term in index_terms("z" * 10_000, "en")] == [64]


def test_more_of_a_term_weighs_more_but_ever_less_so() -> None:
    once, twice, often = (bm25_weights(["a"] * n + ["b"] * (50 - n))[term_dimension("a")] for n in (1, 2, 40))
    assert once < twice < often < 2.2
    assert twice - once < once


def test_a_term_weighs_more_in_a_short_text() -> None:
    assert bm25_weights(["a", "b"])[term_dimension("a")] > bm25_weights(["a"] + ["b"] * 200)[term_dimension("a")]


def test_only_the_thousand_heaviest_terms_are_kept() -> None:
    terms = [f"t{n}" for n in range(2000)] + ["kept"] * 2
    weights = bm25_weights(terms)
    assert len(weights) == MOST_TERMS
    assert term_dimension("kept") in weights


def test_dimensions_fit_and_never_change() -> None:
    assert term_dimension("refund") == 581_999_577
    assert all(0 <= term_dimension(f"t{n}") < SPARSE_DIMENSIONS for n in range(1000))


@pytest.mark.parametrize(("locale", "language"), [("pt-BR", "pt"), ("EN_us", "en"), ("de", "de"), ("", "en")])
def test_the_language_is_the_first_part_of_the_locale(locale: str, language: str) -> None:
    assert stemming_language(locale) == language


def test_what_people_write_around_a_question_is_not_searched_for() -> None:
    asked = "Hello, please can someone help: I need any refund, refunds about Paris. Thanks!"
    assert as_asked(asked, "en") == dimensions("help", "refund", "pari")
    assert as_asked("please", "xx") == dimensions("please")
    assert "need" in index_terms("What you need", "en")
