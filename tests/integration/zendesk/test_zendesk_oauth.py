"""An OAuth client instead of an API token: a bearer token by client credentials, and another when it is over."""

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from desk.errors import Outage
from integration.zendesk.api.client import ZendeskClient
from integration.zendesk.api.connection import ZendeskConnection, make_client
from tests.lookalikes.zendesk import EMAIL, Zendesk
from tests.lookalikes.zendesk_setup import CLIENT_ID, CLIENT_SECRET

pytestmark = pytest.mark.loopback


@pytest.fixture
def zendesk() -> Iterator[Zendesk]:
    with Zendesk() as party:
        yield party


def client_of(zendesk: Zendesk, secret: str = CLIENT_SECRET) -> ZendeskClient:
    return make_client(ZendeskConnection(base_url=zendesk.url, oauth_client_id=CLIENT_ID, oauth_client_secret=secret))


def tokens_asked(zendesk: Zendesk) -> int:
    return sum(request.path == "/oauth/tokens" for request in zendesk.requests)


def test_one_token_serves_many_calls(zendesk: Zendesk) -> None:
    client = client_of(zendesk)
    number = str(zendesk.new_ticket("Lost", "Where is it?"))
    assert client.ticket(number).ticket.id == number
    assert [page.audits for page in client.audits(number)]
    assert tokens_asked(zendesk) == 1


def test_a_token_that_is_over_is_renewed_and_the_change_made_once(zendesk: Zendesk) -> None:
    client, number = client_of(zendesk), zendesk.new_ticket("Lost", "Where is it?")
    client.ticket(str(number))
    zendesk.setup.revoke()
    client.update(str(number), {"comment": {"body": "It is here.", "public": True}})
    assert [comment["body"] for comment in zendesk.public_replies(number)] == ["It is here."]
    assert tokens_asked(zendesk) == 2


def test_a_client_that_zendesk_does_not_know_is_refused(zendesk: Zendesk) -> None:
    with pytest.raises(Outage) as caught:
        client_of(zendesk, "wrong").ticket("1")
    assert caught.value.refused
    assert "no token (401)" in str(caught.value)


def test_when_the_new_token_is_not_taken_either_the_connection_is_refused(zendesk: Zendesk) -> None:
    client, number = client_of(zendesk), zendesk.new_ticket("Lost", "Where is it?")
    zendesk.fail(path="tickets", status=401, times=2)
    with pytest.raises(Outage) as caught:
        client.ticket(str(number))
    assert caught.value.refused
    assert client.ticket(str(number)).ticket.id == str(number)


@pytest.mark.parametrize("answer", [{"status": 503}, {"cut": "before"}, {"garble": "<html>"}, {"garble": "{}"}])
def test_trouble_with_the_token_is_trouble_of_the_party(zendesk: Zendesk, answer: dict[str, object]) -> None:
    zendesk.fail(path="/oauth/tokens", **answer)
    with pytest.raises(Outage) as caught:
        client_of(zendesk).ticket("1")
    assert not caught.value.refused


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"email": EMAIL},
        {"api_token": "t"},
        {"oauth_client_id": CLIENT_ID},
        {"oauth_client_secret": CLIENT_SECRET},
        {"email": "nobody", "api_token": "t"},
    ],
)
def test_half_an_identity_is_none(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ZendeskConnection.model_validate({"base_url": "https://acme.zendesk.com", **given})


@pytest.mark.parametrize("given", ["acme", "acme.zendesk.com", "https://acme.zendesk.com/", " acme "])
def test_the_subdomain_is_address_enough(given: str) -> None:
    assert ZendeskConnection(base_url=given, email=EMAIL, api_token="t").base_url == "https://acme.zendesk.com"
