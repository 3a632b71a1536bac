"""What is marked, carried out or sent late knows what happened since: nobody who waits for a person is forgotten."""

from pathlib import Path

import pytest

from desk.intervention import InterventionKind, ResultStatus
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.ticket import TicketState
from tests.workers.interventions.acts import MARIA, TOM, Desk
from tests.workers.talks import PERSON, SELF_HARM, a_town, policy_text
from workers import attention
from workers.processing import deliver
from workers.processing.deliver import send_delivery
from workers.processing.interventions.handlers import HANDLERS
from workers.processing.process_item import process_item


class Killed(BaseException):
    """As if the process were gone."""


def a_desk(database: Database, account: str, path: Path, level: str) -> Desk:
    path.write_text(policy_text().replace("level: auto", f"level: {level}"), encoding="utf-8")
    return Desk.of(a_town(database, account, PolicyBook(path)))


@pytest.fixture
def auto(database: Database, account: str, tmp_path: Path) -> Desk:
    """Everything may be answered by itself."""
    return a_desk(database, account, tmp_path / "policy.yaml", "auto")


@pytest.fixture
def drafting(database: Database, account: str, tmp_path: Path) -> Desk:
    """Everything is a draft."""
    return a_desk(database, account, tmp_path / "policy.yaml", "draft")


def killed_before_it_is_marked(desk: Desk, delivery_ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Sent, and the worker dies before it could write that down."""

    def die(*asked: object) -> list[str]:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(deliver, "_mark_sent", die)
        for each in delivery_ids:
            with pytest.raises(Killed):
                send_delivery(desk.tools, desk.account, each, "w1")


def sent_again(desk: Desk, delivery_ids: list[str]) -> None:
    """Another worker goes on."""
    desk.sql("UPDATE deliveries SET lease_until = now() - interval '1 s' WHERE state = 'sending'")
    desk.send(delivery_ids)


def waiting_tickets(desk: Desk) -> list[str]:
    """The list of what needs a person."""
    with desk.tools.db.account(desk.account) as tx:
        return [each.line.ticket_id for each in attention.list_waiting(tx, 5)]


def reply_killed_before_it_is_marked(auto: Desk, monkeypatch: pytest.MonkeyPatch, by: str) -> tuple[Desk, list[str]]:
    desk = auto.opened(walk=False)
    planned = process_item(desk.tools, desk.account, desk.todo.pop(), "w1")
    if by == "person":
        reply = desk.order(InterventionKind.EDIT_AND_SEND, text="Hello, this is Maria.", override=True)
        planned = desk.carry_out(desk.press(reply))
    killed_before_it_is_marked(desk, planned, monkeypatch)
    assert len(desk.public) == 1
    return desk, planned


@pytest.mark.parametrize("by", ["person", "machine"])
def test_a_reply_marked_late_hides_nobody_who_asked_for_a_person_since(
    auto: Desk, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    desk, planned = reply_killed_before_it_is_marked(auto, monkeypatch, by)
    desk.customer(PERSON, walk=True)
    assert desk.state is TicketState.ESCALATED
    sent_again(desk, planned)
    assert (desk.state, waiting_tickets(desk)) == (TicketState.ESCALATED, [desk.ticket_id])


@pytest.mark.parametrize(("by", "state"), [("person", TicketState.STEPPED_BACK), ("machine", TicketState.ANSWERED)])
def test_a_reply_marked_late_counts_where_nobody_wrote_since(
    auto: Desk, monkeypatch: pytest.MonkeyPatch, by: str, state: TicketState
) -> None:
    desk, planned = reply_killed_before_it_is_marked(auto, monkeypatch, by)
    sent_again(desk, planned)
    assert (desk.state, waiting_tickets(desk), len(desk.public)) == (state, [], 1)


def test_a_persons_reply_marked_late_answers_what_was_escalated_before(
    auto: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = auto.opened(PERSON)
    assert desk.state is TicketState.ESCALATED
    reply = desk.order(InterventionKind.EDIT_AND_SEND, text="Hello, this is Maria.", override=True)
    planned = desk.carry_out(desk.press(reply))
    killed_before_it_is_marked(desk, planned, monkeypatch)
    sent_again(desk, planned)
    assert (desk.state, waiting_tickets(desk)) == (TicketState.STEPPED_BACK, [])


@pytest.mark.parametrize("spoken_before", [False, True])
def test_not_an_escalation_takes_nothing_back_that_came_up_meanwhile(auto: Desk, spoken_before: bool) -> None:
    desk = auto.opened(PERSON)
    if spoken_before:
        desk.act(InterventionKind.EDIT_AND_SEND, text="Hello, this is Maria. How can I help?", override=True)
        desk.customer("What is the colour of the door, by the way?", walk=True)
    assert desk.state is TicketState.ESCALATED
    pressed = desk.press(desk.order(InterventionKind.NOT_AN_ESCALATION))
    effect = HANDLERS[InterventionKind.NOT_AN_ESCALATION](desk.tools, pressed)  # has looked at the conversation
    desk.customer(SELF_HARM)
    planned = process_item(desk.tools, desk.account, desk.todo.pop(), "w1")
    with desk.tools.db.account(desk.account) as tx:
        result = effect(tx).result
    desk.send([*planned, *desk.due()])
    assert (result.status, desk.state, desk.alerted) == (ResultStatus.REFUSED, TicketState.ESCALATED, True)
    assert "look at the conversation as it is now" in result.message


@pytest.mark.parametrize("first_saw", ["the last word", "the note behind it"])
def test_of_two_replies_the_second_is_told_whose_was_first(drafting: Desk, first_saw: str) -> None:
    desk = drafting.opened()
    note = desk.ticket.messages[-1]
    assert not note.public
    seen_id = desk.last_word if first_saw == "the last word" else note.id
    desk.carry_out(desk.press(desk.order(InterventionKind.SEND, seen_message_id=seen_id, delay_seconds=10.0), MARIA))
    second = desk.act(InterventionKind.EDIT_AND_SEND, TOM, text="We are open from nine to five.", override=True)
    desk.sql("UPDATE deliveries SET not_before = now()")
    desk.send(desk.due())
    assert (second.status, MARIA.name in second.message) == (ResultStatus.REFUSED, True)
    assert [author for _, author, _ in desk.public] == [MARIA.name]
