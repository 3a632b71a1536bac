"""An Idempotency-Key: sent again, a request has the same answer and no second effect."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from desk.platform.database import Database, Transaction
from integration.access import idempotency
from integration.access.idempotency import KeyedAnswer, StoredAnswer, answer_once, forget_answers
from integration.web.problems import KEY_REUSED, KeyReused
from tests.integration.api_door import QUESTION, ApiDoor
from tests.json_answers import json_of
from workers import record
from workers.queue import inbox
from workers.record import TicketFilter
from workers.tickets import CHANNEL

TICKETS = "/api/v1/tickets"
KEY = {"Idempotency-Key": "order-4711"}


@pytest.fixture
def door(database: Database, account: str) -> ApiDoor:
    return ApiDoor(database, account)


def how_many(database: Database, account: str) -> int:
    with database.account(account) as tx:
        return len(record.list_tickets(tx, TicketFilter()))


def token_id(database: Database, account: str) -> str:
    with database.account(account) as tx:
        return str(tx.execute(text("SELECT id FROM api_tokens")).scalar_one())


def test_the_same_request_gets_the_same_answer_and_one_ticket(database: Database, account: str, door: ApiDoor) -> None:
    first = door.post(TICKETS, QUESTION, headers=KEY)
    again = door.post(TICKETS, QUESTION, headers=KEY)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["Location"] == first.headers["Location"]
    assert how_many(database, account) == 1
    assert len(door.enqueued) == 1


def test_the_order_and_spacing_of_the_json_do_not_matter(database: Database, account: str, door: ApiDoor) -> None:
    door.post(TICKETS, QUESTION, headers=KEY)
    assert door.post(TICKETS, dict(reversed(QUESTION.items())), headers=KEY).headers["Idempotency-Replayed"] == "true"


def test_without_a_key_each_request_is_a_ticket(database: Database, account: str, door: ApiDoor) -> None:
    door.open()
    door.open()
    assert how_many(database, account) == 2


@pytest.mark.parametrize("change", [{"subject": "Other"}, {"subject": "INVOICES"}, {"priority": "low"}])
def test_the_same_key_with_another_request_is_refused(
    database: Database, account: str, door: ApiDoor, change: dict[str, object]
) -> None:
    door.post(TICKETS, QUESTION, headers=KEY)
    other = door.post(TICKETS, QUESTION | change, headers=KEY)
    assert (other.status_code, json_of(other)["type"]) == (422, KEY_REUSED)
    assert how_many(database, account) == 1


def test_the_same_key_at_another_address_is_refused(door: ApiDoor) -> None:
    one, two = door.open(), door.open()
    assert door.post(f"{TICKETS}/{one}/messages", {"body": "more"}, headers=KEY).status_code == 202
    assert door.post(f"{TICKETS}/{two}/messages", {"body": "more"}, headers=KEY).status_code == 422


def test_a_further_message_is_written_once(database: Database, account: str, door: ApiDoor) -> None:
    ticket = door.open()
    answers = [door.post(f"{TICKETS}/{ticket}/messages", {"body": "more"}, headers=KEY) for _ in range(3)]
    assert len({answer.data for answer in answers}) == 1
    with database.account(account) as tx:
        assert len(inbox.items_of_ticket(tx, CHANNEL, ticket)) == 2


def test_each_token_has_its_own_keys(database: Database, account: str, other_account: str, door: ApiDoor) -> None:
    other, stranger = ApiDoor(database, account), ApiDoor(database, other_account)
    made = {json_of(each.post(TICKETS, QUESTION, headers=KEY))["id"] for each in (door, other, stranger)}
    assert len(made) == 3


def test_what_was_refused_is_not_kept(database: Database, account: str, door: ApiDoor) -> None:
    path = f"{TICKETS}/{door.open()}/messages"
    with database.account(account) as tx:
        tx.execute(text("UPDATE tickets SET status = 'closed'"))
    assert door.post(path, {"body": "more"}, headers=KEY).status_code == 409
    with database.account(account) as tx:
        tx.execute(text("UPDATE tickets SET status = 'open'"))
    again = door.post(path, {"body": "more"}, headers=KEY)
    assert again.status_code == 202
    assert "Idempotency-Replayed" not in again.headers


def test_three_at_once_make_one_ticket(database: Database, account: str, door: ApiDoor) -> None:
    together = threading.Barrier(3)

    def send(_: int) -> tuple[int, bytes]:
        together.wait()
        answer = door.post(TICKETS, QUESTION, headers=KEY)
        return answer.status_code, answer.data

    with ThreadPoolExecutor(3) as pool:
        answers = set(pool.map(send, range(3)))
    assert len(answers) == 1
    assert answers.pop()[0] == 202
    assert how_many(database, account) == 1


def waiting_for_another(database: Database) -> int:
    with database.across() as connection:
        return int(connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one())


def test_the_second_waits_for_the_first_and_does_the_work_if_that_fails(
    database: Database, account: str, door: ApiDoor
) -> None:
    token, started, may_fail = token_id(database, account), threading.Event(), threading.Event()
    done: list[str] = []

    def fails(tx: Transaction) -> KeyedAnswer:
        started.set()
        assert may_fail.wait(10)
        raise RuntimeError("the first falls")

    def works(tx: Transaction) -> KeyedAnswer:
        done.append("second")
        return KeyedAnswer(StoredAnswer(202, "{}", "/"), "item")

    def run(work: idempotency.Work) -> KeyedAnswer:
        with database.account(account) as tx:
            return answer_once(tx, token, "k", "same", work)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(run, fails)
        assert started.wait(10)
        second = pool.submit(run, works)
        until = time.monotonic() + 10
        while not waiting_for_another(database):
            assert time.monotonic() < until, "the second never waited"
        assert done == []
        may_fail.set()
        with pytest.raises(RuntimeError):
            first.result(10)
        assert second.result(10).item_id == "item"
    assert done == ["second"]


def test_a_key_is_forgotten_after_a_day(database: Database, account: str, door: ApiDoor) -> None:
    door.post(TICKETS, QUESTION, headers=KEY)
    with database.account(account) as tx:
        tx.execute(text("UPDATE idempotency_keys SET created_at = now() - interval '24 hours 1 second'"))
    again = door.post(TICKETS, QUESTION, headers=KEY)
    assert "Idempotency-Replayed" not in again.headers
    assert how_many(database, account) == 2


def test_old_answers_are_deleted_and_young_ones_kept(database: Database, account: str, door: ApiDoor) -> None:
    for key in ("old", "young"):
        door.post(TICKETS, QUESTION, headers={"Idempotency-Key": key})
    with database.account(account) as tx:
        old = "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = :key"
        keys = tx.execute(text("SELECT key FROM idempotency_keys ORDER BY created_at")).scalars().all()
        tx.execute(text(old), {"key": keys[0]})
    assert forget_answers(database) >= 1
    with database.account(account) as tx:
        assert tx.execute(text("SELECT key FROM idempotency_keys")).scalars().all() == keys[1:]


def test_neither_key_nor_answer_can_be_read_in_the_database(database: Database, account: str, door: ApiDoor) -> None:
    door.post(TICKETS, QUESTION, headers=KEY)
    with database.account(account) as tx:
        row = tx.execute(text("SELECT * FROM idempotency_keys")).one()
    kept = " ".join(bytes(value).decode() if isinstance(value, bytes) else str(value) for value in row)
    assert KEY["Idempotency-Key"] not in kept
    assert "invoices" not in kept.lower()


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "ümlaut", "\x7f"])
def test_what_cannot_be_a_key_is_refused(database: Database, account: str, door: ApiDoor, key: str) -> None:
    assert door.post(TICKETS, QUESTION, headers={"Idempotency-Key": key}).status_code == 400
    assert how_many(database, account) == 0


def test_a_key_of_another_request_is_a_refusal(database: Database, account: str, door: ApiDoor) -> None:
    token = token_id(database, account)

    def work(tx: Transaction) -> KeyedAnswer:
        return KeyedAnswer(StoredAnswer(202, "{}", "/"), "item")

    with database.account(account) as tx:
        assert answer_once(tx, token, "k", "one", work).item_id == "item"
        assert answer_once(tx, token, "k", "one", work).item_id is None
        with pytest.raises(KeyReused):
            answer_once(tx, token, "k", "two", work)
