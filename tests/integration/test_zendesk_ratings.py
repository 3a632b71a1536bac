"""A bad rating of an automatic answer, or a customer who says that it did not help, puts the ticket before people."""

import pytest

from desk.run import Reason
from desk.ticket import TicketState
from tests.integration.zendesk_house import Desk, asked, commented, event
from workers import record

pytestmark = pytest.mark.loopback


def rated(desk: Desk, number: int, score: str) -> None:
    desk.zendesk.rate(number, score)
    assert desk.post(event("ticket.csat_received", number, {"satisfaction_score": {"score": score}})) == 202
    desk.work()


def test_a_bad_rating_of_our_answer_leaves_one_note_and_the_ticket_with_people(desk: Desk) -> None:
    number = asked(desk)
    desk.work()
    rated(desk, number, "bad")
    rated(desk, number, "bad")
    [note] = desk.zendesk.notes(number)
    assert "rated the automatic answer as bad" in note["body"]
    assert "firstline_escalated" in desk.zendesk.ticket(number)["tags"]
    assert desk.state(number) is TicketState.ESCALATED
    assert desk.replies(number) == 1


def test_a_good_rating_and_a_bad_one_of_an_agents_answer_change_nothing(desk: Desk) -> None:
    number = asked(desk)
    desk.work()
    rated(desk, number, "good")
    desk.zendesk.add_comment(number, "Let me add something.", "colleague")
    rated(desk, number, "bad")
    assert desk.zendesk.notes(number) == []


def test_who_says_that_it_did_not_help_gets_a_person(desk: Desk) -> None:
    number = asked(desk)
    desk.work()
    desk.post(commented(number, desk.zendesk.add_comment(number, "Sorry, that did not help me at all.")))
    desk.work()
    with desk.db.account(desk.account) as tx:
        run = record.runs_of(tx, "zendesk", str(number))[-1]
    assert Reason.NOT_HELPED in {cap.reason for cap in run.decision.caps}
    assert desk.state(number) is TicketState.ESCALATED
