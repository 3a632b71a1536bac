"""The look-alike's endpoints for private apps, over HTTP, as Zendesk documents them."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests

from integration.zendesk.sidebar.package import build_app
from tests.lookalikes.zendesk import EMAIL, TOKEN, Zendesk

pytestmark = pytest.mark.loopback

SETTINGS = {"name": "A", "address": "firstline.example", "account": "main"}


@pytest.fixture
def zendesk() -> Iterator[Zendesk]:
    with Zendesk() as party:
        yield party


def ask(zendesk: Zendesk, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
    url, auth = f"{zendesk.url}/api/v2/apps{path}", (f"{EMAIL}/token", TOKEN)
    return requests.request(method, url, json=body, auth=auth, timeout=5, **more)


def upload(zendesk: Zendesk, package: bytes) -> int:
    answer = ask(zendesk, "POST", "/uploads.json", files={"uploaded_data": ("a.zip", package, "application/zip")})
    number: int = answer.json()["id"]
    return number


def build(
    zendesk: Zendesk, package: bytes, path: str = ".json", method: str = "POST", **order: Any
) -> requests.Response:
    order = {"name": "A", "upload_id": str(upload(zendesk, package)), **order}
    job = ask(zendesk, method, path, order).json()["job_id"]
    return ask(zendesk, "GET", f"/job_statuses/{job}.json")


def test_a_package_is_built_listed_installed_and_removed(zendesk: Zendesk) -> None:
    status = build(zendesk, build_app(), short_description="S").json()
    assert (status["status"], set(status)) == (
        "completed",
        {"id", "status", "message", "app_id", "retry_in", "progress", "total"},
    )
    [app] = ask(zendesk, "GET", "/owned.json").json()["apps"]
    assert (app["id"], app["name"], app["short_description"]) == (status["app_id"], "A", "S")
    assert {each["name"] for each in app["parameters"]} == {"address", "account"}
    made = ask(zendesk, "POST", "/installations.json", {"app_id": str(app["id"]), "settings": SETTINGS}).json()
    assert (made["app_id"], made["enabled"], made["settings"]) == (app["id"], True, SETTINGS)
    assert ask(zendesk, "POST", "/installations.json", {"app_id": app["id"], "settings": SETTINGS}).status_code == 422
    assert ask(zendesk, "GET", "/installations.json").json()["installations"] == [made]
    changed = ask(zendesk, "PUT", f"/installations/{made['id']}.json", {"settings": {"account": "other"}}).json()
    assert changed["settings"] == {**SETTINGS, "account": "other"}
    assert ask(zendesk, "DELETE", f"/installations/{made['id']}.json").status_code == 204
    assert ask(zendesk, "DELETE", f"/{app['id']}.json").status_code == 204
    assert ask(zendesk, "GET", f"/{app['id']}.json").status_code == 404


def test_its_tokens_are_good_by_the_key_that_it_gives_out(zendesk: Zendesk) -> None:
    number = zendesk.setup.apps.upload_by_hand(build_app())
    installation = zendesk.setup.apps.install_by_hand(number, **SETTINGS)
    key = ask(zendesk, "GET", f"/{number}/public_key.pem").text
    audience = f"{zendesk.url}/api/v2/apps/installations/{installation}.json"
    token = zendesk.setup.apps.sign(installation, 7, zendesk.url)
    assert jwt.decode(token, key, ["RS256"], audience=audience)["sub"].endswith("/users/7.json")


def test_what_cannot_be_built_fails_with_a_message(zendesk: Zendesk) -> None:
    failed = build(zendesk, b"no zip")
    assert (failed.status_code, failed.json()["status"]) == (404, "failed")
    assert failed.json()["message"] == "Cannot unzip the package"
    assert build(zendesk, build_app()).json()["status"] == "completed"
    assert build(zendesk, build_app()).json()["message"] == "Name has already been taken"
    assert ask(zendesk, "POST", ".json", {"name": "B", "upload_id": "1"}).status_code == 422
    assert ask(zendesk, "POST", "/uploads.json", {}).status_code == 422


def test_agents_may_look_at_installations_alone(zendesk: Zendesk) -> None:
    zendesk.agent["role"] = "agent"
    assert ask(zendesk, "GET", "/owned.json").status_code == 403
    assert ask(zendesk, "POST", "/installations.json", {}).status_code == 403
    assert ask(zendesk, "GET", "/installations.json").status_code == 200
