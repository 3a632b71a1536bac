"""The queue of drafts: one open beside its question, acts that lead to the next, undo, and what comes back."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from desk.intervention import InterventionKind
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.ticket import TicketState
from integration.access.permissions import StaffRole
from tests.integration.paged import Queue, make_app, signed_in
from tests.workers.interventions.acts import Desk
from tests.workers.talks import a_town, policy_text
from workers import interventions, record
from workers.tickets import CHANNEL

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@pytest.fixture
def desk(database: Database, account: str, tmp_path: Path) -> Desk:
    """A ticket whose draft waits."""
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text().replace("level: auto", "level: draft"), encoding="utf-8")
    return Desk.of(a_town(database, account, PolicyBook(path))).opened()


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def agent(desk: Desk, queue: Queue) -> FlaskClient:
    return signed_in(make_app(desk.tools.db, desk.account, queue), desk.tools.db, desk.account, StaffRole.AGENT)


def item(desk: Desk) -> str:
    return f"{CHANNEL}/{desk.ticket_id}"


def press(client: FlaskClient, desk: Desk, kind: InterventionKind, **fields: str) -> str:
    """Press in the open draft; where that leads."""
    page = client.get("/console/review", query_string={"item": item(desk)}).text
    forms = (form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if f'name="kind" value="{kind}"' in form)
    data = dict(HIDDEN.findall(next(forms))) | fields
    answer = client.post(f"/console/tickets/{item(desk)}/acts", data=data)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def carry_out(desk: Desk, queue: Queue) -> None:
    for _, act_id in queue.items:
        with desk.tools.db.account(desk.account) as tx:
            act = interventions.get_intervention(tx, act_id)
        assert act is not None
        desk.send(desk.carry_out(act))
    queue.items.clear()


def test_question_draft_and_sources_stand_beside_each_other(agent: FlaskClient, desk: Desk) -> None:
    page = agent.get("/console/review").text
    assert "When are you open?" in page
    assert "We are open from nine to five on weekdays." in page
    assert "<blockquote" in page
    assert "Why it waits for you" in page


def test_sending_leads_to_the_next_draft_and_shows_undo(agent: FlaskClient, desk: Desk, queue: Queue) -> None:
    following = desk.opened()
    location = press(agent, desk, InterventionKind.SEND)
    assert (
        location.endswith(f"item={CHANNEL}/{following.ticket_id}".replace("/", "%2F"))
        or following.ticket_id in location
    )
    page = agent.get(location).text
    assert "You pressed “Send”" in page
    assert f'{item(desk)}"' not in re.findall(r'<nav class="queue".*?</nav>', page, re.DOTALL)[0]
    carry_out(desk, queue)
    recent = agent.get("/console/review/recent").text
    assert "On its way." in recent
    assert "Undo" in recent


def test_undo_brings_the_draft_back(agent: FlaskClient, desk: Desk, queue: Queue) -> None:
    press(agent, desk, InterventionKind.SEND)
    carry_out(desk, queue)
    assert "Nothing to review" in agent.get("/console/review").text
    undo = dict(HIDDEN.findall(agent.get("/console/review/recent").text))
    agent.post(f"/console/tickets/{item(desk)}/acts", data=undo)
    carry_out(desk, queue)
    page = agent.get("/console/review").text
    assert "We are open from nine to five on weekdays." in page
    assert "Taken back. Nothing was sent." in page
    assert desk.replies == []


def test_a_rejected_draft_leaves_the_queue_with_its_reason(agent: FlaskClient, desk: Desk, queue: Queue) -> None:
    press(agent, desk, InterventionKind.REJECT, comment="Wrong hours")
    carry_out(desk, queue)
    assert "Nothing to review" in agent.get("/console/review").text
    assert "Wrong hours" in agent.get(f"/console/tickets/{item(desk)}").text


def test_what_was_found_in_an_edited_reply_stands_with_the_draft_and_one_more_press_sends(
    agent: FlaskClient, desk: Desk, queue: Queue
) -> None:
    press(agent, desk, InterventionKind.EDIT_AND_SEND, text="We are open from 7 to 23.")
    carry_out(desk, queue)
    page = agent.get("/console/review").text
    assert "Unfounded figure" in page
    again = next(form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if "Send all the same" in form)
    agent.post(f"/console/tickets/{item(desk)}/acts", data=dict(HIDDEN.findall(again)))
    carry_out(desk, queue)
    desk.sql("UPDATE deliveries SET not_before = now() - interval '1 minute'")
    desk.send(desk.due())
    assert desk.replies == ["We are open from 7 to 23."]


def test_a_draft_that_is_gone_opens_the_oldest_instead(agent: FlaskClient, desk: Desk) -> None:
    assert "When are you open?" in agent.get("/console/review?item=api/nothing").text
    assert "When are you open?" in agent.get("/console/review?item=%00").text


def test_a_helpdesks_ticket_without_a_draft_can_be_answered_by_hand(agent: FlaskClient, desk: Desk) -> None:
    with desk.tools.db.account(desk.account) as tx:
        record.set_ticket_state(tx, "zendesk", "77/8", TicketState.NOTED)
    page = agent.get("/console/review?item=zendesk/77/8").text
    assert "Ticket 77/8" in page
    assert "There is no draft; write the reply yourself." in page
    assert "The messages are kept in the helpdesk." in page


def test_viewers_have_no_queue(desk: Desk, queue: Queue) -> None:
    app = make_app(desk.tools.db, desk.account, queue)
    viewer = signed_in(app, desk.tools.db, desk.account, StaffRole.VIEWER)
    assert viewer.get("/console/review").status_code == 403
    assert viewer.get("/console/review/recent").status_code == 403
    assert "/console/review" not in viewer.get("/console/").text
