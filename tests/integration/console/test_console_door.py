"""The console's front door: signing in, roles, forged forms."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.errors import Temporary
from desk.platform.database import Database
from desk.run import Action
from desk.ticket import ItemState
from integration.access import sign_in
from integration.access.permissions import StaffRole
from integration.console.blueprint import NEEDS, OPEN, make_console
from integration.console.door import COOKIE
from integration.web.layout import make_pages
from tests.fakes import FakeEmbedder
from tests.integration.acted import Actor
from tests.integration.paged import Queue, csrf, make_app, signed_in
from workers.queue import inbox

PAGES = (
    "/console/",
    "/console/tickets",
    "/console/tickets/api/x",
    "/console/parked",
    "/console/pause",
    "/console/users",
    "/console/documents",
    "/console/documents/00000000-0000-7000-8000-000000000000",
    "/console/passages/00000000-0000-7000-8000-000000000000",
    "/console/search?q=refund",
    "/console/gaps",
)


@pytest.fixture
def app(database: Database, account: str) -> Flask:
    return make_app(database, account, Queue())


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def link(database: Database, account: str) -> str:
    with database.account(account) as tx:
        sign_in.add_user(tx, "ada@firstline.example", StaffRole.VIEWER)
    return "/sign-in/" + sign_in.new_sign_in_link(database, account, "ada@firstline.example")


@pytest.mark.parametrize("path", PAGES)
def test_without_a_session_there_is_only_the_way_to_sign_in(stranger: FlaskClient, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert "The console is for staff" in answer.text


def test_a_made_up_session_opens_nothing(stranger: FlaskClient) -> None:
    for cookie in ("", "x", "a" * 5000, "%00", "\xed\xa0\x80", '"\\000"'):
        sent = {"Cookie": f"{COOKIE}={cookie}"}
        assert stranger.get("/console/tickets", headers=sent).status_code == 401


def test_looking_at_a_link_does_not_use_it_up(stranger: FlaskClient, link: str) -> None:
    for _ in range(3):
        assert "Sign in" in stranger.get(link).text
        assert stranger.head(link).status_code == 200
    assert stranger.post(link).status_code == 303
    assert stranger.get("/console/tickets").status_code == 200


def test_a_link_works_once(app: Flask, stranger: FlaskClient, link: str) -> None:
    stranger.post(link)
    second = app.test_client()
    answer = second.post(link)
    assert answer.status_code == 410
    assert "This link no longer works" in answer.text
    assert second.get("/console/tickets").status_code == 401


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_the_cookie_is_closed_to_scripts_and_other_sites(
    stranger: FlaskClient, link: str, scheme: str, secure: bool
) -> None:
    cookie = stranger.post(link, base_url=f"{scheme}://localhost").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("; Secure" in cookie) is secure


def test_signing_out_ends_the_session_itself(app: Flask, database: Database, account: str) -> None:
    client = signed_in(app, database, account)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert client.post("/sign-out", data={"csrf": csrf(client)}).status_code == 303
    stolen = app.test_client()
    stolen.set_cookie(COOKIE, cookie.value)
    assert stolen.get("/console/tickets").status_code == 401


def test_every_route_stands_in_the_table_of_rights_or_is_open(app: Flask) -> None:
    routes = {
        rule.endpoint.removeprefix("console.") for rule in app.url_map.iter_rules() if "console." in rule.endpoint
    }
    assert routes == set(NEEDS) | OPEN - {"root"}
    assert not set(NEEDS) & OPEN


def test_without_the_form_the_address_itself_leads_to_the_console(database: Database) -> None:
    app = Flask("bare", static_folder=None)
    app.register_blueprint(make_pages("1"))
    app.register_blueprint(make_console(database, Queue(), lambda account: FakeEmbedder(), Queue(), at_root=True))
    assert app.test_client().get("/").location == "/console/"
    assert app.test_client().get("/t/00000000-0000-0000-0000-000000000000").status_code == 404


def test_a_route_without_a_right_is_closed_to_all(
    app: Flask, database: Database, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(app, database, account)
    monkeypatch.setattr("integration.console.blueprint.NEEDS", {})
    assert client.get("/console/tickets").status_code == 403


@pytest.mark.parametrize(
    ("role", "requeue", "pause", "users"),
    [(StaffRole.VIEWER, 403, 403, 403), (StaffRole.AGENT, 303, 303, 403), (StaffRole.ADMIN, 303, 303, 200)],
)
def test_each_role_may_do_its_own_and_sees_no_other_button(
    app: Flask, database: Database, account: str, role: StaffRole, requeue: int, pause: int, users: int
) -> None:
    actor = Actor(database, account)
    accepted = actor.open()
    actor.park(accepted)
    client = signed_in(app, database, account, role)
    token = csrf(client)
    parked, listing = client.get("/console/parked").text, client.get("/console/tickets").text
    assert ("Try again" in parked) is (requeue == 303)
    assert ("Try again" in client.get(f"/console/tickets/api/{accepted.ticket_id}").text) is (requeue == 303)
    assert ("Pause…" in listing) is (pause == 303)
    assert ("/console/users" in listing) is (users == 200)
    assert client.get("/console/users").status_code == users
    assert client.post(f"/console/items/{accepted.item_id}/requeue", data={"csrf": token}).status_code == requeue
    assert client.post("/console/pause", data={"csrf": token, "paused": "yes"}).status_code == pause
    assert ("Resume" in client.get("/console/tickets").text) is (pause == 303)


@pytest.mark.parametrize("token", [None, "", "wrong", "é\x00"])
def test_a_form_without_the_sessions_token_changes_nothing(
    app: Flask, database: Database, account: str, token: str | None
) -> None:
    actor = Actor(database, account)
    accepted = actor.open()
    actor.park(accepted)
    client = signed_in(app, database, account)
    sent = {"paused": "yes"} | ({} if token is None else {"csrf": token})
    for path in ("/console/pause", f"/console/items/{accepted.item_id}/requeue", "/sign-out"):
        assert client.post(path, data=sent).status_code == 403
    assert "Automatic replies are paused" not in client.get("/console/tickets").text
    with database.account(account) as tx:
        item = inbox.get_item(tx, accepted.item_id)
    assert item is not None
    assert item.state is ItemState.PARKED


def test_the_token_of_another_session_does_not_fit(app: Flask, database: Database, account: str) -> None:
    one, two = signed_in(app, database, account), signed_in(app, database, account, StaffRole.AGENT)
    assert one.post("/console/pause", data={"csrf": csrf(two), "paused": "yes"}).status_code == 403


def test_another_sites_page_cannot_send_a_form_even_with_the_token(
    app: Flask, database: Database, account: str, link: str
) -> None:
    client = signed_in(app, database, account)
    elsewhere = {"Origin": "https://elsewhere.example"}
    sent = {"csrf": csrf(client), "paused": "yes"}
    assert client.post("/console/pause", data=sent, headers=elsewhere).status_code == 403
    assert app.test_client().post(link, headers=elsewhere).status_code == 403


def test_a_lost_database_is_said_kindly(
    app: Flask, database: Database, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(app, database, account)
    actor = Actor(database, account)
    actor.finish(actor.open(), Action.AUTO_REPLY)
    monkeypatch.setattr("integration.console.blueprint.find_tickets", _away)
    answer = client.get("/console/tickets")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "cannot reach its database" in answer.text


def _away(*_: object) -> None:
    raise Temporary("the database did not answer", retry_after=5)
