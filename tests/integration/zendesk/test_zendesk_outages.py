"""Zendesk goes away, in every way it can, for a minute and for ten, while tickets arrive: all are answered, once."""

from typing import Any

import pytest

from desk.delivery import DeliveryKind, DeliveryState
from desk.party import PartyState
from desk.ticket import ItemState, TicketState
from integration.zendesk.api import client
from integration.zendesk.setup import probe as zendesk_party
from tests.integration.clock import Clock
from tests.integration.zendesk_house import QUESTION, Desk, commented, created
from workers.parties import standing

pytestmark = pytest.mark.loopback

ALWAYS = 1_000_000
NO_MORE = '{"error": "APIRateLimitExceeded", "description": "Number of allowed API requests per minute exceeded"}'
OF_A_TICKET = "Rate limit for ticket updates exceeded, please wait before updating this ticket again"
AWAY: dict[str, dict[str, Any]] = {
    "refused": {"cut": "before"},
    "hanging": {"status": 200, "slow": 0.5},
    "503": {"status": 503, "body": "<html>Service Unavailable</html>"},
    "429 of the account": {"status": 429, "body": NO_MORE, "headers": {"Retry-After": "60"}},
    "429 without a word": {"status": 429},
    "401": {"status": 401, "body": '{"error": "Couldn\'t authenticate you"}'},
}
MANY = ("503", 600)
"""While a party is away in this way for so long, many tickets arrive; else a few."""


@pytest.fixture
def clock(desk: Desk) -> Clock:
    return Clock(desk)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for an answer."""
    monkeypatch.setattr(client, "TIMEOUT", (1.0, 0.2))
    monkeypatch.setattr(zendesk_party, "TIMEOUT", (1.0, 0.2))


def asks(desk: Desk, count: int = 1, body: str = QUESTION) -> list[int]:
    """Tickets of as many customers, told of by webhook."""
    numbers = []
    for _ in range(count):
        who = f"customer-{len(desk.zendesk.store.records)}@example.org"
        numbers.append(desk.zendesk.new_ticket("Password", body, who))
        assert desk.post(created(numbers[-1])) == 202
    return numbers


def commented_on(desk: Desk, body: str) -> int:
    """The same, by an event that carries the text."""
    who = f"customer-{len(desk.zendesk.store.records)}@example.org"
    number = desk.zendesk.new_ticket("Hello", body, who)
    event = commented(number, desk.zendesk.comments(number)[-1]["id"])
    event["event"]["comment"]["body"] = body
    assert desk.post(event) == 202
    return number


def away(desk: Desk) -> dict[str, PartyState]:
    with desk.db.account(desk.account) as tx:
        return {f"{each.party} {each.access}": each.state for each in standing.parties_away(tx)}


def is_answered_once(desk: Desk, number: int) -> bool:
    [item] = desk.items(number)
    done = (item.state, item.waits_for, desk.state(number)) == (ItemState.DONE, None, TicketState.ANSWERED)
    return done and (desk.replies(number), len(desk.zendesk.notes(number))) == (1, 0)


@pytest.mark.parametrize("seconds", [60, 600])
@pytest.mark.parametrize("how", list(AWAY))
def test_all_that_arrive_while_zendesk_is_away_are_answered_once_soon_after_its_return(
    desk: Desk, clock: Clock, request: pytest.FixtureRequest, how: str, seconds: int
) -> None:
    if how == "hanging":
        request.getfixturevalue("hasty")
    desk.zendesk.fail(times=ALWAYS, **AWAY[how])
    numbers: list[int] = []
    for number in range(12):
        numbers += asks(desk, 3 if (how, seconds) == MANY else number % 2)
        clock.run(seconds / 12, step=max(5.0, seconds / 24))
    assert set(away(desk).values()) == {PartyState.BROKEN if how == "401" else PartyState.WAITING}
    assert all(item.attempts == 0 for number in numbers for item in desk.items(number))
    desk.zendesk.faults.clear()
    clock.run(120, step=15)
    assert [number for number in numbers if not is_answered_once(desk, number)] == []
    assert away(desk) == {}


@pytest.mark.parametrize("how", list(AWAY))
def test_what_was_decided_before_zendesk_stopped_taking_writes_is_sent_when_it_does_again(
    desk: Desk, clock: Clock, request: pytest.FixtureRequest, how: str
) -> None:
    if how == "hanging":
        request.getfixturevalue("hasty")
    numbers = asks(desk, 9 if how == MANY[0] else 3)
    planned = [each for number in numbers for item in desk.items(number) for each in desk.think(item.id)]
    desk.zendesk.fail(method="PUT", times=ALWAYS, **AWAY[how])
    desk.send(planned)
    later = asks(desk, 3)
    clock.run(300, step=15)
    assert list(away(desk)) == ["zendesk write"]
    assert [desk.items(number)[0].state for number in later] == [ItemState.DONE] * 3, "reading went on"
    assert {desk.deliveries(number)[0][1] for number in numbers + later} == {DeliveryState.WAITING}
    desk.zendesk.faults.clear()
    clock.run(120, step=15)
    assert [number for number in numbers + later if not is_answered_once(desk, number)] == []


def test_a_write_that_zendesk_took_and_did_not_answer_is_not_made_twice(desk: Desk, clock: Clock) -> None:
    numbers = asks(desk, 3)
    desk.zendesk.fail(method="PUT", path=r"/tickets/\d{1,6}\.json", times=3, cut="after")
    desk.zendesk.fail(method="PUT", times=ALWAYS, status=503)
    clock.run(60)
    desk.zendesk.faults.clear()
    clock.run(120)
    assert [desk.replies(number) for number in numbers] == [1, 1, 1]


def test_one_tickets_limit_of_ten_minutes_disturbs_nobody_else(desk: Desk, clock: Clock) -> None:
    [limited] = asks(desk)
    limit = {"status": 429, "body": OF_A_TICKET, "headers": {"Retry-After": "600", "x-rate-limit-remaining": "650"}}
    desk.zendesk.fail(method="PUT", path=f"/tickets/{limited}", times=ALWAYS, **limit)
    clock.tick()
    others = asks(desk, 20)
    clock.run(120)
    assert all(is_answered_once(desk, number) for number in others)
    assert away(desk) == {}
    assert desk.deliveries(limited)[0][:2] == (DeliveryKind.REPLY, DeliveryState.WAITING)
    clock.run(400)  # well within its ten minutes, which go on by the real clock too
    desk.zendesk.faults.clear()
    clock.run(120)
    assert is_answered_once(desk, limited)
    tried = [each for each in desk.zendesk.requests if each.method == "PUT" and f"/tickets/{limited}" in each.path]
    assert len(tried) <= 3


def test_one_ticket_that_zendesk_cannot_show_is_that_tickets_trouble(desk: Desk, clock: Clock) -> None:
    [odd] = asks(desk)
    desk.zendesk.fail(path=f"/tickets/{odd}", times=ALWAYS, status=500, body="{}")
    others = asks(desk, 5)
    clock.run(300, step=15)
    assert all(is_answered_once(desk, number) for number in others)
    assert desk.items(odd)[0].state is ItemState.PARKED


def test_a_401_of_five_seconds_parks_nothing(desk: Desk, clock: Clock) -> None:
    desk.zendesk.fail(times=ALWAYS, **AWAY["401"])
    numbers = asks(desk, 5)
    clock.tick()
    desk.zendesk.faults.clear()
    clock.run(60)
    assert all(is_answered_once(desk, number) for number in numbers)


def test_after_connecting_anew_what_waits_goes_on_at_the_next_sweep(desk: Desk, clock: Clock) -> None:
    desk.connect(api_token="revoked")
    numbers = asks(desk, 3)
    clock.run(600)
    assert away(desk) == {"zendesk read": PartyState.BROKEN}
    desk.connect()
    clock.run(10)
    assert all(is_answered_once(desk, number) for number in numbers)


def test_zendesk_that_is_away_again_during_the_probe_only_waits_longer(desk: Desk, clock: Clock) -> None:
    desk.zendesk.fail(times=ALWAYS, **AWAY["503"])
    [number] = asks(desk)
    clock.tick()
    desk.zendesk.faults.clear()
    desk.zendesk.fail(path=client.NOWHERE, times=2, slow=0.1, cut="after")
    clock.run(120)
    assert is_answered_once(desk, number)
