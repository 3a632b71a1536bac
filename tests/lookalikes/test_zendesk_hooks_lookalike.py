"""The Zendesk look-alike's webhooks: what is sent, how it is signed, and how it runs as a process of its own."""

import base64
import hashlib
import hmac
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.lookalikes.stage import Answer, LookAlike, Request
from tests.lookalikes.zendesk import ACCOUNT_ID, EMAIL, TOKEN, Zendesk, sign

pytestmark = pytest.mark.loopback
SECRET = "a-secret-of-ours"
ROOT = Path(__file__).parents[2]
NOW = 1_800_000_000.25


class Product(LookAlike):
    """Takes webhooks. `answers` are given in turn, then 202."""

    name = "product"
    answers: list[Answer]

    def answer(self, request: Request) -> Answer:
        """What the product would say."""
        return self.answers.pop(0) if self.answers else Answer(202, {})

    @property
    def events(self) -> list[Any]:
        """Bodies as they came."""
        return [request.json for request in self.requests]

    def kinds(self) -> list[str]:
        """The last part of each event's type."""
        return [event["type"].rpartition(".")[2] for event in self.events]


@pytest.fixture
def zendesk() -> Iterator[Zendesk]:
    with Zendesk(clock=lambda: NOW) as party:
        yield party


@pytest.fixture
def product() -> Iterator[Product]:
    with Product() as party:
        party.answers = []
        yield party


def settle(zendesk: Zendesk) -> None:
    assert zendesk.drain(5)


# --- Webhooks --------------------------------------------------------------------------------------------------------


def test_the_signature_is_the_one_zendesk_documents() -> None:
    assert sign("secret", "2027-01-15T08:00:00Z", b'{"a": 1}') == base64.b64encode(
        hmac.new(b"secret", b'2027-01-15T08:00:00Z{"a": 1}', hashlib.sha256).digest()
    ).decode("ascii")
    assert sign("secret", "2027-01-15T08:00:00Z", b"") == "7NSx0/QbNA9WFjbzP7ijQquKok56+2X953C5syK/Nq8="


def test_a_new_ticket_is_told_with_its_first_comment(zendesk: Zendesk, product: Product) -> None:
    zendesk.connect_webhook(f"{product.url}/hook?x=1", SECRET)
    number = zendesk.new_ticket("Lost parcel", "Where is it?", requester="ada@example.org", priority="high")
    settle(zendesk)
    events = sorted(product.events, key=lambda event: event["event"]["meta"]["sequence"]["position"])
    created, comment = events
    assert created["type"] == "zen:event-type:ticket.created"
    assert list(created["event"]) == ["meta"]
    assert (created["account_id"], created["subject"]) == (ACCOUNT_ID, f"zen:ticket:{number}")
    assert created["time"] == "2027-01-15T08:00:00.250000000Z"
    detail = created["detail"]
    assert (detail["id"], detail["status"], detail["priority"], detail["type"]) == (str(number), "NEW", "HIGH", None)
    assert (detail["tags"], detail["assignee_id"], detail["via"]) == (None, None, {"channel": "web_form"})
    assert "ada@example.org" not in json.dumps(events)
    said = comment["event"]["comment"]
    assert (said["body"], said["is_public"], said["author"]["is_staff"]) == ("Where is it?", True, False)
    assert said["id"] == str(zendesk.comments(number)[0]["id"])


def test_a_delivery_is_signed_and_carries_zendesks_headers(zendesk: Zendesk, product: Product) -> None:
    identity = zendesk.connect_webhook(f"{product.url}/hook", SECRET, kinds=["zen:event-type:ticket.created"])
    zendesk.new_ticket("Lost parcel", "Grüße \ud800 \x00")
    settle(zendesk)
    (request,) = product.requests
    stamp = request.headers["x-zendesk-webhook-signature-timestamp"]
    assert request.headers["x-zendesk-webhook-signature"] == sign(SECRET, stamp, request.body)
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.headers["user-agent"] == "Zendesk Webhook"
    assert request.headers["x-zendesk-account-id"] == str(ACCOUNT_ID)
    assert request.headers["x-zendesk-webhook-id"] == identity
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", request.headers["x-zendesk-webhook-invocation-id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp)


def test_our_own_comment_is_told_like_anybodys(zendesk: Zendesk, product: Product) -> None:
    number = zendesk.new_ticket("Lost parcel", "Where is it?")
    zendesk.connect_webhook(product.url, SECRET, numbers=True)
    note: dict[str, Any] = {"comment": {"body": "Note", "public": False}, "status": "solved", "tags": ["x"]}
    url = f"{zendesk.url}/api/v2/tickets/{number}.json"
    requests.put(url, json={"ticket": note}, auth=(f"{EMAIL}/token", TOKEN), timeout=5).raise_for_status()
    settle(zendesk)
    expected = ["agent_assignment_changed", "comment_added", "status_changed", "tags_changed"]
    assert sorted(product.kinds()) == expected
    by_kind = dict(zip(product.kinds(), [event["event"] for event in product.events], strict=True))
    assert by_kind["comment_added"]["comment"]["is_public"] is False
    assert by_kind["comment_added"]["comment"]["author"]["is_staff"] is True
    assert isinstance(by_kind["comment_added"]["comment"]["id"], int)
    assert by_kind["status_changed"]["current"] == "SOLVED"
    assert by_kind["tags_changed"]["tags_added"] == ["x"]
    assert by_kind["agent_assignment_changed"]["current"] == str(zendesk.agent["id"])


def test_merging_rating_and_deleting_are_told(zendesk: Zendesk, product: Product) -> None:
    first, second = zendesk.new_ticket("One", "Hello"), zendesk.new_ticket("Two", "Hello")
    zendesk.connect_webhook(product.url, SECRET, kinds=["merged", "csat_received", "soft_deleted"])
    zendesk.merge(first, into=second)
    zendesk.rate(second, "bad", "Too slow")
    zendesk.delete(second)
    settle(zendesk)
    by_kind = dict(zip(product.kinds(), product.events, strict=True))
    assert by_kind["merged"]["event"]["target_ticket_id"] == str(second)
    assert by_kind["merged"]["detail"]["status"] == "CLOSED"
    assert by_kind["csat_received"]["event"]["satisfaction_score"]["score"] == "bad"
    assert by_kind["soft_deleted"]["detail"]["id"] == str(second)


def test_events_come_in_copies_in_disorder_or_not_at_all(zendesk: Zendesk, product: Product) -> None:
    zendesk.connect_webhook(product.url, SECRET, kinds=["created"], copies=3, disorder=0.05)
    numbers = [zendesk.new_ticket(f"Ticket {turn}", "Hello") for turn in range(8)]
    settle(zendesk)
    told = [int(event["detail"]["id"]) for event in product.events]
    assert sorted(told) == sorted(numbers * 3)
    assert told != sorted(told)
    assert len({request.headers["x-zendesk-webhook-invocation-id"] for request in product.requests}) == 8
    zendesk.webhook_options(off=True)
    zendesk.new_ticket("Unheard", "Hello")
    settle(zendesk)
    assert len(product.requests) == 24


def test_a_trigger_sends_its_own_body_and_no_events(zendesk: Zendesk, product: Product) -> None:
    template = '{"ticket": "{{ticket.id}}", "said": "{{ticket.latest_comment.value}}", "none": "{{ticket.unknown}}"}'
    zendesk.connect_webhook(product.url, SECRET, trigger=template)
    number = zendesk.new_ticket("Lost parcel", 'She said "now"')
    zendesk.set_tags(number, ["quiet"])
    settle(zendesk)
    assert product.events == [{"ticket": str(number), "said": 'She said "now"', "none": ""}]


def test_only_some_refusals_are_tried_again(zendesk: Zendesk, product: Product) -> None:
    zendesk.connect_webhook(product.url, SECRET, kinds=["created"])
    product.answers = [Answer(503, {}, {"Retry-After": "0"}), Answer(202)]
    zendesk.new_ticket("Again", "Hello")
    settle(zendesk)
    assert len({request.headers["x-zendesk-webhook-invocation-id"] for request in product.requests}) == 1
    product.answers = [Answer(500, {}), Answer(503, {})]
    for subject in ("Lost", "Lost too"):
        zendesk.new_ticket(subject, "Hello")
        settle(zendesk)
    assert [effect["status"] for effect in zendesk.effects("webhook")] == [503, 202, 500, 503]


# --- As a process ----------------------------------------------------------------------------------------------------


def test_it_runs_as_a_process_and_is_steered_by_http(product: Product) -> None:
    command = [sys.executable, "-m", "tests.lookalikes.zendesk", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]

            def post(name: str, **given: Any) -> Any:
                return requests.post(f"{url}/_{name}", json=given, timeout=5).json()

            post("webhook", url=product.url, secret=SECRET, kinds=["comment_added"])
            number = post("new_ticket", subject="Lost parcel", body="Where is it?", requester=None)["id"]
            post("comment", ticket_id=number, body="Looking", author="agent")
            assert "error" in post("comment", ticket_id=4, body="Nowhere")
            assert post("drain") == {"done": True}
            shown = requests.get(f"{url}/_ticket/{number}", timeout=5).json()
            assert [comment["body"] for comment in shown["comments"]] == ["Where is it?", "Looking"]
            assert shown["public_replies"] == []
            assert len(product.requests) == 2
        finally:
            process.terminate()
