"""Text on pages: cut up for layout, made harmless, and shapes of numbers."""

import pytest

from integration.web.languages.language import ENGLISH
from integration.web.prose import TextSpan, text_blocks, visible_text, web_link
from integration.web.receipt_bars import receipt_bars


def test_steps_items_and_paragraphs_are_told_apart() -> None:
    cut = text_blocks("Do this:\n1. Open it [1]\n2. Close it\n\n- a\n- b\n\nBye\nnow", {1})
    assert [(piece.kind, len(piece.lines)) for piece in cut] == [
        ("paragraph", 1),
        ("steps", 2),
        ("items", 2),
        ("paragraph", 1),
    ]
    assert cut[1].lines[0] == (TextSpan("Open it "), TextSpan("[1]", 1))
    assert cut[3].lines == ((TextSpan("Bye\nnow"),),)


def test_a_list_that_starts_later_keeps_its_number() -> None:
    assert text_blocks("3. third\n4. fourth")[0].start == 3


def test_only_numbers_of_known_sources_are_marks() -> None:
    (piece,) = text_blocks("array[0] and [7] and [1]", {1})
    assert [span.mark for span in piece.lines[0]] == [None, 1]


def test_the_list_of_sources_is_left_out_and_nothing_else() -> None:
    cut = text_blocks("Text [1]\n\n[1] Title — https://help.example/a\n[2] Other\n\n[3] unknown\n\nBye", {1, 2})
    assert ["".join(span.text for span in piece.lines[0]) for piece in cut] == ["Text [1]", "[3] unknown", "Bye"]


@pytest.mark.parametrize("text", ["", "\n\n\n", "[", "[1]", "1. ", "- ", "\x00"])
def test_scraps_do_no_harm(text: str) -> None:
    text_blocks(text, {1})


def test_a_huge_text_is_cut_whole() -> None:
    cut = text_blocks("x [1] " * 100_000 + "\n" * 100_000 + "1. x\n" * 50_000, {1})
    assert [len(piece.lines) for piece in cut] == [1, 50_000]
    assert len(cut[0].lines[0]) == 200_001


def test_controls_and_what_reorders_text_become_visible() -> None:
    assert visible_text("a\x00b\x1b\x7f\u202ec\ud800\td\n") == "a␀b␛␡�c�\td\n"
    assert visible_text("مرحبا") == "مرحبا"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://help.example/a", True),
        ("http://help.example", True),
        ("HTTPS://help.example", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//elsewhere.example", False),
        ("billing/refunds.md", False),
        ("https://[broken", False),
        ("https:", False),
        ("", False),
        (None, False),
    ],
)
def test_only_web_addresses_are_links(url: str | None, kept: bool) -> None:
    assert (web_link(url) == url and bool(url)) is kept


def test_bars_fill_the_whole_and_none_vanishes() -> None:
    laid = receipt_bars([("draft", 1000.0), ("decide", 0.0), ("odd", -5.0)])
    assert [bar.name for bar in laid] == ["draft", "decide", "odd"]
    assert sum(bar.width for bar in laid) == pytest.approx(100, abs=0.1)
    assert all(bar.width > 0 for bar in laid)
    assert receipt_bars([]) == ()


@pytest.mark.parametrize(
    ("dollars", "shown"), [(0, "$0"), (0.00421, "$0.0042"), (1.25, "$1.25"), (1234.5, "$1,234.50")]
)
def test_money_has_the_digits_it_needs(dollars: float, shown: str) -> None:
    assert ENGLISH.money(dollars) == shown
