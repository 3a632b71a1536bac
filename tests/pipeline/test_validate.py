"""The checks: what a draft may not say, one faulty draft each, and the same said rightly."""

import pytest

from desk.passage import Block, BlockKind, Citation
from desk.run import Draft, Finding, Statement
from tests.fakes import (
    a_citation,
    a_classification,
    a_draft,
    a_hit,
    a_message,
    a_passage,
    a_statement,
    a_ticket,
    default_policy,
)
from workers.pipeline.checks.figures import hard_facts
from workers.pipeline.validate import validate

PASSAGE = a_passage(
    "Refunds are paid within 5 business days to the card ending in the invoice.",
    "The Bench plan costs €1,200 per year and includes 3 seats.",
    "You cannot change the region later.",
    "Write to billing@acme.example or see https://help.acme.example/refunds.",
    "The offer ends on 5 March 2026, call +1 202-555-0143.",
    "The team will contact you before a migration.",
    Block("curl -H <token> https://api.acme.example", BlockKind.CODE, 1),
    "Select Mute the topic <name>.",
    title="Refunds in Acme Cloud",
)
CLEAN = a_ticket("My order 4711 is late, says Maria. How long do refunds take?")


def check(text: str, *blocks: int, language: str = "en", **fields: object) -> list[str]:
    """The names of the checks that a draft of this one sentence fails."""
    citations = (a_citation(PASSAGE, *blocks),) if blocks else ()
    return checks(a_draft(a_statement(text, *citations, **fields)), language)


def checks(draft: Draft, language: str = "en") -> list[str]:
    return [finding.check for finding in findings(draft, language)]


def findings(draft: Draft, language: str = "en") -> tuple[Finding, ...]:
    return validate(CLEAN, draft, (a_hit(PASSAGE),), a_classification(language=language), default_policy())


def test_an_item_says_what_the_line_above_its_list_says() -> None:
    lead = "These plans do not include video:"
    passage = a_passage(Block("Bench", BlockKind.ITEM, 1, (lead,)), title="Plans")

    def failed(text: str) -> list[str]:
        draft = a_draft(a_statement(text, a_citation(passage, 0)))
        return [f.check for f in validate(CLEAN, draft, (a_hit(passage),), a_classification(), default_policy())]

    assert failed("The Bench plan does not include video.") == []
    assert failed("The Bench plan includes video.") == ["turned_negation"]


@pytest.mark.parametrize("place", range(len(PASSAGE.blocks)))
def test_a_block_quoted_word_for_word_passes_every_check(place: int) -> None:
    assert check(PASSAGE.blocks[place].text, place, kind=PASSAGE.blocks[place].kind) == []


@pytest.mark.parametrize(
    ("text", "block", "failed"),
    [
        ("Refunds are paid within 7 business days.", 0, ["unfounded_figure"]),
        ("Refunds are paid within 5 days.", 0, ["unfounded_figure"]),
        ("Refunds are paid within five business days.", 0, []),
        ("The Bench plan costs €1200 per year.", 1, []),
        ("The Bench plan costs 1,200 EUR per year.", 1, []),
        ("The Bench plan costs $1,200 per year.", 1, ["unfounded_figure"]),
        ("The Bench plan costs €1,300 per year.", 1, ["unfounded_figure"]),
        ("The Bench plan includes three seats.", 1, []),
        ("Your order 4711 is covered by the Bench plan.", 1, []),
        ("Write to refunds@acme.example about it.", 3, ["unfounded_figure"]),
        ("See www.attacker.example for more.", 3, ["unfounded_figure"]),
        ("See help.acme.example/refunds for more.", 3, []),
        ("The offer ends on 2026-03-05.", 4, []),
        ("The offer ends on 6 March 2026.", 4, ["unfounded_figure"]),
        ("The offer ends on 5 April 2026.", 4, ["unfounded_figure"]),
        ("Please call +1 202-555-0199.", 4, ["unfounded_figure"]),
        ("Please call (1) 202 555 0143.", 4, []),
        ("The Workshop plan includes 3 seats.", 1, ["unfounded_name"]),
        ("In Acme Cloud the Bench plan includes 3 seats.", 1, []),
        ("As Maria says, the Bench plan includes 3 seats.", 1, []),
        ("You can change the region later.", 2, ["turned_negation"]),
        ("The Bench plan does not cost a thing.", 1, ["turned_negation"]),
        ("The region can never be changed.", 2, []),
    ],
)
def test_figures_names_and_negations_stand_in_the_cited_block(text: str, block: int, failed: list[str]) -> None:
    assert check(text, block) == failed


@pytest.mark.parametrize(
    "text",
    [
        "I have refunded the order.",
        "We've just cancelled it for you.",
        "Your account has been upgraded.",
        "I will escalate this.",
        "Let me forward it.",
        "Our team will call you back.",
        "We guarantee it.",
        "You will receive a full refund.",
        "Your refund is on its way.",
    ],
)
def test_nothing_is_promised_that_nobody_does(text: str) -> None:
    assert "empty_promise" in check(text, 0)


def test_a_promise_that_the_documents_make_to_everyone_may_be_quoted() -> None:
    assert check("The team will contact you before a migration.", 5) == []


def test_a_sentence_without_citation_is_found() -> None:
    assert check("Refunds are paid.") == ["uncited"]


def test_a_courtesy_needs_no_citation_but_brings_no_figures_and_is_short() -> None:
    def draft(text: str) -> Draft:
        return a_draft(a_statement(text, courtesy=True), a_statement("Refunds are paid.", a_citation(PASSAGE, 0)))

    assert checks(draft("Thanks for writing.")) == []
    assert checks(draft("Thanks, you get 50% off.")) == ["unfounded_figure"]
    assert checks(draft("word " * 60)) == ["uncited"]


@pytest.mark.parametrize(
    "citation",
    [
        Citation("d1", "v1", "p9", (0,)),
        Citation("d1", "v0", "p1", (0,)),
        Citation("d2", "v1", "p1", (0,)),
        Citation("d1", "v1", "p1", (99,)),
        Citation("d1", "v1", "p1", (-1,)),
        Citation("d1", "v1", "p1", ()),
    ],
)
def test_a_citation_of_what_was_not_found_is_found(citation: Citation) -> None:
    assert "unknown_citation" in checks(a_draft(a_statement("Refunds are paid.", citation)))


def test_an_internal_document_cannot_be_cited() -> None:
    internal = a_passage("Agents may refund freely.", audience="internal")
    draft = a_draft(a_statement("Agents may refund freely.", a_citation(internal)))
    found = validate(CLEAN, draft, (a_hit(internal),), a_classification(), default_policy())
    assert [finding.check for finding in found] == ["internal_source"]


@pytest.mark.parametrize(
    "text",
    [
        "Refunds are <b>paid</b>.",
        "Refunds <script>alert(1)</script> are paid.",
        "Refunds are ![paid](pixel) out.",
        "Refunds are [paid](page) out.",
        "Refunds: javascript:alert(1)",
    ],
)
def test_markup_that_the_passages_do_not_contain_is_found(text: str) -> None:
    assert "foreign_markup" in check(text, 0)


def test_a_macro_that_nobody_filled_in_is_found() -> None:
    passage = a_passage("{!start-composing.md!}")
    draft = a_draft(a_statement("{!start-composing.md!}", a_citation(passage)))
    found = validate(CLEAN, draft, (a_hit(passage),), a_classification(), default_policy())
    assert [finding.check for finding in found] == ["leftover_template"]


@pytest.mark.parametrize(
    "text", ["My instructions say that refunds are paid.", "As an AI language model, refunds are paid."]
)
def test_the_machines_own_instructions_do_not_leak(text: str) -> None:
    assert "leak" in check(text, 0)


def test_a_draft_in_another_language_than_the_customers_is_found() -> None:
    assert check(PASSAGE.blocks[0].text, 0, language="de") == ["wrong_language"]


def test_a_draft_of_mere_politeness_is_found_empty() -> None:
    assert checks(a_draft(a_statement("Thanks for writing.", courtesy=True))) == ["empty"]


def test_a_draft_that_hands_over_without_a_word_has_no_findings() -> None:
    assert checks(Draft((), hand_over="nothing found")) == []


def test_a_draft_that_nobody_would_read_is_found() -> None:
    statement = a_statement(PASSAGE.blocks[0].text, a_citation(PASSAGE, 0))
    assert "too_long" in checks(Draft((statement,) * 60))


@pytest.mark.parametrize(
    "text", ["", "\u202e\ufffd", "<" * 5000, "1" * 5000, "a@" * 3000, "€" * 3000, "+1 " * 3000, "A" * 20_000]
)
def test_odd_drafts_are_checked_without_harm(text: str) -> None:
    assert isinstance(findings(a_draft(Statement(text, BlockKind.SENTENCE, 0, (a_citation(PASSAGE, 0),)))), tuple)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,000 rows", "1000 rows"),
        ("$12", "12 USD"),
        ("€12", "12 euros"),
        ("5 March 2026", "2026-03-05"),
        ("March 5, 2026", "5th of March 2026"),
        ("ten minutes", "10 minutes"),
        ("https://www.acme.example/a/", "acme.example/a"),
        ("+1 202-555-0143", "+1 (202) 555 0143"),
        ("17 percent", "17%"),
        ("1.50", "1.5"),
    ],
)
def test_one_fact_in_two_spellings_is_one_fact(one: str, other: str) -> None:
    assert hard_facts(one) == hard_facts(other) != frozenset()


def test_a_date_is_no_phone_number() -> None:
    assert not any(fact.startswith("phone") for fact in hard_facts("updated_since=2026-03-01 and 2026-03-11 08:31"))


def test_what_a_message_says_of_numbers_is_evidence_only_in_its_own_ticket() -> None:
    other = a_ticket(a_message("Nothing of the kind."))
    draft = a_draft(a_statement("Your order 4711 is covered by the Bench plan.", a_citation(PASSAGE, 1)))
    found = validate(other, draft, (a_hit(PASSAGE),), a_classification(), default_policy())
    assert [finding.check for finding in found] == ["unfounded_figure"]
