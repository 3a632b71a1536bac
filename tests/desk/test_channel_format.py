"""Replies in the shape of X, Facebook, WhatsApp, SMS and chat: plain, within the length, and never half a claim."""

import pytest

from desk.passage import BlockKind
from desk.presentation.channel_format import LENGTHS, fits_channel, formatted_reply, handover_for
from desk.run import Draft, Statement
from tests.fakes import a_citation, a_hit, a_passage, a_statement, default_policy

PAGE = a_passage("Click Forgot password.", url="https://help.example/pw")
HITS = [a_hit(PAGE)]
POLICY = default_policy()
AUTOMATIC, SIGNATURE = POLICY.automatic_line_in("en"), POLICY.signature_in("en")


def said(*paragraphs: str, kind: BlockKind = BlockKind.SENTENCE) -> Draft:
    """A draft of these paragraphs, each of them cited."""
    return Draft(tuple(a_statement(text, a_citation(PAGE), group=n, kind=kind) for n, text in enumerate(paragraphs)))


def shape(via: str, draft: Draft, **more: bool) -> str | None:
    made = formatted_reply(via, draft, HITS, POLICY, "m1", "en", **more)
    assert made is None or made.plain is (via in LENGTHS)
    return made.text if made else None


@pytest.mark.parametrize("via", ["", "mail", "web", "api", "voice"])
def test_other_channels_get_the_reply_as_it_is(via: str) -> None:
    text = shape(via, said("Click Forgot password."))
    assert text is not None
    assert text.startswith("Click Forgot password. [1]\n\n[1] Passwords — https://help.example/pw\n\n")


@pytest.mark.parametrize("via", sorted(set(LENGTHS) - {"x"}))
def test_a_short_reply_is_plain_with_its_pages_as_addresses(via: str) -> None:
    assert shape(via, said("Click Forgot password.")) == (
        f"Click Forgot password.\n\nhttps://help.example/pw\n\n{SIGNATURE}\n\n{AUTOMATIC}"
    )


def test_what_is_too_long_loses_its_signature_first() -> None:
    room = LENGTHS["x"] - len(f"\n\nhttps://help.example/pw\n\n{AUTOMATIC}")
    assert shape("x", said("a" * room)) == f"{'a' * room}\n\nhttps://help.example/pw\n\n{AUTOMATIC}"
    assert shape("x", said("a" * (room + 1))) is None


def test_then_whole_paragraphs_from_its_end_and_never_half_of_one() -> None:
    text = shape("sms", said("First.", "b" * 1600))
    assert text is not None
    assert text.startswith("First.\n\nhttps://help.example/pw")
    one_paragraph = Draft((a_statement("First.", a_citation(PAGE)), a_statement("But only if " + "b" * 1600)))
    assert shape("sms", one_paragraph) is None, "what qualifies a sentence stands beside it"


def test_an_answer_to_several_questions_loses_nothing() -> None:
    assert shape("sms", said("First.", "b" * 1600), whole=True) is None


def test_a_list_is_not_cut_and_what_announces_it_does_not_stand_alone() -> None:
    steps = tuple(Statement("c" * 400, BlockKind.STEP, 1, (a_citation(PAGE),)) for _ in range(5))
    announced = a_statement("Do this:", a_citation(PAGE))
    assert shape("sms", Draft((announced, *steps))) is None


def test_a_courtesy_alone_is_no_answer() -> None:
    hello = a_statement("Thank you for your message.", courtesy=True)
    assert shape("sms", Draft((hello, a_statement("d" * 1600, a_citation(PAGE), group=1)))) is None


def test_x_counts_wide_letters_twice() -> None:
    assert fits_channel("あ" * 140, "x")
    assert not fits_channel("あ" * 141, "x")
    assert fits_channel("あ" * 1600, "sms")


def test_a_handover_keeps_its_first_sentences() -> None:
    whole = handover_for("mail", POLICY, "m1")
    assert (whole.plain, whole.escalated) == (False, True)
    assert handover_for("chat", POLICY, "m1").text == whole.text
    message = POLICY.handover.model_copy(update={"message": "A colleague will answer you here. " + "And so on. " * 40})
    short = handover_for("x", POLICY.model_copy(update={"handover": message}), "m1")
    assert fits_channel(short.text, "x")
    assert short.text.startswith("A colleague will answer you here. And so on.")
    assert short.text.endswith("And so on.")
    assert short.escalated
