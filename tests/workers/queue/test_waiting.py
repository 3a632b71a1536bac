"""What waits is handed to the broker once, what presses first, and again only when the broker has lost it.

The broker is Redis, a worker is whoever takes from it; the sweeper, `publish` and the tables are the real ones.
"""

import base64
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from celery import Celery
from sqlalchemy import text

from app.bootstrap import make_celery
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.redis import EmbeddedRedis
from desk.delivery import DeliveryKind
from desk.errors import Temporary
from desk.passage import Citation
from desk.platform.accounts import add_account
from desk.platform.database import Database
from desk.platform.encryption import Sealer
from desk.ports import Outgoing
from desk.ticket import Event, EventKind, ItemState
from tests.fakes import settings_of
from tests.own_database import own_database
from tests.workers.test_walk import CITED, House, house  # noqa: F401  # the fixture
from workers import tasks
from workers.queue import broker_queues, inbox, leases, outbox
from workers.queue.inbox import InboxItem
from workers.queue.outbox import PlannedDelivery

ACCOUNT = "main"
AGAIN = 30.0
TIMES = {
    "inbox_items": ("enqueued_at", "missed_at", "not_before", "lease_until", "received_at"),
    "deliveries": ("enqueued_at", "missed_at", "not_before", "lease_until", "created_at"),
}


@dataclass
class Shop:
    """An installation with its broker."""

    db: Database
    app: Celery
    redis: "redis.Redis"

    def store(self, said: str = "How do I pay?", **more: Any) -> str:
        """As a door does: store, commit, hand over. The item's id."""
        name = uuid.uuid4().hex
        with self.db.account(ACCOUNT) as tx:
            event = Event(EventKind.CUSTOMER_MESSAGE, name, f"t-{name}", name, text=said, **more)
            item_id = inbox.add_event(tx, "api", event, "{}")
        assert item_id is not None
        tasks.publish(tasks.handle_item, ACCOUNT, item_id)
        return item_id

    def plan(self) -> str:
        """A reply that is to leave; its id."""
        with self.db.account(ACCOUNT) as tx:
            name = uuid.uuid4().hex
            [made] = outbox.plan_deliveries(
                tx, [PlannedDelivery("api", "t", name, DeliveryKind.REPLY, Outgoing("Hello"))], None, None
            )
        return made

    def sweep(self) -> None:
        """As beat has it done."""
        tools = SimpleNamespace(db=self.db, enqueue_again_seconds=AGAIN)
        app = SimpleNamespace(dependencies=tools, connection_for_read=self.app.connection_for_read)
        tasks.sweep.run.__func__(SimpleNamespace(app=app))

    def held(self) -> list[str]:
        """The rows that the broker's messages name, in the order in which a worker would be given them."""
        return [row_of(raw) for queue in broker_queues.ANSWERING for raw in reversed(self.redis.lrange(queue, 0, -1))]

    def next(self) -> str:
        """What a worker is given; nobody has claimed it yet."""
        raw = next(raw for queue in broker_queues.ANSWERING if (raw := self.redis.rpop(queue)))
        assert not isinstance(raw, list)
        return row_of(raw)

    def claim(self, item_id: str) -> InboxItem:
        with self.db.account(ACCOUNT) as tx:
            item = inbox.claim_item(tx, item_id, "w1", 3600)
        assert item is not None
        return item

    def later(self, seconds: float) -> None:
        """That much time passes."""
        for table, columns in TIMES.items():
            moved = ", ".join(f"{name} = {name} - make_interval(secs => {seconds})" for name in columns)
            with self.db.account(ACCOUNT) as tx:
                tx.execute(text(f"UPDATE {table} SET {moved}"))


def row_of(raw: bytes | str) -> str:
    arguments = json.loads(base64.b64decode(json.loads(raw)["body"]))[0]
    return str(arguments[1])


@pytest.fixture(scope="module")
def own(bare_postgres: EmbeddedPostgres, sealer: Sealer) -> Iterator[Database]:
    with own_database(bare_postgres) as made, made.open(sealer) as db:
        made.migrate()
        add_account(db, ACCOUNT)
        yield db


@pytest.fixture
def shop(own: Database, redis_server: EmbeddedRedis) -> Iterator[Shop]:
    app = make_celery(settings_of(redis_url=redis_server.url))
    with redis.Redis.from_url(redis_server.client_url) as client:
        client.flushall()
        yield Shop(own, app, client)
        client.flushall()
    with own.account(ACCOUNT) as tx:
        tx.execute(text("DELETE FROM inbox_items"))
        tx.execute(text("DELETE FROM deliveries"))


def test_what_waits_at_the_broker_is_not_handed_to_it_again_however_long_it_waits(shop: Shop) -> None:
    stored = [shop.store() for _ in range(30)]
    for _ in range(20):
        shop.later(60)
        shop.sweep()
    assert shop.held() == stored


def test_while_workers_take_from_a_long_queue_nothing_is_handed_over_twice(shop: Shop) -> None:
    stored = [shop.store() for _ in range(30)]
    in_hand = shop.next()
    for _ in range(20):
        shop.later(10)
        shop.sweep()
        shop.claim(in_hand)
        in_hand = shop.next()
    assert shop.held() == stored[21:]


def test_what_redis_forgot_is_handed_over_within_a_minute_the_oldest_first(shop: Shop) -> None:
    stored = [shop.store() for _ in range(5)]
    shop.redis.flushall()
    shop.sweep()
    assert shop.held() == [], "the broker is given a moment: a worker may have them in hand"
    shop.later(AGAIN + 5)
    shop.sweep()
    assert shop.held() == stored
    shop.later(AGAIN + 5)
    shop.sweep()
    assert shop.held() == stored


def test_what_a_killed_worker_had_in_hand_passes_what_came_in_after_it(shop: Shop) -> None:
    lost, *others = [shop.store() for _ in range(10)]
    assert shop.next() == lost
    shop.sweep()
    shop.later(AGAIN + 5)
    shop.sweep()
    assert shop.held() == [lost, *others]


def test_new_messages_do_not_hide_those_that_redis_forgot(shop: Shop) -> None:
    forgotten = [shop.store() for _ in range(5)]
    shop.redis.flushall()
    shop.later(1)
    new = [shop.store() for _ in range(5)]
    shop.sweep()
    shop.later(AGAIN + 5)
    shop.sweep()
    assert shop.held() == [*forgotten, *new]


def test_what_looks_urgent_does_not_wait_behind_the_others(shop: Shop) -> None:
    others = [shop.store() for _ in range(5)]
    threat = shop.store("There is a bomb in your office.")
    outage = shop.store("Your site is down for everyone!")
    marked = shop.store("Please look at my invoice.", urgent=True)
    shop.sweep()
    assert shop.held()[:4] == [threat, outage, marked, others[0]]


def test_a_message_whose_time_has_come_again_passes_what_came_in_meanwhile(shop: Shop) -> None:
    first = shop.claim(shop.store())
    shop.redis.flushall()
    with shop.db.account(ACCOUNT) as tx:
        inbox.postpone_item(tx, first, 60, "Temporary: busy")
    others = [shop.store() for _ in range(3)]
    shop.sweep()
    assert shop.held() == others
    shop.later(61)
    shop.sweep()
    assert shop.held() == [first.id, *others]


def test_a_reply_whose_worker_died_leaves_before_anything_is_thought_about(shop: Shop) -> None:
    others = [shop.store() for _ in range(3)]
    reply = shop.plan()
    shop.sweep()
    shop.later(AGAIN + 5)
    shop.sweep()
    assert shop.held() == [reply, *others]


def test_two_sweeps_at_once_hand_a_row_over_once(shop: Shop) -> None:
    shop.store()
    with shop.db.account(ACCOUNT) as tx:
        tx.execute(text("UPDATE inbox_items SET enqueued_at = NULL"))
    first = leases.due_items(shop.db)
    assert len(first) == 1
    assert leases.due_items(shop.db) == []


def test_a_broker_that_is_away_is_given_nothing_and_nothing_counts_as_handed_over(shop: Shop, tmp_path: Path) -> None:
    stored = shop.store()
    with shop.db.account(ACCOUNT) as tx:
        tx.execute(text("UPDATE inbox_items SET enqueued_at = NULL"))
    away = make_celery(settings_of(redis_url=f"redis+socket://{tmp_path}/nobody"))
    with pytest.raises(Temporary):
        tasks.count_held(away)
    Shop(shop.db, away, shop.redis).sweep()
    assert [due.id for due in leases.due_items(shop.db)] == [stored]


def test_a_worker_sends_what_it_has_decided_before_it_takes_anything_else(
    house: House,  # noqa: F811  # the fixture's value
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    published: list[str] = []
    monkeypatch.setattr(tasks, "publish", lambda task, account, row, queue: published.append(row))
    accepted = house.write()
    app, request = SimpleNamespace(dependencies=house.tools), SimpleNamespace(hostname="w1")
    tasks.handle_item.run.__func__(SimpleNamespace(app=app, request=request), house.account, accepted.item_id)
    assert house.replies(accepted.ticket_id) == 1
    assert published == []


def test_a_reply_that_was_overtaken_is_thought_over_by_the_same_worker(
    house: House,  # noqa: F811  # the fixture's value
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: Iterator[list[Citation]] = iter([[]])  # at the decision all is well, and never again
    monkeypatch.setattr(house.shelf, "outdated", lambda account, cited: next(looks, cited))
    accepted = house.write()
    app, request = SimpleNamespace(dependencies=house.tools), SimpleNamespace(hostname="w1")
    tasks.handle_item.run.__func__(SimpleNamespace(app=app, request=request), house.account, accepted.item_id)
    item = house.item(accepted.item_id)
    assert (item.state, item.rethought > 0) == (ItemState.DONE, True)
    assert house.replies(accepted.ticket_id) == 0


@pytest.mark.parametrize("task", [tasks.sweep, tasks.catch_up, tasks.reindex], ids=lambda task: str(task.name))
def test_a_database_that_is_away_is_no_fault_of_what_beat_asks_for(shop: Shop, sealer: Sealer, task: Any) -> None:
    away = Database("postgresql://nobody@/none?host=/nowhere", sealer)
    tools = SimpleNamespace(db=away, enqueue_again_seconds=AGAIN, catch_ups=())
    app = SimpleNamespace(dependencies=tools, connection_for_read=shop.app.connection_for_read)
    task.run.__func__(SimpleNamespace(app=app))
    away.close()


def test_every_queue_is_taken_from_in_the_same_order_on_one_machine_and_on_many() -> None:
    procfile = (Path(__file__).parents[3] / "Procfile").read_text(encoding="utf-8")
    assert f"-Q {','.join(broker_queues.ANSWERING)} " in procfile
