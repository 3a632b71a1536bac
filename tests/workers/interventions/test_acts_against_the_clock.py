"""Acts and the machine at once: never two answers, never none, and nothing said to be done that was not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desk.delivery import DeliveryKind
from desk.errors import BadSetting
from desk.intervention import InterventionKind, ResultStatus
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.ports import ModelDraft
from desk.run import Draft, Statement
from desk.ticket import Role, TicketState
from tests.fakes import FakeLibrary
from tests.scripted_model import ScriptedModel
from tests.workers.interventions.acts import ALERT, MARIA, TOM, Desk
from tests.workers.talks import CITED, SENTENCE, a_town, policy_text
from workers import attention
from workers.processing.deliver import send_delivery
from workers.processing.interventions import carry_out
from workers.processing.process_item import process_item
from workers.queue import outbox
from workers.tickets import CHANNEL, TicketChannel

PERSON = "I want to talk to a human about my account."
SELF_HARM = "I can't do this any more. I will kill myself tonight."


def a_desk(database: Database, account: str, path: Path, level: str) -> Desk:
    path.write_text(policy_text().replace("level: auto", f"level: {level}"), encoding="utf-8")
    return Desk.of(a_town(database, account, PolicyBook(path)))


@pytest.fixture
def auto(database: Database, account: str, tmp_path: Path) -> Desk:
    """Everything may be answered by itself."""
    return a_desk(database, account, tmp_path / "policy.yaml", "auto")


@pytest.fixture
def desk(database: Database, account: str, tmp_path: Path) -> Desk:
    """Everything is a draft."""
    return a_desk(database, account, tmp_path / "policy.yaml", "draft")


def arrived(desk: Desk, body: str = "When are you open?") -> tuple[Desk, list[str]]:
    """A ticket that has been decided on; what was planned has not been sent."""
    opened = desk.opened(body, walk=False)
    return opened, process_item(desk.tools, desk.account, opened.todo.pop(), "w1")


def just_before_it_is_posted(monkeypatch: pytest.MonkeyPatch, what: Callable[[], object]) -> None:
    """Something happens after the sender's first look, and before it posts."""
    real, happened = TicketChannel.reply, list[bool]()

    def reply(self: TicketChannel, *asked: Any) -> str | None:
        if not happened:
            happened.append(True)
            what()
        return real(self, *asked)

    monkeypatch.setattr(TicketChannel, "reply", reply)


# --- Never two answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["When are you open?", PERSON])
def test_what_was_about_to_leave_does_not_follow_a_persons_answer(
    auto: Desk, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    desk, planned = arrived(auto, body)
    just_before_it_is_posted(
        monkeypatch, lambda: desk.act(InterventionKind.EDIT_AND_SEND, text="Hello Kim, I am here.", override=True)
    )
    desk.send(planned)
    assert [role for role, _, _ in desk.public] == [Role.AGENT]


@pytest.mark.parametrize("kind", [InterventionKind.TURN_OFF, InterventionKind.CLAIM, InterventionKind.CLOSE])
def test_no_automatic_reply_leaves_after_a_person_said_no(
    auto: Desk, monkeypatch: pytest.MonkeyPatch, kind: InterventionKind
) -> None:
    desk, planned = arrived(auto)
    just_before_it_is_posted(monkeypatch, lambda: desk.act(kind))
    desk.send(planned)
    assert desk.public == []


def test_once_claimed_the_machine_is_silent_until_the_ticket_is_released(auto: Desk) -> None:
    desk = auto.opened()
    assert len(desk.public) == 1
    desk.act(InterventionKind.CLAIM)
    desk.customer("And on Sundays?", walk=True)
    assert len(desk.public) == 1
    desk.act(InterventionKind.RELEASE)
    desk.customer("And on Mondays, please?", walk=True)
    assert len(desk.public) == 2


# --- Never none -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [InterventionKind.SEND, InterventionKind.CLAIM])
def test_who_writes_again_to_a_person_of_ours_is_seen_and_told_of_once(desk: Desk, kind: InterventionKind) -> None:
    desk = desk.opened()
    desk.act(kind)
    desk.customer("And on Sundays?", walk=True)
    states = [desk.state]
    desk.customer("Please, it is for tomorrow.", walk=True)
    with desk.tools.db.account(desk.account) as tx:
        [waiting] = attention.list_waiting(tx, 5)
        alerts = [each for each in outbox.deliveries_of_ticket(tx, CHANNEL, desk.ticket_id) if each.kind == ALERT]
    assert waiting.why == ("The customer wrote again, and a person has the ticket",)
    assert len(alerts) == 1
    assert desk.alerted
    desk.act(InterventionKind.EDIT_AND_SEND, text="We are closed then.", override=True)
    assert [*states, desk.state] == [TicketState.ESCALATED, TicketState.STEPPED_BACK]


@pytest.mark.parametrize("body", [PERSON, SELF_HARM])
@pytest.mark.parametrize("first", [InterventionKind.SEND, InterventionKind.CLAIM])
def test_who_needs_a_person_again_is_told_of_though_firstline_is_off(
    desk: Desk, body: str, first: InterventionKind
) -> None:
    desk = desk.opened()
    desk.act(first)
    assert "still told" in desk.act(InterventionKind.TURN_OFF).message
    desk.customer(body, walk=True)
    assert desk.alerted
    assert desk.state is TicketState.ESCALATED


@pytest.mark.parametrize("body", [PERSON, "Is the shop on the moon open, too?"])
def test_who_is_owed_a_person_stays_on_the_list_though_firstline_is_off(auto: Desk, body: str) -> None:
    auto = replace(auto, tools=replace(auto.tools, library=FakeLibrary([])))  # nothing is found: people answer
    desk = auto.opened(body)
    states = [desk.state]
    desk.act(InterventionKind.TURN_OFF)
    desk.customer("Hello, is there any news?", walk=True)
    assert [*states, desk.state] == [TicketState.ESCALATED] * 2


def test_what_gave_way_to_a_claim_is_worked_on_again_after_the_release(auto: Desk) -> None:
    desk, planned = arrived(auto)
    desk.act(InterventionKind.CLAIM)
    desk.send(planned)
    assert desk.public == []
    desk.act(InterventionKind.RELEASE)
    desk.todo += desk.due_items()
    desk.walk()
    assert [role for role, _, _ in desk.public] == [Role.ASSISTANT]


def test_a_message_that_came_while_claimed_is_worked_on_after_the_release(auto: Desk) -> None:
    desk = auto.opened(walk=False)
    desk.act(InterventionKind.CLAIM)
    desk.walk()
    desk.act(InterventionKind.RELEASE)
    desk.todo += desk.due_items()
    desk.walk()
    assert [role for role, _, _ in desk.public] == [Role.ASSISTANT]


def test_rejected_words_do_not_leave_upon_the_next_message(auto: Desk) -> None:
    desk, planned = arrived(auto)
    rejected = desk.act(InterventionKind.REJECT, comment="These hours are of last year.")
    assert "waits for an answer by a person" in rejected.message
    desk.send(planned)
    desk.customer("Hello? Could you tell me your opening hours, please?", walk=True)
    assert not any(SENTENCE in body for _, _, body in desk.public)
    assert desk.state is TicketState.ESCALATED


def test_a_reply_that_turning_off_met_on_its_way_is_on_somebodys_list(
    auto: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, planned = arrived(auto)
    just_before_it_is_posted(monkeypatch, lambda: desk.act(InterventionKind.TURN_OFF))
    desk.send(planned)
    assert desk.public == []
    assert desk.state is TicketState.ESCALATED


def test_a_reply_that_turning_off_took_back_is_on_somebodys_list(auto: Desk) -> None:
    desk, planned = arrived(auto)
    assert "a person has to answer" in desk.act(InterventionKind.TURN_OFF).message
    desk.send(planned)
    desk.act(InterventionKind.TURN_ON)
    assert desk.public == []
    assert desk.state is TicketState.ESCALATED


def test_thanks_for_a_persons_answer_are_nobodys_work(desk: Desk) -> None:
    desk = desk.opened()
    desk.act(InterventionKind.SEND)
    desk.customer("Thank you very much!", walk=True)
    assert desk.state is TicketState.STEPPED_BACK
    assert not desk.alerted


def test_who_writes_again_to_an_agent_of_another_system_is_left_to_that_system(desk: Desk) -> None:
    desk = desk.opened()
    desk.agent()
    desk.customer("And on Sundays?", walk=True)
    assert desk.state is TicketState.STEPPED_BACK
    assert not desk.alerted


def test_a_reply_that_gave_way_to_a_colleagues_answer_leaves_nobody_to_do_anything(desk: Desk) -> None:
    desk = desk.opened()
    planned = desk.carry_out(desk.press(desk.order(InterventionKind.EDIT_AND_SEND, text="We are open, Kim.")))
    desk.agent("From nine to five, Kim.")
    desk.send(planned)
    desk.send(desk.due())
    assert desk.replies == []
    assert desk.state is not TicketState.ESCALATED
    assert not [message.body for message in desk.ticket.messages if "has to answer" in message.body]
    assert not desk.alerted


def test_nothing_of_another_ticket_is_taken_back(desk: Desk) -> None:
    one, other = desk.opened(), desk.opened("Where are you?")
    sent = one.press(one.order(InterventionKind.SEND))
    assert other.act(InterventionKind.UNDO, target_id=sent.id).status is ResultStatus.REFUSED
    one.send(one.carry_out(sent))
    assert len(one.replies) == 1


def test_a_message_that_was_left_to_a_reply_is_worked_on_again_when_that_is_taken_back(auto: Desk) -> None:
    desk = auto.opened(walk=False)
    sent = desk.press(desk.order(InterventionKind.EDIT_AND_SEND, text="Hello Kim.", override=True, delay_seconds=10.0))
    desk.carry_out(sent)
    desk.walk()
    assert desk.public == []
    desk.act(InterventionKind.UNDO, target_id=sent.id)
    desk.todo += desk.due_items()
    desk.walk()
    assert [role for role, _, _ in desk.public] == [Role.ASSISTANT]


def test_an_automatic_reply_that_gave_way_comes_after_all_when_the_persons_is_taken_back(auto: Desk) -> None:
    desk, planned = arrived(auto)
    sent = desk.press(desk.order(InterventionKind.EDIT_AND_SEND, text="Hello Kim.", override=True, delay_seconds=10.0))
    desk.carry_out(sent)
    desk.act(InterventionKind.UNDO, target_id=sent.id)
    desk.send(planned)
    desk.todo += desk.due_items()
    desk.walk()
    assert [role for role, _, _ in desk.public] == [Role.ASSISTANT]


def test_who_asked_for_a_person_is_told_so_though_a_reply_was_taken_back(auto: Desk) -> None:
    desk, planned = arrived(auto, PERSON)
    sent = desk.press(desk.order(InterventionKind.EDIT_AND_SEND, text="Hello Kim.", override=True, delay_seconds=10.0))
    desk.carry_out(sent)
    desk.act(InterventionKind.UNDO, target_id=sent.id)
    desk.send(planned)
    assert [role for role, _, _ in desk.public] == [Role.ASSISTANT]


def test_a_send_is_taken_back_before_it_is_carried_out(desk: Desk) -> None:
    desk = desk.opened()
    sent = desk.press(desk.order(InterventionKind.SEND))
    assert desk.act(InterventionKind.UNDO, target_id=sent.id).message.startswith("Taken back")
    assert desk.carry_out(sent) == []
    assert desk.replies == []
    assert desk.result(sent).status is ResultStatus.REFUSED


def test_a_reply_that_the_customer_overtook_is_told_to_people_with_its_text(desk: Desk) -> None:
    desk = desk.opened()
    planned = desk.carry_out(desk.press(desk.order(InterventionKind.EDIT_AND_SEND, text="We are open, Kim.")))
    desk.customer("And on Sundays?")
    desk.send(planned)
    desk.send(desk.due())
    assert desk.replies == []
    assert desk.state is TicketState.ESCALATED
    notes = [message.body for message in desk.ticket.messages if not message.public]
    assert any("The customer wrote again" in note and "We are open, Kim." in note for note in notes)
    assert desk.alerted


@pytest.mark.parametrize("body", [SELF_HARM, PERSON])
def test_who_needs_a_person_is_heard_though_firstline_is_turned_off(desk: Desk, body: str) -> None:
    desk = desk.opened()
    desk.act(InterventionKind.TURN_OFF)
    desk.customer(body, walk=True)
    assert desk.alerted
    assert desk.public == []


def test_what_people_wait_for_leaves_though_firstline_is_turned_off_meanwhile(auto: Desk) -> None:
    desk, planned = arrived(auto, PERSON)
    desk.act(InterventionKind.TURN_OFF)
    desk.send(planned)
    assert [role for role, _, _ in desk.public] == [Role.ASSISTANT], "a person will answer"
    assert desk.alerted


def test_not_an_escalation_is_about_what_the_person_saw(desk: Desk) -> None:
    desk, planned = arrived(desk, PERSON)
    pressed = desk.press(desk.order(InterventionKind.NOT_AN_ESCALATION))
    desk.customer(SELF_HARM)
    desk.carry_out(pressed)
    assert desk.result(pressed).status is ResultStatus.REFUSED
    desk.send(planned)
    desk.walk()
    assert desk.alerted


def test_a_draft_that_is_rejected_takes_no_other_reply_with_it(auto: Desk) -> None:
    desk = auto.opened()
    first = desk.run_id
    desk.customer("And on Mondays, please?")
    planned = process_item(desk.tools, desk.account, desk.todo.pop(), "w1")
    desk.act(InterventionKind.REJECT, run_id=first, comment="Too short.")
    desk.send(planned)
    assert len(desk.public) == 2


def test_an_automatic_reply_that_is_rejected_is_peoples_to_answer(auto: Desk) -> None:
    desk, planned = arrived(auto)
    assert desk.act(InterventionKind.REJECT, comment="Wrong.").status is ResultStatus.DONE
    desk.send(planned)
    assert desk.public == []
    assert desk.state is TicketState.ESCALATED


def test_another_draft_hands_nothing_over(desk: Desk) -> None:
    desk = desk.opened()
    empty = replace(desk, tools=replace(desk.tools, library=FakeLibrary([])))
    assert empty.act(InterventionKind.REGENERATE).answer == ""
    desk.customer("And on Mondays, please?", walk=True)
    assert desk.state is TicketState.NOTED


# --- Nothing unseen ---------------------------------------------------------------------------------------------------


def test_a_draft_with_findings_takes_one_more_press(desk: Desk) -> None:
    unfounded = Statement("We are open for 99 days.", CITED.kind, 1, CITED.citations)
    model = ScriptedModel(desk.tools.models[0]._guesses, [ModelDraft(Draft((CITED, unfounded)))])  # type: ignore[attr-defined]  # its script
    desk = replace(desk, tools=replace(desk.tools, models=(model,))).opened()
    result = desk.act(InterventionKind.SEND)
    assert result.status is ResultStatus.UNCONFIRMED
    assert "unfounded_figure" in {finding.check for finding in result.findings}
    assert desk.replies == []


def test_a_rejected_draft_takes_one_more_press(desk: Desk) -> None:
    desk = desk.opened()
    desk.act(InterventionKind.REJECT, comment="Talks about the wrong shop.")
    result = desk.act(InterventionKind.SEND, TOM)
    assert result.status is ResultStatus.UNCONFIRMED
    assert "wrong shop" in result.findings[0].detail


def test_one_more_press_covers_what_was_shown_and_no_more(desk: Desk) -> None:
    desk = desk.opened()
    first = desk.press(desk.order(InterventionKind.EDIT_AND_SEND, text="We are open for 99 days."))
    desk.carry_out(first)
    assert desk.result(first).status is ResultStatus.UNCONFIRMED
    more = desk.act(InterventionKind.EDIT_AND_SEND, text="We are open for 98 days.", override=True, target_id=first.id)
    assert more.status is ResultStatus.UNCONFIRMED
    same = desk.act(InterventionKind.EDIT_AND_SEND, text="We are open for 99 days.", override=True, target_id=first.id)
    assert same.status is ResultStatus.DONE


def test_a_mark_without_a_source_is_found(desk: Desk) -> None:
    result = desk.opened().act(InterventionKind.EDIT_AND_SEND, text=f"{SENTENCE} [9]")
    assert [finding.check for finding in result.findings] == ["unknown_citation"]


def test_text_is_checked_though_no_draft_is_named(desk: Desk) -> None:
    result = desk.opened().act(InterventionKind.EDIT_AND_SEND, run_id=None, text="We are open for 99 days.")
    assert result.status is ResultStatus.UNCONFIRMED


def test_a_broken_setting_is_said_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk.opened()
    pressed = desk.press(desk.order(InterventionKind.ASK, question="When?"))

    def broken(*args: object) -> None:
        raise BadSetting("the policy cannot be read")

    monkeypatch.setattr(carry_out, "HANDLERS", {InterventionKind.ASK: broken})
    desk.carry_out(pressed)
    assert desk.result(pressed).status is ResultStatus.FAILED


def test_an_act_that_is_lost_again_and_again_ends(desk: Desk) -> None:
    desk = desk.opened()
    pressed = desk.press(desk.order(InterventionKind.CLAIM))
    desk.sql(f"UPDATE interventions SET attempts = {carry_out.MOST_ATTEMPTS}")
    desk.carry_out(pressed)
    assert desk.result(pressed).status is ResultStatus.FAILED


def test_a_category_is_one_of_the_policys(desk: Desk) -> None:
    desk = desk.opened()
    assert desk.act(InterventionKind.CORRECT_CATEGORY, value="x" * 300).status is ResultStatus.REFUSED
    assert desk.act(InterventionKind.CORRECT_CATEGORY, value="billing").status is ResultStatus.DONE


def test_a_message_is_sent_once_though_two_workers_carry_its_act_out(desk: Desk) -> None:
    desk = desk.opened()
    [delivery_id] = desk.carry_out(desk.press(desk.order(InterventionKind.SEND), MARIA))
    for worker in ("w1", "w2"):
        send_delivery(desk.tools, desk.account, delivery_id, worker)
    assert len(desk.replies) == 1
    assert {delivery.kind for delivery in desk.deliveries} == {DeliveryKind.REPLY}


def test_a_draft_that_was_sent_is_not_sent_again_by_the_same_press(desk: Desk) -> None:
    desk = desk.opened()
    desk.act(InterventionKind.SEND)
    again = desk.act(InterventionKind.SEND)
    assert again.status is ResultStatus.UNCONFIRMED
    assert "has sent this very draft" in again.findings[0].detail
    assert len(desk.replies) == 1


def test_whoever_saw_the_note_behind_the_last_word_saw_the_last_word(desk: Desk) -> None:
    desk = desk.opened()
    note = desk.ticket.messages[-1]
    assert not note.public
    assert desk.act(InterventionKind.SEND, seen_message_id=note.id).status is ResultStatus.DONE
