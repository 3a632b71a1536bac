"""The customer's pages: write a ticket, watch it, go on talking."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.errors import BadSetting
from desk.platform.accounts import add_account
from desk.platform.database import Database
from desk.reasons import Stop
from desk.run import Action, Stage
from integration.form.blueprint import make_form
from integration.form.examples import read_examples
from integration.web.layout import make_pages
from tests.integration.acted import Actor
from tests.integration.paged import Queue, make_app
from workers import tickets
from workers.queue import inbox, outbox
from workers.tables import tickets as tickets_table
from workers.tickets import CHANNEL

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'
TYPED = {"subject": "Refund", "message": "Where is it?"}


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def client(database: Database, account: str, queue: Queue) -> FlaskClient:
    return make_app(database, account, queue).test_client()


@pytest.fixture
def actor(database: Database, account: str) -> Actor:
    return Actor(database, account)


def steps(page: str) -> dict[str, str]:
    """How each step of the line is marked."""
    return {name.lower(): mark for mark, name in re.findall(r'<li class="is-(\w+)".*?step-name">(\w+)<', page)}


def test_a_ticket_is_stored_then_enqueued_and_its_page_opens(
    client: FlaskClient, queue: Queue, database: Database, account: str
) -> None:
    answer = client.post("/", data=TYPED | {"name": "Ada", "customer_id": "c-1", "priority": "high"})
    assert answer.status_code == 303
    ticket_id = answer.location.split("/")[-1].split("#")[0]
    with database.account(account) as tx:
        stored = tickets.read_ticket(tx, ticket_id)
        items = inbox.items_of_ticket(tx, CHANNEL, ticket_id)
    assert stored is not None
    assert (stored.subject, stored.messages[0].body, stored.priority) == ("Refund", "Where is it?", "high")
    assert (stored.requester.id, stored.requester.name) == ("c-1", "Ada")
    assert queue.items == [(account, items[0].id)]
    page = client.get(f"/t/{ticket_id}")
    assert "Where is it?" in page.text
    assert steps(page.text)["received"] == "done"
    assert steps(page.text)["classified"] == "now"


def test_one_click_on_an_example_sends_it(client: FlaskClient, queue: Queue) -> None:
    assert "When does it come?" in client.get("/").text
    answer = client.post("/examples/0", follow_redirects=True)
    assert answer.status_code == 200
    assert "Refund" in answer.text
    assert len(queue.items) == 1
    assert client.post("/examples/9").status_code == 404


def test_a_lost_broker_does_not_lose_the_ticket(client: FlaskClient, queue: Queue) -> None:
    queue.away = True
    assert client.post("/", data=TYPED, follow_redirects=True).status_code == 200


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"message": " \n\t "}, "Please write what we can help with."),
        ({"message": "\x00\x01"}, "Please write what we can help with."),
        ({"message": "a" * 20_001}, "This is 20,001 characters long; 20,000 fit."),
        ({"subject": ""}, "Please give a subject."),
        ({"subject": "s" * 201}, "201 characters long"),
        ({"customer_id": " "}, "Please give a customer id."),
        ({"email": "not an address"}, "does not look like an e-mail address"),
        ({"priority": "<b>"}, "Please choose one of these."),
    ],
)
def test_a_fault_is_said_at_the_field_and_what_was_typed_is_kept(
    client: FlaskClient, queue: Queue, changes: dict[str, str], complaint: str
) -> None:
    answer = client.post("/", data={"subject": "KEPT subject", "message": "KEPT message"} | changes)
    assert answer.status_code == 422
    assert complaint in answer.text
    assert 'aria-invalid="true"' in answer.text
    kept = {"KEPT subject", "KEPT message"} - {f"KEPT {name}" for name in changes}
    assert all(text in answer.text for text in kept)
    assert queue.items == []


def test_more_than_the_server_reads_is_refused_kindly(client: FlaskClient, queue: Queue) -> None:
    answer = client.post("/", data={"subject": "s", "message": "a" * 1_100_000})
    assert answer.status_code == 413
    assert "That is too much text" in answer.text
    assert queue.items == []


def test_scripts_in_a_ticket_are_shown_as_text(client: FlaskClient) -> None:
    answer = client.post("/", data={"subject": HOSTILE, "message": HOSTILE, "name": HOSTILE}, follow_redirects=True)
    assert answer.status_code == 200
    assert "&lt;script&gt;" in answer.text
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    refused = client.post("/", data={"subject": HOSTILE, "message": "", "name": HOSTILE}).text
    assert "<script>alert" not in refused
    assert "<img src=x" not in refused


def test_controls_surrogates_and_right_to_left_text_do_no_harm(client: FlaskClient, actor: Actor) -> None:
    accepted = actor.open("مرحبا\u202e txt.exe", "a\x00b\x1b[31m \ud800 مرحبا", name="x\ud800\x07\u202ey")
    page = client.get(f"/t/{accepted.ticket_id}")
    assert page.status_code == 200
    assert 'dir="auto"' in page.text
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", page.text)


def test_the_line_follows_the_worker(client: FlaskClient, actor: Actor) -> None:
    accepted = actor.open()
    live = f"/t/{accepted.ticket_id}/live"
    item = actor.claim(accepted)
    seen = []
    for stage in (Stage.CLASSIFY, Stage.RETRIEVE, Stage.DRAFT, Stage.VALIDATE):
        actor.reach(item, stage)
        page = client.get(live).text
        assert 'data-moving="yes"' in page
        seen.append(next(name for name, mark in steps(page).items() if mark == "now"))
    assert seen == ["classified", "retrieved", "drafted", "decided"]
    (reply,) = actor.decide(accepted, Action.AUTO_REPLY, item)
    assert steps(client.get(live).text)["delivered"] == "now"
    actor.deliver(reply)
    page = client.get(live).text
    assert set(steps(page).values()) == {"done"}
    assert 'data-moving="no"' in page
    assert "Answered." in page


def test_without_script_the_page_reloads_while_something_moves(client: FlaskClient, actor: Actor) -> None:
    accepted = actor.open()
    assert 'http-equiv="refresh"' in client.get(f"/t/{accepted.ticket_id}").text
    actor.finish(accepted, Action.AUTO_REPLY)
    assert 'http-equiv="refresh"' not in client.get(f"/t/{accepted.ticket_id}").text


def test_a_citation_opens_the_passage_it_quotes(client: FlaskClient, actor: Actor) -> None:
    accepted = actor.open()
    actor.finish(accepted, Action.AUTO_REPLY)
    page = client.get(f"/t/{accepted.ticket_id}").text
    (card,) = set(re.findall(r'<button type="button" class="mark" popovertarget="([^"]+-1)"', page))
    passage = page.split(f'id="{card}"')[1].split("</div>")[0]
    assert "popover" in passage
    assert "Refunds › How long does a refund take?" in passage
    assert '<blockquote dir="auto">Your bank shows it within 5 to 10 business days.</blockquote>' in passage
    assert 'href="https://help.example/refunds"' in passage
    assert "[1] Refunds" not in page, "the sources are listed once, not in the text as well"


def test_a_note_is_labelled_as_what_the_agent_sees(client: FlaskClient, actor: Actor) -> None:
    accepted = actor.open()
    actor.finish(accepted, Action.INTERNAL_NOTE)
    page = client.get(f"/t/{accepted.ticket_id}").text
    assert "is-note" in page
    assert "what the agent sees" in page
    assert "A draft lies ready for an agent" in page
    assert "is-reply" not in page


def test_an_escalation_shows_its_message_and_its_reasons(client: FlaskClient, actor: Actor) -> None:
    accepted = actor.open()
    actor.finish(accepted, Action.ESCALATE)
    page = client.get(f"/t/{accepted.ticket_id}").text
    assert "Handed to a person." in page
    assert "The message touches a sensitive topic" in page
    assert page.index("message is-handover") < page.index("message is-note")


def test_a_parked_message_says_so_without_the_cause(client: FlaskClient, actor: Actor) -> None:
    accepted = actor.open()
    actor.park(accepted, "Permanent: secret-host.internal refused")
    page = client.get(f"/t/{accepted.ticket_id}").text
    assert "a person will look at it" in page
    assert "secret-host" not in page
    assert steps(page)["drafted"] == "stopped"


def test_what_a_guard_stopped_says_why(client: FlaskClient, actor: Actor) -> None:
    accepted = actor.open()
    actor.stop(accepted, Stop.PERSON_TOOK_OVER)
    page = client.get(f"/t/{accepted.ticket_id}/live").text
    assert "A person looks after this conversation." in page
    assert 'data-moving="no"' in page


@pytest.mark.parametrize(
    ("end", "sentence"),
    [("fail", "It could not be delivered"), ("withdraw", "Not sent: a cited document has changed.")],
)
def test_a_reply_that_did_not_go_out_is_not_called_delivered(
    client: FlaskClient, actor: Actor, end: str, sentence: str
) -> None:
    accepted = actor.open()
    (reply,) = actor.decide(accepted, Action.AUTO_REPLY)
    held = actor.hold(reply)
    with actor.db.account(actor.account) as tx:
        if end == "fail":
            outbox.mark_failed(tx, held, "no such host")
        else:
            outbox.withdraw_delivery(tx, held, Stop.SOURCE_CHANGED)
    page = client.get(f"/t/{accepted.ticket_id}/live").text
    assert sentence in page
    assert steps(page)["delivered"] == "stopped"


def test_a_follow_up_continues_the_conversation(client: FlaskClient, actor: Actor, queue: Queue) -> None:
    accepted = actor.open()
    actor.finish(accepted, Action.AUTO_REPLY)
    answer = client.post(f"/t/{accepted.ticket_id}", data={"message": "And by bank transfer?"}, follow_redirects=True)
    assert "And by bank transfer?" in answer.text
    assert "Thank you for writing to us." in answer.text
    assert 'data-moving="yes"' in answer.text
    assert len(queue.items) == 1


def test_an_empty_or_overlong_follow_up_is_kept_and_explained(client: FlaskClient, actor: Actor, queue: Queue) -> None:
    page = f"/t/{actor.open().ticket_id}"
    empty = client.post(page, data={"message": "  "})
    assert (empty.status_code, queue.items) == (422, [])
    assert "Please write your message first." in empty.text
    overlong = client.post(page, data={"message": "KEPT " + "a" * 20_000})
    assert overlong.status_code == 422
    assert "KEPT aaa" in overlong.text


def test_a_closed_ticket_takes_nothing_and_keeps_the_text(client: FlaskClient, actor: Actor, queue: Queue) -> None:
    accepted = actor.open()
    with actor.db.account(actor.account) as tx:
        tx.execute(tickets_table.update().where(tickets_table.c.id == accepted.ticket_id).values(status="closed"))
    answer = client.post(f"/t/{accepted.ticket_id}", data={"message": "KEPT text"})
    assert answer.status_code == 409
    assert "KEPT text" in answer.text
    assert "open a new one" in answer.text
    assert queue.items == []


def test_no_page_shows_another_accounts_ticket(client: FlaskClient, database: Database, account: str) -> None:
    other = f"{account}-b"
    add_account(database, other)
    accepted = Actor(database, other).open("Private", "Body of another account")
    for path in (f"/t/{accepted.ticket_id}", f"/t/{accepted.ticket_id}/live"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "There is nothing here" in answer.text
    assert client.post(f"/t/{accepted.ticket_id}", data={"message": "x"}).status_code == 404


@pytest.mark.parametrize("path", ["/t/1", "/t/%00", "/t/" + "-" * 36, "/t/00000000-0000-0000-0000-000000000000"])
def test_an_address_that_names_no_ticket_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_sites_page_cannot_send_the_form(client: FlaskClient, queue: Queue, headers: dict[str, str]) -> None:
    assert client.post("/", data=TYPED, headers=headers).status_code == 403
    assert client.post("/examples/0", headers=headers).status_code == 403
    assert queue.items == []


@pytest.mark.parametrize("headers", [{"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}, {}])
def test_the_sites_own_page_can(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post("/", data=TYPED, headers=headers).status_code == 303


def test_every_page_forbids_foreign_content_frames_and_caching(client: FlaskClient, actor: Actor) -> None:
    ticket = f"/t/{actor.open().ticket_id}"
    for path in ("/", ticket, f"{ticket}/live", "/t/none", "/console/tickets", "/sign-in/x"):
        headers = client.get(path).headers
        if path == "/t/none":  # no route, so no blueprint: the app's own answer
            continue
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"


def test_pages_hold_no_inline_script_or_style_and_nothing_from_elsewhere(client: FlaskClient, actor: Actor) -> None:
    accepted = actor.open()
    actor.finish(accepted, Action.ESCALATE)
    for path in ("/", f"/t/{accepted.ticket_id}", "/sign-in/x"):
        page = client.get(path).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
        assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) == [""]
        assert not re.search(r'(?:src|action)="(?:https?:)?//|<link[^>]*href="(?:https?:)?//', page)


def test_the_look_is_served_from_here(client: FlaskClient) -> None:
    page = client.get("/").text
    for path in set(re.findall(r'"(/look/[^"]+)"', page)) | {"/look/inter.woff2"}:
        with client.get(path) as answer:
            assert answer.status_code == 200, path
            assert path.endswith("woff2") or not re.search(r"""url\(["']?http|@import""", answer.get_data(as_text=True))


WHOLE = "- {name: a, subject: b, description: c, ends: auto_reply, shows: e}"


def test_examples_are_read(tmp_path: Path) -> None:
    good = tmp_path / "tickets.yaml"
    good.write_text(WHOLE)
    (example,) = read_examples(good)
    assert (example.subject, example.ends) == ("b", Action.AUTO_REPLY)


@pytest.mark.parametrize(
    "text",
    ["- {name: a}", "not: [a list", "words", WHOLE.replace("auto_reply", "odd"), WHOLE.replace("b,", "'',"), "\x00"],
)
def test_a_broken_file_of_examples_is_named(tmp_path: Path, text: str) -> None:
    broken = tmp_path / "tickets.yaml"
    broken.write_text(text)
    with pytest.raises(BadSetting, match=r"tickets\.yaml"):
        read_examples(broken)


def test_a_missing_file_of_examples_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"gone\.yaml"):
        read_examples(tmp_path / "gone.yaml")


def test_the_shipped_examples_can_all_be_sent(database: Database, account: str) -> None:
    shipped = read_examples(Path(__file__).parents[2] / "examples" / "tickets.yaml")
    app = Flask("shipped", static_folder=None)
    app.register_blueprint(make_pages("1"))
    app.register_blueprint(make_form(database, Queue(), account, shipped))
    for number in range(len(shipped)):
        assert app.test_client().post(f"/examples/{number}").status_code == 303
