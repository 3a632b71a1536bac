"""The outbox plans each effect once, and gives it to one worker at a time."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from desk.delivery import DeliveryKind, DeliveryState
from desk.platform.database import Database
from desk.ports import Outgoing
from desk.reasons import Stop
from workers import own_record
from workers.queue import leases, outbox
from workers.queue.outbox import ClaimedDelivery, PlannedDelivery

RAN_OUT = "UPDATE deliveries SET lease_until = now() - interval '1 s', enqueued_at = now() - interval '5 s'"


def planned(kind: DeliveryKind = DeliveryKind.REPLY, message_id: str = "m1", body: str = "Hello") -> PlannedDelivery:
    return PlannedDelivery("api", "t1", message_id, kind, Outgoing(body))


def plan(database: Database, account: str, *effects: PlannedDelivery) -> list[str]:
    with database.account(account) as tx:
        return outbox.plan_deliveries(tx, effects, None, None)


def claim(database: Database, account: str, delivery_id: str) -> ClaimedDelivery | None:
    with database.account(account) as tx:
        return outbox.claim_delivery(tx, delivery_id, "w1", 60)


def states(database: Database, account: str) -> list[tuple[str, str]]:
    with database.account(account) as tx:
        return [(d.kind.value, d.state.value) for d in outbox.deliveries_of_ticket(tx, "api", "t1")]


def test_one_message_gets_one_public_answer_whatever_kind(database: Database, account: str) -> None:
    assert len(plan(database, account, planned(), planned(DeliveryKind.HANDOVER), planned(DeliveryKind.NOTE))) == 2
    assert plan(database, account, planned()) == []
    assert states(database, account) == [("reply", "waiting"), ("note", "waiting")]


def test_planned_at_once_by_eight_workers_it_stands_once(database: Database, account: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: plan(database, account, planned()), range(8)))
    assert sum(len(ids) for ids in made) == 1


def test_a_delivery_is_claimed_once_and_carries_what_to_send(database: Database, account: str) -> None:
    [delivery_id] = plan(database, account, planned(body="Grüße"))
    held = claim(database, account, delivery_id)
    assert held is not None
    assert held.outgoing.text == "Grüße"
    assert held.delivery.attempts == 1
    assert claim(database, account, delivery_id) is None


def test_a_sent_delivery_can_be_neither_claimed_nor_planned_again(database: Database, account: str) -> None:
    [delivery_id] = plan(database, account, planned())
    held = claim(database, account, delivery_id)
    assert held is not None
    with database.account(account) as tx:
        assert outbox.mark_sent(tx, held, "foreign-1")
        assert own_record.read_own_record(tx, "api", "t1").answering == {"m1"}
    assert claim(database, account, delivery_id) is None
    assert plan(database, account, planned()) == []


def test_a_withdrawn_delivery_gives_its_place_to_another_under_the_same_id(database: Database, account: str) -> None:
    [delivery_id] = plan(database, account, planned())
    held = claim(database, account, delivery_id)
    assert held is not None
    with database.account(account) as tx:
        outbox.withdraw_delivery(tx, held, Stop.SOURCE_CHANGED)
        assert not own_record.read_own_record(tx, "api", "t1").answering
    assert plan(database, account, planned(DeliveryKind.HANDOVER)) == [delivery_id]
    again = claim(database, account, delivery_id)
    assert again is not None
    assert again.delivery.kind is DeliveryKind.HANDOVER
    assert again.delivery.attempts > 1, "so that the channel is searched before anything is sent"


def test_one_whose_truth_is_unknown_is_never_replaced(database: Database, account: str) -> None:
    [delivery_id] = plan(database, account, planned())
    with database.account(account) as tx:
        tx.execute(text("UPDATE deliveries SET state = 'unknown'"))
        assert own_record.read_own_record(tx, "api", "t1").answering == {"m1"}
    assert plan(database, account, planned()) == []
    assert claim(database, account, delivery_id) is None


def test_the_sweeper_finds_a_delivery_whose_worker_died(database: Database, account: str) -> None:
    [delivery_id] = plan(database, account, planned())
    claim(database, account, delivery_id)
    with database.account(account) as tx:
        tx.execute(text(RAN_OUT))
    assert (account, delivery_id) in {(due.account, due.id) for due in leases.due_deliveries(database)}


def test_a_postponed_delivery_is_handed_over_again_when_its_time_has_come(database: Database, account: str) -> None:
    [delivery_id] = plan(database, account, planned())
    held = claim(database, account, delivery_id)
    assert held is not None
    with database.account(account) as tx:
        outbox.postpone_delivery(tx, held, 30, "Temporary: busy")
    assert delivery_id not in {due.id for due in leases.due_deliveries(database)}
    with database.account(account) as tx:
        tx.execute(text("UPDATE deliveries SET not_before = now(), enqueued_at = now() - interval '5 seconds'"))
    assert delivery_id in {due.id for due in leases.due_deliveries(database)}
    assert states(database, account) == [("reply", DeliveryState.WAITING.value)]
