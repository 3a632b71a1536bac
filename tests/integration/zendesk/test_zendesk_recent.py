"""Tickets that were just read are not read again for those who only think or tell: and never a moment too long."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from desk.errors import Temporary
from desk.ticket import Ticket
from integration.zendesk.channel import recent_reads
from integration.zendesk.channel.recent_reads import RecentReads
from tests.fakes import a_message, a_ticket

NOW = 1_800_000_000.0


class Readings:
    """Reads a ticket that grows by a message each time, and counts."""

    def __init__(self) -> None:
        self.count = 0
        self.now = NOW
        self.recent = RecentReads(lambda: self.now)

    def read(self) -> Ticket:
        self.count += 1
        return a_ticket(*(f"message {place}" for place in range(self.count)))

    def get(self, holding: str = "", since: float | None = None) -> Ticket:
        moment = datetime.fromtimestamp(since, UTC) if since is not None else None
        return self.recent.get("acme", "t1", self.read, holding, moment)


def test_who_asks_for_nothing_special_always_gets_a_new_one() -> None:
    readings = Readings()
    readings.get()
    readings.get()
    assert readings.count == 2


def test_one_that_has_the_message_will_do_for_a_minute() -> None:
    readings = Readings()
    readings.get()
    assert len(readings.get(holding="m1").messages) == 1
    readings.now += recent_reads.KEPT_SECONDS + 1
    readings.get(holding="m1")
    assert readings.count == 2
    readings.get(holding="m9")
    assert readings.count == 3, "it is not in it"


def test_one_that_was_read_since_then_will_do() -> None:
    readings = Readings()
    readings.get()
    readings.get(since=NOW - 1)
    assert readings.count == 1
    readings.get(since=NOW + 1)
    assert readings.count == 2


def test_what_we_posted_is_known_without_a_look() -> None:
    readings = Readings()
    ticket = readings.get()
    readings.recent.add(ticket, a_message("ours", id="r1"))
    assert readings.get(holding="r1").messages[-1].body == "ours"
    assert readings.get(holding="r1").origin is None, "and nothing is posted upon it"
    assert readings.count == 1


def test_an_older_reading_does_not_replace_a_newer_one() -> None:
    readings = Readings()
    older, newer = a_ticket("old"), a_ticket("old", "new")

    def slow() -> Ticket:
        readings.now += 5
        readings.recent.get("acme", "t1", lambda: newer)
        return older

    readings.recent.get("acme", "t1", slow)
    assert readings.get(holding="m2") is newer


def test_long_tickets_and_the_oldest_of_many_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_reads, "MOST", 2)
    monkeypatch.setattr(recent_reads, "MOST_MESSAGES", 2)
    kept = RecentReads(lambda: NOW)
    made = {name: a_ticket("a", id=name) for name in ("t1", "t2", "t3")} | {"long": a_ticket("a", "b", "c", id="long")}
    for name, ticket in made.items():
        kept.get("acme", name, lambda ticket=ticket: ticket)  # type: ignore[misc]  # bound at once
    names = ("t3", "t2", "long", "t1")
    again = [name for name in names if kept.get("acme", name, lambda: a_ticket("x"), "m1") is not made[name]]
    assert again == ["long", "t1"]


def test_two_who_ask_at_once_share_one_reading() -> None:
    began, go_on, got = threading.Event(), threading.Event(), list[Ticket]()
    ticket, kept = a_ticket("a"), RecentReads()
    moment = datetime.now(UTC) - timedelta(seconds=1)

    def slow() -> Ticket:
        began.set()
        assert go_on.wait(5)
        return ticket

    first = threading.Thread(target=lambda: got.append(kept.get("acme", "t1", slow)))
    second = threading.Thread(target=lambda: got.append(kept.get("acme", "t1", lambda: a_ticket("x"), since=moment)))
    first.start()
    assert began.wait(5)
    second.start()
    go_on.set()
    first.join(5)
    second.join(5)
    assert [each is ticket for each in got] == [True, True]


def test_a_reading_that_fails_keeps_nobody_waiting() -> None:
    kept = RecentReads()

    def fails() -> Ticket:
        raise Temporary("away")

    with pytest.raises(Temporary):
        kept.get("acme", "t1", fails)
    ticket = a_ticket("a")
    assert kept.get("acme", "t1", lambda: ticket, since=datetime.now(UTC) - timedelta(seconds=1)) is ticket
