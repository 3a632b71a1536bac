"""Retrieval: what is searched for, and where."""

from desk.policy.policy import Policy
from tests.fakes import FakeLibrary, a_classification, a_hit, a_passage, a_ticket, default_policy
from workers.pipeline.retrieve import LIMIT, build_query, interleave, readable_audiences, retrieve

POLICY = default_policy()


def with_audience(name: str) -> Policy:
    """The policy with account_access reading this audience."""
    category = POLICY.categories["account_access"].model_copy(update={"audience": name})
    return POLICY.model_copy(update={"categories": {**POLICY.categories, "account_access": category}})


def test_the_categorys_audience_is_searched_beside_the_public_one() -> None:
    assert readable_audiences(a_ticket(), a_classification(), with_audience("partners")) == {"public", "partners"}


def test_internal_documents_are_never_searched_for_a_customer() -> None:
    assert readable_audiences(a_ticket(), a_classification(), with_audience("internal")) == {"public"}


def test_without_a_category_only_public_documents_are_searched() -> None:
    assert readable_audiences(a_ticket(), a_classification(category=None), POLICY) == {"public"}


def test_each_question_is_searched_for_up_to_the_policys_number() -> None:
    library = FakeLibrary()
    questions = tuple(f"How do I change setting number {n} quickly?" for n in range(5))
    retrieve(a_ticket(), "m1", a_classification(questions=questions), library, POLICY)
    assert [search.query for search in library.searches] == list(questions[: POLICY.max_questions])


def test_a_terse_follow_up_is_preceded_by_what_was_asked_before() -> None:
    ticket = a_ticket("How do I reset my password on the website?", "and on mobile?")
    assert build_query(ticket, "m2", "and on mobile?") == "How do I reset my password on the website?\nand on mobile?"


def test_a_terse_first_message_is_preceded_by_the_subject() -> None:
    assert build_query(a_ticket("How?", subject="Reset password"), "m1", "How?") == "Reset password\nHow?"


def test_a_full_question_stands_alone() -> None:
    ticket = a_ticket("How do I reset my password?", "Where can I download the invoice of January?")
    assert build_query(ticket, "m2", ticket.messages[1].body) == ticket.messages[1].body


def test_hits_of_several_questions_are_interleaved_each_passage_once() -> None:
    one, two, three = (a_hit(a_passage("x", id=name)) for name in "abc")
    better = a_hit(one.passage, cosine=0.9)
    assert [(h.passage.id, h.cosine) for h in interleave([[one, two], [three, better]])] == [
        ("a", 0.9),
        ("c", 0.7),
        ("b", 0.7),
    ]


def test_there_are_never_more_hits_than_the_limit() -> None:
    hits = [a_hit(a_passage("x", id=str(n))) for n in range(20)]
    assert len(interleave([hits])) == LIMIT


def test_a_subject_that_says_nothing_is_not_searched_for() -> None:
    for subject, expected in (("Question", "reset it?"), ("Password", "Password\nreset it?")):
        assert build_query(a_ticket("reset it?", subject=subject), "m1", "reset it?") == expected
