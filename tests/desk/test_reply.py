"""How a draft reads as a reply and as a note: pages as sources, and what stands where."""

from desk.passage import Citation
from desk.presentation.reply import compose_note, compose_reply
from desk.run import Draft
from tests.fakes import a_citation, a_hit, a_passage, a_statement, default_policy

ONE = a_passage("Click Forgot.", id="p1", headings=("Signing in", "Passwords"), url="https://help.example/sign-in#pw")
TWO = a_passage(
    "Codes last an hour.", id="p2", headings=("Signing in", "Codes"), url="https://help.example/sign-in#code"
)
OTHER = a_passage("Call us.", id="p3", document_id="d2", title="Contact", url=None)
HITS = [a_hit(ONE), a_hit(TWO), a_hit(OTHER)]
DRAFT = Draft(
    (
        a_statement("Click Forgot.", a_citation(ONE)),
        a_statement("Codes last an hour.", a_citation(TWO), a_citation(OTHER)),
    )
)


def test_several_passages_of_one_page_are_one_source() -> None:
    reply = compose_reply(DRAFT, HITS, default_policy(), "m1")
    assert reply.text.startswith("Click Forgot. [1] Codes last an hour. [1][2]\n\n")
    first, second = reply.sources
    assert (first.number, first.title, first.url) == (1, "Passwords › Signing in", "https://help.example/sign-in")
    assert (first.quotes, first.passages) == (("Click Forgot.", "Codes last an hour."), ("p1", "p2"))
    assert (second.number, second.title, second.url) == (2, "Contact", None)


def test_one_passage_of_a_page_keeps_its_own_place() -> None:
    [source] = compose_reply(Draft((a_statement("x", a_citation(ONE)),)), HITS, default_policy(), "m1").sources
    assert (source.title, source.url) == ("Passwords › Signing in", "https://help.example/sign-in#pw")


def test_the_sources_stand_above_the_signature_one_line_a_page() -> None:
    policy = default_policy()
    parts = compose_reply(DRAFT, HITS, policy, "m1").text.split("\n\n")
    assert parts[1] == "[1] Passwords › Signing in — https://help.example/sign-in\n[2] Contact"
    assert parts[2:] == [policy.signature_in("en"), policy.automatic_line_in("en")]


def test_a_note_begins_with_the_draft_ready_to_copy_and_ends_with_the_receipt() -> None:
    note = compose_note(DRAFT, HITS, "Firstline: left as a note.\n- It is long", receipt="https://desk.example/r")
    assert note.text.split("\n\n") == [
        "Click Forgot. [1] Codes last an hour. [1][2]",
        "[1] Passwords › Signing in — https://help.example/sign-in\n[2] Contact",
        "Firstline: left as a note.\n- It is long",
        "The whole receipt: https://desk.example/r",
    ]
    assert note.receipt == "https://desk.example/r"


def test_a_note_without_a_draft_is_its_reasons() -> None:
    assert compose_note(Draft(()), HITS, "Firstline: handed to a person.").text == "Firstline: handed to a person."


def test_a_citation_of_a_passage_that_was_not_found_is_no_source() -> None:
    draft = Draft((a_statement("x", Citation("d9", "v1", "p9", (0,))),))
    assert compose_reply(draft, HITS, default_policy(), "m1").sources == ()
