"""`firstline gaps`, over a real database and the model in the box."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app.database import make_database
from desk.errors import Temporary
from desk.platform.database import Database
from desk.platform.settings import Settings
from desk.reasons import Limit, Reason
from desk.run import Cap, Decision
from knowledge.embedders.minilm import MiniLM
from knowledge.ingest.index_source import index_source
from tests.app.conftest import Command, use
from tests.fakes import FakeEmbedder
from tests.knowledge.conftest import ListSource, make_page
from tests.workers.left_open import a_run, keep

CHEQUE = ("Can I pay by cheque?", "Do you accept payment by cheque?", "Can I pay the invoice with a cheque?")


class Away(FakeEmbedder):
    """Has no vector for anybody: the command makes them."""

    def embed_query(self, text: str) -> list[float]:
        """Fails."""
        raise Temporary("away")


@pytest.fixture
def db(migrated: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database that the command finds in its environment."""
    use(monkeypatch, migrated)
    database = make_database(migrated)
    yield database
    database.close()


def ask(db: Database, *questions: str, days_ago: float = 1, **changes: object) -> None:
    """Runs that left these open."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    for place, question in enumerate(questions):
        run = a_run(Reason.NOTHING_FOUND, questions=(question,), message_id=f"{days_ago}-{place}", at=at, **changes)
        keep(db, "main", run, Away())


def test_gaps_come_in_groups_with_trend_and_nearest_article(db: Database, firstline: Command) -> None:
    ask(db, *CHEQUE)
    ask(db, "How do I change my password?", CHEQUE[0], days_ago=40)
    index_source(
        db, "main", ListSource(make_page("x", "You can pay by bank transfer.", title="Bank transfer")), MiniLM()
    )
    said = firstline("gaps", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    (gap,) = found["gaps"]
    assert (gap["size"], gap["before"], found["questions"], found["before"]) == (3, 1, 3, 2)
    assert {example["question"] for example in gap["examples"]} == set(CHEQUE)
    assert gap["nearest"]["title"] == "Bank transfer"
    assert sum(gap["trend"]) == 4
    table = firstline("gaps", "--since", "3m")
    assert "Bank transfer (0." in table.out
    assert "Questions: 5, in groups: 2" in table.out
    assert "█" in table.out


def test_sources_that_disagree_are_listed(db: Database, firstline: Command) -> None:
    caps = (Cap(Limit.DRAFT, Reason.CONTRADICTION, "Refund times and Payouts"),)
    run = a_run()
    keep(db, "main", a_run(decision=Decision(run.decision.action, run.decision.level, caps, 0.4)), Away())
    said = firstline("gaps")
    assert "No open questions in 30d." in said.out
    assert "Refund times and Payouts" in said.out
    assert json.loads(firstline("gaps", "--json").out)["disputes"][0]["times"] == 1


def test_without_questions_it_says_so(db: Database, firstline: Command) -> None:
    assert "No open questions in 8w." in firstline("gaps", "--since", "8w").out


@pytest.mark.parametrize("since", ["", "soon", "0d", "-1d", "30", "9999m", "3y", "１２d"])
def test_an_odd_span_is_refused_with_what_is_wanted(db: Database, firstline: Command, since: str) -> None:
    said = firstline("gaps", "--since", since)
    assert said.code == 1
    assert "30d, 8w or 3m" in said.err
