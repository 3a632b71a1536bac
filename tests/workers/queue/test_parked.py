"""Parked items are put back: one, all of a reason, all since a time. Nothing is put back twice, and nothing is lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from desk.errors import Temporary
from desk.platform.database import Database
from desk.ticket import Event, EventKind, ItemState, TicketState
from workers import operations, record
from workers.audit import COMMAND_LINE
from workers.operations import Requeued
from workers.queue import inbox, leases, parked
from workers.queue.parked import ParkedFilter


class Broker:
    """Remembers what it was handed; away after so many."""

    def __init__(self, takes: int = 1_000_000) -> None:
        self.took: list[str] = []
        self._takes = takes

    def __call__(self, account: str, item_id: str) -> None:
        if len(self.took) >= self._takes:
            raise Temporary("away")
        self.took.append(item_id)


def put_aside(db: Database, account: str, number: int, why: str = "Permanent: no", *, hours_ago: int = 0) -> str:
    """A parked item and its ticket."""
    with db.account(account) as tx:
        event = Event(EventKind.CUSTOMER_MESSAGE, f"e{number}", f"t{number}", f"m{number}")
        item_id = inbox.add_event(tx, "api", event, "{}")
        assert item_id
        held = inbox.claim_item(tx, item_id, "w1", 60)
        assert held
        assert inbox.park_item(tx, held, why)
        record.set_ticket_state(tx, "api", f"t{number}", TicketState.PARKED)
        ago = text("UPDATE inbox_items SET parked_at = now() - make_interval(hours => :ago) WHERE id = :id")
        tx.execute(ago, {"ago": hours_ago, "id": item_id})
    return item_id


def waiting(db: Database, account: str) -> set[str]:
    with db.account(account) as tx:
        return {item.id for item in inbox.list_items(tx, ItemState.WAITING, 10_000)}


def requeue(db: Database, account: str, which: ParkedFilter, broker: Broker | None = None) -> Requeued:
    return operations.requeue(db, account, which, broker or Broker(), by=COMMAND_LINE)


def test_all_of_a_reason_are_put_back_whatever_case_it_is_written_in(database: Database, account: str) -> None:
    refused = {put_aside(database, account, n, f"Permanent: Zendesk refused the token (40{n})") for n in range(3)}
    put_aside(database, account, 9, "Permanent: 100% of it is gone")
    assert requeue(database, account, ParkedFilter(words="zendesk REFUSED")) == Requeued(3, True)
    assert waiting(database, account) == refused


@pytest.mark.parametrize("words", ["%", "_", "\\", "'; DROP TABLE runs"])
def test_words_are_looked_for_as_they_stand(database: Database, account: str, words: str) -> None:
    put_aside(database, account, 1, "Permanent: no")
    put_aside(database, account, 2, f"Permanent: a {words} b")
    assert requeue(database, account, ParkedFilter(words=words)).count == 1


def test_all_since_a_time_are_put_back_by_when_they_were_parked(database: Database, account: str) -> None:
    put_aside(database, account, 1, hours_ago=5)
    late = put_aside(database, account, 2, hours_ago=1)
    with database.account(account) as tx:
        tx.execute(text("UPDATE inbox_items SET received_at = now() - interval '2 days'"))
    assert requeue(database, account, ParkedFilter(since=datetime.now(UTC) - timedelta(hours=2))).count == 1
    assert waiting(database, account) == {late}


def test_what_was_parked_before_that_was_kept_counts_from_when_it_came(database: Database, account: str) -> None:
    put_aside(database, account, 1)
    with database.account(account) as tx:
        tx.execute(text("UPDATE inbox_items SET parked_at = NULL, received_at = now() - interval '2 days'"))
        assert parked.count_parked(tx, ParkedFilter(since=datetime.now(UTC) - timedelta(days=1))).count == 0
        assert parked.count_parked(tx, ParkedFilter(since=datetime.now(UTC) - timedelta(days=3))).count == 1


def test_reason_and_time_together_mean_what_fits_both(database: Database, account: str) -> None:
    put_aside(database, account, 1, "Permanent: a", hours_ago=5)
    put_aside(database, account, 2, "Permanent: b")
    both = put_aside(database, account, 3, "Permanent: a")
    which = ParkedFilter(words="a", since=datetime.now(UTC) - timedelta(hours=1))
    with database.account(account) as tx:
        assert parked.count_parked(tx, which).count == 2  # "a" stands in "Permanent" too
    assert requeue(database, account, replace(which, words=": a")).count == 1
    assert waiting(database, account) == {both}


def test_what_is_put_back_has_all_its_attempts_before_it_and_its_ticket_is_worked_on(
    database: Database, account: str
) -> None:
    item_id = put_aside(database, account, 1)
    broker = Broker()
    assert requeue(database, account, ParkedFilter(item_id=item_id), broker) == Requeued(1, True)
    assert requeue(database, account, ParkedFilter(item_id=item_id), broker) == Requeued(0, True)
    assert broker.took == [item_id]
    with database.account(account) as tx:
        item, line = inbox.get_item(tx, item_id), record.get_ticket_line(tx, "api", "t1")
    assert item
    assert (item.state, item.attempts, item.error) == (ItemState.WAITING, 0, None)
    assert line
    assert line.state is TicketState.RECEIVED


def test_a_ticket_that_people_have_taken_up_stays_theirs(database: Database, account: str) -> None:
    put_aside(database, account, 1)
    with database.account(account) as tx:
        record.set_ticket_state(tx, "api", "t1", TicketState.STEPPED_BACK)
    assert requeue(database, account, ParkedFilter()).count == 1
    with database.account(account) as tx:
        line = record.get_ticket_line(tx, "api", "t1")
    assert line
    assert line.state is TicketState.STEPPED_BACK


def test_several_parked_items_of_one_ticket_are_put_back_together(database: Database, account: str) -> None:
    put_aside(database, account, 1)
    with database.account(account) as tx:
        other = inbox.add_event(tx, "api", Event(EventKind.CUSTOMER_MESSAGE, "e2", "t1", "m2"), "{}")
        tx.execute(text("UPDATE inbox_items SET state = 'parked' WHERE id = :id"), {"id": other})
    assert requeue(database, account, ParkedFilter()).count == 2


def test_of_many_the_oldest_go_to_the_broker_at_once_and_the_sweeper_brings_the_others(
    database: Database, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "AT_ONCE", 3)
    monkeypatch.setattr(operations, "IN_ONE", 2)
    items = [put_aside(database, account, number) for number in range(7)]
    broker = Broker()
    assert requeue(database, account, ParkedFilter(), broker) == Requeued(7, True)
    assert broker.took == items[:3]
    due = {each.id for each in leases.due_items(database, 60.0) if each.account == account}
    assert due == set(items[3:])


def test_a_broker_that_is_away_hinders_nothing(database: Database, account: str) -> None:
    items = {put_aside(database, account, number) for number in range(3)}
    broker = Broker(takes=1)
    assert requeue(database, account, ParkedFilter(), broker) == Requeued(3, False)
    assert len(broker.took) == 1
    assert waiting(database, account) == items


def test_what_is_parked_anew_meanwhile_stays_parked(
    database: Database, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a reason that has not been mended would be put back for ever."""
    monkeypatch.setattr(operations, "IN_ONE", 1)
    put_aside(database, account, 1)
    put_aside(database, account, 2)
    real = parked.requeue_parked
    rounds = 0

    def put_back_and_fail_at_once(*given: object) -> list[inbox.InboxItem]:
        nonlocal rounds
        rounds += 1
        assert rounds < 10
        done = real(*given)  # type: ignore[arg-type]  # passed on as they came
        tx = given[0]
        for item in done:
            held = inbox.claim_item(tx, item.id, "w1", 60)  # type: ignore[arg-type]  # as above
            assert held
            again = text("UPDATE inbox_items SET state = 'parked', parked_at = clock_timestamp() WHERE id = :id")
            tx.execute(again, {"id": item.id})  # type: ignore[attr-defined]  # as above
        return done

    monkeypatch.setattr(parked, "requeue_parked", put_back_and_fail_at_once)
    assert requeue(database, account, ParkedFilter()).count == 2


def test_reasons_are_grouped_without_what_differs_in_parentheses_the_most_frequent_first(
    database: Database, account: str
) -> None:
    for number in range(12):
        put_aside(database, account, number, f"Temporary: the API failed (529, req_{number})", hours_ago=number)
    put_aside(database, account, 20, "Permanent: no")
    with database.account(account) as tx:
        many, one = parked.group_parked(tx)
    assert (many.reason, many.count, len(many.items)) == ("Temporary: the API failed", 12, parked.SHOWN)
    assert datetime.now(UTC) - many.oldest_at > timedelta(hours=10)
    assert many.items[0].external_id == "e11"
    assert (one.reason, one.count) == ("Permanent: no", 1)
    assert requeue(database, account, ParkedFilter(key=many.key)).count == 12


def test_no_account_puts_back_what_is_anothers(database: Database, account: str, other_account: str) -> None:
    item_id = put_aside(database, other_account, 1)
    assert requeue(database, account, ParkedFilter(item_id=item_id)).count == 0
    assert requeue(database, account, ParkedFilter()).count == 0
