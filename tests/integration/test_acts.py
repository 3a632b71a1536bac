"""Acts by API and console: who may do what, pressed how often, and what is shown of it."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from desk.intervention import INTERVENTIONS, InterventionKind
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.ticket import Role, TicketState
from integration.access.permissions import StaffRole, TokenScope
from integration.web.problems import INVALID
from tests.integration.api_door import ApiDoor
from tests.integration.paged import Queue, make_app, signed_in
from tests.workers.interventions.acts import Desk
from tests.workers.talks import SENTENCE, a_town, policy_text
from workers import interventions
from workers.tickets import CHANNEL

KINDS = tuple(InterventionKind)
FOREIGN_RUN = "11111111-1111-4111-8111-111111111111"
FILLED = {"text": "We are open, Kim.", "question": "When are you open?", "comment": "No.", "value": "nothing_found"}


@pytest.fixture
def desk(database: Database, account: str, tmp_path: Path) -> Desk:
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text().replace("level: auto", "level: draft"), encoding="utf-8")
    return Desk.of(a_town(database, account, PolicyBook(path))).opened()


@pytest.fixture
def queue() -> Queue:
    return Queue()


def door(desk: Desk, *scopes: TokenScope, queue: Queue | None = None) -> ApiDoor:
    return ApiDoor(desk.tools.db, desk.account, scopes, enqueue_act=queue or Queue())


def browser(desk: Desk, queue: Queue, role: StaffRole = StaffRole.AGENT) -> FlaskClient:
    return signed_in(make_app(desk.tools.db, desk.account, queue), desk.tools.db, desk.account, role)


def body_of(desk: Desk, kind: InterventionKind) -> dict[str, Any]:
    body: dict[str, Any] = {"kind": kind.value, "agent_name": "Maria Lind", **FILLED}
    return body | {"run_id": desk.run_id, "seen_message_id": desk.last_word, "target_id": desk.run_id}


def story_of(desk: Desk) -> str:
    return f"/console/tickets/{CHANNEL}/{desk.ticket_id}"


def form_of(page: str, kind: InterventionKind) -> dict[str, str]:
    """The hidden fields of the form for an act."""
    forms = (form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if f'value="{kind}"' in form)
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', next(forms)))


def press(client: FlaskClient, desk: Desk, act: InterventionKind, /, **fields: str) -> Any:
    page = client.get(story_of(desk)).get_data(as_text=True)
    return client.post(f"{story_of(desk)}/acts", data=form_of(page, act) | fields)


def acts_of(desk: Desk) -> list[interventions.Intervention]:
    with desk.tools.db.account(desk.account) as tx:
        return interventions.interventions_of_ticket(tx, CHANNEL, desk.ticket_id)


def carry_all_out(desk: Desk, queue: Queue) -> None:
    for _, act_id in queue.items:
        act = next(each for each in acts_of(desk) if each.id == act_id)
        desk.send(desk.carry_out(act))


# --- Role x act -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", StaffRole)
def test_console_agents_and_admins_may_do_every_act_and_viewers_none(desk: Desk, queue: Queue, role: StaffRole) -> None:
    client = browser(desk, queue, role)
    csrf = re.findall(r'name="csrf" value="([^"]*)"', client.get(story_of(desk)).get_data(as_text=True))[0]
    ids = {"csrf": csrf, "run_id": desk.run_id or "", "target": desk.run_id or "", "seen": desk.last_word}
    answers = {
        kind: client.post(f"{story_of(desk)}/acts", data={**ids, **FILLED, "press": kind.value, "kind": kind.value})
        for kind in KINDS
    }
    may = role is not StaffRole.VIEWER
    assert {kind: answer.status_code for kind, answer in answers.items()} == dict.fromkeys(KINDS, 303 if may else 403)
    assert [act.order.kind for act in acts_of(desk)] == (list(KINDS) if may else [])
    assert len(queue.items) == (len(KINDS) if may else 0)


@pytest.mark.parametrize("scope", TokenScope)
def test_api_the_scope_to_act_may_do_every_act_and_no_other_scope_any(desk: Desk, scope: TokenScope) -> None:
    queue = Queue()
    api, path = door(desk, scope, queue=queue), f"/api/v1/tickets/{desk.ticket_id}/interventions"
    answers = {kind: api.post(path, body_of(desk, kind)) for kind in KINDS}
    may = scope is TokenScope.ACT
    assert {kind: answer.status_code for kind, answer in answers.items()} == dict.fromkeys(KINDS, 202 if may else 403)
    assert [act.order.kind for act in acts_of(desk)] == (list(KINDS) if may else [])
    assert len(queue.items) == (len(KINDS) if may else 0)


def test_viewers_see_no_button(desk: Desk, queue: Queue) -> None:
    page = browser(desk, queue, StaffRole.VIEWER).get(story_of(desk)).get_data(as_text=True)
    assert "act-form" not in page


# --- API --------------------------------------------------------------------------------------------------------------


def test_the_same_key_is_one_act_and_its_result_is_read_at_the_location(desk: Desk) -> None:
    queue = Queue()
    api = door(desk, TokenScope.ACT, queue=queue)
    path, body = f"/api/v1/tickets/{desk.ticket_id}/interventions", body_of(desk, InterventionKind.SEND)
    answers = [api.post(path, body, headers={"Idempotency-Key": "press-1"}) for _ in range(3)]
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    carry_all_out(desk, queue)
    shown = api.get(answers[0].headers["Location"]).get_json()
    assert (shown["status"], shown["agent"]) == ("done", "Maria Lind")
    assert len(desk.replies) == 1


def test_the_customer_reads_the_persons_reply_by_the_api(desk: Desk) -> None:
    queue = Queue()
    api = door(desk, TokenScope.ACT, TokenScope.READ, queue=queue)
    api.post(f"/api/v1/tickets/{desk.ticket_id}/interventions", body_of(desk, InterventionKind.SEND))
    carry_all_out(desk, queue)
    message = api.get(f"/api/v1/tickets/{desk.ticket_id}").get_json()["messages"][-1]
    assert (message["role"], message["author"]) == ("agent", "Maria Lind")
    assert message["sources"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"kind": "explode"}, 422),
        ({"agent_name": " "}, 422),
        ({"text": "x" * 20_001}, 422),
        ({"delay_seconds": 1000}, 422),
        ({"run_id": "none"}, 422),
        ({"surprise": 1}, 422),
        ({"kind": "reject", "comment": ""}, 422),
    ],
)
def test_a_bad_act_says_what_is_wrong(desk: Desk, change: dict[str, Any], status: int) -> None:
    body = body_of(desk, InterventionKind.SEND) | change
    answer = door(desk, TokenScope.ACT).post(f"/api/v1/tickets/{desk.ticket_id}/interventions", body)
    assert answer.status_code == status
    assert acts_of(desk) == []


def test_acts_of_another_account_are_not_there(desk: Desk, other_account: str) -> None:
    act = desk.press(desk.order(InterventionKind.CLAIM))
    stranger = ApiDoor(desk.tools.db, other_account, (TokenScope.ACT,))
    assert stranger.get(f"/api/v1/interventions/{act.id}").status_code == 404
    body = body_of(desk, InterventionKind.CLAIM)
    assert stranger.post(f"/api/v1/tickets/{desk.ticket_id}/interventions", body).status_code == 404


# --- Console ----------------------------------------------------------------------------------------------------------


def test_a_draft_is_sent_by_one_press_and_the_page_says_what_came_of_it(desk: Desk, queue: Queue) -> None:
    client = browser(desk, queue)
    answer = press(client, desk, InterventionKind.SEND)
    page = client.get(answer.headers["Location"].partition("#")[0]).get_data(as_text=True)
    assert "pressed “Send”" in page
    assert "Working on it." in page
    assert 'http-equiv="refresh"' in page
    carry_all_out(desk, queue)
    page = client.get(story_of(desk)).get_data(as_text=True)
    assert "On its way." in page
    assert "Undo" in page
    desk.sql("UPDATE deliveries SET not_before = now() - interval '1 minute'")
    desk.send(desk.due())
    page = client.get(story_of(desk)).get_data(as_text=True)
    assert "Agent</span> sent the draft" in page
    assert "Done. It is out." in page
    assert "Agent, support" in page
    assert len(desk.replies) == 1


def test_a_form_that_is_sent_twice_is_one_act(desk: Desk, queue: Queue) -> None:
    client = browser(desk, queue)
    fields = form_of(client.get(story_of(desk)).get_data(as_text=True), InterventionKind.CLAIM)
    for _ in range(2):
        assert client.post(f"{story_of(desk)}/acts", data=fields).status_code == 303
    assert len(acts_of(desk)) == 1


def test_what_was_found_is_shown_and_one_more_press_sends(desk: Desk, queue: Queue) -> None:
    client = browser(desk, queue)
    press(client, desk, InterventionKind.EDIT_AND_SEND, text="We are open from 7 to 23 o'clock.")
    carry_all_out(desk, queue)
    page = client.get(story_of(desk)).get_data(as_text=True)
    assert "Unfounded figure" in page
    assert "Do it all the same" in page
    override = next(form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if "Do it all the same" in form)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', override))
    client.post(f"{story_of(desk)}/acts", data=fields | {"text": fields["text"].replace("&#39;", "'")})
    queue.items[:] = queue.items[-1:]
    carry_all_out(desk, queue)
    desk.sql("UPDATE deliveries SET not_before = now() - interval '1 minute'")
    desk.send(desk.due())
    assert desk.replies == ["We are open from 7 to 23 o'clock."]
    assert "Done though this was found" in client.get(story_of(desk)).get_data(as_text=True)


def test_a_reply_that_the_customer_overtook_is_said_not_to_be_sent(desk: Desk, queue: Queue) -> None:
    client = browser(desk, queue)
    press(client, desk, InterventionKind.SEND)
    carry_all_out(desk, queue)
    desk.customer("And on Sundays?")
    desk.sql("UPDATE deliveries SET not_before = now() - interval '1 minute'")
    desk.send(desk.due())
    page = client.get(story_of(desk)).get_data(as_text=True)
    assert "Not sent. The customer wrote again meanwhile." in page
    assert desk.replies == []


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"kind": "reject"}, {"run_id": "is needed for reject", "comment": "is needed for reject"}),
        (
            {"kind": "edit_and_send"},
            {
                "text": "is needed for edit_and_send",
                "seen_message_id": "is needed for edit_and_send: what is the last message that you saw?",
            },
        ),
        ({"kind": "edit_and_send", "text": "…", "seen_message_id": "m"}, {"text": "says nothing"}),
        (
            {"kind": "send", "run_id": "11111111-1111-4111-8111-111111111111"},
            {"run_id": "names no draft of this ticket"},
        ),
    ],
)
def test_the_api_names_every_field_that_an_act_lacks(
    desk: Desk, fields: dict[str, str], errors: dict[str, str]
) -> None:
    body = {"agent_name": "Maria Lind"} | fields
    answer = door(desk, TokenScope.ACT).post(f"/api/v1/tickets/{desk.ticket_id}/interventions", body)
    problem = answer.get_json()
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert problem["type"] == INVALID
    assert {error["field"]: error["message"] for error in problem["errors"]} == errors
    assert acts_of(desk) == []


def test_a_broker_that_is_away_loses_no_act(desk: Desk, queue: Queue) -> None:
    queue.away = True
    assert press(browser(desk, queue), desk, InterventionKind.CLAIM).status_code == 303
    assert len(acts_of(desk)) == 1


@pytest.mark.parametrize("fields", [{"kind": "explode"}, {"press": ""}, {"kind": "reject", "comment": ""}])
def test_a_form_that_was_tampered_with_does_nothing(desk: Desk, queue: Queue, fields: dict[str, str]) -> None:
    assert press(browser(desk, queue), desk, InterventionKind.CLAIM, **fields).status_code == 400
    assert acts_of(desk) == []


def test_a_person_answers_an_escalated_customer_of_the_form(desk: Desk, queue: Queue) -> None:
    escalated = desk.opened("I want to talk to a human about my account.")
    assert escalated.state is TicketState.ESCALATED
    client = browser(escalated, queue)
    press(client, escalated, InterventionKind.EDIT_AND_SEND, text="Dear Kim, I have looked at it: all is well.")
    carry_all_out(escalated, queue)
    escalated.sql("UPDATE deliveries SET not_before = now() - interval '1 minute'")
    escalated.send(escalated.due())
    last = escalated.ticket.messages[-1]
    assert (last.role, last.author, last.public) == (Role.AGENT, "Agent", True)


def test_every_kind_has_its_words() -> None:
    assert set(INTERVENTIONS) == set(InterventionKind)


# --- What became of a draft -------------------------------------------------------------------------------------------


def receipt_of(desk: Desk) -> dict[str, Any]:
    api = door(desk, TokenScope.READ, TokenScope.STAFF)
    receipt: dict[str, Any] = api.get(f"/api/v1/tickets/{desk.ticket_id}").get_json()["receipts"][0]
    return receipt


def aged(desk: Desk, days: int) -> None:
    for table, column in (("run_feedback", "at"), ("inbox_items", "received_at")):
        desk.sql(f"UPDATE {table} SET {column} = {column} - interval '{days} days'")


def test_story_and_receipt_tell_what_agents_made_of_the_draft(desk: Desk, queue: Queue) -> None:
    assert (receipt_of(desk)["draft_use"], receipt_of(desk)["feedback"]) == (None, [])
    edited = SENTENCE.replace("nine", "ten")
    desk.act(InterventionKind.EDIT_AND_SEND, text=f"Dear Kim,\n{edited}", override=True)
    desk.act(InterventionKind.RATE, value="down", comment="The hours are old.")
    receipt = receipt_of(desk)
    assert (receipt["draft_use"], receipt["resolution"]) == ("edited", "sent")
    assert [each["kind"] for each in receipt["feedback"]] == ["agent_reply", "thumbs"]
    assert receipt["feedback"][0]["changes"] == ["figure"]
    page = browser(desk, queue).get(story_of(desk)).get_data(as_text=True)
    assert "An agent sent it edited (figure changed; 89% alike)" in page
    assert "Thumbs down from an agent: “The hours are old.”" in page
    assert "Sent; the customer has not said whether it helped" in page


@pytest.mark.parametrize(
    ("says", "days", "resolution"),
    [
        (None, 0, "sent"),
        (None, 4, "sent"),
        (None, 5, "assumed"),
        ("Thanks, that works!", 0, "confirmed"),
        ("Thanks, that works!", 6, "confirmed"),
        ("And on Sundays?", 6, "sent"),
        ("That did not help.", 6, None),
    ],
)
def test_sent_confirmed_and_assumed_are_told_apart(
    desk: Desk, queue: Queue, says: str | None, days: int, resolution: str | None
) -> None:
    desk.act(InterventionKind.SEND)
    if says:
        desk.customer(says, walk=True)
    aged(desk, days)
    assert receipt_of(desk)["resolution"] == resolution
    page = browser(desk, queue).get(story_of(desk)).get_data(as_text=True)
    assert ("Resolution:" in page) is (resolution is not None)


def test_a_draft_is_rated_in_the_console(desk: Desk, queue: Queue) -> None:
    client = browser(desk, queue)
    press(client, desk, InterventionKind.RATE, value="up", comment="Just right.")
    carry_all_out(desk, queue)
    page = client.get(story_of(desk)).get_data(as_text=True)
    assert "Thumbs up from an agent: “Just right.”" in page
    assert "rated the draft" in page
    assert "Thumbs up</div>" in page
