"""What a browser brings back from the provider, and may not."""

from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from desk.platform.database import Database
from integration.access.oidc.flow import RETURN_PATH, local_path
from integration.console.door import COOKIE
from tests.integration.oidc.oidc_browser import assert_shut, away_and_back, signs_in
from tests.lookalikes.oidc_provider import OidcProviderServer

pytestmark = pytest.mark.loopback


@pytest.mark.usefixtures("ada")
def test_what_came_back_once_is_used_up(browser: FlaskClient) -> None:
    back = away_and_back(browser)
    assert browser.get(back).status_code == 303
    browser.delete_cookie(COOKIE)
    assert_shut(browser, browser.get(back), 400, "was used before")


@pytest.mark.usefixtures("ada")
def test_what_came_back_is_of_no_use_in_another_browser(app: Flask, browser: FlaskClient) -> None:
    back, victim = away_and_back(browser), app.test_client()
    assert_shut(victim, victim.get(back), 400, "not begun in this browser")
    away_and_back(victim)
    assert_shut(victim, victim.get(back), 400, "not begun in this browser")
    assert browser.get(back).status_code == 303, "and its owner loses nothing by it"


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("state", ["", "forged", "ä\u0000", "x" * 10_000, "' OR true --"])
def test_a_forged_state_opens_nothing(browser: FlaskClient, provider: OidcProviderServer, state: str) -> None:
    code = parse_qs(urlsplit(away_and_back(browser)).query)["code"][0]
    answer = browser.get(RETURN_PATH, query_string={"code": code, "state": state})
    assert_shut(browser, answer, 400, "not begun in this browser")
    assert "token" not in dict(provider.asked)


@pytest.mark.usefixtures("ada")
def test_what_comes_back_after_ten_minutes_is_too_late(browser: FlaskClient, database: Database, account: str) -> None:
    back = away_and_back(browser)
    with database.account(account) as tx:
        tx.execute(text("UPDATE oidc_attempts SET ends_at = ends_at - interval '10 minutes 1 second'"))
    assert_shut(browser, browser.get(back), 400, "longer than ten minutes")


@pytest.mark.usefixtures("ada")
def test_a_code_of_another_sign_in_does_not_fit(app: Flask, browser: FlaskClient) -> None:
    stolen = parse_qs(urlsplit(away_and_back(app.test_client())).query)["code"][0]
    state = parse_qs(urlsplit(away_and_back(browser)).query)["state"][0]
    answer = browser.get(RETURN_PATH, query_string={"code": stolen, "state": state})
    assert_shut(browser, answer, 502, "did not pass the checks")


@pytest.mark.usefixtures("ada")
def test_an_answer_that_names_another_issuer_is_refused(browser: FlaskClient, provider: OidcProviderServer) -> None:
    sent = {key: values[0] for key, values in parse_qs(urlsplit(away_and_back(browser)).query).items()}
    answer = browser.get(RETURN_PATH, query_string=sent | {"iss": "https://elsewhere.example"})
    assert_shut(browser, answer, 400, "not begun in this browser")
    assert "token" not in dict(provider.asked)


@pytest.mark.usefixtures("ada")
def test_who_declines_over_there_may_begin_again(browser: FlaskClient, provider: OidcProviderServer) -> None:
    provider.declines = "access_denied"
    assert_shut(browser, signs_in(browser), 403, "You did not go on there")
    provider.declines = None
    assert signs_in(browser).status_code == 303


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("error", ["server_error", "<b>bold</b>", ""])
def test_a_fault_that_comes_back_is_told_and_not_quoted(
    browser: FlaskClient, provider: OidcProviderServer, error: str
) -> None:
    provider.declines = error or "temporarily_unavailable"
    answer = signs_in(browser)
    assert_shut(browser, answer, 502, "met a fault")
    assert provider.declines not in answer.text


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    "then",
    [
        "https://elsewhere.example/console/",
        "//elsewhere.example/console/",
        "/\\elsewhere.example",
        "/console/\\..\\",
        "/console/\r\nSet-Cookie: x=1",
        "/sign-out",
        "javascript:alert(1)",
        "/console/" + "x" * 5000,
        "\u0000",
    ],
)
def test_nobody_is_led_to_another_site(browser: FlaskClient, then: str) -> None:
    assert signs_in(browser, then).headers["Location"] == "/console/"
    assert local_path(then) == "/console/"
