"""The inbox stores each event once, and gives it to one worker at a time."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from desk.platform.database import Database, Transaction
from desk.run import Stage
from desk.ticket import Event, EventKind, ItemState
from workers.queue import inbox, leases
from workers.queue.inbox import InboxItem
from workers.queue.parked import ParkedFilter, requeue_parked

RAN_OUT = "UPDATE inbox_items SET lease_until = now() - interval '1 s', enqueued_at = now() - interval '5 s'"


def event(external_id: str = "e1", ticket_id: str = "t1") -> Event:
    return Event(EventKind.CUSTOMER_MESSAGE, external_id, ticket_id, message_id=external_id)


def add(database: Database, account: str, external_id: str = "e1") -> str:
    with database.account(account) as tx:
        item_id = inbox.add_event(tx, "api", event(external_id), "{}")
    assert item_id is not None
    return item_id


def claim(database: Database, account: str, item_id: str, worker: str = "w1", seconds: float = 60) -> InboxItem | None:
    with database.account(account) as tx:
        return inbox.claim_item(tx, item_id, worker, seconds)


def run_out(database: Database, account: str) -> None:
    with database.account(account) as tx:
        tx.execute(text("UPDATE inbox_items SET lease_until = now() - interval '1 second' WHERE state = 'claimed'"))


def forget_enqueueing(tx: Transaction) -> None:
    tx.execute(text("UPDATE inbox_items SET enqueued_at = NULL"))


def test_the_same_event_three_times_at_once_is_stored_once(database: Database, account: str) -> None:
    def store(_: int) -> str | None:
        with database.account(account) as tx:
            return inbox.add_event(tx, "api", event(), "{}")

    with ThreadPoolExecutor(3) as pool:
        stored = list(pool.map(store, range(3)))
    assert sum(item is not None for item in stored) == 1


def test_the_same_external_id_on_another_channel_is_another_event(database: Database, account: str) -> None:
    with database.account(account) as tx:
        assert inbox.add_event(tx, "api", event(), "{}")
        assert inbox.add_event(tx, "email", event(), "{}")


def test_that_a_ticket_changed_is_kept_and_given_to_nobody(database: Database, account: str) -> None:
    with database.account(account) as tx:
        assert inbox.add_event(tx, "zendesk", Event(EventKind.TICKET_CHANGED, "e1", "t1"), "{}") is None
        [kept] = inbox.items_of_ticket(tx, "zendesk", "t1")
        forget_enqueueing(tx)
    assert (kept.state, kept.outcome) == (ItemState.DONE, inbox.STORED)
    assert account not in {due.account for due in leases.due_items(database)}


def test_of_ten_workers_at_once_one_gets_the_item(database: Database, account: str) -> None:
    item_id = add(database, account)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda n: claim(database, account, item_id, f"w{n}"), range(10)))
    assert sum(item is not None for item in taken) == 1


def test_a_lease_that_ran_out_frees_the_item_and_the_first_worker_can_write_no_more(
    database: Database, account: str
) -> None:
    item_id = add(database, account)
    first = claim(database, account, item_id, "w1")
    run_out(database, account)
    second = claim(database, account, item_id, "w2")
    assert first is not None
    assert second is not None
    assert second.attempts == 2
    with database.account(account) as tx:
        assert not inbox.finish_item(tx, first, "too late")
        assert not inbox.renew_lease(tx, first, 60, Stage.DRAFT)
        assert not inbox.park_item(tx, first, "too late")
        assert inbox.finish_item(tx, second, "auto_reply")


def test_a_finished_item_cannot_be_claimed(database: Database, account: str) -> None:
    item = claim(database, account, add(database, account))
    assert item is not None
    with database.account(account) as tx:
        inbox.finish_item(tx, item, "auto_reply")
    assert claim(database, account, item.id) is None


def test_a_postponed_item_waits_for_its_time(database: Database, account: str) -> None:
    item = claim(database, account, add(database, account))
    assert item is not None
    with database.account(account) as tx:
        inbox.postpone_item(tx, item, 60, "later")
    assert claim(database, account, item.id) is None
    with database.account(account) as tx:
        tx.execute(text("UPDATE inbox_items SET not_before = now()"))
    assert claim(database, account, item.id) is not None


def test_a_parked_item_can_be_requeued_with_all_its_attempts(database: Database, account: str) -> None:
    item = claim(database, account, add(database, account))
    assert item is not None
    with database.account(account) as tx:
        assert inbox.park_item(tx, item, "Permanent: gone")
        parked = inbox.list_items(tx, ItemState.PARKED)
        assert [(each.id, each.error) for each in parked] == [(item.id, "Permanent: gone")]
        assert requeue_parked(tx, ParkedFilter(item_id=item.id), 1, 1)
        assert not requeue_parked(tx, ParkedFilter(item_id=item.id), 1, 1)
    again = claim(database, account, item.id)
    assert again is not None
    assert again.attempts == 1


def test_the_sweeper_finds_what_the_broker_forgot_and_names_it_once(database: Database, account: str) -> None:
    item_id = add(database, account)
    assert item_id not in {due.id for due in leases.due_items(database)}, "it was enqueued just now"
    with database.account(account) as tx:
        forget_enqueueing(tx)
    assert (account, item_id) in {(due.account, due.id) for due in leases.due_items(database)}
    assert item_id not in {due.id for due in leases.due_items(database)}


def test_the_sweeper_finds_what_a_dead_worker_held(database: Database, account: str) -> None:
    item_id = add(database, account)
    claim(database, account, item_id)
    assert item_id not in {due.id for due in leases.due_items(database)}
    with database.account(account) as tx:
        tx.execute(text(RAN_OUT))
    assert item_id in {due.id for due in leases.due_items(database)}


def test_a_worker_that_starts_gives_back_what_it_held_and_nothing_else(database: Database, account: str) -> None:
    mine, other = add(database, account, "e1"), add(database, account, "e2")
    claim(database, account, mine, f"answer@{account}")
    claim(database, account, other, f"other@{account}")
    assert leases.release_worker(database, f"answer@{account}") == 1
    assert claim(database, account, mine, "w2") is not None
    assert claim(database, account, other, "w2") is None


def test_payloads_are_sealed(database: Database, account: str) -> None:
    with database.account(account) as tx:
        inbox.add_event(tx, "api", event(), '{"secret": "my phone number"}')
        stored = bytes(tx.execute(text("SELECT payload FROM inbox_items")).scalar_one())
        assert b"phone" not in stored
        assert "my phone number" in tx.open(stored)


def test_of_several_events_about_one_message_the_first_to_be_worked_on_leads(database: Database, account: str) -> None:
    created, commented = (claim(database, account, add(database, account, name)) for name in ("created", "commented"))
    assert created is not None
    assert commented is not None
    with database.account(account) as tx:
        assert inbox.claim_message(tx, commented, "m1")
        assert not inbox.claim_message(tx, created, "m1")
        assert inbox.claim_message(tx, commented, "m1"), "asked again, the leader still leads"
        assert inbox.claim_message(tx, created, "m2")


def test_of_eight_events_at_once_about_one_message_one_leads(database: Database, account: str) -> None:
    items = [claim(database, account, add(database, account, f"e{n}")) for n in range(8)]

    def lead(item: InboxItem | None) -> bool:
        assert item is not None
        with database.account(account) as tx:
            return inbox.claim_message(tx, item, "m1")

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lead, items)) == 1
