"""Doctor looks at the provider by which staff sign in; settings that sign nobody in stop the start."""

from pathlib import Path

import pytest

from app.database import make_database
from app.doctor.connections import sign_in_checks
from app.doctor.diagnose import diagnose
from app.processes.web import make_oidc_sign_in
from desk.errors import BadSetting
from desk.health_check import HealthCheck, HealthState
from desk.platform.settings import Settings, read_settings
from integration.access.oidc.flow import RETURN_PATH
from tests.lookalikes.oidc_provider import CLIENT, oidc_provider

pytestmark = pytest.mark.loopback


def look(url: str) -> HealthCheck:
    settings = Settings(oidc_issuer=url, oidc_client_id=CLIENT, public_url="https://desk.example/")
    [check] = sign_in_checks(settings)
    return check


def test_a_provider_that_is_there_is_told_with_the_address_that_it_must_know() -> None:
    with oidc_provider() as provider:
        found = look(provider.url)
    assert found.state is HealthState.FINE
    assert "shows 2 keys" in found.what
    assert "https://desk.example/sign-in/oidc/return" in found.what


@pytest.mark.parametrize(
    ("endpoint", "status", "body", "told"),
    [
        ("openid-configuration", 404, "", "it answers 404"),
        ("openid-configuration", 200, "<html>", "its answer cannot be read"),
        ("openid-configuration", 200, "{}", "lacks what it must say"),
        ("jwks", 200, '{"keys": []}', "(missing_key"),
        ("jwks", 500, "", "it answers 500"),
    ],
)
def test_a_provider_that_nobody_can_sign_in_by_is_wrong(endpoint: str, status: int, body: str, told: str) -> None:
    with oidc_provider() as provider:
        provider.faults[endpoint] = (status, body)
        found = look(provider.url)
    assert found.state is HealthState.WRONG
    assert told in found.what
    assert "people sign in by links" in found.remedy


def test_a_provider_that_is_gone_or_another_is_wrong() -> None:
    with oidc_provider() as provider:
        assert "another issuer" in look(provider.url.replace("127.0.0.1", "localhost")).what
    assert "does not answer" in look(provider.url).what


def test_without_the_setting_nothing_is_looked_at() -> None:
    assert list(sign_in_checks(Settings())) == []


@pytest.mark.parametrize(
    ("set_variables", "told"),
    [
        ({"ISSUER": "https://login.example"}, "FIRSTLINE_OIDC_CLIENT_ID must be set"),
        ({"CLIENT_ID": "x"}, "FIRSTLINE_OIDC_ISSUER must be set"),
        ({"CLIENT_SECRET": "x"}, "FIRSTLINE_OIDC_ISSUER must be set"),
        ({"ISSUER": "login.example", "CLIENT_ID": "x"}, "FIRSTLINE_OIDC_ISSUER: must start with https://"),
        ({"ISSUER": "http://login.example", "CLIENT_ID": "x"}, "FIRSTLINE_OIDC_ISSUER: must start with https://"),
        ({"ISSUER": "https://login.example/?x=1", "CLIENT_ID": "x"}, "FIRSTLINE_OIDC_ISSUER: must start with https://"),
        ({"ISSUER": "https://", "CLIENT_ID": "x"}, "FIRSTLINE_OIDC_ISSUER: must start with https://"),
        ({"ISSUER": "https://[x", "CLIENT_ID": "x"}, "FIRSTLINE_OIDC_ISSUER"),
    ],
)
def test_settings_that_would_sign_nobody_in_stop_the_start_and_are_named(
    set_variables: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in set_variables.items():
        monkeypatch.setenv(f"FIRSTLINE_OIDC_{name}", value)
    with pytest.raises(BadSetting, match=told):
        read_settings()
    assert [check.state for check in diagnose()] == [HealthState.WRONG]


def test_the_web_application_offers_it_when_it_is_set(migrated: Settings) -> None:
    with oidc_provider() as provider:
        set_up = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT, "oidc_name": "Acme"}
        settings = migrated.model_copy(update=set_up | {"public_url": "https://desk.example"})
        db = make_database(settings)
        offered = make_oidc_sign_in(settings, db)
        assert offered is not None
        assert (offered.name, offered.redirect_uri) == ("Acme", "https://desk.example" + RETURN_PATH)
        assert offered.begin("b" * 43, None).startswith(f"{provider.url}/authorization?")
        assert make_oidc_sign_in(migrated, db) is None
        db.close()
