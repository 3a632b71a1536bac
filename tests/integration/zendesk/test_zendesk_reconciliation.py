"""Reconciliation: after a crash, a lost answer or a time-out there is exactly one comment in Zendesk."""

from typing import Any

import pytest

from desk.delivery import DeliveryState
from desk.errors import Temporary
from integration.zendesk.api import client
from tests.integration.zendesk_house import Desk, asked, planned

pytestmark = pytest.mark.loopback


class Killed(BaseException):
    """The process died here."""


def test_a_process_that_dies_after_zendesk_took_the_reply_leaves_exactly_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = asked(desk)
    deliveries = planned(desk, number)
    update = client.ZendeskClient.update

    def die(self: client.ZendeskClient, ticket_id: str, fields: dict[str, Any]) -> None:
        update(self, ticket_id, fields)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(client.ZendeskClient, "update", die)
        with pytest.raises(Killed):
            desk.send(deliveries)
    assert desk.replies(number) == 1
    assert desk.deliveries(number)[0][1] is DeliveryState.SENDING
    desk.soon()
    desk.send(deliveries)
    assert desk.replies(number) == 1
    assert desk.deliveries(number)[0][1] is DeliveryState.SENT
    assert desk.zendesk.ticket(number)["tags"] == ["firstline_replied"]


def test_a_process_that_dies_before_zendesk_took_the_reply_leaves_exactly_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = asked(desk)
    deliveries = planned(desk, number)

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(client.ZendeskClient, "update", die)
        with pytest.raises(Killed):
            desk.send(deliveries)
    desk.soon()
    desk.send(deliveries)
    assert desk.replies(number) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"cut": "after"},
        {"garble": "<html>502</html>"},
        {"cut": "before"},
        {"status": 503, "body": ""},
        {"status": 502, "body": "<html>Bad Gateway</html>"},
        {"status": 429, "body": "", "headers": {"Retry-After": "0.5"}},
    ],
)
def test_a_lost_answer_to_a_put_leaves_exactly_one_reply(desk: Desk, fault: dict[str, Any]) -> None:
    number = asked(desk)
    deliveries = planned(desk, number)
    desk.zendesk.fail(method="PUT", path=r"/tickets/\d+\.json", **fault)
    desk.send(deliveries)
    assert desk.deliveries(number)[0][1] is DeliveryState.WAITING
    desk.soon()
    desk.send(deliveries)
    assert desk.replies(number) == 1
    assert desk.deliveries(number)[0][1] is DeliveryState.SENT


def test_a_put_that_times_out_and_was_applied_leaves_exactly_one_reply(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TIMEOUT", (1.0, 0.3))
    number = asked(desk)
    deliveries = planned(desk, number)
    desk.zendesk.fail(method="PUT", path=r"/tickets/\d+\.json", slow=0.6, cut="after")
    desk.send(deliveries)
    assert desk.replies(number) == 1
    assert desk.deliveries(number)[0][1] is DeliveryState.WAITING
    desk.soon()
    desk.send(deliveries)
    assert desk.replies(number) == 1
    assert desk.deliveries(number)[0][1] is DeliveryState.SENT


def test_a_put_that_zendesk_applies_only_after_we_looked_again_leaves_exactly_one_reply(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first PUT hangs in Zendesk and is applied between our second look and our second PUT."""
    number = asked(desk)
    deliveries = planned(desk, number)
    held: list[tuple[client.ZendeskClient, str, dict[str, Any]]] = []
    update = client.ZendeskClient.update

    def hang(self: client.ZendeskClient, ticket_id: str, fields: dict[str, Any]) -> Any:
        if not held:
            held.append((self, ticket_id, fields))
            raise Temporary("timed out")
        desk.zendesk.store.clock = lambda: 4_000_000_000.0
        if len(held) == 1:
            held.append(held[0])
            update(*held[0])
        return update(self, ticket_id, fields)

    monkeypatch.setattr(client.ZendeskClient, "update", hang)
    desk.send(deliveries)
    desk.soon()
    desk.send(deliveries)
    assert len(held) == 2
    assert desk.replies(number) == 1
    assert desk.deliveries(number)[0][1] is DeliveryState.SENT


def test_a_note_whose_answer_was_lost_is_left_once(cautious: Desk) -> None:
    number = asked(cautious)
    deliveries = planned(cautious, number)
    cautious.zendesk.fail(method="PUT", path=r"/tickets/\d+\.json", cut="after")
    cautious.send(deliveries)
    cautious.soon()
    cautious.send(deliveries)
    assert len(cautious.zendesk.notes(number)) == 1
    assert cautious.zendesk.ticket(number)["tags"] == ["firstline_draft"]


def test_a_group_that_zendesk_refuses_keeps_no_reply_back_and_makes_no_second(desk: Desk) -> None:
    desk.connect(status_after_reply="pending")
    number = asked(desk)
    deliveries = planned(desk, number)
    desk.zendesk.fail(method="PUT", path=r"/tickets/\d+\.json", status=422, body='{"error": "RecordInvalid"}')
    desk.send(deliveries)
    assert desk.replies(number) == 1
    stands = desk.zendesk.ticket(number)
    assert (stands["tags"], stands["status"]) == (["firstline_replied"], "new")
    assert desk.deliveries(number)[0][1] is DeliveryState.SENT


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_second_try_without_the_extras_whose_answer_is_lost_leaves_one_reply(desk: Desk, cut: str) -> None:
    desk.connect(status_after_reply="pending")
    number = asked(desk)
    deliveries = planned(desk, number)
    desk.zendesk.fail(method="PUT", path=r"/tickets/\d+\.json", status=422, body='{"error": "RecordInvalid"}')
    desk.zendesk.fail(method="PUT", path=r"/tickets/\d+\.json", cut=cut)
    desk.send(deliveries)
    desk.soon()
    desk.send(deliveries)
    assert desk.replies(number) == 1
    assert desk.deliveries(number)[0][1] is DeliveryState.SENT


def test_a_long_pause_parks_nothing(desk: Desk) -> None:
    number = asked(desk)
    [item] = desk.items(number)
    for _ in range(desk.tools.max_attempts + 2):
        desk.zendesk.fail(path="/tickets/", status=429, body="")
        desk.think(item.id)
        desk.soon()
    desk.zendesk.faults.clear()
    desk.send(desk.think(item.id))
    assert desk.replies(number) == 1
