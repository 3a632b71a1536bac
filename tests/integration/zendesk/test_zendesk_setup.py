"""What is set up in Zendesk fits what comes in: events, trigger bodies, an address that can be reached."""

import json
from typing import Any

import pytest

from desk.errors import Ignored
from desk.ticket import EventKind
from integration.zendesk.api.connection import ZendeskConnection
from integration.zendesk.inbound import _parse_trigger, is_about_articles, parse_events
from integration.zendesk.setup.rule_steps import trigger_body
from integration.zendesk.setup.steps import EVENTS, WebhookStep
from integration.zendesk.setup.visit import open_visit


def native(event_type: str) -> dict[str, Any]:
    """An event of this type, about ticket or article 7."""
    subject = event_type.removeprefix("zen:event-type:").split(".")[0]
    comment = {"id": "8", "body": "?", "is_public": True, "author": {"id": "9", "is_staff": False}}
    envelope = {"account_id": "1", "id": "e1", "subject": f"zen:{subject}:7", "zendesk_event_version": "2022-11-06"}
    return {**envelope, "type": event_type, "detail": {"id": "7"}, "event": {"comment": comment}}


@pytest.mark.parametrize("event_type", EVENTS)
def test_every_event_that_is_subscribed_to_is_understood(event_type: str) -> None:
    payload = native(event_type)
    try:
        assert is_about_articles(payload, "") or parse_events(payload, "")
    except Ignored:
        pytest.fail(f"{event_type} is of no use")


@pytest.mark.parametrize("event", ["customer_message", "agent_message"])
def test_the_body_of_a_trigger_is_taken(event: str) -> None:
    body = trigger_body(event).replace("{{ticket.id}}", "7").replace("{{ticket.updated_at_with_timestamp}}", "now")
    received = _parse_trigger(json.loads(body), "", body.encode())
    assert (received.kind, received.ticket_id) == (EventKind(event), "7")


@pytest.mark.parametrize(
    ("zendesk", "ours", "reachable"),
    [
        ("https://acme.zendesk.com", "https://help.example.com", True),
        ("https://acme.zendesk.com", "https://8.8.8.8", True),
        ("https://acme.zendesk.com", "http://127.0.0.1:8000", False),
        ("https://acme.zendesk.com", "http://localhost:8000", False),
        ("https://acme.zendesk.com", "http://10.1.2.3:8000", False),
        ("https://acme.zendesk.com", "http://[::1]:8000", False),
        ("https://acme.zendesk.com", "http://firstline:8000", False),
        ("https://acme.zendesk.com", "http://desk.internal", False),
        ("http://127.0.0.1:9001", "http://127.0.0.1:8000", True),
    ],
)
def test_no_webhook_is_made_for_an_address_that_zendesk_cannot_reach(zendesk: str, ours: str, reachable: bool) -> None:
    config = ZendeskConnection(base_url=zendesk, email="ada@example.org", api_token="t")
    obstacle = WebhookStep(open_visit("main", ours, config)).obstacle()
    assert (obstacle is None) is reachable
    if obstacle:
        assert "FIRSTLINE_PUBLIC_URL" in obstacle.remedy
