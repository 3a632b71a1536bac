"""Catch-up goes on past a ticket in trouble, and what drops out, lags or changes meanwhile is not lost: over HTTP."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Self

import pytest

from desk.errors import FirstlineError
from desk.ticket import ItemState, TicketState
from integration.zendesk.api import client
from integration.zendesk.api.client import ZendeskClient
from integration.zendesk.api.models import AuditPage
from integration.zendesk.channel.recent_reads import RecentReads
from tests.contracts.remembered_alerts import RememberedAlerts
from tests.integration.zendesk_house import QUESTION, Desk, asked, commented, created, event
from workers.processing import ticket_reading

pytestmark = pytest.mark.loopback
BAD = {"satisfaction_score": {"score": "bad"}}


@pytest.mark.parametrize("trouble", ["403", "500", "429 of the ticket", "an answer of another shape"])
def test_one_ticket_that_cannot_be_read_does_not_keep_catch_up_from_all_others(desk: Desk, trouble: str) -> None:
    sick, well = (desk.zendesk.new_ticket("Password", QUESTION, f"c{n}@example.org") for n in range(2))
    fault = {"status": 200, "body": '{"audits": [{"id": null}]}', "headers": {}}
    if trouble[0] != "a":
        fault = {"status": int(trouble[:3]), "body": "{}", "headers": {}}
    if trouble.startswith("429"):
        fault["headers"] = {"Retry-After": "30", "x-rate-limit-remaining": "300"}
    desk.zendesk.fail(path=f"/tickets/{sick}/audits", times=1000, **fault)
    for _ in range(4):  # every two minutes, for ever
        try:
            desk.catch_up()
        except FirstlineError as error:
            print("not caught up:", type(error).__name__, error)
        desk.work()
    assert desk.replies(well) == 1


def test_catch_up_hands_a_ticket_with_too_long_a_history_to_people(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/zendesk.md: `A ticket with more than 6,000 changes is not read, and goes to people`."""
    monkeypatch.setattr(client, "MOST_PAGES", 0)
    number = desk.zendesk.new_ticket("Password", QUESTION)
    for _ in range(2):
        desk.catch_up()
    assert desk.items(number), "passed over, and the cursor has moved on: nobody ever hears of it"


def test_self_harm_that_a_trigger_solved_is_heard_by_catch_up_too(desk: Desk) -> None:
    """By webhook it is (test_earned_persons); `catch-up alone serves` where there is none."""
    desk.tools = replace(desk.tools, alerts=RememberedAlerts(accounts={desk.account}))
    number = desk.zendesk.new_ticket("Help", "I want to end my life")
    desk.zendesk.set_status(number, "solved", by="routing")
    for _ in range(2):
        desk.catch_up()
        desk.work()
    assert desk.tools.alerts.told  # type: ignore[union-attr]


@pytest.mark.parametrize("why", ["the history lags", "the worker's clock is 4 s ahead"])
def test_a_comment_that_is_not_in_the_history_yet_is_not_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    if why.startswith("the worker"):
        ahead = 4.0

        class Later(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return cls.fromtimestamp(time.time() + ahead, tz)

        monkeypatch.setattr(ticket_reading, "datetime", Later)
        monkeypatch.setattr(desk.channel, "_recent_reads", RecentReads(lambda: time.time() + ahead))
    number = asked(desk, "My name is Robin, and I write to you about something with a file")
    desk.work()
    before = (desk.replies(number), len(desk.zendesk.notes(number)))
    if why.startswith("the worker"):  # an earlier event of the same ticket has it read just before the comment
        earlier = desk.zendesk.add_comment(number, QUESTION)
        desk.post(commented(number, earlier))
        todo = desk.think(desk.enqueued.pop(0))
    number_of = desk.zendesk.add_comment(number, "Let me talk to a human please")
    real, lags = ZendeskClient.audits, [why.startswith("the history")]

    def audits(self: ZendeskClient, ticket_id: str) -> Iterator[AuditPage]:
        for page in real(self, ticket_id):
            yield page.model_copy(update={"audits": page.audits[:-1]}) if lags[0] else page
        lags[0] = False

    monkeypatch.setattr(ZendeskClient, "audits", audits)
    desk.post(commented(number, number_of))
    if why.startswith("the worker"):
        desk.work()
        desk.send(todo)
    desk.work()
    for _ in range(3):
        desk.soon()
        desk.catch_up()
        desk.work()
    outcomes = [item.outcome for item in desk.items(number)]
    after = (desk.replies(number), len(desk.zendesk.notes(number)))
    assert after != before, (outcomes, desk.state(number))


def test_the_message_before_one_that_was_made_private_while_its_reply_waited_is_worked_on(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Password", QUESTION)
    desk.post(created(number))
    first = desk.think(desk.enqueued.pop(0))
    comment = desk.zendesk.add_comment(number, "I mean on the phone")
    desk.post(commented(number, comment))
    desk.send(first)
    second = desk.think(desk.enqueued.pop(0))
    desk.zendesk.hide(number, comment)
    desk.post(event("ticket.comment_made_private", number, {"comment": {"id": str(comment)}}))
    desk.enqueued += desk.send(second)
    for _ in range(2):
        desk.work()
        desk.catch_up()
    assert desk.replies(number) or desk.zendesk.notes(number), (desk.deliveries(number), desk.state(number))


def test_a_ticket_that_is_given_back_goes_on(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Password", QUESTION)
    desk.zendesk.assign(number)
    desk.post(created(number))
    desk.work()
    assert desk.state(number) is TicketState.STEPPED_BACK
    desk.zendesk.assign(number, None)
    desk.post(event("ticket.agent_assignment_changed", number, {}))
    desk.work()
    desk.enqueued += [item.id for item in desk.items(number) if item.state is ItemState.WAITING]  # the sweeper would
    desk.work()
    assert desk.replies(number) or desk.zendesk.notes(number)


def rated_after_solving(desk: Desk) -> int:
    desk.connect(status_after_reply="solved")
    desk.tools = replace(desk.tools, alerts=RememberedAlerts(accounts={desk.account}))
    number = asked(desk)
    desk.work()
    return number


def test_a_thank_you_does_not_close_a_ticket_that_was_rated_bad_meanwhile(desk: Desk) -> None:
    number = rated_after_solving(desk)
    desk.post(commented(number, desk.zendesk.add_comment(number, "Thank you!")))
    todo = desk.think(desk.enqueued.pop(0))
    desk.zendesk.rate(number, "bad")
    desk.post(event("ticket.csat_received", number, BAD))
    desk.work()
    desk.send(todo)
    assert desk.state(number) is TicketState.ESCALATED
    assert desk.zendesk.ticket(number)["status"] == "open"


def test_the_note_of_a_bad_rating_does_not_open_a_ticket_that_an_agent_has_answered_and_solved(desk: Desk) -> None:
    number = rated_after_solving(desk)
    desk.zendesk.rate(number, "bad")
    desk.post(event("ticket.csat_received", number, BAD))
    todo = desk.think(desk.enqueued.pop(0))
    desk.zendesk.add_comment(number, "I am sorry, here is the right answer", "colleague", status="solved")
    desk.send(todo)
    assert desk.zendesk.ticket(number)["status"] == "solved"


def test_a_ticket_that_left_the_scope_meanwhile_gets_neither_note_nor_tags(cautious: Desk) -> None:
    cautious.rule("scope: {never: {group: Tier 2}}\n")
    number = asked(cautious)
    todo = cautious.think(cautious.enqueued.pop(0))
    assert todo
    cautious.zendesk.change(number, group_id=cautious.zendesk.tier2["id"])
    cautious.send(todo)
    assert cautious.zendesk.notes(number) == []
    assert cautious.zendesk.ticket(number)["tags"] == []
