"""What is missing, as the console and `firstline gaps` see it."""

import re
from datetime import timedelta
from functools import partial

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from desk.passage import Hit
from desk.platform.accounts import add_account
from desk.platform.database import Database
from desk.reasons import Reason
from integration.access.permissions import StaffRole
from integration.console.gaps import GapOrder, survey_gaps
from knowledge.index.catalogue import list_documents, list_passages
from knowledge.ingest.index_source import index_source
from tests.fakes import FakeEmbedder
from tests.integration.asked import CHEQUE, EMBEDDER, Asker, decision
from tests.integration.paged import Queue, make_app, signed_in
from tests.knowledge.conftest import ListSource, make_page
from workers.tables import open_questions

HOSTILE = '<script>alert("x")</script>'
MONTH = timedelta(days=30)


@pytest.fixture
def app(database: Database, account: str) -> Flask:
    return make_app(database, account, Queue())


@pytest.fixture
def viewer(app: Flask, database: Database, account: str) -> FlaskClient:
    return signed_in(app, database, account, StaffRole.VIEWER)


@pytest.fixture
def asker(database: Database, account: str) -> Asker:
    return Asker(database, account)


def index_pages(asker: Asker, *pages: object) -> None:
    """Put them into the index."""
    index_source(asker.db, asker.account, ListSource(*pages), EMBEDDER)  # type: ignore[arg-type]  # pages


# --- The survey


def test_questions_that_mean_the_same_come_together_the_most_asked_first(asker: Asker) -> None:
    asker.ask("Which fonts does the booking page use?")
    last = asker.ask(*CHEQUE)
    found = survey_gaps(asker.db, asker.account, EMBEDDER, MONTH)
    first, second = found.gaps
    assert (first.size, second.size, found.questions, found.clusters) == (3, 1, 4, 2)
    assert {example.question for example in first.examples} == set(CHEQUE)
    assert last in {example.ticket_id for example in first.examples}
    assert first.reasons == ((Reason.NOTHING_FOUND, 3),)
    assert first.category == "account_access"
    assert first.nearest is None


def test_the_trend_sets_this_period_against_the_one_before(asker: Asker) -> None:
    asker.ask(CHEQUE[0], days_ago=40)
    asker.ask(CHEQUE[1], days_ago=45)
    asker.ask(*CHEQUE, days_ago=0.5)
    asker.ask("Which fonts are used?", days_ago=50)
    found = survey_gaps(asker.db, asker.account, EMBEDDER, MONTH)
    (gap,) = found.gaps
    assert (gap.size, gap.before, found.before) == (3, 2, 3)
    assert len(gap.trend) == 9
    assert gap.trend[-1] == 3
    assert sum(gap.trend) == 5
    short = survey_gaps(asker.db, asker.account, EMBEDDER, timedelta(days=7))
    assert len(short.gaps[0].trend) == 14


def test_what_grows_or_is_newest_can_come_first(asker: Asker) -> None:
    asker.ask(*CHEQUE, days_ago=10)
    asker.ask(*CHEQUE, days_ago=40)
    asker.ask("Where are webhooks?", "Where are the webhooks?", days_ago=9)
    asker.ask("Which fonts exist?", days_ago=1)
    firsts = {
        order: survey_gaps(asker.db, asker.account, EMBEDDER, MONTH, order=order).gaps[0].examples[0].question
        for order in GapOrder
    }
    assert firsts[GapOrder.SIZE] in CHEQUE
    assert firsts[GapOrder.TREND].startswith("Where are")
    assert firsts[GapOrder.NEWEST] == "Which fonts exist?"


def test_the_nearest_article_is_named_as_it_is_now(asker: Asker) -> None:
    asker.ask(*CHEQUE)
    index_pages(
        asker,
        make_page("bank", "You can pay by bank transfer.", title="Bank transfer"),
        make_page("other", "The moon is far.", title="Moon"),
    )
    (gap,) = survey_gaps(asker.db, asker.account, EMBEDDER, MONTH).gaps
    assert gap.nearest is not None
    assert gap.nearest.title == "Bank transfer"
    assert 0.2 < gap.nearest.cosine < 1
    assert gap.nearest.newer, "it was indexed after the question"


def test_an_article_that_may_not_be_seen_is_not_named(asker: Asker) -> None:
    asker.ask(*CHEQUE)
    index_pages(asker, make_page("x", "Can I pay by cheque?", title="Cheques", audience="internal"))
    (seen,) = survey_gaps(asker.db, asker.account, EMBEDDER, MONTH).gaps
    (unseen,) = survey_gaps(asker.db, asker.account, EMBEDDER, MONTH, hidden=frozenset({"internal"})).gaps
    assert seen.nearest is not None
    assert unseen.nearest is None


def test_examples_are_shown_without_personal_data(asker: Asker) -> None:
    asker.ask("Can I pay by cheque? Write to ada.sample@example.com or call +44 20 7946 0958")
    (gap,) = survey_gaps(asker.db, asker.account, EMBEDDER, MONTH).gaps
    assert "ada.sample" not in gap.examples[0].question
    assert "7946" not in gap.examples[0].question
    assert gap.examples[0].question.startswith("Can I pay by cheque?")


def test_the_same_question_often_is_one_example(asker: Asker) -> None:
    asker.ask("Can I pay by cheque?", "can i pay by cheque?", "Can I pay by cheque?")
    (gap,) = survey_gaps(asker.db, asker.account, EMBEDDER, MONTH).gaps
    assert gap.size == 3
    assert len(gap.examples) == 1


def test_questions_of_an_embedder_of_before_are_taken_along(asker: Asker) -> None:
    asker.ask(*CHEQUE)
    found = survey_gaps(asker.db, asker.account, FakeEmbedder(name="newer", dimensions=64), MONTH)
    assert (found.questions, found.waiting) == (3, 0)


def test_another_accounts_gaps_are_never_seen(viewer: FlaskClient, database: Database, account: str) -> None:
    add_account(database, f"{account}-b")
    Asker(database, f"{account}-b").ask(*CHEQUE)
    assert "cheque" not in viewer.get("/console/gaps").text


# --- The page


def test_an_empty_page_says_what_will_stand_there(viewer: FlaskClient, asker: Asker) -> None:
    index_pages(asker, make_page("x", "A page.", title="X"))
    page = viewer.get("/console/gaps").text
    assert "No open questions in these 30 days" in page
    assert "None in these days" in page


def test_the_page_shows_size_examples_trend_and_the_nearest_article(viewer: FlaskClient, asker: Asker) -> None:
    ticket_id = asker.ask(*CHEQUE)
    asker.ask(CHEQUE[0], days_ago=40)
    index_pages(asker, make_page("bank", "Can I pay by cheque? By bank transfer.", title="Bank transfer"))
    page = viewer.get("/console/gaps").text
    assert '<strong class="num">3</strong>' in page
    assert "2 more than before" in page
    assert f"/console/tickets/api/{ticket_id}" in page
    assert "Bank transfer</a>" in page
    assert "changed since" in page
    assert len(re.findall(r'<rect class="bar', page)) == 9
    assert 'aria-label="Questions per week, the oldest first: 0, 0, 0, 1,' in page
    assert "nothing found" in page


@pytest.mark.parametrize("query", ["days=7&order=trend", "days=-1", "days=x&order=%00", "days=365&order=newest"])
def test_an_odd_wish_is_no_error(viewer: FlaskClient, asker: Asker, query: str) -> None:
    asker.ask(*CHEQUE)
    page = viewer.get(f"/console/gaps?{query}")
    assert page.status_code == 200
    assert '<strong class="num">3</strong>' in page.text


def test_hostile_and_endless_questions_are_shown_as_short_text(viewer: FlaskClient, asker: Asker) -> None:
    asker.ask(HOSTILE, "x" * 20_000, "‏هل يمكنني الدفع بشيك؟", "\x00 cheque")
    page = viewer.get("/console/gaps").text
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "x" * 300 not in page
    assert "هل يمكنني الدفع بشيك" in page


def test_sources_that_disagree_are_listed_with_both_documents(viewer: FlaskClient, asker: Asker) -> None:
    index_pages(asker, make_page("a", "Ten days.", title="Refund times"), make_page("b", "Five days.", title="Payouts"))
    with asker.db.account(asker.account) as tx:
        ids = [document.id for document in list_documents(tx)]
        passages = [list_passages(tx, each, EMBEDDER.name, 1)[0] for each in ids]
    told = decision(Reason.CONTRADICTION, "Refund times and Payouts")
    hits = tuple(Hit(passage, 0.6, 0.5, 0.5, 0.5) for passage in passages)
    asker.ask("How long?", "How long does it take?", decision=told, hits=hits)
    page = viewer.get("/console/gaps").text
    assert "No open questions" in page
    for document_id in ids:
        assert f'href="/console/documents/{document_id}"' in page
    assert "2 times, last" in page


def test_a_disagreement_of_documents_that_are_gone_keeps_its_words(viewer: FlaskClient, asker: Asker) -> None:
    asker.ask("How long?", decision=decision(Reason.CONTRADICTION, "Old page and older page"))
    assert "Old page and older page" in viewer.get("/console/gaps").text


def test_no_question_is_logged(viewer: FlaskClient, asker: Asker) -> None:
    with structlog.testing.capture_logs() as lines:
        asker.ask(*CHEQUE)
        viewer.get("/console/gaps")
    assert "cheque" not in repr(lines)


def test_a_row_without_a_vector_is_counted_until_it_has_one(
    asker: Asker, viewer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker.ask(*CHEQUE)
    with asker.db.account(asker.account) as tx:
        one = tx.execute(select(open_questions.c.id).limit(1)).scalar_one()
        tx.execute(update(open_questions).where(open_questions.c.id == one).values(embedder=None, vector=None))
    monkeypatch.setattr("integration.console.knowledge.survey_gaps", partial(survey_gaps, seconds=0))
    page = viewer.get("/console/gaps").text
    assert "1 more are not sorted in yet" in page
    monkeypatch.undo()
    assert "not sorted in yet" not in viewer.get("/console/gaps").text
