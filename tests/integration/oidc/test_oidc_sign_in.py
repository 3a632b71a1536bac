"""Signing in with the organisation's own account, against a real provider over HTTP: who may, and who may not."""

import json
import re
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.platform.database import Database
from integration.access import sign_in
from integration.access.oidc.flow import RETURN_PATH
from integration.access.permissions import StaffRole
from integration.console.door import COOKIE, OIDC_COOKIE
from tests.integration.oidc.oidc_browser import (
    ADA,
    BO,
    HOME,
    app_for,
    assert_shut,
    away_and_back,
    invite,
    remove,
    signs_in,
)
from tests.integration.paged import Queue, csrf, make_app
from tests.lookalikes.oidc_provider import SECRET, OidcProviderServer, oidc_provider
from workers.audit import AuditFilter, list_audit

pytestmark = pytest.mark.loopback


@pytest.mark.usefixtures("ada")
def test_who_is_invited_signs_in_and_is_led_to_the_page_they_wanted(
    browser: FlaskClient, database: Database, account: str
) -> None:
    shown = browser.get("/console/parked?x=1").text
    assert "Sign in with your desk account" in shown
    assert "then=/console/parked?x%3D1" in shown
    answer = signs_in(browser, "/console/parked?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/parked?x=1")
    assert browser.get("/console/parked").status_code == 200
    staff = sign_in.staff_of(database, getattr(browser.get_cookie(COOKIE), "value", None))
    assert staff is not None
    assert (staff.account, staff.email, staff.role) == (account, ADA, StaffRole.AGENT)


@pytest.mark.usefixtures("ada")
def test_a_page_whose_address_is_not_ascii_is_led_to_as_well(browser: FlaskClient) -> None:
    button = re.search(r'href="/sign-in/oidc\?then=([^"]+)"', browser.get("/console/tickets/api/ü 1?q=ß").text)
    assert button is not None
    assert signs_in(browser, unquote(button[1])).headers["Location"] == "/console/tickets/api/%C3%BC%201?q=%C3%9F"


@pytest.mark.usefixtures("ada")
def test_what_is_sent_holds_no_secret_and_asks_for_pkce_state_and_nonce(
    browser: FlaskClient, provider: OidcProviderServer
) -> None:
    signs_in(browser)
    asked = dict(provider.asked)["authorization"]
    assert asked["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert (asked["scope"], asked["redirect_uri"]) == ("openid email", HOME + RETURN_PATH)
    assert SECRET not in str(provider.asked)
    assert len(dict(provider.asked)["token"]["code_verifier"]) >= 43


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_both_cookies_are_closed_to_scripts_and_come_along_from_another_site(
    browser: FlaskClient, scheme: str, secure: bool
) -> None:
    begun = browser.get("/sign-in/oidc", base_url=f"{scheme}://localhost").headers["Set-Cookie"]
    assert "HttpOnly" in begun
    assert "SameSite=Lax" in begun
    assert "Path=/sign-in/oidc" in begun
    assert ("; Secure" in begun) is secure


@pytest.mark.usefixtures("ada")
def test_the_sign_in_is_written_down_as_one_by_a_link_is(
    browser: FlaskClient, provider: OidcProviderServer, database: Database, account: str
) -> None:
    signs_in(browser)
    with database.account(account) as tx:
        [line] = list_audit(tx, AuditFilter(kind="sign_in"), most=10)
        assert (line.actor_id, line.detail) == (f"person:{ADA}", provider.url)


@pytest.mark.usefixtures("ada")
def test_a_provider_that_gives_the_address_at_userinfo_alone_will_do(database: Database, account: str) -> None:
    with oidc_provider(email_in_token=False) as provider:
        provider.add_client(HOME + RETURN_PATH)
        assert signs_in(app_for(provider, database, account).test_client()).status_code == 303
        assert "userinfo" in dict(provider.asked)
        provider.faults["userinfo"] = (200, json.dumps({"sub": "another", "email": ADA, "email_verified": True}))
        browser = app_for(provider, database, account).test_client()
        assert_shut(browser, signs_in(browser), 502, "did not pass the checks")


@pytest.mark.usefixtures("ada")
def test_a_public_client_signs_in_by_pkce_alone(provider: OidcProviderServer, database: Database, account: str) -> None:
    provider.add_client(HOME + RETURN_PATH, secret=None)
    assert signs_in(app_for(provider, database, account, secret=None).test_client()).status_code == 303


@pytest.mark.usefixtures("ada")
def test_new_keys_of_the_provider_are_fetched_when_they_are_met(app: Flask, provider: OidcProviderServer) -> None:
    assert signs_in(app.test_client()).status_code == 303
    provider.rotate_keys()
    assert signs_in(app.test_client()).status_code == 303
    assert [name for name, _ in provider.asked].count("jwks") == 2
    assert [name for name, _ in provider.asked].count("openid-configuration") == 1


@pytest.mark.usefixtures("ada")
def test_two_tabs_may_be_on_their_way_at_once(browser: FlaskClient) -> None:
    first, second = away_and_back(browser), away_and_back(browser)
    assert browser.get(first).status_code == 303
    assert browser.get(second).status_code == 303


def test_without_the_setting_there_is_no_button_and_no_such_page(database: Database, account: str) -> None:
    browser = make_app(database, account, Queue()).test_client()
    assert "Sign in with" not in browser.get("/sign-in").text
    assert browser.get("/sign-in/oidc").status_code == 404
    assert browser.get(RETURN_PATH).status_code == 404


def test_the_form_token_of_such_a_session_works_as_any(browser: FlaskClient, database: Database, account: str) -> None:
    invite(database, account, ADA)
    signs_in(browser)
    assert browser.get_cookie(OIDC_COOKIE, path="/sign-in/oidc") is not None
    assert browser.post("/sign-out", data={"csrf": csrf(browser)}).status_code == 303
    assert browser.get("/console/tickets").status_code == 401


# --- Who may not


def test_who_was_not_invited_is_told_so(browser: FlaskClient) -> None:
    assert_shut(browser, signs_in(browser), 403, "Ask an admin of this installation to invite you")


def test_an_invitation_to_another_account_of_the_installation_is_none(
    browser: FlaskClient, database: Database, other_account: str
) -> None:
    invite(database, other_account, ADA)
    assert_shut(browser, signs_in(browser), 403, "Ask an admin")


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("claim", [False, None, "false", "yes", 1.5, [True]])
def test_an_unconfirmed_address_opens_nothing(
    browser: FlaskClient, provider: OidcProviderServer, claim: object
) -> None:
    provider.spoil = lambda claims: claims | {"email_verified": claim}
    assert_shut(browser, signs_in(browser), 403, "no confirmed e-mail address")


@pytest.mark.usefixtures("ada")
def test_who_is_removed_is_out_at_once_and_stays_out(
    app: Flask, browser: FlaskClient, database: Database, account: str
) -> None:
    on_their_way = app.test_client()
    back = away_and_back(on_their_way)
    signs_in(browser)
    remove(database, account, ADA)
    assert browser.get("/console/tickets").status_code == 401
    assert_shut(on_their_way, on_their_way.get(back), 403, "Ask an admin")


@pytest.mark.usefixtures("ada")
def test_whoever_gets_an_address_after_somebody_else_is_not_taken_for_them(
    app: Flask, provider: OidcProviderServer, database: Database, account: str
) -> None:
    signs_in(app.test_client())
    provider.people["bo"]["email"], provider.at_keyboard = ADA, "bo"
    browser = app.test_client()
    assert_shut(browser, signs_in(browser), 403, "belongs to somebody here who signs in with another account")
    remove(database, account, ADA)
    invite(database, account, ADA)
    assert signs_in(browser).status_code == 303
    provider.at_keyboard, former = "ada", app.test_client()
    assert_shut(former, signs_in(former), 403, "belongs to somebody here")


@pytest.mark.usefixtures("ada")
def test_a_change_of_address_over_there_leaves_a_person_who_they_were(
    app: Flask, provider: OidcProviderServer, database: Database, account: str
) -> None:
    signs_in(app.test_client())
    invite(database, account, BO)
    provider.people["ada"]["email"] = BO
    browser = app.test_client()
    assert signs_in(browser).status_code == 303
    staff = sign_in.staff_of(database, getattr(browser.get_cookie(COOKIE), "value", None))
    assert staff is not None
    assert staff.email == ADA


@pytest.mark.parametrize("email", ["ADA@Desk.Example", "ada@desk.example"])
@pytest.mark.usefixtures("ada")
def test_letters_of_an_address_count_the_same_in_either_case(
    browser: FlaskClient, provider: OidcProviderServer, email: str
) -> None:
    provider.people["ada"]["email"] = email
    assert signs_in(browser).status_code == 303


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    "email", ["ada@des\u212a.example", "ada@desk.example\x00", " ada@desk.example", "ada\u200b@desk.example", "", 7]
)
def test_what_only_looks_like_an_invited_address_is_another(
    browser: FlaskClient, provider: OidcProviderServer, email: object
) -> None:
    provider.spoil = lambda claims: claims | {"email": email}
    assert signs_in(browser).status_code == 403
    assert browser.get_cookie(COOKIE) is None
