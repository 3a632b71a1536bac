"""The console behind the door: tickets, stories, parked items, pause."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.errors import Outage
from desk.party import Access, PartyAccess
from desk.platform.accounts import add_account, get_account
from desk.platform.database import Database
from desk.reasons import Stop
from desk.run import Action
from desk.ticket import Role, TicketState
from integration.access.permissions import StaffRole
from tests.integration.acted import PASSAGES, Actor, draft, hits
from tests.integration.paged import Queue, csrf, make_app, signed_in
from workers import record, tickets
from workers.parties import standing
from workers.queue import inbox
from workers.tables import ticket_states
from workers.tickets import CHANNEL

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def app(database: Database, account: str, queue: Queue) -> Flask:
    return make_app(database, account, queue)


@pytest.fixture
def admin(app: Flask, database: Database, account: str) -> FlaskClient:
    return signed_in(app, database, account)


@pytest.fixture
def actor(database: Database, account: str) -> Actor:
    return Actor(database, account)


def story(ticket_id: str) -> str:
    return f"/console/tickets/api/{ticket_id}"


def subjects(page: str) -> list[str]:
    """The tickets in a list, in order."""
    return re.findall(r'<td class="ticket"><a [^>]*>([^<]*)</a>', page)


def test_an_empty_console_says_what_to_do_next(admin: FlaskClient) -> None:
    page = admin.get("/console/", follow_redirects=True).text
    assert "No tickets yet" in page
    assert "firstline tokens create" in page
    assert "Nothing is parked" in admin.get("/console/parked").text


def test_the_list_counts_and_filters_by_state(admin: FlaskClient, actor: Actor) -> None:
    actor.open("Waits")
    actor.finish(actor.open("Answered one"), Action.AUTO_REPLY)
    actor.finish(actor.open("Noted one"), Action.INTERNAL_NOTE)
    page = admin.get("/console/tickets").text
    assert subjects(page) == ["Noted one", "Answered one", "Waits"]
    assert 'All <span class="num">3</span>' in page
    assert subjects(admin.get("/console/tickets?state=noted").text) == ["Noted one"]
    assert "No ticket fits" in admin.get("/console/tickets?state=parked").text


def test_the_list_filters_by_requester_id_category_and_ticket(admin: FlaskClient, actor: Actor) -> None:
    one = actor.open("One", id="c-1")
    actor.open("Two", id="c-2")
    actor.finish(one, Action.AUTO_REPLY)
    for query in ("requester=c-1", "requester=%20C-1%20", "category=billing", f"ticket_id={one.ticket_id}"):
        assert subjects(admin.get(f"/console/tickets?{query}").text) == ["One"], query
    assert subjects(admin.get("/console/tickets?requester=nobody").text) == []


def test_the_list_never_searches_inside_what_people_wrote(admin: FlaskClient, actor: Actor) -> None:
    actor.open("Findme", "needle")
    for field in ("requester", "ticket_id", "category"):
        for word in ("Findme", "needle"):
            assert subjects(admin.get(f"/console/tickets?{field}={word}").text) == []


def test_the_list_filters_by_whole_days(admin: FlaskClient, actor: Actor) -> None:
    old = actor.open("Old")
    actor.open("New")
    then = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)
    with actor.db.account(actor.account) as tx:
        tx.execute(ticket_states.update().where(ticket_states.c.ticket_id == old.ticket_id).values(updated_at=then))
    assert subjects(admin.get("/console/tickets?until=2026-03-31").text) == ["Old"]
    assert subjects(admin.get("/console/tickets?since=2026-03-31&until=2026-03-31").text) == ["Old"]
    today = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    assert subjects(admin.get(f"/console/tickets?since={today}").text) == ["New"]


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "since=yesterday&until=2026-13-45",
        "until=9999-12-31&since=0001-01-01",
        "page=-1",
        "page=99999999999999999999",
        "page=%C2%B2",
        "requester=%00%ED%A0%80",
        "ticket_id=" + "x" * 5000,
        "category=%27%3B--",
    ],
)
def test_an_odd_filter_is_no_error(admin: FlaskClient, query: str) -> None:
    assert admin.get(f"/console/tickets?{query}").status_code == 200


def test_an_unreadable_day_is_explained(admin: FlaskClient) -> None:
    assert "Write the day as 2026-03-31." in admin.get("/console/tickets?since=soon").text


def test_a_long_list_has_pages_that_keep_the_filter(
    admin: FlaskClient, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integration.console.ticket_list.PER_PAGE", 2)
    for number in range(5):
        actor.open(f"T{number}")
    first = admin.get("/console/tickets?state=received").text
    assert subjects(first) == ["T4", "T3"]
    (older,) = re.findall(r'href="([^"]+)" rel="next"', first)
    assert "state=received" in older
    second = admin.get(older.replace("&amp;", "&")).text
    assert subjects(second) == ["T2", "T1"]
    assert subjects(admin.get("/console/tickets?page=3").text) == ["T0"]
    assert 'rel="next"' not in admin.get("/console/tickets?page=3").text


def test_the_story_shows_messages_runs_and_the_receipt(admin: FlaskClient, actor: Actor) -> None:
    accepted = actor.open("Where is it?")
    actor.finish(accepted, Action.INTERNAL_NOTE)
    page = admin.get(story(accepted.ticket_id)).text
    for shown in (
        "I want to know. Ada",
        "message is-note",
        "Left as an internal note",
        "The confidence is below the category&#39;s threshold",
        "0.58 is below 0.70 for billing",
        "number not in sources",
        "How long does a refund take?",
        "0.78",
        "large-model",
        "3,904",
        "$0.0171",
        "212.4 ms",
        "k-41c09e",
        "2 older ones were left out",
    ):
        assert shown in page, shown
    assert page.index("message is-customer") < page.index('class="run') < page.index("message is-note")


def test_public_and_internal_messages_look_different(admin: FlaskClient, actor: Actor) -> None:
    accepted = actor.open()
    actor.finish(accepted, Action.ESCALATE)
    with actor.db.account(actor.account) as tx:
        tickets.add_message(tx, accepted.ticket_id, Role.AGENT, "To the customer")
        tickets.add_message(tx, accepted.ticket_id, Role.AGENT, "Among us", public=False)
    page = admin.get(story(accepted.ticket_id)).text
    kinds = re.findall(r'<article class="message is-([\w-]+)"', page)
    assert sorted(kinds) == ["agent", "agent-note", "customer", "handover", "note"]
    assert page.count('<span class="tag">internal</span>') == 2


def test_a_draft_that_was_never_delivered_can_be_read(admin: FlaskClient, actor: Actor) -> None:
    observed, noted = actor.open(), actor.open()
    actor.finish(observed, Action.OBSERVE)
    actor.finish(noted, Action.INTERNAL_NOTE)
    assert "The draft</summary>" in admin.get(story(observed.ticket_id)).text
    assert "The draft</summary>" not in admin.get(story(noted.ticket_id)).text, "the note holds it"


def test_the_story_tells_what_a_guard_stopped(admin: FlaskClient, actor: Actor) -> None:
    accepted = actor.open()
    actor.stop(accepted, Stop.NEWER_MESSAGE)
    assert "A newer message is answered instead" in admin.get(story(accepted.ticket_id)).text


def test_the_story_of_a_ticket_that_lives_elsewhere_shows_its_runs(admin: FlaskClient, actor: Actor) -> None:
    with actor.db.account(actor.account) as tx:
        record.set_ticket_state(tx, "zendesk", "4711", TicketState.RECEIVED)
    page = admin.get("/console/tickets/zendesk/4711")
    assert page.status_code == 200
    assert "The messages stay in the helpdesk" in page.text


def test_hostile_text_is_shown_as_text_wherever_it_stands(admin: FlaskClient, actor: Actor) -> None:
    accepted = actor.open(HOSTILE, HOSTILE, name=HOSTILE, email=HOSTILE, id=HOSTILE)
    evil = replace(PASSAGES[0], title=HOSTILE, url="javascript:alert(1)", headings=(HOSTILE,))
    changed = replace(hits()[0], passage=evil)
    actor.finish(accepted, Action.INTERNAL_NOTE, hits=(changed, *hits()[1:]), draft=draft(), remarks=(HOSTILE,))
    actor.park(actor.open(HOSTILE), HOSTILE)
    for path in (story(accepted.ticket_id), "/console/tickets", "/console/parked"):
        page = admin.get(path).text
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'href="javascript:' not in page


def test_lone_surrogates_in_a_name_do_not_break_the_pages(admin: FlaskClient, actor: Actor) -> None:
    accepted = actor.open(name="x\ud800y\u202e", email="\udfff@example.com")
    assert admin.get("/console/tickets").status_code == 200
    assert admin.get(story(accepted.ticket_id)).status_code == 200


@pytest.mark.parametrize("path", ["api/nothing", "%00/1", "api/%00", "api/" + "-" * 36, "api/a/b"])
def test_a_story_that_does_not_exist_is_not_found(admin: FlaskClient, path: str) -> None:
    assert admin.get(f"/console/tickets/{path}").status_code == 404


def test_staff_see_nothing_of_another_account(admin: FlaskClient, database: Database, account: str) -> None:
    add_account(database, f"{account}-b")
    other = Actor(database, f"{account}-b")
    foreign = other.open("Secret of B")
    other.park(foreign)
    with database.account(other.account) as tx:
        (item,) = inbox.items_of_ticket(tx, CHANNEL, foreign.ticket_id)
    assert admin.get(story(foreign.ticket_id)).status_code == 404
    assert "Secret of B" not in admin.get("/console/tickets").text
    admin.post(f"/console/items/{item.id}/requeue", data={"csrf": csrf(admin)})
    with database.account(other.account) as tx:
        assert inbox.get_item(tx, item.id) == item


def test_a_parked_item_shows_its_reason_and_can_be_put_back(
    admin: FlaskClient, actor: Actor, queue: Queue, account: str
) -> None:
    accepted = actor.open()
    actor.park(accepted, "Permanent: the model refused")
    page = admin.get("/console/parked").text
    assert "Permanent: the model refused" in page
    (action,) = re.findall(r'action="(/console/items/[^"]+)"', page)
    answer = admin.post(action, data={"csrf": csrf(admin)}, follow_redirects=True)
    assert "Put back." in answer.text
    assert "Nothing is parked" in answer.text
    assert queue.items == [(account, accepted.item_id)]
    again = admin.post(action, data={"csrf": csrf(admin)}, follow_redirects=True)
    assert "No longer parked" in again.text
    assert len(queue.items) == 1


def test_parked_items_are_grouped_by_reason_and_all_of_one_can_be_put_back(
    admin: FlaskClient, actor: Actor, queue: Queue
) -> None:
    several = [actor.open(f"T{number}") for number in range(3)]
    for number, accepted in enumerate(several):
        actor.park(accepted, f"Temporary: the API failed (529, req_{number})")
    other = actor.open("Other")
    actor.park(other, "Permanent: the ticket is gone")
    page = admin.get("/console/parked").text
    assert re.findall(r'<h2 id="parked-\w+" dir="auto">([^<]+)<', page) == [
        "Temporary: the API failed",
        "Permanent: the ticket is gone",
    ]
    assert "3 messages, the oldest parked" in page
    assert "Yes, try all 4 again" in page
    assert "req_2" in page
    key = re.findall(r'name="key" value="(\w+)"', page)[1]
    answer = admin.post("/console/parked/requeue", data={"csrf": csrf(admin), "key": key}, follow_redirects=True)
    assert "They will be worked on again" in answer.text
    assert sorted(item for _, item in queue.items) == sorted(str(accepted.item_id) for accepted in several)
    assert "the API failed" not in answer.text
    answer = admin.post("/console/parked/requeue", data={"csrf": csrf(admin), "key": "all"}, follow_redirects=True)
    assert "Nothing is parked" in answer.text
    assert len(queue.items) == 4
    answer = admin.post("/console/parked/requeue", data={"csrf": csrf(admin), "key": "all"}, follow_redirects=True)
    assert "No longer parked" in answer.text


@pytest.mark.parametrize("key", ["", "x" * 32, "\x00", "a" * 33])
def test_what_names_no_reason_puts_nothing_back(admin: FlaskClient, actor: Actor, queue: Queue, key: str) -> None:
    actor.park(actor.open())
    assert admin.post("/console/parked/requeue", data={"csrf": csrf(admin), "key": key}).status_code == 400
    assert admin.post("/console/parked/requeue", data={"key": "all"}).status_code == 403
    assert queue.items == []


def test_a_viewer_sees_what_is_parked_and_cannot_put_it_back(
    app: Flask, database: Database, account: str, actor: Actor, queue: Queue
) -> None:
    for _ in range(2):
        actor.park(actor.open(), "Permanent: the model refused")
    viewer = signed_in(app, database, account, StaffRole.VIEWER)
    page = viewer.get("/console/parked").text
    assert "2 messages" in page
    assert "again" not in page.split("<h2")[1]
    assert viewer.post("/console/parked/requeue", data={"csrf": csrf(viewer), "key": "all"}).status_code == 403
    assert queue.items == []


def test_a_lost_broker_does_not_hinder_a_requeue(admin: FlaskClient, actor: Actor, queue: Queue) -> None:
    accepted = actor.open()
    actor.park(accepted)
    queue.away = True
    answer = admin.post(f"/console/items/{accepted.item_id}/requeue", data={"csrf": csrf(admin)}, follow_redirects=True)
    assert "Put back." in answer.text


def test_pausing_asks_first_and_says_who_did_it(admin: FlaskClient, database: Database, account: str) -> None:
    assert "Pause automatic replies?" in admin.get("/console/pause").text
    page = admin.post("/console/pause", data={"csrf": csrf(admin), "paused": "yes"}, follow_redirects=True).text
    assert "Automatic replies are paused" in page
    with database.account(account) as tx:
        mine = get_account(tx)
    assert mine is not None
    assert mine.paused_at is not None
    assert mine.paused_by == "admin@firstline.example"
    assert f"{mine.paused_at:%Y-%m-%d %H:%M:%S}" in page
    assert "admin@firstline.example</span> since" in page
    page = admin.post("/console/pause", data={"csrf": csrf(admin), "paused": "no"}, follow_redirects=True).text
    assert "Automatic replies are paused" not in page


def test_the_list_of_users_is_for_admins(app: Flask, admin: FlaskClient, database: Database, account: str) -> None:
    agent = signed_in(app, database, account, StaffRole.AGENT)
    page = admin.get("/console/users").text
    assert "agent@firstline.example" in page
    assert "firstline users add" in page
    assert agent.get("/console/users").status_code == 403
    assert "/console/users" not in agent.get("/console/tickets").text


def test_a_party_that_is_away_is_told_of_on_the_first_page_since_when_and_why(
    admin: FlaskClient, database: Database, account: str
) -> None:
    assert "does not answer" not in admin.get("/console/", follow_redirects=True).text
    with database.account(account) as tx:
        standing.declare_outage(tx, Outage(f"no answer {HOSTILE}", "zendesk", Access.READ))
        standing.declare_outage(tx, Outage("token revoked", "slack", Access.WRITE, refused=True))
    page = admin.get("/console/", follow_redirects=True).text
    assert "Zendesk does not answer" in page
    assert "Slack refuses the connection" in page
    assert "token revoked" in page
    assert HOSTILE not in page
    with database.account(account) as tx:
        standing.declare_up(tx, PartyAccess("zendesk", Access.READ))
    assert "Zendesk does not answer" not in admin.get("/console/", follow_redirects=True).text


def test_a_story_is_shown_as_the_customer_sees_it(admin: FlaskClient, actor: Actor) -> None:
    ticket = actor.open(body="Where is it?")
    actor.finish(ticket, Action.ESCALATE)
    whole = admin.get(story(ticket.ticket_id)).text
    seen = admin.get(f"{story(ticket.ticket_id)}?view=customer").text
    for words in ("Internal note", "Receipt", "What happened:", "Other deliveries", "Inbox", "Edit and send"):
        assert words not in seen, words
    assert "Internal note" in whole
    for page in (whole, seen):
        assert "Where is it?" in page
        assert "Firstline, hand-over" in page
    assert "As the customer sees it" in whole


def test_the_story_folds_what_of_a_mail_was_not_read_as_the_question(admin: FlaskClient, actor: Actor) -> None:
    mail = "And today?\n\nRegards\nAda\n\nOn 4 May 2026 at 10:12, Help <help@desk.example> wrote:\n> <b>Tomorrow</b>"
    ticket = actor.open(body=mail)
    whole = admin.get(story(ticket.ticket_id)).text
    folded = re.findall(r'<details class="mail-part is-(\w+)"(?: open)?><summary>(.*?)</summary>', whole)
    assert [kind for kind, _ in folded] == ["signature", "quote"]
    assert folded[1][1].startswith('Quoted: <span dir="auto">On 4 May 2026')
    assert "&lt;b&gt;Tomorrow" in whole
    assert '<div class="prose as-typed" dir="auto">And today?</div>' in whole
    assert "mail-part" not in admin.get(f"{story(ticket.ticket_id)}?view=customer").text


def test_a_helpdesks_ticket_says_where_its_messages_are(admin: FlaskClient, actor: Actor) -> None:
    with actor.db.account(actor.account) as tx:
        record.set_ticket_state(tx, "zendesk", "77", TicketState.NOTED)
    assert "look at the ticket there" in admin.get("/console/tickets/zendesk/77?view=customer").text
