"""Teach: what an agent proposes and a lead accepts is a document, and answers the same question from then on."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from app.bootstrap import make_sync
from desk.intervention import InterventionKind
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.run import Run
from integration.access.permissions import StaffRole
from knowledge.embedders.minilm import MiniLM
from knowledge.ingest.sync_requests import take_sync_requests
from knowledge.search.library import PostgresLibrary
from knowledge.sources.written_here import entries
from tests.integration.paged import Queue, csrf, make_app, signed_in
from tests.workers.interventions.acts import Desk
from tests.workers.talks import a_town, policy_text
from workers import proposed_entries, record
from workers.models.extractive.model import ExtractiveModel
from workers.tickets import CHANNEL

QUESTION = "Can I bring my dog on board?"
ANSWER = "Dogs are welcome on board if they stay on a leash. Bring a blanket for the deck."


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


@pytest.fixture
def desk(database: Database, account: str, tmp_path: Path, minilm: MiniLM) -> Desk:
    """Our own channel with a library that holds nothing, and the local model."""
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text(), encoding="utf-8")
    desk = Desk.of(a_town(database, account, PolicyBook(path)))
    library = PostgresLibrary(database, minilm)
    return replace(desk, tools=replace(desk.tools, library=library, models=(ExtractiveModel(minilm),), embedder=minilm))


@pytest.fixture
def queue() -> Queue:
    return Queue()


def last_run(desk: Desk) -> Run:
    with desk.tools.db.account(desk.account) as tx:
        run = record.last_run(tx, CHANNEL, desk.ticket_id)
    assert run is not None
    return run


def taught(desk: Desk) -> Desk:
    desk = desk.opened(QUESTION)
    desk.act(InterventionKind.TEACH, question=QUESTION, text=ANSWER)
    return desk


def proposal_id(desk: Desk) -> str:
    with desk.tools.db.account(desk.account) as tx:
        [proposal] = proposed_entries.list_proposed(tx)
    return proposal.id


def entry(**changed: str) -> dict[str, str]:
    return {"question": QUESTION, "answer": ANSWER, "audience": "public"} | changed


def test_what_a_lead_accepts_answers_the_same_question(desk: Desk, queue: Queue, minilm: MiniLM) -> None:
    desk = taught(desk)
    assert not last_run(desk).draft.citations, "nothing was known"
    lead = signed_in(make_app(desk.tools.db, desk.account, queue), desk.tools.db, desk.account)
    page = lead.get("/console/proposals").text
    assert QUESTION in page
    form = re.search(r'action="(/console/proposals/[^"]+/accept)"', page)
    assert form is not None
    answer = lead.post(form[1], data=entry() | {"csrf": csrf(lead)}, follow_redirects=True)
    assert "Accepted." in answer.text
    assert "Nothing is proposed" in answer.text
    [(account, source)] = queue.items
    make_sync(desk.tools.db, lambda account: minilm)(account, source)
    run = last_run(desk.opened(QUESTION))
    cited = {hit.passage.source for hit in run.hits if hit.passage.id in {c.passage_id for c in run.draft.citations}}
    assert cited == {entries.SOURCE}
    assert "stay on a leash" in " ".join(statement.text for statement in run.draft.statements)


def test_without_a_broker_the_mark_on_the_source_has_it_read(desk: Desk, queue: Queue) -> None:
    desk = taught(desk)
    lead = signed_in(make_app(desk.tools.db, desk.account, queue), desk.tools.db, desk.account)
    token = csrf(lead)
    queue.away = True
    assert lead.post(f"/console/proposals/{proposal_id(desk)}/accept", data=entry(csrf=token)).status_code == 303
    requests = [each.name for each in take_sync_requests(desk.tools.db) if each.account == desk.account]
    assert requests == [entries.SOURCE]


def test_a_lead_edits_before_accepting_and_a_second_decision_changes_nothing(desk: Desk, queue: Queue) -> None:
    desk = taught(desk)
    lead = signed_in(make_app(desk.tools.db, desk.account, queue), desk.tools.db, desk.account)
    address, token = f"/console/proposals/{proposal_id(desk)}", csrf(lead)
    lead.post(f"{address}/accept", data=entry(csrf=token, answer="Dogs stay ashore.", audience="internal"))
    for again in ("accept", "reject"):
        answer = lead.post(f"{address}/{again}", data=entry(csrf=token), follow_redirects=True)
        assert "Somebody has decided about it already" in answer.text
    with desk.tools.db.account(desk.account) as tx:
        [kept] = entries.list_entries(tx)
    assert (kept.answer, kept.audience, kept.locale) == ("Dogs stay ashore.", "internal", "en")


def test_what_is_rejected_becomes_nothing(desk: Desk, queue: Queue) -> None:
    desk = taught(desk)
    lead = signed_in(make_app(desk.tools.db, desk.account, queue), desk.tools.db, desk.account)
    answer = lead.post(
        f"/console/proposals/{proposal_id(desk)}/reject", data={"csrf": csrf(lead)}, follow_redirects=True
    )
    assert "Rejected." in answer.text
    with desk.tools.db.account(desk.account) as tx:
        assert entries.list_entries(tx) == []
    assert queue.items == []


@pytest.mark.parametrize(
    "changed", [{"question": " "}, {"answer": ""}, {"audience": "everybody"}, {"answer": "x" * 20_001}]
)
def test_half_an_entry_is_refused(desk: Desk, queue: Queue, changed: dict[str, str]) -> None:
    desk = taught(desk)
    lead = signed_in(make_app(desk.tools.db, desk.account, queue), desk.tools.db, desk.account)
    answer = lead.post(f"/console/proposals/{proposal_id(desk)}/accept", data=entry(**changed) | {"csrf": csrf(lead)})
    assert answer.status_code == 400


@pytest.mark.parametrize("role", [StaffRole.VIEWER, StaffRole.AGENT])
def test_agents_propose_and_do_not_accept(desk: Desk, queue: Queue, role: StaffRole) -> None:
    desk = taught(desk)
    client = signed_in(make_app(desk.tools.db, desk.account, queue), desk.tools.db, desk.account, role)
    assert client.get("/console/proposals").status_code == 403
    assert "/console/proposals" not in client.get("/console/tickets").text
    address = f"/console/proposals/{proposal_id(desk)}/accept"
    assert client.post(address, data=entry(csrf=csrf(client))).status_code == 403
