"""Words become terms, and terms weights."""

import pytest

from knowledge.lexical import (
    MOST_TERMS,
    SPARSE_DIMENSIONS,
    dimension,
    language_of,
    question_terms,
    terms_of,
    weigh,
)


@pytest.mark.parametrize(
    ("text", "language", "terms"),
    [
        ("How do I cancel my subscriptions?", "en", ["cancel", "subscript"]),
        ("Cancelling subscription", "en", ["cancel", "subscript"]),
        ("Don't panic, it's Ada's", "en", ["dont", "panic", "ada"]),
        ("error SW-4012", "en", ["error", "sw", "4012", "sw-4012"]),
        ("api_key v2.1", "en", ["api", "key", "v2", "1", "v2.1"]),
        ("Kündigung der Verträge", "de", ["kundig", "der", "vertrag"]),
        ("Café", "xx", ["cafe"]),
        ("返金方法", "ja", ["返金", "金方", "方法"]),
        ("\ud800 \0 ?!", "en", []),
        ("", "en", []),
    ],
)
def test_a_text_is_read_as_terms(text: str, language: str, terms: list[str]) -> None:
    assert terms_of(text, language) == terms


def test_an_endless_word_is_one_short_term() -> None:
    assert [len(term) for term in terms_of("z" * 10_000, "en")] == [64]


def test_more_of_a_term_weighs_more_but_ever_less_so() -> None:
    once, twice, often = (weigh(["a"] * n + ["b"] * (50 - n))[dimension("a")] for n in (1, 2, 40))
    assert once < twice < often < 2.2
    assert twice - once < once


def test_a_term_weighs_more_in_a_short_text() -> None:
    assert weigh(["a", "b"])[dimension("a")] > weigh(["a"] + ["b"] * 200)[dimension("a")]


def test_only_the_thousand_heaviest_terms_are_kept() -> None:
    terms = [f"t{n}" for n in range(2000)] + ["kept"] * 2
    weights = weigh(terms)
    assert len(weights) == MOST_TERMS
    assert dimension("kept") in weights


def test_dimensions_fit_and_never_change() -> None:
    assert dimension("refund") == 581_999_577
    assert all(0 <= dimension(f"t{n}") < SPARSE_DIMENSIONS for n in range(1000))


@pytest.mark.parametrize(("locale", "language"), [("pt-BR", "pt"), ("EN_us", "en"), ("de", "de"), ("", "en")])
def test_the_language_is_the_first_part_of_the_locale(locale: str, language: str) -> None:
    assert language_of(locale) == language


def test_what_people_write_around_a_question_is_not_searched_for() -> None:
    asked = "Hello, please can someone help: I need any refund, refunds about Paris. Thanks!"
    assert question_terms(asked, "en") == ["help", "refund", "pari"]
    assert question_terms("please", "xx") == ["please"]
    assert "need" in terms_of("What you need", "en")
