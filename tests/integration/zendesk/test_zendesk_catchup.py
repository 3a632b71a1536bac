"""Catch-up: nothing that a webhook lost stays unanswered, and nothing is answered twice or long after."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from desk.errors import Outage, Temporary
from integration.connections import load_connection, set_cursor
from integration.zendesk import catchup
from integration.zendesk.api import client
from integration.zendesk.api.connection import PARTY, ZendeskConnection
from tests.integration.zendesk_house import QUESTION, Desk, commented, created

pytestmark = pytest.mark.loopback


def ask(desk: Desk, count: int = 1) -> list[int]:
    """Tickets that no webhook tells of."""
    return [desk.zendesk.new_ticket("Password", QUESTION, f"c{place}@example.org") for place in range(count)]


def cursor(desk: Desk) -> dict[str, object] | None:
    with desk.db.account(desk.account) as tx:
        known = load_connection(tx, PARTY, ZendeskConnection)
    return json.loads(known.cursor) if known and known.cursor else None


def test_ten_tickets_without_a_webhook_are_all_answered_and_none_twice(desk: Desk) -> None:
    numbers = ask(desk, 10)
    assert len(desk.catch_up()) == 10
    desk.work()
    for _ in range(2):
        assert desk.catch_up() == []
    assert [desk.replies(number) for number in numbers] == [1] * 10


def test_further_messages_are_found_by_the_cursor(desk: Desk) -> None:
    [number] = ask(desk)
    desk.catch_up()
    desk.work()
    desk.zendesk.add_comment(number, QUESTION)
    assert len(desk.catch_up()) == 1
    desk.work()
    assert desk.replies(number) == 2
    assert desk.items(number)[-1].message_id == str(desk.zendesk.comments(number)[2]["id"])


def test_what_a_webhook_brought_is_not_taken_again(desk: Desk) -> None:
    waiting, done = ask(desk, 2)
    desk.post(created(waiting))
    desk.post(commented(done, desk.zendesk.comments(done)[0]["id"]))
    assert desk.catch_up() == []
    desk.work()
    assert [desk.replies(number) for number in (waiting, done)] == [1, 1]
    assert desk.catch_up() == []


def test_what_a_webhook_brought_and_a_run_answered_is_not_taken_again(desk: Desk) -> None:
    [number] = ask(desk)
    desk.post(created(number))
    desk.work()
    assert desk.catch_up() == [], "the item named no message, the run does"


def test_pages_are_read_to_the_end_and_the_rest_by_the_next_run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "EXPORT_PAGE", 2)
    monkeypatch.setattr(catchup, "MOST_PAGES", 2)
    numbers = ask(desk, 7)
    assert [len(desk.catch_up()) for _ in range(3)] == [4, 3, 0]
    desk.work()
    assert [desk.replies(number) for number in numbers] == [1] * 7


def test_only_a_run_that_reaches_the_end_moves_the_time_from_which_messages_count(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message of the first hour can stand on the last page, because its ticket was tagged in the second."""
    monkeypatch.setattr(client, "EXPORT_PAGE", 2)
    monkeypatch.setattr(catchup, "MOST_PAGES", 1)
    began = datetime.now(UTC)
    later = [began + timedelta(hours=hours) for hours in range(3)]
    desk.catch_up(later[0])
    ask(desk, 3)
    assert [len(desk.catch_up(later[1])), len(desk.catch_up(later[2]))] == [2, 1]
    assert (cursor(desk) or {})["since"] == int(later[2].timestamp())


def test_an_old_question_is_not_answered_because_somebody_tags_its_ticket(desk: Desk) -> None:
    now = time.time()
    desk.zendesk.store.clock = lambda: now - 86_400
    [old] = ask(desk)
    desk.zendesk.store.clock = time.time
    desk.catch_up()
    desk.zendesk.set_tags(old, ["bulk"])
    assert desk.catch_up() == []


def test_what_was_written_while_firstline_was_down_is_found(desk: Desk) -> None:
    desk.catch_up(datetime.now(UTC) - timedelta(days=2))
    now = time.time()
    desk.zendesk.store.clock = lambda: now - 86_400
    [number] = ask(desk)
    desk.zendesk.store.clock = time.time
    assert len(desk.catch_up()) == 1
    desk.work()
    assert desk.replies(number) == 1


def test_tickets_in_which_nobody_waits_are_not_even_read(desk: Desk) -> None:
    solved = ask(desk, 1)[0]
    desk.catch_up()
    desk.work()
    closed, off, deleted = ask(desk, 3)
    desk.zendesk.set_status(solved, "solved")
    desk.zendesk.set_status(closed, "closed")
    desk.zendesk.set_tags(off, ["firstline_off"])
    desk.zendesk.delete(deleted)
    before = len(desk.zendesk.requests)
    assert desk.catch_up() == []
    assert len(desk.zendesk.requests) == before + 1


def test_a_ticket_that_vanishes_while_we_read_stops_nobody_elses(desk: Desk) -> None:
    ask(desk, 2)
    desk.zendesk.fail(path="/audits", status=404, body='{"error": "RecordNotFound"}')
    assert len(desk.catch_up()) == 1


def test_trouble_half_way_loses_nothing_and_repeats_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "EXPORT_PAGE", 2)
    numbers = ask(desk, 4)
    desk.zendesk.fail(path=f"/tickets/{numbers[3]}/audits", status=502, body="<html>")
    desk.zendesk.fail(path=f"/tickets/{client.NOWHERE}", status=502, body="<html>")
    assert len(desk.catch_up()) == 2
    assert len(desk.catch_up()) == 2
    desk.work()
    assert [desk.replies(number) for number in numbers] == [1] * 4


def test_trouble_at_once_is_told_and_the_cursor_stays(desk: Desk) -> None:
    ask(desk)
    desk.zendesk.fail(path="/incremental/", status=429, body="", headers={})
    with pytest.raises(Temporary):
        desk.catch_up()
    assert cursor(desk) is None
    assert len(desk.catch_up()) == 1


def test_a_cursor_that_zendesk_has_forgotten_is_replaced(desk: Desk) -> None:
    ask(desk)
    since = int(time.time()) - 60
    with desk.db.account(desk.account) as tx:
        set_cursor(tx, PARTY, json.dumps({"since": since, "cursor": "forgotten+/="}))
    assert len(desk.catch_up()) == 1
    assert (cursor(desk) or {})["cursor"] != "forgotten+/="


def test_a_revoked_token_says_what_to_do(desk: Desk) -> None:
    desk.connect(api_token="revoked")
    with pytest.raises(Outage, match="connect again"):
        desk.catch_up()


def test_an_agents_ticket_without_a_customers_word_is_left_alone(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Internal", "A note to ourselves", "noor@acorn.example")
    assert desk.catch_up() == []
    assert desk.items(number) == []
