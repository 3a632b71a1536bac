"""A browser that signs in with an account at a provider: what the tests of it share."""

import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from desk.platform.database import Database
from integration.access import people
from integration.access.oidc.flow import OidcSignIn
from integration.access.oidc.provider import OidcProvider
from integration.access.permissions import StaffRole
from integration.console.door import COOKIE
from tests.integration.paged import Queue, make_app
from tests.lookalikes.oidc_provider import CLIENT, SECRET, OidcProviderServer
from workers.audit import COMMAND_LINE

HOME = "http://localhost"
ADA, BO = "ada@desk.example", "bo@desk.example"


def app_for(provider: OidcProviderServer, database: Database, account: str, secret: str | None = SECRET) -> Flask:
    client = OidcProvider(provider.url, CLIENT, secret)
    return make_app(
        database, account, Queue(), oidc=OidcSignIn(database, account, client, "your desk account", lambda: HOME)
    )


def invite(database: Database, account: str, email: str) -> None:
    with database.account(account) as tx:
        people.add_person(tx, COMMAND_LINE, email, StaffRole.AGENT)


def remove(database: Database, account: str, email: str) -> None:
    with database.account(account) as tx:
        assert people.shut_out(tx, COMMAND_LINE, email)


def away_and_back(browser: FlaskClient, then: str | None = None) -> str:
    """Press the button, and be sent back by the provider: the address of ours that the browser opens next."""
    sent_there = browser.get("/sign-in/oidc", query_string={"then": then} if then else None)
    assert sent_there.status_code == 303, sent_there.text
    sent_back = requests.get(sent_there.headers["Location"], allow_redirects=False, timeout=5)
    assert sent_back.status_code in (302, 303), sent_back.text
    return sent_back.headers["Location"].removeprefix(HOME)


def signs_in(browser: FlaskClient, then: str | None = None) -> TestResponse:
    return browser.get(away_and_back(browser, then))


def assert_shut(browser: FlaskClient, answer: TestResponse, status: int, words: str) -> None:
    """Said in words, with the button to begin again, and no session."""
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert "Sign in with your desk account" in answer.text
    assert "firstline users add" in answer.text
    assert browser.get_cookie(COOKIE) is None
    assert browser.get("/console/tickets").status_code == 401
