"""An admin connects Zendesk in the console and sees each step; nobody else does, and no secret is ever shown."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.bootstrap import PROVIDERS
from desk.platform.database import Database
from integration.access.permissions import StaffRole
from integration.connections import delete_connection, load_connection, save_connection
from integration.resources import list_resources
from integration.zendesk.api.connection import PARTY, ZendeskConnection
from tests.integration.paged import Queue, csrf, make_app, signed_in
from tests.lookalikes.zendesk import EMAIL, TOKEN, Zendesk

pytestmark = pytest.mark.loopback

HERE = "/console/connections"
LINE = re.compile(r'<li class="banner is-(\w+)"><strong>(\w+)</strong> <span dir="auto">([^<]*)')


@pytest.fixture
def zendesk() -> Iterator[Zendesk]:
    with Zendesk() as party:
        yield party


@pytest.fixture
def app(database: Database, account: str) -> Flask:
    return make_app(database, account, Queue(), PROVIDERS)


@pytest.fixture
def admin(app: Flask, database: Database, account: str) -> FlaskClient:
    return signed_in(app, database, account)


@pytest.fixture
def connected(database: Database, account: str, zendesk: Zendesk) -> Iterator[None]:
    """The look-alike, which no page could name: its address is of this machine."""
    with database.account(account) as tx:
        save_connection(tx, PARTY, ZendeskConnection(base_url=zendesk.url, email=EMAIL, api_token=TOKEN))
    yield
    with database.account(account) as tx:
        delete_connection(tx, PARTY)


def post(client: FlaskClient, path: str, **fields: str) -> tuple[int, list[tuple[str, ...]], str]:
    """Status, the lines of progress (tone, state, text), and all of the page."""
    answer = client.post(f"{HERE}/{path}", data={"csrf": csrf(client), **fields})
    return answer.status_code, [match.groups() for match in LINE.finditer(answer.text)], answer.text


def test_the_page_says_what_is_connected_and_asks_for_the_rest(admin: FlaskClient) -> None:
    page = admin.get(HERE).text
    assert page.count("Not connected.") == 2
    for words in ("Your Zendesk&#39;s subdomain or address", "Bot User OAuth Token", 'type="password"'):
        assert words in page
    assert "Another address of Slack" not in page


@pytest.mark.usefixtures("connected")
def test_connecting_shows_each_step_and_a_second_time_changes_nothing(
    admin: FlaskClient, database: Database, account: str, zendesk: Zendesk
) -> None:
    status, lines, page = post(admin, "zendesk")
    assert (status, lines[0][1], lines[-1]) == (200, "met", ("good", "done", "The connection is kept."))
    steps = [text.partition(":")[0] for _, state, text in lines if state == "made"]
    app = ["sidebar app", "installation of the app", "public key of the app"]
    assert steps == ["webhook", "signing secret", "view", *app]
    assert page.rstrip().endswith("</html>")
    assert TOKEN not in page
    assert zendesk.webhooks[0].secret not in page
    before = dict(zendesk.setup.rows["webhooks"])
    assert [state for _, state, text in post(admin, "zendesk")[1] if text.startswith("webhook:")] == ["there"]
    assert zendesk.setup.rows["webhooks"] == before
    assert f'webhook <span class="soft">({zendesk.webhooks[0].id}' in admin.get(HERE).text


@pytest.mark.usefixtures("connected")
def test_what_would_be_made_is_shown_and_nothing_is_changed(admin: FlaskClient, zendesk: Zendesk) -> None:
    _, lines, page = post(admin, "zendesk", dry_run="yes")
    assert "what would be made" in page
    assert [state for _, state, text in lines if text.startswith("webhook:")] == ["planned"]
    assert lines[-1] == ("good", "done", "Nothing was changed.")
    assert zendesk.webhooks == []


@pytest.mark.usefixtures("connected")
def test_disconnecting_removes_what_was_made(
    admin: FlaskClient, database: Database, account: str, zendesk: Zendesk
) -> None:
    post(admin, "zendesk")
    _, lines, _ = post(admin, "zendesk/disconnect")
    assert [state for _, state, _ in lines] == [*["removed"] * 4, "done"]
    assert not any(zendesk.setup.rows.values())
    with database.account(account) as tx:
        assert load_connection(tx, PARTY, ZendeskConnection) is None
        assert list_resources(tx, PARTY) == {}


@pytest.mark.usefixtures("connected")
def test_trouble_is_a_line_with_what_to_do(admin: FlaskClient, zendesk: Zendesk) -> None:
    zendesk.fail(path="views", cut="before")
    [(tone, state, text)] = [line for line in post(admin, "zendesk")[1] if line[2].startswith("view:")]
    assert (tone, state, "no answer from Zendesk" in text) == ("bad", "stopped", True)
    zendesk.fail(path="users/me", status=401)
    assert post(admin, "zendesk")[1][-1][:2] == ("bad", "failed")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9200", "http://localhost", "https://10.0.0.1", "https://evil.example", "a.b", "a/b"]
)
def test_a_page_takes_no_address_but_a_subdomain(
    admin: FlaskClient, database: Database, account: str, address: str
) -> None:
    status, lines, page = post(admin, "zendesk", base_url=address, email=EMAIL, api_token=TOKEN)
    assert (status, lines, "This cannot be right" in page) == (400, [], True)
    with database.account(account) as tx:
        assert load_connection(tx, PARTY, ZendeskConnection) is None


@pytest.mark.usefixtures("connected")
def test_a_token_that_is_kept_is_taken_to_no_other_zendesk(
    admin: FlaskClient, database: Database, account: str, zendesk: Zendesk
) -> None:
    assert "subdomain" not in admin.get(HERE).text.split("Slack")[0]
    assert post(admin, "zendesk", base_url="elsewhere")[1][-1][1] == "done"
    with database.account(account) as tx:
        known = load_connection(tx, PARTY, ZendeskConnection)
    assert known
    assert known.config.base_url == zendesk.url


def test_fields_that_no_form_has_are_not_read(admin: FlaskClient, database: Database, account: str) -> None:
    status, _, page = post(admin, "slack", base_url="http://127.0.0.1:1/", channel_id="C0123456789")
    assert (status, "The first time, this is needed: Bot User OAuth Token" in page) == (400, True)


def test_a_party_that_is_none_is_not_found(admin: FlaskClient) -> None:
    assert post(admin, "pigeon")[0] == 404
    assert post(admin, "zendesk/disconnect")[1] == [("bad", "failed", "zendesk is not connected")]


@pytest.mark.parametrize("role", [StaffRole.VIEWER, StaffRole.AGENT])
def test_only_admins_see_and_do_it(app: Flask, database: Database, account: str, role: StaffRole) -> None:
    client = signed_in(app, database, account, role)
    assert client.get(HERE).status_code == 403
    assert post(client, "zendesk")[0] == 403
    assert HERE not in client.get("/console/tickets").text
