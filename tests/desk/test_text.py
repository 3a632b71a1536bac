"""Text at the door, sentences and words."""

import pytest

from desk.text.tokenizer import clean, first_words, sentences, words

HOSTILE = [
    "." * 300_000,
    ". " * 200_000,
    "a." * 200_000,
    ">" * 300_000,
    "\n" * 300_000,
    "On " * 100_000 + ":",
    "on a wrote:\n" * 30_000,
    " " * 300_000,
    "from: a\n" * 40_000,
    '?"' * 200_000,
    "a'" * 200_000,
    "thanks\n" * 40_000,
    "a\u0301\u0316" + "\u0301\u0316" * 200_000,
    "\u0f73" * 200_000,
]


def test_controls_but_tab_and_newline_are_dropped_at_the_door() -> None:
    assert clean("a\x00b\tc\r\nd\x07\x1b[0m\x7f") == "ab\tc\nd[0m"


def test_a_lone_surrogate_becomes_the_replacement_character_and_can_be_encoded() -> None:
    assert clean("a\ud800b").encode() == "a\ufffdb".encode()


def test_characters_that_reorder_the_text_are_dropped_and_hebrew_stays() -> None:
    assert clean("\u202eabc\u202c \u2067שלום\u2069") == "abc שלום"


def test_text_is_composed() -> None:
    assert clean("e\u0301") == "é"


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: f"{text[:6]!r} x {len(text)}")
def test_hostile_text_is_read_in_linear_time(text: str) -> None:
    safe = clean(text)
    sentences(safe)
    words(safe)


def test_sentences_end_at_stops_and_line_breaks() -> None:
    assert sentences("It works. Does it? Yes!\nNew line") == ["It works.", "Does it?", "Yes!", "New line"]


@pytest.mark.parametrize(
    "whole",
    [
        "Ask Dr. Smith about it.",
        "It costs 12.50 EUR, e.g. for one seat.",
        "See https://help.example/a.html?b=c.d for more.",
        "Version 2.1.3 is out.",
        "1. Open the page",
        "Use approx. five of them.",
        "It is from the U.S. market",
    ],
)
def test_a_stop_inside_a_sentence_does_not_end_it(whole: str) -> None:
    assert sentences(whole) == [whole]


def test_sentences_without_capitals_are_told_apart() -> None:
    assert sentences("my account is broken. please help") == ["my account is broken.", "please help"]


def test_japanese_sentences_need_no_space() -> None:
    assert sentences("はい。いいえ。") == ["はい。", "いいえ。"]


def test_words_are_lower_case_letters_and_digits_of_any_script() -> None:
    assert words("Don’t RATE_limited 12.5 ÜBER") == ["don't", "rate", "limited", "12", "5", "über"]
    assert words("İnsan") == ["insan"]


def test_first_words_says_whether_anything_was_left_out() -> None:
    assert first_words("one two three", 2) == ("one two", True)
    assert first_words("one two", 2) == ("one two", False)


def test_an_endless_word_is_cut() -> None:
    text, cut = first_words("x" * 100_000, 10)
    assert cut
    assert len(text) <= 200


def test_in_an_edited_text_a_mark_before_a_small_letter_ends_no_sentence() -> None:
    text = "Click Forgot password? on the page. Use help.example for more."
    assert sentences(text, edited=True) == ["Click Forgot password? on the page.", "Use help.example for more."]
    assert len(sentences("does it work? i tried. help!")) == 3
