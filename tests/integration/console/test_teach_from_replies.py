"""Teach from what an agent sent instead of a draft: prefilled, without what belongs to this customer alone."""

import html
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from desk.intervention import InterventionKind
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from integration.access.permissions import StaffRole
from tests.integration.paged import Queue, make_app, signed_in
from tests.workers.interventions.acts import Desk
from tests.workers.talks import CHANNEL as HELPDESK
from tests.workers.talks import SENTENCE, Town, a_town, policy_text
from workers import interventions, proposed_entries
from workers.tickets import CHANNEL

EDITED = SENTENCE.replace("nine", "ten")
OTHER = "The parcel of Kim Doe waits at our desk.\n- Bring a card.\n- Write to kim.doe@mail.example."


@pytest.fixture
def town(database: Database, account: str, tmp_path: Path) -> Town:
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text().replace("level: auto", "level: draft"), encoding="utf-8")
    return a_town(database, account, PolicyBook(path))


@pytest.fixture
def desk(town: Town) -> Desk:
    return Desk.of(town).opened()


@pytest.fixture
def queue() -> Queue:
    return Queue()


def browser(town: Town, queue: Queue, role: StaffRole = StaffRole.AGENT) -> FlaskClient:
    return signed_in(make_app(town.tools.db, town.account, queue), town.tools.db, town.account, role)


def form_in(page: str) -> dict[str, str]:
    """What stands in the form before anybody types; nothing where there is no form."""
    form = re.search(r'<details class="teach-reply">.*?</details>', page, re.S)
    if form is None:
        return {}
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[0])
    typed = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form[0], re.S)
    return {name: html.unescape(value) for name, value in (*hidden, *typed)}


def story(desk: Desk, client: FlaskClient) -> str:
    return client.get(f"/console/tickets/{CHANNEL}/{desk.ticket_id}").text


def answer_with(desk: Desk, text: str) -> None:
    desk.act(InterventionKind.EDIT_AND_SEND, text=text, override=True)


def test_an_edited_reply_is_offered_without_greeting_and_signature(desk: Desk, town: Town, queue: Queue) -> None:
    answer_with(desk, f"Dear Kim,\n\n{EDITED}\n\nBest regards,\nMaria Lind")
    form = form_in(story(desk, browser(town, queue)))
    assert (form["question"], form["text"]) == ("When are you open?", EDITED)
    assert queue.items == []


def test_another_answer_is_offered_line_by_line_without_personal_data(desk: Desk, town: Town, queue: Queue) -> None:
    answer_with(desk, f"Hello Kim,\n{OTHER}\n\n-- \nMaria Lind\nFirst support")
    lines = form_in(story(desk, browser(town, queue)))["text"].split("\n")
    assert lines[0] == "The parcel of [name] waits at our desk."
    assert lines[1:] == ["- Bring a card.", "- Write to [email]."]


def test_a_draft_sent_as_it_is_has_nothing_to_teach(desk: Desk, town: Town, queue: Queue) -> None:
    desk.act(InterventionKind.SEND)
    assert form_in(story(desk, browser(town, queue))) == {}


def test_before_an_agent_answers_nothing_is_offered(desk: Desk, town: Town, queue: Queue) -> None:
    assert form_in(story(desk, browser(town, queue))) == {}


def test_one_press_proposes_it_and_a_second_is_not_offered(desk: Desk, town: Town, queue: Queue) -> None:
    answer_with(desk, EDITED)
    client = browser(town, queue)
    fields = form_in(story(desk, client))
    assert client.post(f"/console/tickets/{CHANNEL}/{desk.ticket_id}/acts", data=fields).status_code == 303
    [(_, act_id)] = queue.items
    with town.tools.db.account(town.account) as tx:
        assert proposed_entries.list_proposed(tx) == []
    desk.carry_out(next(act for act in acts(desk) if act.id == act_id))
    with town.tools.db.account(town.account) as tx:
        [proposal] = proposed_entries.list_proposed(tx)
    assert (proposal.question, proposal.answer) == ("When are you open?", EDITED)
    page = story(desk, client)
    assert form_in(page) == {}
    assert "An entry was proposed from what the agent sent." in page


def test_what_an_agent_wrote_in_the_helpdesk_is_offered_too(town: Town, queue: Queue) -> None:
    talk = town.talk()
    talk.customer("When are you open?")
    talk.walk()
    talk.agent(f"Hi Kim,\n{EDITED}\nKind regards\nTom", at=datetime.now(UTC))
    talk.walk()
    page = browser(town, queue).get(f"/console/tickets/{HELPDESK}/{talk.ticket_id}").text
    assert form_in(page)["text"] == EDITED


def test_a_viewer_is_offered_nothing(desk: Desk, town: Town, queue: Queue) -> None:
    answer_with(desk, EDITED)
    assert form_in(story(desk, browser(town, queue, StaffRole.VIEWER))) == {}


def test_the_customers_view_offers_nothing(desk: Desk, town: Town, queue: Queue) -> None:
    answer_with(desk, EDITED)
    page = browser(town, queue).get(f"/console/tickets/{CHANNEL}/{desk.ticket_id}?view=customer").text
    assert form_in(page) == {}


def acts(desk: Desk) -> list[interventions.Intervention]:
    with desk.tools.db.account(desk.account) as tx:
        return interventions.interventions_of_ticket(tx, CHANNEL, desk.ticket_id)
