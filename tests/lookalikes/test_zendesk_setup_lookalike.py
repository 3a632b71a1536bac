"""The look-alike's endpoints for setting up, over HTTP, as Zendesk documents them."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.lookalikes.zendesk import EMAIL, TOKEN, Zendesk
from tests.lookalikes.zendesk_setup import BY_TRIGGER, CLIENT_ID, CLIENT_SECRET

pytestmark = pytest.mark.loopback

WEBHOOK = {
    "name": "W",
    "endpoint": "http://127.0.0.1:1/",
    "http_method": "POST",
    "request_format": "json",
    "status": "active",
}
GRANT = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


@pytest.fixture
def zendesk() -> Iterator[Zendesk]:
    with Zendesk() as party:
        yield party


def ask(zendesk: Zendesk, method: str, path: str, body: Any = None, **query: str) -> requests.Response:
    auth = (f"{EMAIL}/token", TOKEN)
    return requests.request(method, f"{zendesk.url}/api/v2/{path}", json=body, params=query, auth=auth, timeout=5)


def make(zendesk: Zendesk, *subscriptions: str) -> requests.Response:
    return ask(zendesk, "POST", "webhooks", {"webhook": {**WEBHOOK, "subscriptions": list(subscriptions)}})


def test_a_webhook_is_made_listed_changed_and_deleted(zendesk: Zendesk) -> None:
    made = make(zendesk, "zen:event-type:ticket.created")
    number = made.json()["webhook"]["id"]
    assert made.status_code == 201
    listed = ask(zendesk, "GET", "webhooks").json()
    assert [row["id"] for row in listed["webhooks"]] == [number]
    assert set(listed) == {"webhooks", "meta", "links"}
    secret = ask(zendesk, "GET", f"webhooks/{number}/signing_secret").json()["signing_secret"]
    assert secret == {"algorithm": "SHA256", "secret": zendesk.webhooks[0].secret}
    assert ask(zendesk, "PATCH", f"webhooks/{number}", {"webhook": {"name": "X"}}).status_code == 204
    assert ask(zendesk, "GET", f"webhooks/{number}").json()["webhook"]["name"] == "X"
    assert ask(zendesk, "DELETE", f"webhooks/{number}").status_code == 204
    assert ask(zendesk, "GET", f"webhooks/{number}").status_code == 404
    assert zendesk.webhooks == []


def test_only_known_events_are_taken_and_the_connection_method_stays(zendesk: Zendesk) -> None:
    assert make(zendesk, "zen:event-type:planet.created").status_code == 400
    assert make(zendesk).status_code == 400
    number = make(zendesk, *BY_TRIGGER).json()["webhook"]["id"]
    change = {"webhook": {"subscriptions": ["zen:event-type:ticket.created"]}}
    assert ask(zendesk, "PATCH", f"webhooks/{number}", change).status_code == 400


def test_plans_and_roles_are_refused(zendesk: Zendesk) -> None:
    zendesk.plan("triggers")
    assert make(zendesk, "zen:event-type:ticket.created").status_code == 400
    zendesk.plan("none")
    assert ask(zendesk, "GET", "webhooks").status_code == 404
    zendesk.plan("events")
    zendesk.agent["role"] = "agent"
    assert [ask(zendesk, "GET", kind).status_code for kind in ("webhooks", "triggers", "views")] == [403, 403, 200]


def test_a_trigger_needs_a_webhook_that_is_there(zendesk: Zendesk) -> None:
    action: dict[str, Any] = {"field": "notification_webhook", "value": ["01NOWHERE", "{}"]}
    conditions = {"all": [{"field": "role", "operator": "is", "value": "agent"}], "any": []}
    trigger = {"title": "T", "actions": [action], "conditions": conditions}
    assert ask(zendesk, "POST", "triggers", {"trigger": trigger}).status_code == 422
    action["value"][0] = make(zendesk, *BY_TRIGGER).json()["webhook"]["id"]
    made = ask(zendesk, "POST", "triggers", {"trigger": trigger}).json()["trigger"]
    assert (made["active"], ask(zendesk, "GET", "triggers").json()["count"]) == (True, 1)
    assert ask(zendesk, "DELETE", f"webhooks/{action['value'][0]}").status_code == 400
    assert ask(zendesk, "DELETE", f"triggers/{made['id']}").status_code == 204


def test_a_view_needs_a_title_and_a_condition(zendesk: Zendesk) -> None:
    condition = {"field": "status", "operator": "less_than", "value": "solved"}
    assert ask(zendesk, "POST", "views", {"view": {"all": [condition]}}).status_code == 422
    assert ask(zendesk, "POST", "views", {"view": {"title": "V", "all": []}}).status_code == 422
    made = ask(zendesk, "POST", "views", {"view": {"title": "V", "all": [condition]}})
    assert (made.status_code, made.json()["view"]["title"]) == (201, "V")
    by_cursor = ask(zendesk, "GET", "views", **{"page[size]": "100"}).json()
    assert (len(by_cursor["views"]), by_cursor["meta"]["has_more"]) == (1, False)


def test_a_bearer_token_is_issued_and_ends(zendesk: Zendesk) -> None:
    url = f"{zendesk.url}/oauth/tokens"
    assert requests.post(url, json={**GRANT, "client_secret": "wrong"}, timeout=5).status_code == 401
    assert requests.post(url, json={**GRANT, "grant_type": "password"}, timeout=5).status_code == 400
    token = requests.post(url, json=GRANT, timeout=5).json()
    assert token["token_type"] == "bearer"
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert requests.get(f"{zendesk.url}/api/v2/webhooks", headers=headers, timeout=5).status_code == 200
    zendesk.setup.revoke()
    assert requests.get(f"{zendesk.url}/api/v2/webhooks", headers=headers, timeout=5).status_code == 401
