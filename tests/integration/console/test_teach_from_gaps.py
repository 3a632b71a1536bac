"""Teach from a gap: what an agent writes for questions that nothing answered, and what the gap says of it."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from integration.access.permissions import StaffRole
from tests.integration.asked import CHEQUE, Asker
from tests.integration.paged import Queue, csrf, make_app, signed_in
from tests.workers.talks import a_town, policy_text
from workers import interventions, proposed_entries
from workers.dependencies import Dependencies
from workers.processing.interventions.carry_out import carry_out_intervention

ANSWER = "We take no cheques. A transfer or a card will do."


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def app(database: Database, account: str, queue: Queue) -> Flask:
    return make_app(database, account, queue)


@pytest.fixture
def agent(app: Flask, database: Database, account: str) -> FlaskClient:
    return signed_in(app, database, account, StaffRole.AGENT)


@pytest.fixture
def lead(app: Flask, database: Database, account: str) -> FlaskClient:
    return signed_in(app, database, account)


@pytest.fixture
def asker(database: Database, account: str) -> Asker:
    return Asker(database, account)


@pytest.fixture
def tools(database: Database, account: str, tmp_path: Path) -> Dependencies:
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text(), encoding="utf-8")
    return a_town(database, account, PolicyBook(path)).tools


def teach_forms(client: FlaskClient) -> list[tuple[str, dict[str, str]]]:
    """The forms of the page's gaps: where each goes, and what stands in it before anybody types."""
    forms = re.findall(
        r'<details class="gap-teach">.*?<form[^>]* action="([^"]+)"[^>]*>(.*?)</form>', gaps(client), re.S
    )
    return [(address, _fields(inner)) for address, inner in forms]


def _fields(form: str) -> dict[str, str]:
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
    return dict(hidden) | dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S))


def gaps(client: FlaskClient) -> str:
    return client.get("/console/gaps").text


def propose(
    client: FlaskClient, queue: Queue, tools: Dependencies, form: tuple[str, dict[str, str]], answer: str = ANSWER
) -> str:
    """Press, and have it carried out; what came back."""
    address, fields = form
    assert client.post(address, data=fields | {"text": answer}).status_code == 303
    account, act_id = queue.items.pop()
    carry_out_intervention(tools, account, act_id, "w1")
    with tools.db.account(account) as tx:
        act = interventions.get_intervention(tx, act_id)
    assert act is not None
    assert act.result is not None
    return act.result.message


def decide(lead: FlaskClient, verb: str) -> None:
    page = lead.get("/console/proposals").text
    form = re.search(r'action="(/console/proposals/[^"]+)/accept"', page)
    assert form is not None
    entry = {"question": CHEQUE[0], "answer": ANSWER, "audience": "public", "csrf": csrf(lead)}
    assert lead.post(f"{form[1]}/{verb}", data=entry).status_code == 303


def test_a_gap_offers_its_question_and_an_empty_answer_and_sends_nothing_by_itself(
    agent: FlaskClient, asker: Asker, queue: Queue
) -> None:
    asker.ask(*CHEQUE)
    [(_, fields)] = teach_forms(agent)
    assert fields["question"] in CHEQUE
    assert fields["text"] == ""
    assert len(fields["question_ids"].split()) == 3
    assert queue.items == []


def test_what_is_taught_from_a_gap_names_the_tickets_behind_it_and_waits_for_a_lead(
    agent: FlaskClient, lead: FlaskClient, asker: Asker, queue: Queue, tools: Dependencies
) -> None:
    asker.ask(*CHEQUE)
    [form] = teach_forms(agent)
    assert propose(agent, queue, tools, form) == "Proposed. A lead will look at it."
    with asker.db.account(asker.account) as tx:
        [proposal] = proposed_entries.list_proposed(tx)
    assert (proposal.answer, {each.question for each in proposal.questions}) == (ANSWER, set(CHEQUE))
    assert len({each.ticket_id for each in proposal.questions}) == 3
    page = lead.get("/console/proposals").text
    assert "3 questions that no document answered" in page
    assert all(each.ticket_id in page for each in proposal.questions)
    assert "waits for a lead" in gaps(agent)
    assert teach_forms(agent) == []


def test_no_customer_behind_the_gap_is_named(
    agent: FlaskClient, asker: Asker, queue: Queue, tools: Dependencies
) -> None:
    asker.ask(CHEQUE[0], requester={"id": "r1", "name": "Ingrid Solveig"})
    asker.ask(CHEQUE[1], requester={"id": "r2", "name": "Bartholomew Quist"})
    answer = "We told Ingrid and Mr Quist that we take no cheques."
    propose(agent, queue, tools, teach_forms(agent)[0], answer)
    with asker.db.account(asker.account) as tx:
        [proposal] = proposed_entries.list_proposed(tx)
    assert "Ingrid" not in proposal.answer
    assert "Quist" not in proposal.answer


def test_an_accepted_entry_closes_the_gap_until_the_question_comes_again(
    agent: FlaskClient, lead: FlaskClient, asker: Asker, queue: Queue, tools: Dependencies
) -> None:
    asker.ask("Which fonts does the booking page use?")
    asker.ask(*CHEQUE)
    propose(agent, queue, tools, teach_forms(agent)[0])
    decide(lead, "accept")
    page = gaps(agent)
    assert ">Taught</span>" in page
    assert page.index("fonts") < page.index("cheque"), "what is still open comes first"
    assert len(teach_forms(agent)) == 1
    asker.ask(CHEQUE[0])
    page = gaps(agent)
    assert "Taught, and asked again" in page
    assert "answers 3 of 4" in page
    assert len(teach_forms(agent)[0][1]["question_ids"].split()) == 1


def test_a_rejected_entry_leaves_the_gap_open(
    agent: FlaskClient, lead: FlaskClient, asker: Asker, queue: Queue, tools: Dependencies
) -> None:
    asker.ask(*CHEQUE)
    propose(agent, queue, tools, teach_forms(agent)[0])
    decide(lead, "reject")
    assert ">Taught</span>" not in gaps(agent)
    assert len(teach_forms(agent)[0][1]["question_ids"].split()) == 3
    propose(agent, queue, tools, teach_forms(agent)[0])
    with asker.db.account(asker.account) as tx:
        [proposal] = proposed_entries.list_proposed(tx)
    assert len(proposal.questions) == 3


def test_a_second_agent_is_told_that_an_entry_is_proposed_already(
    agent: FlaskClient, lead: FlaskClient, asker: Asker, queue: Queue, tools: Dependencies
) -> None:
    asker.ask(*CHEQUE)
    [form], [other_form] = teach_forms(agent), teach_forms(lead)
    propose(agent, queue, tools, form)
    assert "proposed for these questions already" in propose(lead, queue, tools, other_form)
    with asker.db.account(asker.account) as tx:
        assert len(proposed_entries.list_proposed(tx)) == 1


def test_a_viewer_sees_gaps_and_teaches_nothing(
    app: Flask, asker: Asker, database: Database, account: str, agent: FlaskClient
) -> None:
    asker.ask(*CHEQUE)
    [(address, fields)] = teach_forms(agent)
    viewer = signed_in(app, database, account, StaffRole.VIEWER)
    assert teach_forms(viewer) == []
    answer = viewer.post(address, data=fields | {"text": ANSWER, "csrf": csrf(viewer)})
    assert answer.status_code == 403


@pytest.mark.parametrize("question_ids", ["x", "0" * 36, " ".join(["11111111-1111-4111-8111-111111111111"] * 501)])
def test_questions_that_are_no_ids_are_refused(agent: FlaskClient, asker: Asker, question_ids: str) -> None:
    asker.ask(CHEQUE[0])
    [(address, fields)] = teach_forms(agent)
    answer = agent.post(address, data=fields | {"text": ANSWER, "question_ids": question_ids})
    assert answer.status_code == 400


def test_the_ids_of_another_accounts_questions_take_nothing(
    agent: FlaskClient, asker: Asker, queue: Queue, tools: Dependencies
) -> None:
    asker.ask(CHEQUE[0])
    [(address, fields)] = teach_forms(agent)
    foreign = fields | {"question_ids": "11111111-1111-4111-8111-111111111111"}
    assert "already" in propose(agent, queue, tools, (address, foreign))
