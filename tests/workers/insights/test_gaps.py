"""Which runs tell of missing knowledge, and what is kept of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import delete, select

from desk.errors import Temporary
from desk.passage import Hit
from desk.platform.database import Database
from desk.reasons import Limit, Reason
from desk.run import Cap, Draft, Finding, Run, WayOut
from tests.fakes import FakeEmbedder, a_citation, a_classification, a_hit, a_passage, a_statement
from tests.workers.left_open import EMBEDDER, a_run, keep
from workers.insights import gaps
from workers.insights.gaps import gap_reason, unanswered_questions
from workers.pipeline.draft import NO_MODEL
from workers.tables import disagreements, open_questions, runs

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Away(FakeEmbedder):
    """An embedder behind a broken line."""

    def embed_query(self, text: str) -> list[float]:
        """Fails."""
        raise Temporary("the embedder did not answer")


def kept(database: Database, account: str) -> list[str]:
    """The open questions as they can be read, oldest first."""
    with database.account(account) as tx:
        questions, _ = gaps.read_open_questions(tx, LONG_AGO, EMBEDDER.name)
        return [tx.open(question.sealed) for question in questions]


# --- Which runs


@pytest.mark.parametrize("reason", [Reason.NOTHING_FOUND, Reason.HANDED_OVER])
def test_what_the_documents_do_not_hold_is_a_gap(reason: Reason) -> None:
    assert gap_reason(a_run(reason, Reason.UNKNOWN_CATEGORY)) is reason


@pytest.mark.parametrize(
    "reason",
    [
        Reason.WANTS_HUMAN,
        Reason.CRITICAL,
        Reason.ORDERS_MACHINE,
        Reason.LANGUAGE_NOT_SERVED,
        Reason.WITH_PEOPLE,
        Reason.NO_QUESTION,
        Reason.CONTRADICTION,
    ],
)
def test_what_no_article_would_have_changed_is_none(reason: Reason) -> None:
    assert gap_reason(a_run(Reason.NOTHING_FOUND, reason)) is None


def test_low_confidence_is_a_gap_only_where_every_passage_is_weak() -> None:
    strong, weak = a_hit(a_passage("x"), 0.7, 0.9), a_hit(a_passage("y"), 0.3, 0.2)
    assert gap_reason(a_run(Reason.LOW_CONFIDENCE, hits=(weak, strong))) is None
    assert gap_reason(a_run(Reason.LOW_CONFIDENCE, hits=(weak,))) is Reason.LOW_CONFIDENCE
    assert gap_reason(a_run(Reason.FINDING, hits=(weak,))) is None


def test_an_answered_question_is_none() -> None:
    assert gap_reason(a_run()) is None
    assert unanswered_questions(a_run(), EMBEDDER) == ()


def test_no_gap_is_made_of_a_model_that_is_away() -> None:
    assert gap_reason(a_run(Reason.NOTHING_FOUND, draft=Draft((), hand_over=NO_MODEL))) is None


def test_a_refund_that_people_see_anyway_is_a_gap_where_no_page_speaks_of_it() -> None:
    def run(topic: str, *hits: Hit) -> Run:
        seen = a_classification(sensitive=(topic,))
        return a_run(Reason.SENSITIVE_TOPIC, Reason.NOTHING_FOUND, classification=seen, hits=hits)

    strong, weak = a_hit(a_passage("x"), 0.7, 0.9), a_hit(a_passage("y"), 0.3, 0.2)
    assert gap_reason(run("refund", weak)) is Reason.NOTHING_FOUND
    assert gap_reason(run("refund", strong)) is None
    assert gap_reason(run("legal", weak)) is None


def test_what_only_a_person_can_do_is_none() -> None:
    wanted = Draft((), hand_over="The contract has to be ended.", way_out=WayOut.NEEDS_A_PERSON)
    assert gap_reason(a_run(Reason.HANDED_OVER, draft=wanted)) is None
    missing = replace(wanted, way_out=WayOut.NOT_IN_DOCUMENTS)
    assert gap_reason(a_run(Reason.HANDED_OVER, draft=missing)) is Reason.HANDED_OVER


def test_of_several_questions_the_answered_ones_are_left_out() -> None:
    passage = a_passage("A refund takes ten days to arrive.")
    said = a_statement("A refund takes ten days to arrive.", a_citation(passage))
    run = a_run(
        Reason.HANDED_OVER,
        questions=("How many days to arrive takes a refund?", "Which cheque books exist?"),
        draft=Draft((said,), hand_over="1 of 2 questions not answered"),
    )
    assert [each.question for each in unanswered_questions(run, EMBEDDER)] == ["Which cheque books exist?"]


def test_blank_and_repeated_questions_are_not_kept() -> None:
    run = a_run(Reason.NOTHING_FOUND, questions=(" ", "Cheque?", "Cheque? "))
    assert [each.question for each in unanswered_questions(run, EMBEDDER)] == ["Cheque?"]


# --- What is kept


def test_a_question_and_its_vector_come_back_as_they_were(database: Database, account: str) -> None:
    keep(database, account, a_run(Reason.NOTHING_FOUND))
    with database.account(account) as tx:
        (question,), vectors = gaps.read_open_questions(tx, LONG_AGO, EMBEDDER.name)
        assert tx.open(question.sealed) == "Can I pay by cheque?"
    assert (question.reason, question.category, question.language) == (Reason.NOTHING_FOUND, "account_access", "en")
    assert np.allclose(vectors[0], EMBEDDER.embed_query("Can I pay by cheque?"), atol=1e-3)


def test_the_row_holds_neither_question_nor_vector_in_the_open(database: Database, account: str) -> None:
    run = a_run(Reason.NOTHING_FOUND, Reason.CONTRADICTION)
    keep(database, account, a_run(Reason.NOTHING_FOUND))
    told = Cap(Limit.DRAFT, Reason.CONTRADICTION, "Cheques and Payments")
    keep(database, account, replace(run, message_id="m2", decision=replace(run.decision, caps=(told,))))
    with database.account(account) as tx:
        (question,) = tx.execute(select(open_questions)).all()
        (disagreement,) = tx.execute(select(disagreements)).all()
    whole = repr(tuple(question)) + repr(tuple(disagreement))
    for secret in ("cheque", "Cheque", "Payments"):
        assert secret not in whole
    plain = np.asarray(EMBEDDER.embed_query("Can I pay by cheque?"), dtype="<f2").tobytes()
    assert plain not in bytes(question.vector)


def test_another_accounts_questions_are_never_seen(database: Database, account: str, other_account: str) -> None:
    keep(database, other_account, a_run(Reason.NOTHING_FOUND))
    assert kept(database, account) == []
    assert kept(database, other_account) == ["Can I pay by cheque?"]


def test_the_newest_run_over_a_message_is_the_one_that_counts(database: Database, account: str) -> None:
    keep(database, account, a_run(Reason.NOTHING_FOUND, questions=("Old wording?",)))
    keep(database, account, a_run(Reason.NOTHING_FOUND, questions=("New wording?",)))
    keep(database, account, a_run(Reason.NOTHING_FOUND, questions=("Another?",), message_id="m2"))
    assert kept(database, account) == ["New wording?", "Another?"]
    keep(database, account, a_run())  # the answer was found at last
    assert kept(database, account) == ["Another?"]


def test_with_its_run_a_question_goes(database: Database, account: str) -> None:
    run = keep(database, account, a_run(Reason.NOTHING_FOUND), EMBEDDER)
    with database.account(account) as tx:
        tx.execute(delete(runs).where(runs.c.id == run.id))
    assert kept(database, account) == []


def test_only_the_newest_questions_are_read(database: Database, account: str) -> None:
    now = datetime.now(UTC)
    for place in range(4):
        at = now - timedelta(days=place)
        keep(
            database,
            account,
            a_run(Reason.NOTHING_FOUND, questions=(f"Q{place}?",), message_id=f"m{place}", at=at),
            EMBEDDER,
        )
    with database.account(account) as tx:
        questions, vectors = gaps.read_open_questions(tx, now - timedelta(days=2.5), EMBEDDER.name, most=2)
        assert [tx.open(question.sealed) for question in questions] == ["Q1?", "Q0?"]
        assert len(vectors) == 2
        assert gaps.count_open_questions(tx, now - timedelta(days=2.5)) == 3


def test_an_embedder_that_is_away_costs_no_question(database: Database, account: str) -> None:
    keep(database, account, a_run(Reason.NOTHING_FOUND), Away())
    assert kept(database, account) == []
    assert gaps.embed_missing(database, account, EMBEDDER, LONG_AGO) == 1
    assert kept(database, account) == ["Can I pay by cheque?"]


def test_after_a_change_of_embedder_the_newest_questions_get_a_new_vector_first(
    database: Database, account: str
) -> None:
    now = datetime.now(UTC)
    for place in range(3):
        at = now - timedelta(hours=place)
        keep(
            database,
            account,
            a_run(Reason.NOTHING_FOUND, questions=(f"Q{place}?",), message_id=f"m{place}", at=at),
            EMBEDDER,
        )
    other = FakeEmbedder(name="other", dimensions=16)
    assert gaps.embed_missing(database, account, other, LONG_AGO, most=2) == 2
    with database.account(account) as tx:
        questions, vectors = gaps.read_open_questions(tx, LONG_AGO, "other")
        assert [tx.open(question.sealed) for question in questions] == ["Q1?", "Q0?"]
        assert vectors.shape == (2, 16)


def test_a_disagreement_names_the_documents_that_the_reason_names(database: Database, account: str) -> None:
    here, there, third = (
        Hit(replace(a_passage("x"), id=str(uuid4()), document_id=str(uuid4()), title=title), 0.6, 0.5, 0.5, 0.5)
        for title in ("Cheques", "Payments", "Plans")
    )
    run = a_run(hits=(here, there, third))
    told = Cap(Limit.DRAFT, Reason.CONTRADICTION, "Cheques and Payments")
    keep(database, account, replace(run, decision=replace(run.decision, caps=(told,))))
    with database.account(account) as tx:
        (found,) = gaps.read_disagreements(tx, LONG_AGO)
    assert found.documents == (here.passage.document_id, there.passage.document_id)
    assert (found.told, found.ticket_id) == ("Cheques and Payments", "t1")


def test_each_pair_that_a_check_saw_is_a_disagreement_of_its_own(database: Database, account: str) -> None:
    ours = a_passage("A refund reaches your bank account within 10 business days.", id=str(uuid4()), document_id="d1")
    other = a_passage("A refund reaches your bank account within 5 business days.", id=str(uuid4()), document_id="d2")
    said = a_statement(ours.blocks[0].text, a_citation(ours))
    seen = Finding("contradiction", "“10 business days” (Passwords) against “5 business days” (Passwords) (time)")
    run = a_run(hits=(a_hit(ours), a_hit(other)), draft=Draft((said,)), findings=(seen,))
    told = Cap(Limit.DRAFT, Reason.CONTRADICTION, seen.detail)
    keep(database, account, replace(run, decision=replace(run.decision, caps=(told,))))
    with database.account(account) as tx:
        (found,) = gaps.read_disagreements(tx, LONG_AGO)
    assert (found.documents, found.told) == (("d1", "d2"), seen.detail)


def test_vectors_are_made_as_far_as_time_and_the_embedder_allow(database: Database, account: str) -> None:
    class Tired(FakeEmbedder):
        """Gives one vector, then none."""

        def embed_query(self, text: str) -> list[float]:
            if self.embedded:
                raise Temporary("the embedder did not answer")
            self.embedded.append(text)
            return super().embed_query(text)

    for place in range(3):
        keep(database, account, a_run(Reason.NOTHING_FOUND, message_id=f"m{place}"), Away())
    assert gaps.embed_missing(database, account, EMBEDDER, LONG_AGO, seconds=0) == 0
    assert gaps.embed_missing(database, account, EMBEDDER, datetime.now(UTC) + timedelta(days=1)) == 0
    with pytest.raises(Temporary):
        gaps.embed_missing(database, account, Tired(), LONG_AGO)
    assert len(kept(database, account)) == 1, "what it gave is kept"
