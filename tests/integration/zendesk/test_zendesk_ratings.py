"""A bad rating at Zendesk of what Firstline said by itself hands the ticket to people."""

from dataclasses import replace

import pytest

from desk.delivery import DeliveryKind, DeliveryState
from desk.feedback.feedback import CustomerRating, FeedbackKind
from desk.reasons import Stop
from desk.ticket import TicketState
from tests.contracts.remembered_alerts import RememberedAlerts
from tests.integration.zendesk_house import QUESTION, Desk, asked, commented, created, event
from workers.insights import run_feedback

pytestmark = pytest.mark.loopback


def answered(desk: Desk, **connection: str) -> int:
    """A ticket that Firstline answered by itself, with people to be told."""
    if connection:
        desk.connect(**connection)
    desk.tools = replace(desk.tools, alerts=RememberedAlerts(accounts={desk.account}))
    number = asked(desk)
    desk.work()
    assert desk.replies(number) == 1
    return number


def rate(desk: Desk, number: int, score: str) -> None:
    desk.zendesk.rate(number, score)
    assert desk.post(event("ticket.csat_received", number, {"satisfaction_score": {"score": score}})) == 202
    desk.work()


def told(desk: Desk) -> int:
    assert isinstance(desk.tools.alerts, RememberedAlerts)
    return len(desk.tools.alerts.told)


def test_a_bad_rating_of_an_automatic_reply_hands_the_ticket_to_people_once(desk: Desk) -> None:
    number = answered(desk)
    for _ in range(2):
        rate(desk, number, "bad")
    [note] = desk.zendesk.notes(number)
    assert "rated the automatic reply as bad" in note["body"]
    assert "firstline_escalated" in desk.zendesk.ticket(number)["tags"]
    assert told(desk) == 1
    assert desk.state(number) is TicketState.ESCALATED
    assert desk.items(number)[-1].outcome == Stop.RATED_BAD
    kinds = {kind: state for kind, state, _ in desk.deliveries(number)}
    assert kinds[DeliveryKind.NOTE] is kinds[DeliveryKind.ALERT] is DeliveryState.SENT


def test_a_solved_ticket_is_opened_again_for_them(desk: Desk) -> None:
    number = answered(desk, status_after_reply="solved")
    assert desk.zendesk.ticket(number)["status"] == "solved"
    rate(desk, number, "bad")
    assert desk.zendesk.ticket(number)["status"] == "open"


def test_after_it_no_automatic_reply_leaves_until_a_person_has_answered(desk: Desk) -> None:
    number = answered(desk)
    rate(desk, number, "bad")
    for _ in range(2):  # the first is told that a person will answer, once
        desk.post(commented(number, desk.zendesk.add_comment(number, QUESTION)))
        desk.work()
        [handover] = desk.zendesk.public_replies(number)[1:]
        assert "A colleague will look at your message" in handover["body"]
    assert told(desk) == 1  # what is written meanwhile adds to the alert of the rating


def test_a_closed_tickets_people_are_told_all_the_same(desk: Desk) -> None:
    number = answered(desk)
    desk.zendesk.set_status(number, "closed", by="routing")
    rate(desk, number, "bad")
    assert desk.zendesk.notes(number) == []
    assert told(desk) == 1


@pytest.mark.parametrize("how", ["good", "agent", "unanswered", "scope"])
def test_any_other_rating_is_only_stored(desk: Desk, how: str) -> None:
    if how == "unanswered":
        number = desk.zendesk.new_ticket("Password", QUESTION)
        desk.zendesk.add_comment(number, "Here you are", "colleague")
        desk.post(created(number))
        desk.work()
    else:
        number = answered(desk)
    if how == "agent":
        desk.zendesk.add_comment(number, "Let me add this", "colleague")
    if how == "scope":
        desk.rule("scope: {only: {brand: Birch}}\n")
    rate(desk, number, "good" if how == "good" else "bad")
    assert desk.zendesk.notes(number) == []
    assert desk.items(number)[-1].outcome == "stored"


@pytest.mark.parametrize("score", [CustomerRating.GOOD, CustomerRating.BAD])
def test_a_rating_is_kept_with_the_run_whose_reply_was_rated(desk: Desk, score: CustomerRating) -> None:
    number = answered(desk)
    rate(desk, number, score)
    with desk.tools.db.account(desk.account) as tx:
        [[feedback]] = run_feedback.feedback_of_ticket(tx, "zendesk", str(number)).values()
    assert (feedback.kind, feedback.value) == (FeedbackKind.RATING, score)
