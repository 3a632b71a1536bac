"""A provider in trouble: it is told, nothing hangs, and links still work."""

import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from desk.platform.database import Database
from integration.access import sign_in
from integration.access.oidc import bounded_session
from tests.integration.oidc.oidc_browser import ADA, app_for, assert_shut, away_and_back, signs_in
from tests.lookalikes.oidc_provider import SECRET, Claims, OidcProviderServer, oidc_provider

pytestmark = pytest.mark.loopback


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("endpoint", ["openid-configuration", "token", "jwks"])
@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (500, "{}", 503),
        (503, "<html>", 503),
        (404, "", 502),
        (302, "{}", 502),
        (200, "<html>", 502),
        (200, "[]", 502),
        (200, "{}", 502),
        (200, "null", 502),
        (200, "[" * 100_000, 502),
        (200, '{"keys": [1], "error": 7, "issuer": 3}', 502),
    ],
)
def test_a_provider_that_answers_rubbish_is_told_and_links_still_work(
    app: Flask,
    provider: OidcProviderServer,
    database: Database,
    account: str,
    endpoint: str,
    status: int,
    body: str,
    told: int,
) -> None:
    browser = app.test_client()
    if endpoint == "openid-configuration":
        provider.faults[endpoint] = (status, body)
        answer = browser.get("/sign-in/oidc")
    else:
        back = away_and_back(browser)
        provider.faults[endpoint] = (status, body)
        answer = browser.get(back)
    assert_shut(browser, answer, told, "A sign-in link from an admin works")
    assert browser.post("/sign-in/" + sign_in.new_sign_in_link(database, account, ADA)).status_code == 303
    provider.faults.clear()
    assert signs_in(app.test_client()).status_code == 303, "and all is well when it is"


@pytest.mark.usefixtures("ada")
def test_neither_code_nor_secret_follows_a_redirect(browser: FlaskClient, provider: OidcProviderServer) -> None:
    provider.faults["token"] = (307, "")
    assert_shut(browser, signs_in(browser), 502, "did not pass the checks")
    assert "elsewhere" not in dict(provider.asked)


def test_a_provider_that_is_gone_is_told(database: Database, account: str) -> None:
    with oidc_provider() as gone:
        pass
    browser = app_for(gone, database, account).test_client()
    assert_shut(browser, browser.get("/sign-in/oidc"), 503, "does not answer properly")


@pytest.mark.usefixtures("ada")
def test_a_provider_that_is_slow_is_not_waited_for(
    browser: FlaskClient, provider: OidcProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_session, "SECONDS", 0.3)
    provider.slow["token"] = 5.0
    back, began = away_and_back(browser), time.monotonic()
    assert_shut(browser, browser.get(back), 503, "does not answer properly")
    assert time.monotonic() - began < 4.0


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("says_length", [True, False])
def test_an_answer_that_drips_is_not_waited_for(
    browser: FlaskClient, provider: OidcProviderServer, monkeypatch: pytest.MonkeyPatch, says_length: bool
) -> None:
    monkeypatch.setattr(bounded_session, "SECONDS", 0.3)
    provider.drips["token"], provider.says_length = 0.1, says_length
    back, began = away_and_back(browser), time.monotonic()
    assert_shut(browser, browser.get(back), 503, "does not answer properly")
    assert time.monotonic() - began < 6.0, "of ten seconds"


def test_an_answer_without_end_is_not_read(
    browser: FlaskClient, provider: OidcProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_session, "MOST_BYTES", 10_000)
    provider.faults["openid-configuration"] = (200, '{"issuer": "' + "x" * 20_000 + '"}')
    assert_shut(browser, browser.get("/sign-in/oidc"), 503, "does not answer properly")


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://elsewhere.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "file:///etc/passwd"},
        {"code_challenge_methods_supported": ["plain"]},
        {"id_token_signing_alg_values_supported": ["HS256", "none"]},
    ],
    ids=str,
)
def test_a_provider_that_no_safe_sign_in_goes_by_is_not_sent_to(
    browser: FlaskClient, provider: OidcProviderServer, changed: dict[str, object]
) -> None:
    told = requests.get(f"{provider.url}/.well-known/openid-configuration", timeout=5).json()
    provider.faults["openid-configuration"] = (200, json.dumps(told | changed))
    assert_shut(browser, browser.get("/sign-in/oidc"), 502, "did not pass the checks")


@pytest.mark.usefixtures("ada")
def test_neither_secret_nor_code_nor_token_is_in_the_log(
    browser: FlaskClient, provider: OidcProviderServer, capsys: pytest.CaptureFixture[str]
) -> None:
    tokens: list[str] = []

    def keep_and_spoil(claims: Claims) -> str:
        tokens.append(provider.sign(claims | {"aud": "another"}))
        return tokens[0]

    provider.spoil = keep_and_spoil
    back = away_and_back(browser)
    browser.get(back)
    logged = capsys.readouterr()
    heard = logged.out + logged.err
    assert "its ID token does not hold (invalid_claim aud)" in heard
    assert tokens[0] not in heard
    assert SECRET not in heard
    assert parse_qs(urlsplit(back).query)["code"][0] not in heard
    assert ADA not in heard


def test_a_setting_that_names_no_account_is_told(provider: OidcProviderServer, database: Database) -> None:
    browser = app_for(provider, database, "no-such-account").test_client()
    assert_shut(browser, browser.get("/sign-in/oidc"), 502, "met a fault")
