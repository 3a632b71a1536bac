"""Guards: each stops for its own reason, and none stops what should be answered."""

import pytest

from desk.conversation import NO_RECORD, OwnRecord, Sent
from desk.delivery import DeliveryKind
from desk.reasons import Stop
from desk.ticket import PersonAct, PersonActKind, Role, Ticket, TicketStatus
from tests.fakes import a_message, a_ticket
from workers.pipeline.guards import stop_before_run, stop_before_send

QUESTION = a_message(id="q")
REPLY = a_message("An answer", id="r", role=Role.ASSISTANT, delivery_id="d1")
REPLIED = OwnRecord({"d1": Sent.REPLY})
AGENT = a_message("On it.", id="a", role=Role.AGENT)


def stop(ticket: Ticket, record: OwnRecord = NO_RECORD, message: str = "q") -> Stop | None:
    return stop_before_run(ticket, message, record)


def test_a_customers_question_is_let_through() -> None:
    assert stop(a_ticket(QUESTION)) is None


@pytest.mark.parametrize(
    ("ticket", "record", "reason"),
    [
        (a_ticket(AGENT), NO_RECORD, Stop.MESSAGE_GONE),
        (a_ticket(a_message(id="q", delivery_id="d1")), NO_RECORD, Stop.OWN_MESSAGE),
        (a_ticket(a_message(id="q", role=Role.AGENT, delivery_id="d1")), NO_RECORD, Stop.OWN_MESSAGE),
        (a_ticket(QUESTION), OwnRecord({"q": Sent.REPLY}), Stop.OWN_MESSAGE),
        (a_ticket(a_message(id="q", role=Role.AGENT)), NO_RECORD, Stop.NOT_A_CUSTOMER),
        (a_ticket(a_message(id="q", public=False)), NO_RECORD, Stop.NOT_A_CUSTOMER),
        (a_ticket(a_message(id="q", automatic=True)), NO_RECORD, Stop.MACHINE_MAIL),
        (a_ticket(QUESTION, status=TicketStatus.CLOSED), NO_RECORD, Stop.CLOSED),
        (a_ticket(QUESTION, tags=("vip", "firstline_off")), NO_RECORD, Stop.SWITCHED_OFF),
        (a_ticket(QUESTION, AGENT), NO_RECORD, Stop.PERSON_TOOK_OVER),
        (a_ticket(AGENT, QUESTION), NO_RECORD, Stop.PERSON_TOOK_OVER),
        (a_ticket(QUESTION, acts=(PersonAct(PersonActKind.TAKEN, 1),)), NO_RECORD, Stop.PERSON_TOOK_OVER),
        (a_ticket(QUESTION), OwnRecord(answering=frozenset({"q"})), Stop.ALREADY_ANSWERED),
        (a_ticket(QUESTION, status=TicketStatus.SOLVED), NO_RECORD, Stop.SOLVED),
        (a_ticket(QUESTION, REPLY), REPLIED, Stop.ALREADY_ANSWERED),
        (a_ticket(QUESTION, a_message(id="later")), NO_RECORD, Stop.NEWER_MESSAGE),
    ],
)
def test_what_must_not_be_answered_is_stopped(ticket: Ticket, record: OwnRecord, reason: Stop) -> None:
    assert stop(ticket, record) is reason


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


def test_a_ticket_that_its_agent_solved_is_judged_anew_when_the_customer_writes_again() -> None:
    solved = (PersonAct(PersonActKind.TAKEN, 2), PersonAct(PersonActKind.SOLVED, 2))
    assert stop(a_ticket(a_message(id="first"), AGENT, QUESTION, acts=solved)) is None


def test_a_newer_message_stops_a_reply_and_never_a_hand_over() -> None:
    ticket = a_ticket(QUESTION, a_message(id="later"))
    assert stop_before_send(ticket, "q", DeliveryKind.REPLY, NO_RECORD) is Stop.NEWER_MESSAGE
    assert stop_before_send(ticket, "q", DeliveryKind.HANDOVER, NO_RECORD) is None


def test_while_a_person_is_owed_no_automatic_reply_leaves() -> None:
    record = OwnRecord(handed_over=frozenset({"q"}))
    assert stop_before_send(a_ticket(QUESTION), "q", DeliveryKind.REPLY, record) is Stop.PERSON_OWED
    assert stop_before_send(a_ticket(QUESTION), "q", DeliveryKind.HANDOVER, record) is None


def test_only_the_newest_of_a_burst_is_answered() -> None:
    ticket = a_ticket("one", "two", "three")
    assert [stop(ticket, message=name) for name in ("m1", "m2", "m3")] == [Stop.NEWER_MESSAGE, Stop.NEWER_MESSAGE, None]
