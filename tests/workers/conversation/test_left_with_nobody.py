"""No message ends with nobody: whatever drops out, lags, is replayed, rated or given back."""

from dataclasses import replace
from pathlib import Path

import pytest

from desk.errors import Permanent
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.run import Action
from desk.ticket import Event, EventKind, ItemState, PersonActKind, TicketStatus, new_id
from tests.contracts.remembered_channel import RememberedChannel
from tests.workers.talks import CHANNEL, HOURS, PERSON, SELF_HARM, Talk, Town, a_town, policy_text, talkative
from workers import operations
from workers.audit import COMMAND_LINE
from workers.queue import inbox
from workers.queue.parked import ParkedFilter


def attended(talk: Talk) -> bool:
    with talk.tools.db.account(talk.account) as tx:
        waits = any(i.state is ItemState.WAITING for i in inbox.items_of_ticket(tx, CHANNEL, talk.ticket_id))
    return bool(talk.public or talk.notes or talk.told or waits)


@pytest.mark.parametrize("how", ["made private", "deleted"])
def test_the_message_that_answered_for_all_drops_out_between_thinking_and_sending(town: Town, how: str) -> None:
    """left_open()/walk_again() exist for the guard before the run; the last look forgets them."""
    talk = town.talk()
    talk.customer(HOURS)
    first = talk.think()
    second_id = talk.customer("And on which days?")
    talk.send(first)  # withdrawn: newer_message
    second = talk.think()
    kept = tuple(m for m in talk.ticket.messages if m.id != second_id)
    private = tuple(replace(m, public=False) if m.id == second_id else m for m in talk.ticket.messages)
    talk.change(messages=private if how == "made private" else kept)
    talk.send(second)  # withdrawn: message_gone / not_a_customer, and nobody walks the first again
    talk.walk()
    assert attended(talk), "the first question is public, open, and with nobody"


@pytest.mark.parametrize("body", [HOURS, SELF_HARM])
def test_a_message_that_the_helpdesk_does_not_show_yet_is_not_gone(town: Town, body: str) -> None:
    """The webhook is quicker than the helpdesk's read side (replica lag)."""
    talk = town.talk()
    talk.customer(body)
    whole = talk.ticket
    talk.change(messages=())
    talk.walk()  # outcome message_gone, at the very first try
    town.channel.tickets[talk.ticket_id] = whole
    talk.walk()
    assert attended(talk), "nothing, for ever: catch-up takes the message for known"


@pytest.mark.parametrize(("body", "files", "action"), [(HOURS, 1, Action.INTERNAL_NOTE), (PERSON, 0, Action.ESCALATE)])
def test_a_parked_message_that_is_replayed_gets_its_note(
    town: Town, monkeypatch: pytest.MonkeyPatch, body: str, files: int, action: Action
) -> None:
    """The parking note and the run's note share the key `channel:message:note`."""
    talk = town.talk()
    talk.customer(body, attachments=files)
    with monkeypatch.context() as away:
        away.setattr(RememberedChannel, "fetch", lambda *a, **k: (_ for _ in ()).throw(Permanent("403")))
        planned = talk.think()
    talk.send(planned)
    assert talk.notes[0].startswith("Firstline could not work on this message")
    operations.requeue(
        town.tools.db, town.account, ParkedFilter(), lambda _, item: talk.todo.append(item), COMMAND_LINE
    )
    talk.walk()
    assert talk.runs()[-1].decision.action is action
    assert len(talk.notes) == 2, "decided: a note with the draft; happened: nothing, and the state says noted"


def test_a_rating_seen_only_by_the_last_look_puts_the_question_before_nobody(town: Town) -> None:
    """A rating whose webhook is lost, late, or not subscribed (the trigger template has none; catch-up reads none)."""
    talk = talkative(town).talk()
    talk.customer(HOURS)
    talk.walk()
    talk.customer("When do you open on day 7 of the year?")
    planned = talk.think()
    talk.act(PersonActKind.RATED_BAD)
    talk.send(planned)  # withdrawn: person_owed; shown as escalated
    talk.walk()
    assert talk.notes or talk.told, f"state {talk.state}, and no person was ever told"


def test_a_ticket_that_its_agent_gives_back_unanswered_goes_on(town: Town) -> None:
    """docs/zendesk.md: `the assignee is removed by hand: it is given back: goes on`."""
    talk = town.talk()
    talk.act(PersonActKind.TAKEN)
    talk.customer(HOURS)
    talk.walk()
    talk.act(PersonActKind.GIVEN_BACK)
    with town.tools.db.account(town.account) as tx:
        item = inbox.add_event(tx, CHANNEL, Event(EventKind.ASSIGNED, new_id(), talk.ticket_id), "{}")
    talk.todo += [item] if item else []
    talk.walk()
    assert attended(talk), "neither the agent nor Firstline has it any more"


def test_an_assignment_of_a_ticket_that_is_gone_troubles_nobody(town: Town) -> None:
    talk = town.talk()
    with town.tools.db.account(town.account) as tx:
        talk.todo.append(str(inbox.add_event(tx, CHANNEL, Event(EventKind.ASSIGNED, new_id(), "gone"), "{}")))
    assert talk.think() == []
    with town.tools.db.account(town.account) as tx:
        assert [item.state for item in inbox.items_of_ticket(tx, CHANNEL, "gone")] == [ItemState.DONE]


def test_people_are_told_though_the_policy_breaks_meanwhile(database: Database, account: str, tmp_path: Path) -> None:
    path = tmp_path / "breaks.yaml"
    path.write_text(policy_text(), encoding="utf-8")
    talk = a_town(database, account, PolicyBook(path)).talk()
    talk.customer(SELF_HARM)
    planned = talk.think()
    path.write_text("broken: [", encoding="utf-8")
    talk.send(planned)
    assert talk.told
    assert talk.notes


def test_so_it_is_for_a_reply_that_was_withdrawn_because_an_agent_took_the_ticket(town: Town) -> None:
    talk = town.talk()
    talk.customer(HOURS)
    planned = talk.think()
    talk.act(PersonActKind.TAKEN)
    talk.send(planned)
    talk.act(PersonActKind.GIVEN_BACK)
    with town.tools.db.account(town.account) as tx:
        talk.todo.append(str(inbox.add_event(tx, CHANNEL, Event(EventKind.ASSIGNED, new_id(), talk.ticket_id), "{}")))
    talk.walk()
    assert attended(talk)


def test_a_bad_rating_of_our_reply_after_an_agent_only_solved_the_ticket_is_heard(town: Town) -> None:
    """docs/zendesk.md: `After an automatic reply a bad rating hands the ticket to people`; surveys go out then."""
    talk = town.talk()
    talk.customer(HOURS)
    talk.walk()
    talk.act(PersonActKind.SOLVED, TicketStatus.SOLVED)
    talk.act(PersonActKind.RATED_BAD)
    with town.tools.db.account(town.account) as tx:
        talk.todo.append(str(inbox.add_event(tx, CHANNEL, Event(EventKind.RATING, new_id(), talk.ticket_id), "{}")))
    talk.walk()
    assert talk.notes or talk.told
