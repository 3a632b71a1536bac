"""Guards: each stops for its own reason, and none stops what should be answered."""

import pytest

from desk.run import Stop
from desk.ticket import Role, Ticket, TicketStatus
from tests.fakes import a_message, a_ticket
from workers.pipeline.guards import Facts, first_stop

QUESTION = a_message(id="q")
AGENT = a_message("On it.", id="a", role=Role.AGENT)


def stop(ticket: Ticket, facts: Facts = Facts(), message: str = "q") -> Stop | None:  # noqa: B008  # frozen value
    return first_stop(ticket, message, facts)


def test_a_customers_question_is_let_through() -> None:
    assert stop(a_ticket(QUESTION)) is None


@pytest.mark.parametrize(
    ("ticket", "facts", "reason"),
    [
        (a_ticket(AGENT), Facts(), Stop.MESSAGE_GONE),
        (a_ticket(a_message(id="q", delivery_id="d1")), Facts(), Stop.OWN_MESSAGE),
        (a_ticket(a_message(id="q", role=Role.AGENT, delivery_id="d1")), Facts(), Stop.OWN_MESSAGE),
        (a_ticket(QUESTION), Facts(delivery_ids=frozenset({"q"})), Stop.OWN_MESSAGE),
        (a_ticket(a_message(id="q", role=Role.AGENT)), Facts(), Stop.NOT_A_CUSTOMER),
        (a_ticket(a_message(id="q", public=False)), Facts(), Stop.NOT_A_CUSTOMER),
        (a_ticket(a_message(id="q", automatic=True)), Facts(), Stop.MACHINE_MAIL),
        (a_ticket(QUESTION, status=TicketStatus.CLOSED), Facts(), Stop.CLOSED),
        (a_ticket(QUESTION, tags=("vip", "firstline_off")), Facts(), Stop.SWITCHED_OFF),
        (a_ticket(QUESTION), Facts(automation_off=True), Stop.SWITCHED_OFF),
        (a_ticket(QUESTION, AGENT), Facts(), Stop.PERSON_TOOK_OVER),
        (a_ticket(AGENT, QUESTION), Facts(), Stop.PERSON_TOOK_OVER),
        (a_ticket(QUESTION, assignee="agent-7"), Facts(), Stop.PERSON_TOOK_OVER),
        (a_ticket(QUESTION), Facts(answered=True), Stop.ALREADY_ANSWERED),
        (a_ticket(QUESTION, a_message(id="later")), Facts(), Stop.NEWER_MESSAGE),
    ],
)
def test_what_must_not_be_answered_is_stopped(ticket: Ticket, facts: Facts, reason: Stop) -> None:
    assert stop(ticket, facts) is reason


@pytest.mark.parametrize(
    "other",
    [
        a_message("note", id="n", role=Role.AGENT, public=False),
        a_message("We got your mail.", id="n", role=Role.AGENT, automatic=True),
        a_message("An answer", id="n", role=Role.AGENT, delivery_id="d1"),
        a_message("An answer", id="n", role=Role.ASSISTANT, delivery_id="d1"),
        a_message("I am out of office", id="n", automatic=True),
    ],
    ids=["internal note", "automatic notice", "ours by an agent's token", "ours", "machine mail after it"],
)
def test_what_no_person_said_in_public_does_not_stop_an_answer(other: object) -> None:
    assert stop(a_ticket(QUESTION, other)) is None  # type: ignore[arg-type]  # messages all


def test_a_solved_ticket_is_answered_when_the_customer_writes_again() -> None:
    assert stop(a_ticket(QUESTION, status=TicketStatus.SOLVED)) is None


def test_only_the_newest_of_a_burst_is_answered() -> None:
    ticket = a_ticket("one", "two", "three")
    assert [stop(ticket, message=name) for name in ("m1", "m2", "m3")] == [Stop.NEWER_MESSAGE, Stop.NEWER_MESSAGE, None]
