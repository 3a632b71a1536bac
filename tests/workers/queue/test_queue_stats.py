"""What waits and what went wrong is counted as it stands in Postgres, and beat leaves a trace there."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from desk.delivery import DeliveryKind, DeliveryState
from desk.platform.database import Database
from desk.ports import Outgoing
from desk.ticket import Event, EventKind
from workers.queue import heartbeats, inbox, outbox, queue_stats
from workers.queue.outbox import PlannedDelivery
from workers.queue.queue_stats import FailedDeliveries, QueueDepth


def came(db: Database, account: str, number: int) -> str:
    """A message that waits."""
    with db.account(account) as tx:
        item = inbox.add_event(
            tx, "api", Event(EventKind.CUSTOMER_MESSAGE, f"e{number}", f"t{number}", f"m{number}"), "{}"
        )
    assert item
    return item


def planned(db: Database, account: str, kind: DeliveryKind, number: int = 1) -> str:
    """A delivery that waits."""
    with db.account(account) as tx:
        (made,) = outbox.plan_deliveries(
            tx, [PlannedDelivery("api", f"t{number}", f"m{number}", kind, Outgoing("x"))], None, None
        )
    return made


def test_nothing_waits_where_nothing_came(database: Database, account: str) -> None:
    with database.account(account) as tx:
        nothing = QueueDepth(0, 0.0, None, None)
        assert queue_stats.inbox_depth(tx) == queue_stats.outbox_depth(tx) == queue_stats.alerts_depth(tx) == nothing


def test_what_waits_is_counted_with_the_longest_delay_and_its_reason(database: Database, account: str) -> None:
    first, second = came(database, account, 1), came(database, account, 2)
    with database.account(account) as tx:
        tx.execute(
            text(
                "UPDATE inbox_items SET received_at = now() - interval '1 hour', error = 'Temporary: busy', "
                "not_before = now() - interval '90 s' WHERE id = :id"
            ),
            {"id": first},
        )
    with database.account(account) as tx:
        found = queue_stats.inbox_depth(tx)
    assert (found.count, found.why) == (2, "Temporary: busy")
    assert found.seconds_late == pytest.approx(90, abs=10)
    assert found.since
    assert datetime.now(UTC) - found.since > timedelta(minutes=59)
    assert second != first


def test_what_a_worker_holds_does_not_wait_until_its_lease_is_over(database: Database, account: str) -> None:
    item = came(database, account, 1)
    with database.account(account) as tx:
        assert inbox.claim_item(tx, item, "w1", 60)
        assert queue_stats.inbox_depth(tx).count == 0
        tx.execute(text("UPDATE inbox_items SET lease_until = now() - interval '200 s'"))
        found = queue_stats.inbox_depth(tx)
    assert found.count == 1
    assert found.seconds_late == pytest.approx(200, abs=10)


def test_what_is_put_off_is_not_late(database: Database, account: str) -> None:
    came(database, account, 1)
    with database.account(account) as tx:
        tx.execute(text("UPDATE inbox_items SET not_before = now() + interval '1 hour'"))
        found = queue_stats.inbox_depth(tx)
    assert (found.count, found.seconds_late) == (1, 0.0)


def test_alerts_are_counted_apart_and_what_failed_is_told_with_the_newest_reason(
    database: Database, account: str
) -> None:
    note = planned(database, account, DeliveryKind.NOTE)
    planned(database, account, DeliveryKind.ALERT)
    with database.account(account) as tx:
        assert (queue_stats.outbox_depth(tx).count, queue_stats.alerts_depth(tx).count) == (1, 1)
        held = outbox.claim_delivery(tx, note, "w1", 60)
        assert held
        outbox.mark_failed(tx, held, "Permanent: it is closed")
    with database.account(account) as tx:
        failed = queue_stats.failed_deliveries(tx, DeliveryState.FAILED, 7, alerts=False)
        assert (failed.count, failed.why) == (1, "Permanent: it is closed")
        assert queue_stats.failed_deliveries(tx, DeliveryState.FAILED, 7, alerts=True) == FailedDeliveries(
            0, None, None
        )
        assert queue_stats.failed_deliveries(tx, DeliveryState.UNKNOWN, 7, alerts=False) == FailedDeliveries(
            0, None, None
        )
        tx.execute(text("UPDATE deliveries SET created_at = now() - interval '8 days'"))
        assert queue_stats.failed_deliveries(tx, DeliveryState.FAILED, 7, alerts=False).count == 0


def test_a_heartbeat_is_kept_with_its_age(database: Database) -> None:
    assert heartbeats.seconds_since_heartbeat(database, "nobody") is None
    for _ in range(2):
        heartbeats.record_heartbeat(database, "somebody")
    age = heartbeats.seconds_since_heartbeat(database, "somebody")
    assert age is not None
    assert 0 <= age < 10


def test_a_channel_that_tells_nothing_is_known_by_what_had_to_be_found(database: Database, account: str) -> None:
    def found(number: int) -> None:
        event = Event(EventKind.CUSTOMER_MESSAGE, f"comment:{number}", "7", str(number))
        with database.account(account) as tx:
            inbox.add_event(tx, "zendesk", event, "{}")

    found(1)
    with database.account(account) as tx:
        assert inbox.last_heard(tx, "zendesk", "comment:") == inbox.LastHeard(None, 1)
    with database.account(account) as tx:
        inbox.add_event(tx, "zendesk", Event(EventKind.TICKET_CHANGED, "e1", "7"), "{}")
    found(2)
    with database.account(account) as tx:
        heard = inbox.last_heard(tx, "zendesk", "comment:")
    assert (heard.found_by_catchup, heard.told_at is not None) == (1, True)
