"""What people order happens once, in their name, upon the conversation that they saw; and they are told what came."""

from dataclasses import replace
from pathlib import Path

import pytest

from desk.conversation import read_conversation
from desk.delivery import DeliveryState
from desk.errors import Outage, Permanent, Refused, Temporary
from desk.feedback.feedback import Thumbs
from desk.intervention import Face, InterventionKind, Order, ResultStatus
from desk.party import Access, PartyAccess
from desk.passage import BlockKind, Citation
from desk.platform.accounts import set_paused
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.ports import ModelClassification, ModelDraft
from desk.run import Draft, Statement
from desk.ticket import Role, TicketState, TicketStatus, new_id
from tests.fakes import FakeLibrary, a_hit
from tests.scripted_model import ScriptedModel
from tests.workers.interventions.acts import MARIA, TOM, Desk
from tests.workers.talks import CITED, PASSAGE, SENTENCE, a_town, policy_text
from workers import interventions, own_record, proposed_entries, ticket_control
from workers.insights import run_feedback
from workers.parties import standing
from workers.processing.deliver import send_delivery
from workers.processing.interventions import carry_out
from workers.processing.interventions.handlers import HANDLERS
from workers.queue import outbox
from workers.tickets import CHANNEL, TicketChannel

PERSON = "I want to talk to a human about my account."


@pytest.fixture
def desk(database: Database, account: str, tmp_path: Path) -> Desk:
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text().replace("level: auto", "level: draft"), encoding="utf-8")
    return Desk.of(a_town(database, account, PolicyBook(path)))


# --- Sending ----------------------------------------------------------------------------------------------------------


def test_a_draft_is_sent_as_it_is_in_the_persons_name_and_without_the_automatic_line(desk: Desk) -> None:
    desk = desk.opened()
    result = desk.act(InterventionKind.SEND)
    assert result.status is ResultStatus.DONE
    [(role, author, body)] = desk.public
    assert (role, author) == (Role.AGENT, "Maria Lind")
    assert body.startswith(f"{SENTENCE} [1]")
    assert "[1] Opening hours" in body
    assert "automatic" not in body.lower()
    assert desk.state is TicketState.STEPPED_BACK


@pytest.mark.parametrize(
    "name", ["This is Maria Lind.", "You can ask for Maria when you call.", "I am Maria Lind of your crew."]
)
def test_a_person_may_name_herself_in_her_reply_and_nobody_else(desk: Desk, name: str) -> None:
    desk = desk.opened()
    result = desk.act(InterventionKind.EDIT_AND_SEND, TOM, text=f"{SENTENCE} {name}")
    assert "unfounded_name" in [finding.check for finding in result.findings]
    assert desk.replies == []
    result = desk.act(InterventionKind.EDIT_AND_SEND, MARIA, text=f"{SENTENCE} {name}")
    assert "unfounded_name" not in [finding.check for finding in result.findings]


def test_whoever_answered_by_us_has_taken_the_ticket_over(desk: Desk) -> None:
    desk = desk.opened()
    desk.act(InterventionKind.SEND)
    desk.customer("Thanks, and on Sundays?", walk=True)
    assert len(desk.public) == 1
    with desk.tools.db.account(desk.account) as tx:
        ours = own_record.read_own_record(tx, CHANNEL, desk.ticket_id)
    assert read_conversation(desk.ticket, ours).taken_over


def test_an_edited_reply_is_sent_as_the_person_wrote_it(desk: Desk) -> None:
    desk = desk.opened()
    assert desk.act(InterventionKind.EDIT_AND_SEND, text="Dear Kim, we are open from nine to five.").status == "done"
    assert desk.replies == ["Dear Kim, we are open from nine to five."]


def test_an_edited_reply_is_checked_again_and_takes_one_more_press(desk: Desk) -> None:
    desk = desk.opened()
    wrong = "We are open from 7 to 23 o'clock on weekdays."
    result = desk.act(InterventionKind.EDIT_AND_SEND, text=wrong)
    assert result.status is ResultStatus.UNCONFIRMED
    assert [finding.check for finding in result.findings]
    assert desk.replies == []
    result = desk.act(InterventionKind.EDIT_AND_SEND, text=wrong, override=True)
    assert result.status is ResultStatus.DONE
    assert result.findings, "what was overridden is kept with the act"
    assert desk.replies == [wrong]


def test_a_draft_whose_source_changed_takes_one_more_press(desk: Desk) -> None:
    desk = desk.opened()
    stale = FakeLibrary([a_hit(PASSAGE, 0.9, 1.0)], stale=list(CITED.citations))
    desk = replace(desk, tools=replace(desk.tools, library=stale))
    assert desk.act(InterventionKind.SEND).status is ResultStatus.UNCONFIRMED
    assert desk.act(InterventionKind.SEND, override=True).status is ResultStatus.DONE
    assert len(desk.replies) == 1


def test_the_same_press_twice_is_one_act(desk: Desk) -> None:
    desk = desk.opened()
    order = desk.order(InterventionKind.SEND)
    pressed = [desk.press(order, press_id="p1") for _ in range(3)]
    assert len({each.id for each in pressed}) == 1
    for each in pressed:
        desk.send(desk.carry_out(each))
        desk.send(desk.carry_out(each))
    assert len(desk.replies) == 1


def test_a_press_that_ordered_something_else_is_refused(desk: Desk) -> None:
    desk = desk.opened()
    desk.press(desk.order(InterventionKind.SEND), press_id="p1")
    with pytest.raises(Refused, match="press anew") as refused:
        desk.press(desk.order(InterventionKind.CLAIM), press_id="p1")
    assert refused.value.status == 409


def test_two_people_or_two_faces_with_the_same_press_id_are_two_acts(desk: Desk) -> None:
    desk = desk.opened()
    order = desk.order(InterventionKind.CLAIM)
    ids = {desk.press(order, who, "p1", face).id for who in (MARIA, TOM) for face in (Face.API, Face.CONSOLE)}
    assert len(ids) == 4


def test_two_agents_at_once_the_first_wins_and_the_second_is_told_who(desk: Desk) -> None:
    desk = desk.opened()
    order = desk.order(InterventionKind.SEND)
    first, second = desk.press(order, MARIA), desk.press(replace(order, text=""), TOM)
    planned = desk.carry_out(first)
    assert desk.carry_out(second) == []
    assert desk.result(second).status is ResultStatus.REFUSED
    assert "Maria Lind" in desk.result(second).message
    desk.send(planned)
    assert len(desk.replies) == 1


def test_who_sends_what_another_has_claimed_is_told_first(desk: Desk) -> None:
    desk = desk.opened()
    desk.act(InterventionKind.CLAIM, TOM)
    result = desk.act(InterventionKind.SEND)
    assert result.status is ResultStatus.UNCONFIRMED
    assert "Tom Berg" in result.findings[0].detail
    assert desk.act(InterventionKind.SEND, TOM).status is ResultStatus.DONE
    assert len(desk.replies) == 1


@pytest.mark.parametrize("when", ["before it is worked on", "before it leaves"])
@pytest.mark.parametrize(("what", "words"), [("customer", "wrote again"), ("agent", "answered meanwhile")])
def test_a_reply_does_not_leave_upon_another_conversation_than_the_person_saw(
    desk: Desk, what: str, words: str, when: str
) -> None:
    desk = desk.opened()
    pressed = desk.press(desk.order(InterventionKind.SEND))
    planned = desk.carry_out(pressed) if when == "before it leaves" else []
    getattr(desk, what)()
    desk.send(planned or desk.carry_out(pressed))
    assert desk.replies == []
    if not planned:
        assert words in desk.result(pressed).message
    else:
        [delivery] = desk.deliveries
        assert delivery.state is DeliveryState.WITHDRAWN


def test_after_a_look_at_the_new_conversation_the_person_sends(desk: Desk) -> None:
    desk = desk.opened()
    pressed = desk.press(desk.order(InterventionKind.SEND))
    desk.customer("And on Sundays?")
    desk.send(desk.carry_out(pressed))
    desk.act(InterventionKind.EDIT_AND_SEND, text="On Sundays we are closed, all else as ever.", override=True)
    assert len(desk.replies) == 1


def test_a_pause_stops_the_machine_and_no_person(desk: Desk) -> None:
    desk = desk.opened()
    with desk.tools.db.account(desk.account) as tx:
        set_paused(tx, True, "test")
    desk.act(InterventionKind.SEND)
    assert len(desk.replies) == 1


def test_a_closed_ticket_takes_no_reply_and_the_person_is_told(desk: Desk) -> None:
    desk = desk.opened()
    desk.sql(f"UPDATE tickets SET status = 'closed' WHERE id = '{desk.ticket_id}'")
    assert "closed" in desk.act(InterventionKind.SEND).message
    assert desk.replies == []


def test_the_draft_of_another_ticket_cannot_be_sent_here(desk: Desk) -> None:
    here, there = desk.opened(), desk.opened("Other question about opening hours")
    for run_id in (there.run_id, new_id(), "no id"):
        with pytest.raises(Refused):
            here.act(InterventionKind.SEND, run_id=run_id)
    assert here.replies == there.replies == []


def test_an_automatic_reply_that_waits_gives_way_to_the_persons(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(policy_text(), encoding="utf-8")
    waiting = Desk.of(a_town(desk.tools.db, desk.account, PolicyBook(tmp_path / "policy.yaml")))
    opened = waiting.opened(PERSON)
    assert opened.state is TicketState.ESCALATED
    opened.act(InterventionKind.EDIT_AND_SEND, text="Dear Kim, I am here.")
    opened.walk()
    assert opened.replies == ["Dear Kim, I am here."]


# --- Undo -------------------------------------------------------------------------------------------------------------


def test_a_reply_can_be_taken_back_until_it_leaves(desk: Desk) -> None:
    desk = desk.opened()
    sent = desk.press(desk.order(InterventionKind.SEND, delay_seconds=10.0))
    assert desk.carry_out(sent) == [], "the sweep brings it when its time has come"
    assert desk.due() == []
    assert desk.act(InterventionKind.UNDO, target_id=sent.id).message.startswith("Taken back")
    desk.sql("UPDATE deliveries SET not_before = now() - interval '1 minute'")
    desk.send(desk.due())
    assert desk.replies == []
    assert desk.act(InterventionKind.SEND).status is ResultStatus.DONE
    assert len(desk.replies) == 1


def test_who_is_too_late_to_take_it_back_is_told(desk: Desk) -> None:
    desk = desk.opened()
    sent = desk.press(desk.order(InterventionKind.SEND, delay_seconds=10.0))
    desk.carry_out(sent)
    desk.sql("UPDATE deliveries SET not_before = now() - interval '1 minute'")
    desk.send(desk.due())
    assert len(desk.replies) == 1
    assert desk.act(InterventionKind.UNDO, target_id=sent.id).message.startswith("Too late")


# --- Everything else --------------------------------------------------------------------------------------------------


def test_a_ticket_is_one_persons_until_they_release_it(desk: Desk) -> None:
    desk = desk.opened()
    assert desk.act(InterventionKind.CLAIM).status is ResultStatus.DONE
    assert desk.act(InterventionKind.CLAIM).status is ResultStatus.DONE
    refused = desk.act(InterventionKind.CLAIM, TOM)
    assert refused.status is ResultStatus.REFUSED
    assert "Maria Lind" in refused.message
    assert desk.act(InterventionKind.RELEASE, TOM).status is ResultStatus.UNCONFIRMED
    assert desk.act(InterventionKind.RELEASE, TOM, override=True).status is ResultStatus.DONE
    assert desk.act(InterventionKind.RELEASE, TOM).status is ResultStatus.REFUSED
    assert desk.act(InterventionKind.CLAIM, TOM).status is ResultStatus.DONE
    with desk.tools.db.account(desk.account) as tx:
        claim = ticket_control.get_claim(tx, CHANNEL, desk.ticket_id)
    assert claim is not None
    assert claim.name == "Tom Berg"


def test_switched_off_nothing_more_is_worked_on_until_it_is_on_again(desk: Desk) -> None:
    desk = desk.opened()
    before = len(desk.ticket.messages)
    assert desk.act(InterventionKind.TURN_OFF).status is ResultStatus.DONE
    desk.customer("And on Sundays?", walk=True)
    assert len(desk.ticket.messages) == before + 1
    assert desk.act(InterventionKind.TURN_OFF).status is ResultStatus.REFUSED
    assert desk.act(InterventionKind.TURN_ON).status is ResultStatus.DONE
    desk.customer("And on Mondays?", walk=True)
    assert len(desk.ticket.messages) > before + 2


def test_closed_as_answered_the_matter_ends_and_a_new_message_is_judged_anew(desk: Desk) -> None:
    desk = desk.opened(PERSON)
    states = [desk.state]
    assert desk.act(InterventionKind.CLOSE).status is ResultStatus.DONE
    assert desk.ticket.status is TicketStatus.SOLVED
    states.append(desk.state)
    desk.customer("When are you open on weekdays?", walk=True)
    assert [*states, desk.state] == ["escalated", "stepped_back", "noted"], "not with people for what is over"


def test_close_does_not_end_what_the_customer_wrote_meanwhile(desk: Desk) -> None:
    desk = desk.opened(PERSON)
    pressed = desk.press(desk.order(InterventionKind.CLOSE))
    desk.customer("One more thing: I am furious.")
    desk.send(desk.carry_out(pressed))
    assert desk.ticket.status is TicketStatus.OPEN
    assert "wrote again" in desk.result(pressed).message


def test_what_was_no_escalation_leaves_the_list(desk: Desk) -> None:
    desk = desk.opened(PERSON)
    assert desk.act(InterventionKind.NOT_AN_ESCALATION).status is ResultStatus.DONE
    assert desk.state is TicketState.NOTED
    assert desk.act(InterventionKind.NOT_AN_ESCALATION).status is ResultStatus.REFUSED


def test_another_draft_follows_the_persons_wish_and_leaves_by_no_hand_but_theirs(desk: Desk) -> None:
    desk = desk.opened()
    result = desk.act(InterventionKind.REGENERATE, comment="Shorter, please.")
    assert result.answer.startswith(SENTENCE)
    assert result.run_id
    assert result.run_id == desk.run_id
    model = desk.tools.models[0]
    assert isinstance(model, ScriptedModel)
    assert model.asked[-1].instruction == "Shorter, please."
    assert desk.public == []
    assert desk.act(InterventionKind.SEND, run_id=result.run_id).status is ResultStatus.DONE


def test_another_draft_is_made_though_the_customer_wants_a_person(desk: Desk) -> None:
    desk = desk.opened("Put me through to a human: when are you open?")
    assert desk.state is TicketState.ESCALATED
    assert desk.act(InterventionKind.REGENERATE).answer.startswith(SENTENCE)
    assert desk.replies == []


def test_the_knowledge_is_asked_without_a_word_on_the_ticket(desk: Desk) -> None:
    desk = desk.opened()
    before = desk.ticket
    result = desk.act(InterventionKind.ASK, question="When are you open?")
    assert result.answer.startswith(SENTENCE)
    assert result.sources[0].url == "https://help.example/hours"
    assert desk.ticket == before


def test_a_rejected_draft_keeps_its_reason(desk: Desk) -> None:
    desk = desk.opened()
    desk.act(InterventionKind.REJECT, comment="Talks about the wrong shop.")
    with desk.tools.db.account(desk.account) as tx:
        [act] = interventions.interventions_of_ticket(tx, CHANNEL, desk.ticket_id)
    assert act.order.comment == "Talks about the wrong shop."
    assert act.actor == MARIA


def test_a_proposed_entry_has_no_personal_data(desk: Desk) -> None:
    desk = desk.opened()
    answer = "Dear Kim Doe, write to kim@example.com: we are open."
    desk.act(InterventionKind.TEACH, question="When are you open, Kim Doe asks?", text=answer)
    with desk.tools.db.account(desk.account) as tx:
        [entry] = proposed_entries.list_proposed(tx)
    assert "Kim" not in entry.question + entry.answer
    assert "example.com" not in entry.answer
    assert entry.proposed_by == "Maria Lind"


@pytest.mark.parametrize(("value", "status"), [("nothing_found", "done"), ("no such reason", "refused")])
def test_a_reason_is_corrected_by_its_name(desk: Desk, value: str, status: str) -> None:
    assert desk.opened().act(InterventionKind.CORRECT_REASON, value=value, comment="It was there.").status == status


def test_each_persons_last_thumbs_hold_and_the_run_keeps_them(desk: Desk) -> None:
    desk = desk.opened()
    desk.act(InterventionKind.RATE, value="up")
    desk.act(InterventionKind.RATE, value="down", comment="It says nothing of Sundays.")
    desk.act(InterventionKind.RATE, TOM, value="up")
    assert desk.act(InterventionKind.RATE, value="sideways").status is ResultStatus.REFUSED
    with desk.tools.db.account(desk.account) as tx:
        [(run_id, found)] = run_feedback.feedback_of_ticket(tx, CHANNEL, desk.ticket_id).items()
    assert run_id == desk.run_id
    assert {(each.source_id, each.value, each.comment) for each in found} == {
        (MARIA.id, Thumbs.DOWN, "It says nothing of Sundays."),
        (TOM.id, Thumbs.UP, ""),
    }


def test_a_draft_of_another_ticket_is_not_rated(desk: Desk) -> None:
    other, desk = desk.opened(), desk.opened()
    with pytest.raises(Refused):
        desk.act(InterventionKind.RATE, value="up", run_id=other.run_id)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (InterventionKind.RATE, {"run_id": None, "value": "up"}),
        (InterventionKind.SEND, {"run_id": None}),
        (InterventionKind.EDIT_AND_SEND, {"text": "  "}),
        (InterventionKind.REJECT, {}),
        (InterventionKind.ASK, {}),
        (InterventionKind.TEACH, {"question": "Why?"}),
        (InterventionKind.CORRECT_CATEGORY, {}),
        (InterventionKind.EDIT_AND_SEND, {"text": "x" * 20_001}),
        (InterventionKind.SEND, {"delay_seconds": -1.0}),
    ],
)
def test_an_order_that_lacks_something_is_refused_before_it_is_stored(
    desk: Desk, kind: InterventionKind, fields: dict[str, object]
) -> None:
    desk = desk.opened()
    with pytest.raises(Refused) as refused:
        desk.press(desk.order(kind, **fields))
    assert refused.value.status == 422


def test_a_ticket_of_nobody_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        desk.press(Order(InterventionKind.CLAIM, CHANNEL, new_id()))
    assert refused.value.status == 404


# --- Trouble ----------------------------------------------------------------------------------------------------------


def test_while_the_channel_is_away_the_act_waits_and_goes_on_when_it_is_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk.opened()
    pressed = desk.press(desk.order(InterventionKind.SEND))

    def away(*args: object) -> None:
        raise Outage("no answer", CHANNEL, Access.READ, certain=True)

    with monkeypatch.context() as patch:
        patch.setattr(carry_out, "HANDLERS", {InterventionKind.SEND: away})
        assert desk.carry_out(pressed) == []
    with desk.tools.db.account(desk.account) as tx:
        waiting = interventions.get_intervention(tx, pressed.id)
        assert waiting is not None
        assert waiting.waits_for == CHANNEL
        assert waiting.result is None
        for access in Access:
            standing.declare_up(tx, PartyAccess(CHANNEL, access))
        assert interventions.release_party(tx, CHANNEL) == 1
    desk.send(desk.carry_out(pressed))
    assert len(desk.replies) == 1


def test_an_act_that_fails_for_good_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk.opened()
    pressed = desk.press(desk.order(InterventionKind.SEND))

    def broken(*args: object) -> None:
        raise Temporary("it broke")

    monkeypatch.setattr(carry_out, "HANDLERS", {InterventionKind.SEND: broken})
    for _ in range(desk.tools.max_attempts):
        desk.sql("UPDATE interventions SET not_before = now()")
        desk.carry_out(pressed)
    assert desk.result(pressed).status is ResultStatus.FAILED
    assert "it broke" in desk.result(pressed).message


def test_a_worker_that_lost_the_act_writes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk.opened()
    pressed = desk.press(desk.order(InterventionKind.SEND))
    real = HANDLERS[InterventionKind.SEND]
    taken: list[list[str]] = []

    def slow(tools: object, intervention: interventions.Intervention) -> object:
        effect = real(desk.tools, intervention)
        if not taken:
            desk.sql("UPDATE interventions SET lease_until = now() - interval '1 second'")
            taken.append([])
            taken.append(desk.carry_out(pressed, "w2"))
        return effect

    monkeypatch.setattr(carry_out, "HANDLERS", {InterventionKind.SEND: slow})
    assert desk.carry_out(pressed) == []
    desk.send(taken[-1])
    assert len(desk.replies) == 1


def test_a_reply_that_was_sent_and_not_written_down_is_found_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk.opened()
    [delivery_id] = desk.carry_out(desk.press(desk.order(InterventionKind.SEND)))

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "mark_sent", killed)
        with pytest.raises(KeyboardInterrupt):
            send_delivery(desk.tools, desk.account, delivery_id, "w1")
    desk.sql("UPDATE deliveries SET lease_until = now() - interval '1 second'")
    desk.send([delivery_id])
    assert len(desk.replies) == 1


def test_what_cannot_be_sent_for_good_is_left_on_the_ticket_as_a_note(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk.opened()
    planned = desk.carry_out(desk.press(desk.order(InterventionKind.EDIT_AND_SEND, text="We are open, Kim.")))

    def refuse(*args: object) -> None:
        raise Permanent("it does not take this")

    with monkeypatch.context() as patch:
        patch.setattr(TicketChannel, "reply", refuse)
        desk.send(planned)
    desk.send(desk.due())
    assert any("We are open, Kim." in m.body for m in desk.ticket.messages if not m.public)


def test_a_draft_with_two_sources_keeps_its_marks(desk: Desk) -> None:
    other = replace(PASSAGE, id="p9", document_id="d9", title="Holidays", url="https://help.example/holidays")
    draft = Draft((CITED, Statement(SENTENCE, BlockKind.SENTENCE, 0, (Citation("d9", "v1", "p9", (0,)),))))
    guess = ModelClassification("how_to", 0.99, ("When are you open?",))
    model = ScriptedModel([guess], [ModelDraft(draft)])
    library = FakeLibrary([a_hit(PASSAGE, 0.9, 1.0), a_hit(other, 0.8, 1.0)])
    desk = replace(desk, tools=replace(desk.tools, models=(model,), library=library)).opened()
    desk.act(InterventionKind.EDIT_AND_SEND, text=f"{SENTENCE} [2]")
    assert "[2] Holidays" in desk.replies[0]
    assert "Opening hours" not in desk.replies[0]
