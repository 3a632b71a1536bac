"""From cited stretches of text to statements."""

import pytest

from desk.passage import BlockKind, Citation
from workers.models.claude.statements import CitedStretch, is_courtesy, join_citations, split_statements

ONE, TWO = Citation("d1", "v1", "p1", (0,)), Citation("d2", "v1", "p2", (3,))


def made(*parts: tuple[str, Citation | None]) -> list[tuple[str, str, int, tuple[Citation, ...]]]:
    """Statements of the parts put together: text, kind, group, citations."""
    text, stretches = "", []
    for part, citation in parts:
        if citation:
            stretches.append(CitedStretch(len(text), len(text) + len(part), (citation,)))
        text += part
    return [(s.text, s.kind.value, s.group, s.citations) for s in split_statements(text, stretches)]


def test_sentences_of_a_paragraph_share_a_group_and_have_their_own_citations() -> None:
    found = made(("Click Forgot password.", ONE), (" ", None), ("The link is valid for 60 min.", TWO), ("\n\n", None))
    assert found == [
        ("Click Forgot password.", "sentence", 1, (ONE,)),
        ("The link is valid for 60 min.", "sentence", 1, (TWO,)),
    ]


def test_a_sentence_that_is_mostly_cited_is_cited() -> None:
    assert made(("To do that, ", None), ("open Billing and click Invoices", ONE), (".", None))[0][3] == (ONE,)


def test_a_sentence_that_is_mostly_not_cited_is_uncited() -> None:
    assert made(("We have refunded your last invoice as you asked, see ", None), ("Billing", ONE))[0][3] == ()


def test_a_stretch_over_two_sentences_cites_both() -> None:
    assert [s[3] for s in made(("One thing. Another thing.", ONE))] == [(ONE,), (ONE,)]


def test_steps_and_items_lose_their_marks_and_share_a_group() -> None:
    found = made(
        ("1. ", None), ("Open Billing.", ONE), ("\n2) ", None), ("Click Pay.", TWO), ("\n\n- ", None), ("Card", ONE)
    )
    assert [(text, kind) for text, kind, _, _ in found] == [
        ("Open Billing.", "step"),
        ("Click Pay.", "step"),
        ("Card", "item"),
    ]
    assert found[0][2] == found[1][2] != found[2][2]


def test_a_line_that_leads_into_a_list_rests_on_the_list() -> None:
    found = made(("To reset it:\n\n1. ", None), ("Click Forgot password.", ONE), ("\n2. ", None), ("Open it.", TWO))
    assert found[0][3] == (ONE, TWO)


def test_a_colon_before_nothing_rests_on_nothing() -> None:
    assert made(("Your password is:", None))[0][3] == ()


def test_code_stays_as_it_is() -> None:
    found = made(("Run this:\n```sh\n", None), ("curl  -X POST\n  /v1/**x**", ONE), ("\n```\nDone now.", None))
    assert found[1][:2] == ("curl  -X POST\n  /v1/**x**", "code")
    assert found[1][3] == (ONE,)
    assert found[2][0] == "Done now."


def test_a_fence_that_is_never_closed_loses_nothing() -> None:
    assert made(("```\nls -l", ONE)) == [("ls -l", BlockKind.CODE.value, 2, (ONE,))]


def test_emphasis_and_headings_become_plain_text() -> None:
    found = made(("## Billing\nClick **Pay** in `Settings` of snake_case_name.", ONE))
    assert [text for text, *_ in found] == ["Billing", "Click Pay in Settings of snake_case_name."]


def test_signs_alone_are_no_statement() -> None:
    assert made(("---\n\n***\n…", None)) == []


@pytest.mark.parametrize(
    "text", ["", "\n\n", "1.", "- ", "```", "```\n```", "#", "a" * 50_000, "x. " * 5000, "\n" * 5000, "1. a\n" * 3000]
)
def test_odd_text_is_cut_all_the_same(text: str) -> None:
    assert isinstance(made((text, ONE)) if text else made(), list)


@pytest.mark.parametrize(
    "text",
    ["Thanks for your message!", "Hello,", "I hope this helps.", "Let me know if you have any more questions.",
     "Sorry for the trouble.", "Here is how:"],
)  # fmt: skip
def test_politeness_is_known(text: str) -> None:
    assert is_courtesy(text)
    assert next(iter(split_statements(text, []))).courtesy


@pytest.mark.parametrize(
    "text",
    ["Thanks, your refund is approved.", "Hello Maria,", "Sorry, we deleted it.", "Call us.", "See example.com.",
     "Please feel free to send us 5 dollars.", "", "We will let you know."],
)  # fmt: skip
def test_what_states_anything_is_no_politeness(text: str) -> None:
    assert not is_courtesy(text)


def test_citations_of_one_passage_become_one() -> None:
    more = Citation("d1", "v1", "p1", (2, 1))
    assert join_citations([ONE, TWO, more]) == (Citation("d1", "v1", "p1", (0, 1, 2)), TWO)
