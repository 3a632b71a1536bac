"""The API's tickets: taken in at once, read as far as the token allows, and never by another account."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from desk.errors import Temporary
from desk.platform.database import Database
from desk.platform.encryption import Sealer
from desk.run import Action
from desk.ticket import ItemState, Named
from integration.access.permissions import TokenScope as Scope
from tests.integration.acted import Actor
from tests.integration.api_door import QUESTION, ApiDoor
from tests.json_answers import json_of
from workers import tickets
from workers.queue import inbox
from workers.tickets import CHANNEL, Accepted


def accepted(db: Database, account: str, ticket_id: str) -> Accepted:
    with db.account(account) as tx:
        item = inbox.items_of_ticket(tx, CHANNEL, ticket_id)[-1]
    assert item.message_id is not None
    return Accepted(ticket_id, item.message_id, item.id)


def close(db: Database, account: str, ticket_id: str) -> None:
    with db.account(account) as tx:
        tx.execute(text("UPDATE tickets SET status = 'closed' WHERE id = :id"), {"id": ticket_id})


def test_a_ticket_is_kept_enqueued_and_answered_with_where_to_read_it(database: Database, account: str) -> None:
    door = ApiDoor(database, account)
    sent = QUESTION | {
        "priority": "high",
        "channel": "shop",
        "customer_name": "Kim",
        "customer_email": "kim@shop.example",
    }
    answer = door.post("/api/v1/tickets", sent)
    assert answer.status_code == 202
    made = json_of(answer)
    assert answer.headers["Location"] == f"/api/v1/tickets/{made['id']}"
    assert (made["state"], made["status"], made["priority"]) == ("received", "open", "high")
    assert (made["customer_id"], made["customer_name"], made["customer_email"]) == ("c-7", "Kim", "kim@shop.example")
    assert [m["body"] for m in made["messages"]] == [QUESTION["description"]]
    assert door.enqueued == [(account, accepted(database, account, made["id"]).item_id)]
    assert door.get(answer.headers["Location"]).json == made | {"receipts": []}
    with database.account(account) as tx:
        assert tx.execute(text("SELECT via FROM tickets")).scalar_one() == "shop"


def test_what_the_caller_knows_of_the_customer_is_kept_for_the_policy(database: Database, account: str) -> None:
    door = ApiDoor(database, account)
    known = {"customer_organisation": "Acorn", "customer_tags": ["partner"]}
    made = json_of(door.post("/api/v1/tickets", QUESTION | known))
    with database.account(account) as tx:
        ticket = tickets.read_ticket(tx, made["id"])
    assert ticket is not None
    assert (ticket.organisation, ticket.requester.tags) == (Named("Acorn", "Acorn"), ("partner",))


def test_a_broker_that_is_away_loses_no_ticket(database: Database, account: str) -> None:
    def away(account: str, item_id: str) -> None:
        raise Temporary("no broker")

    def broken(account: str, item_id: str) -> None:
        raise RuntimeError("what nobody foresaw")

    for enqueue in (away, broken):
        ticket = ApiDoor(database, account, enqueue=enqueue).open()
        with database.account(account) as tx:
            assert [item.state for item in inbox.items_of_ticket(tx, CHANNEL, ticket)] == [ItemState.WAITING]


def test_the_item_is_enqueued_after_the_commit(database: Database, account: str) -> None:
    seen: list[bool] = []

    def look(account: str, item_id: str) -> None:
        with database.account(account) as tx:
            seen.append(inbox.get_item(tx, item_id) is not None)

    ApiDoor(database, account, enqueue=look).open()
    assert seen == [True]


def test_an_answered_ticket_shows_the_reply_with_its_sources(database: Database, account: str) -> None:
    door = ApiDoor(database, account, [Scope.READ, Scope.WRITE])
    ticket = door.open()
    Actor(database, account).finish(accepted(database, account, ticket), Action.AUTO_REPLY)
    shown = json_of(door.get(f"/api/v1/tickets/{ticket}"))
    assert shown["state"] == "answered"
    reply = shown["messages"][-1]
    assert (reply["role"], reply["public"]) == ("assistant", True)
    assert reply["sources"][0]["title"].startswith("Refunds")
    assert reply["sources"][0]["quotes"]
    assert shown["receipts"] is None


def test_notes_and_receipts_are_for_staff_tokens_alone(database: Database, account: str) -> None:
    door = ApiDoor(database, account, [Scope.READ, Scope.WRITE])
    ticket = door.open()
    Actor(database, account).finish(accepted(database, account, ticket), Action.INTERNAL_NOTE)
    plain = door.get(f"/api/v1/tickets/{ticket}")
    assert [m["role"] for m in json_of(plain)["messages"]] == ["customer"]
    assert json_of(plain)["receipts"] is None
    assert "confidence" not in plain.text
    staff = json_of(ApiDoor(database, account, [Scope.READ, Scope.STAFF]).get(f"/api/v1/tickets/{ticket}"))
    assert [(m["role"], m["public"]) for m in staff["messages"]] == [("customer", True), ("assistant", False)]
    (receipt,) = staff["receipts"]
    assert receipt["action"] == "internal_note"
    assert receipt["reasons"][0]["reason"] == "low_confidence"
    assert receipt["passages"][0]["cited"] is True
    assert receipt["model_calls"][1]["input_tokens"] == 3904
    assert receipt["milliseconds"]["draft"] == 946.2


def test_a_further_message_continues_the_conversation(database: Database, account: str) -> None:
    door = ApiDoor(database, account, [Scope.READ, Scope.WRITE])
    ticket = door.open()
    answer = door.post(f"/api/v1/tickets/{ticket}/messages", {"body": "I mean last year's."})
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/tickets/{ticket}"
    assert json_of(answer)["message"]["role"] == "customer"
    assert len(door.enqueued) == 2
    shown = json_of(door.get(f"/api/v1/tickets/{ticket}"))["messages"]
    assert shown[-1] == json_of(answer)["message"]
    assert [m["body"] for m in shown] == [QUESTION["description"], "I mean last year's."]


def test_only_a_staff_token_writes_as_an_agent(database: Database, account: str) -> None:
    door = ApiDoor(database, account, [Scope.READ, Scope.WRITE])
    ticket = door.open()
    path = f"/api/v1/tickets/{ticket}/messages"
    refused = door.post(path, {"body": "I am the boss.", "role": "agent"})
    assert refused.status_code == 403
    assert "staff" in json_of(refused)["detail"]
    staff = ApiDoor(database, account)
    assert staff.post(path, {"body": "Look at last year.", "role": "agent", "public": False}).status_code == 202
    assert staff.post(path, {"body": "Let me look.", "role": "agent"}).status_code == 202
    with database.account(account) as tx:
        ticket_now = tickets.read_ticket(tx, ticket)
    assert ticket_now is not None
    assert [(m.role, m.public) for m in ticket_now.messages] == [("customer", True), ("agent", False), ("agent", True)]
    assert len(json_of(door.get(f"/api/v1/tickets/{ticket}"))["messages"]) == 2


def test_a_customers_message_cannot_be_hidden_from_the_customer(database: Database, account: str) -> None:
    door = ApiDoor(database, account)
    answer = door.post(f"/api/v1/tickets/{door.open()}/messages", {"body": "psst", "public": False})
    assert answer.status_code == 422
    assert "always public" in json_of(answer)["errors"][0]["message"]


def test_a_closed_ticket_takes_no_more(database: Database, account: str) -> None:
    door = ApiDoor(database, account)
    ticket = door.open()
    close(database, account, ticket)
    answer = door.post(f"/api/v1/tickets/{ticket}/messages", {"body": "One more thing"})
    assert answer.status_code == 409
    assert json_of(door.get(f"/api/v1/tickets/{ticket}"))["status"] == "closed"


def test_another_accounts_ticket_is_not_there(database: Database, account: str, other_account: str) -> None:
    ticket = ApiDoor(database, account).open()
    stranger = ApiDoor(database, other_account)
    unknown = stranger.get(f"/api/v1/tickets/{uuid4()}")
    theirs = stranger.get(f"/api/v1/tickets/{ticket}")
    assert theirs.status_code == unknown.status_code == 404
    assert theirs.json == unknown.json
    assert stranger.post(f"/api/v1/tickets/{ticket}/messages", {"body": "hello"}).status_code == 404
    with database.account(account) as tx:
        assert len(inbox.items_of_ticket(tx, CHANNEL, ticket)) == 1


@pytest.mark.parametrize("wrong", ["7", "not-an-id", "-" * 36, "%00", "..%2f..%2fhealth"])
def test_what_is_no_ticket_id_is_no_ticket(database: Database, account: str, wrong: str) -> None:
    answer = ApiDoor(database, account).get(f"/api/v1/tickets/{wrong}")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("scopes", "opens", "reads", "writes"),
    [
        ([Scope.WRITE], 202, 403, 202),
        ([Scope.READ], 403, 200, 403),
        ([Scope.STAFF], 403, 403, 403),
        ([Scope.READ, Scope.WRITE], 202, 200, 202),
    ],
)
def test_a_token_does_what_its_scopes_say(
    database: Database, account: str, scopes: list[Scope], opens: int, reads: int, writes: int
) -> None:
    ticket = ApiDoor(database, account).open()
    door = ApiDoor(database, account, scopes)
    assert door.post("/api/v1/tickets", QUESTION).status_code == opens
    assert door.get(f"/api/v1/tickets/{ticket}").status_code == reads
    assert door.post(f"/api/v1/tickets/{ticket}/messages", {"body": "more"}).status_code == writes


def test_health_says_what_runs_and_for_how_long(database: Database, account: str) -> None:
    answer = ApiDoor(database, account, installation="abc").get("/health", headers={"Authorization": ""})
    known = {"status": "ok", "version": "0.0.test", "uptime_seconds": 12.3, "provides": {}}
    assert answer.json == known | {"installation": "abc"}
    assert ApiDoor(database, account).get("/health").json == known | {"installation": ""}


def test_it_is_alive_while_all_else_is_away(database: Database, account: str) -> None:
    def away() -> None:
        raise ConnectionRefusedError

    answer = ApiDoor(database, account, checks={"postgres": away}).get("/live", headers={"Authorization": ""})
    assert (answer.status_code, answer.json) == (200, {"status": "alive"})


def test_ready_names_what_is_away(database: Database, account: str) -> None:
    def fine() -> None:
        pass

    def away() -> None:
        raise ConnectionRefusedError("connection refused to somewhere secret")

    ready = ApiDoor(database, account, checks={"postgres": fine, "broker": fine}).get("/ready")
    assert ready.json == {"status": "ready", "checks": ["postgres", "broker"]}
    not_ready = ApiDoor(database, account, checks={"postgres": fine, "broker": away}).get("/ready")
    assert not_ready.status_code == 503
    assert json_of(not_ready)["away"] == ["broker"]
    assert json_of(not_ready)["faults"] == {"broker": "does not answer"}
    assert int(not_ready.headers["Retry-After"]) > 0
    assert "secret" not in not_ready.text


def test_without_postgres_nothing_is_promised(sealer: Sealer) -> None:
    nowhere = Database("postgresql://nobody@/nothing?host=/nonexistent", sealer)
    door = ApiDoor(nowhere, "none", token="firstline_" + "a" * 43)
    answer = door.post("/api/v1/tickets", QUESTION)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert door.enqueued == []
    nowhere.close()
