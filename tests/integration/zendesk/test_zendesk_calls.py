"""How many calls each kind of work costs at Zendesk: the table of `docs/zendesk.md`, counted at the look-alike."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from desk.delivery import DeliveryKind, DeliveryState
from desk.ticket import TicketState
from integration.zendesk.channel.outbound import ZendeskChannel
from tests.contracts.remembered_alerts import RememberedAlerts
from tests.integration.zendesk_house import (
    QUESTION,
    Desk,
    a_delivery,
    an_answer,
    asked,
    commented,
    created,
    event,
    planned,
    wanted,
)

pytestmark = pytest.mark.loopback

PAGE = (Path(__file__).parents[3] / "docs" / "zendesk.md").read_text(encoding="utf-8")
TABLE = {name: int(calls) for name, calls in re.findall(r"(?m)^\| ([^|]+?) \| (\d+) \|", PAGE.split("## Calls")[1])}
"""Calls by what the page calls the work."""


def an_old_question(desk: Desk, body: str = QUESTION) -> int:
    """A ticket that came in a while ago, so that its stamp tells of every change."""
    desk.zendesk.store.clock = lambda: time.time() - 60
    number = asked(desk, body)
    desk.zendesk.store.clock = time.time
    return number


def with_everything(desk: Desk) -> None:
    """A connection that wants a group and a priority of escalations, and people who are told."""
    desk.connect(escalation_group_id=str(desk.zendesk.tier2["id"]), escalation_priority="high")
    desk.tools = replace(desk.tools, alerts=RememberedAlerts(accounts={desk.account}))


def a_reply(desk: Desk) -> int:
    number = an_old_question(desk)
    desk.work()
    assert desk.replies(number) == 1
    return number


def a_reply_within_seconds(desk: Desk) -> int:
    number = asked(desk)
    desk.work()
    assert desk.replies(number) == 1
    return number


def a_note(desk: Desk) -> int:
    number = an_old_question(desk)
    with_level(desk, "draft")
    desk.work()
    assert len(desk.zendesk.notes(number)) == 1
    return number


def an_escalation(desk: Desk) -> int:
    with_everything(desk)
    number = asked(desk, "Let me talk to a human please")
    desk.work()
    stands = desk.zendesk.ticket(number)
    assert (desk.replies(number), len(desk.zendesk.notes(number))) == (1, 1)
    assert stands["tags"] == ["firstline_draft", "firstline_escalated"]
    assert (stands["group_id"], stands["priority"]) == (desk.zendesk.tier2["id"], "high")
    assert {kind: state for kind, state, _ in desk.deliveries(number)}[DeliveryKind.ALERT] is DeliveryState.SENT
    return number


def an_escalation_without_a_word(desk: Desk) -> int:
    with_everything(desk)
    policy = desk.tools.policies.path(desk.account)
    policy.write_text(policy.read_text().replace("channels: [zendesk]", "channels: [api]"))
    number = asked(desk, "Let me talk to a human please")
    desk.work()
    assert (desk.replies(number), len(desk.zendesk.notes(number))) == (0, 1)
    return number


def a_message_that_waits_for_nothing(desk: Desk) -> int:
    number = desk.zendesk.new_ticket("Password", QUESTION)
    desk.zendesk.add_comment(number, "I am on it", "colleague")
    desk.post(created(number))
    desk.work()
    assert len(desk.zendesk.comments(number)) == 2
    return number


def told_of_by_several_events_at_once(desk: Desk) -> int:
    number = an_old_question(desk)
    for _ in range(2):
        desk.post(commented(number, desk.zendesk.comments(number)[0]["id"]))
        desk.post(created(number))
    items = desk.items(number)
    desk.send(desk.think(items[1].id))
    assert desk.replies(number) == 1
    desk.zendesk.requests.clear()
    for item in items:
        desk.send(desk.think(item.id))
    return number


def told_of_by_name_after_the_answer(desk: Desk) -> int:
    number = a_reply(desk)
    desk.zendesk.requests.clear()
    desk.post(commented(number, desk.zendesk.comments(number)[0]["id"]))
    desk.work()
    return number


def told_of_without_a_name_after_the_answer(desk: Desk) -> int:
    number = a_reply(desk)
    desk.zendesk.requests.clear()
    desk.post(created(number))
    desk.work()
    return number


def our_own_comments_event(desk: Desk) -> int:
    number = a_reply(desk)
    desk.zendesk.requests.clear()
    desk.post(commented(number, desk.zendesk.comments(number)[-1]["id"], staff=True))
    desk.work()
    return number


def an_agents_comments_event(desk: Desk) -> int:
    number = a_reply(desk)
    desk.zendesk.requests.clear()
    desk.post(commented(number, desk.zendesk.add_comment(number, "I take over", "colleague"), staff=True))
    desk.work()
    return number


def an_agents_note_to_a_colleague(desk: Desk) -> int:
    number = a_reply(desk)
    desk.zendesk.requests.clear()
    content = commented(number, desk.zendesk.add_comment(number, "@noor yours?", "colleague", public=False), staff=True)
    content["event"]["comment"] |= {"is_public": False, "body": "@noor yours?"}
    assert desk.post(content) == 202
    desk.work()
    return number


def a_thank_you(desk: Desk) -> int:
    desk.connect(status_after_reply="solved")
    number = a_reply(desk)
    desk.zendesk.requests.clear()
    desk.post(commented(number, desk.zendesk.add_comment(number, "Thank you, it works now")))
    desk.work()
    assert desk.zendesk.ticket(number)["status"] == "solved"
    return number


def a_bad_rating(desk: Desk) -> int:
    with_everything(desk)
    number = a_reply(desk)
    desk.zendesk.requests.clear()
    desk.zendesk.rate(number, "bad")
    desk.post(event("ticket.csat_received", number, {"satisfaction_score": {"score": "bad"}}))
    desk.work()
    assert len(desk.zendesk.notes(number)) == 1
    return number


def with_level(desk: Desk, level: str) -> None:
    policy = desk.tools.policies.path(desk.account)
    policy.write_text(policy.read_text().replace("level: auto", f"level: {level}"))


KINDS: dict[str, Callable[[Desk], int]] = {
    "a reply": a_reply,
    "a reply within two seconds of the ticket's last change": a_reply_within_seconds,
    "a note": a_note,
    "an escalation: hand-over, note, tags, group, priority, fields, alert": an_escalation,
    "an escalation by a note alone, with tags, group, priority, fields, alert": an_escalation_without_a_word,
    "a message that needs nothing": a_message_that_waits_for_nothing,
    "the same message told of by more events at once": told_of_by_several_events_at_once,
    "a late event that names the message": told_of_by_name_after_the_answer,
    "a late event that does not": told_of_without_a_name_after_the_answer,
    "the event of our own comment": our_own_comments_event,
    "the event of an agent's comment": an_agents_comments_event,
    "the event of an agent's note that begins with `@` and orders nothing": an_agents_note_to_a_colleague,
    "a bad rating, with note, status and alert": a_bad_rating,
    "a thank-you, and the status put back": a_thank_you,
}


def test_the_page_and_this_table_name_the_same_kinds() -> None:
    assert list(TABLE) == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_work_costs_what_the_page_says(desk: Desk, kind: str) -> None:
    KINDS[kind](desk)
    calls = [(request.method, request.path) for request in desk.zendesk.requests]
    assert len(calls) == TABLE[kind], calls


def test_no_reply_costs_more_than_six_calls_and_no_escalation_more_than_eight() -> None:
    assert max(calls for kind, calls in TABLE.items() if "a reply" in kind) <= 6
    assert max(calls for kind, calls in TABLE.items() if "escalation" in kind) <= 8


def test_the_event_of_our_own_comment_costs_no_call_though_it_overtakes_our_record(desk: Desk) -> None:
    number = asked(desk)
    ticket = desk.channel.fetch(desk.account, str(number))
    posted = desk.channel.reply(ticket, an_answer(), a_delivery(number), wanted(ticket))
    assert posted is not None
    desk.enqueued.clear()
    desk.zendesk.requests.clear()
    desk.post(commented(number, int(posted), staff=True))
    desk.work()
    assert desk.zendesk.requests == []
    assert desk.state(number) is not TicketState.STEPPED_BACK


def test_an_alert_of_another_process_reads_the_ticket_itself(desk: Desk) -> None:
    with_everything(desk)
    number = asked(desk, "Let me talk to a human please")
    deliveries = planned(desk, number)
    desk.tools = replace(desk.tools, channels={"zendesk": ZendeskChannel(desk.db)})
    desk.zendesk.requests.clear()
    desk.send(deliveries[-1:])
    assert [request.method for request in desk.zendesk.requests] == ["GET", "GET"]


def test_an_alert_tells_of_what_came_in_after_the_ticket_was_read(desk: Desk) -> None:
    with_everything(desk)
    number = asked(desk, "Let me talk to a human please")
    alert = planned(desk, number)[-1:]
    desk.post(commented(number, desk.zendesk.add_comment(number, "And tell me about my lawyer's letter")))
    for item in desk.items(number):
        desk.think(item.id)
    desk.send(alert)
    assert isinstance(desk.tools.alerts, RememberedAlerts)
    [(told, _)] = desk.tools.alerts.told
    assert "Let me talk to a human" in told.question
    assert "my lawyer's letter" in told.question
