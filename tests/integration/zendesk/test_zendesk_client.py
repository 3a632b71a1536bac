"""What the Zendesk client makes of each answer, without a server: `responses` stands in for the wire."""

import json
from collections.abc import Iterator

import pytest
import requests
import responses

from desk.errors import Blocked, FirstlineError, Outage, Permanent, Temporary
from desk.party import Access
from integration.zendesk.api.client import Conflict, Gone, Unacceptable, ZendeskClient

ADDRESS = "https://acme.zendesk.test"
TICKET = f"{ADDRESS}/api/v2/tickets/7.json"
UPDATED = {"ticket": None, "audit": None}


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def quiet() -> list[float]:
    """For how long the client asked for quiet."""
    return []


@pytest.fixture
def client(quiet: list[float]) -> ZendeskClient:
    return ZendeskClient(ADDRESS, "bot@acme.test", "secret", quiet.append)


ANSWERS: list[tuple[int, object, dict[str, str], type[FirstlineError]]] = [
    (400, {"error": "bad"}, {}, Unacceptable),
    (401, {"error": "Couldn't authenticate you"}, {}, Outage),
    (403, {"error": "Forbidden"}, {}, Permanent),
    (404, {"error": "RecordNotFound"}, {}, Gone),
    (410, {}, {}, Gone),
    (409, {"error": "UpdateConflict"}, {}, Conflict),
    (422, {"error": "RecordInvalid"}, {}, Unacceptable),
    (422, {"error": "invalid"}, {}, Unacceptable),
    (500, {"error": "InternalError"}, {}, Outage),
    (502, "<html>Bad gateway</html>", {}, Outage),
    (503, {}, {"Retry-After": "20"}, Outage),
    (404, "Not Found", {}, Gone),
    (418, {}, {}, Permanent),
    (200, "<html>Sign in</html>", {}, Outage),
    (200, [1, 2], {}, Temporary),
    (200, {"ticket": "none"}, {}, Temporary),
]


@pytest.mark.parametrize(("status", "body", "headers", "expected"), ANSWERS)
@pytest.mark.parametrize("access", Access)
def test_an_answer_that_is_no_success_is_raised_as_one_of_our_errors(
    wire: responses.RequestsMock,
    client: ZendeskClient,
    status: int,
    body: object,
    headers: dict[str, str],
    expected: type[FirstlineError],
    access: Access,
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    wire.add("GET" if access is Access.READ else "PUT", TICKET, body=text, status=status, headers=headers)
    with pytest.raises(expected) as raised:
        client.ticket("7") if access is Access.READ else client.update("7", {"tags": []})
    assert len(wire.calls) == 1, "asked once: waiting is the work of the tasks"
    if isinstance(raised.value, Outage):
        assert raised.value.access is access
    if "Retry-After" in headers:
        assert isinstance(raised.value, Temporary)
        assert raised.value.retry_after == 20


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError("refused"),
        requests.ConnectTimeout("slow"),
        requests.ReadTimeout("slow"),
        requests.exceptions.ChunkedEncodingError("cut off"),
    ],
)
def test_a_line_that_breaks_is_an_outage_and_nothing_is_sent_twice(
    wire: responses.RequestsMock, client: ZendeskClient, error: Exception
) -> None:
    wire.add("PUT", TICKET, body=error)
    with pytest.raises(Outage):
        client.update("7", {"comment": {"body": "Hello", "public": True}})
    assert len(wire.calls) == 1


def test_a_429_is_raised_and_never_slept_through(wire: responses.RequestsMock, client: ZendeskClient) -> None:
    wire.add("PUT", TICKET, status=429, headers={"Retry-After": "55"})
    with pytest.raises(Temporary) as raised:
        client.update("7", {"tags": []})
    assert isinstance(raised.value, Blocked | Outage)
    assert raised.value.retry_after == 55
    assert len(wire.calls) == 1


def test_a_minute_that_is_nearly_spent_is_told_once(
    wire: responses.RequestsMock, client: ZendeskClient, quiet: list[float]
) -> None:
    headers = {"x-rate-limit": "200", "x-rate-limit-remaining": "1", "ratelimit-reset": "30"}
    wire.add("PUT", TICKET, json=UPDATED, headers=headers)
    client.update("7", {"tags": []})
    client.update("7", {"tags": []})
    assert len(quiet) == 1


def test_each_call_signs_in_with_the_token_and_says_who_it_is(
    wire: responses.RequestsMock, client: ZendeskClient
) -> None:
    wire.add("PUT", TICKET, json=UPDATED)
    client.update("7", {"tags": ["firstline"]})
    request = wire.calls[0].request
    assert request.headers["Authorization"] == requests.auth._basic_auth_str("bot@acme.test/token", "secret")
    assert request.headers["User-Agent"] == "Firstline"
    assert isinstance(request.body, bytes)
    assert json.loads(request.body) == {"ticket": {"tags": ["firstline"]}}


@pytest.mark.parametrize(("status", "away"), [(404, False), (403, False), (422, False), (401, True), (503, True)])
def test_a_probe_asks_for_a_ticket_that_nobody_has_and_minds_only_an_outage(
    wire: responses.RequestsMock, client: ZendeskClient, status: int, away: bool
) -> None:
    wire.add("GET", f"{ADDRESS}/api/v2/tickets/2147483647.json", json={}, status=status)
    if away:
        with pytest.raises(Outage):
            client.probe(Access.READ)
    else:
        client.probe(Access.READ)
