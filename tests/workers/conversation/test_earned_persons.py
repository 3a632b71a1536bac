"""Whoever earned a person gets one: at limits, in pauses, when messages vanish, when a trigger is quicker."""

from pathlib import Path

import pytest

from desk.delivery import DeliveryKind, DeliveryState
from desk.platform.accounts import set_paused
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.reasons import Reason
from desk.ticket import ItemState, TicketState, TicketStatus
from tests.workers.talks import SENTENCE, Talk, Town, a_town, policy_text, talkative
from workers.queue import inbox

SELF_HARM = "I can't do this any more. I will kill myself tonight."
PERSON = "I want to talk to a human about my account."
HOURS = "What are your opening hours on weekdays, please?"


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> PolicyBook:
    path: Path = tmp_path_factory.mktemp("policy") / "policy.yaml"
    path.write_text(policy_text(), encoding="utf-8")
    return PolicyBook(path)


@pytest.fixture
def town(database: Database, account: str, policies: PolicyBook) -> Town:
    return a_town(database, account, policies)


def pause(town: Town, paused: bool) -> None:
    with town.tools.db.account(town.account) as tx:
        set_paused(tx, paused, "test")


def send_all(talk: Talk) -> None:
    """What no worker was handed, the sweeper brings."""
    for kind in DeliveryKind:
        talk.send([each.id for each in talk.deliveries(kind) if each.state is DeliveryState.WAITING])
    talk.walk()


def test_self_harm_is_alerted_though_the_limits_are_reached_and_a_hand_over_was_sent_lately(town: Town) -> None:
    other = town.talk(by="ada")
    other.customer(PERSON)
    other.walk()
    talk = talkative(town).talk(by="ada")
    for number in range(5):
        talk.customer(f"When do you open on day {number} of the year {2000 + number}?")
        talk.walk()
    talk.customer(SELF_HARM)
    talk.walk()
    assert {Reason.TOO_MANY_TURNS, Reason.SENSITIVE_TOPIC} <= talk.reasons()
    [alert] = talk.told
    assert "kill myself" in alert.question
    assert talk.sent(DeliveryKind.HANDOVER) == 1


def test_a_machine_that_asks_for_humans_is_told_three_times_and_people_hear_of_each(town: Town) -> None:
    talks = [town.talk(by="bot") for _ in range(6)]
    for number, talk in enumerate(talks):
        talk.customer(f"Ticket {number * 111} was received. Please talk to a human agent.")
        talk.walk()
    assert sum(len(talk.public) for talk in talks) == 3
    assert all(len(talk.told) == 1 for talk in talks)


def test_a_hand_over_that_a_pause_kept_back_still_brings_people_and_is_made_up_for(town: Town) -> None:
    talk = town.talk()
    talk.customer(PERSON)
    planned = talk.think()
    pause(town, True)
    talk.send(planned)
    send_all(talk)
    assert talk.public == []
    assert any("not told" in note for note in talk.notes)
    pause(town, False)
    talk.customer("Hello? Is anybody there?")
    talk.walk()
    assert len(talk.public) == 1
    assert len(talk.told) == 1


def test_when_the_newest_message_vanishes_the_one_before_it_is_worked_on(town: Town) -> None:
    talk = town.talk()
    talk.customer(SELF_HARM)
    newest = talk.customer(HOURS)
    first, second = talk.todo
    talk.todo = [first]
    talk.walk()
    talk.change(messages=tuple(m for m in talk.ticket.messages if m.id != newest))
    talk.sql("UPDATE inbox_items SET received_at = received_at - interval '1 minute'")  # it could still appear before
    talk.todo = [second]
    talk.walk()
    with town.tools.db.account(town.account) as tx:
        [again] = [
            item.id for item in inbox.items_of_ticket(tx, "zendesk", talk.ticket_id) if item.state is ItemState.WAITING
        ]
    talk.todo = [again]
    talk.walk()
    assert talk.state is TicketState.ESCALATED
    assert len(talk.told) == 1


@pytest.mark.parametrize("status", [TicketStatus.SOLVED, TicketStatus.CLOSED])
def test_who_needs_a_person_is_heard_though_a_trigger_ended_the_ticket(town: Town, status: TicketStatus) -> None:
    talk = town.talk()
    talk.customer(SELF_HARM)
    talk.change(status=status)
    talk.walk()
    assert len(talk.told) == 1
    assert talk.state is TicketState.ESCALATED
    assert talk.public == []


def test_a_trigger_that_solves_between_thinking_and_sending_takes_no_hand_over_away(town: Town) -> None:
    talk = town.talk()
    talk.customer(PERSON)
    planned = talk.think()
    talk.change(status=TicketStatus.SOLVED)
    talk.send(planned)
    assert len(talk.public) == 1
    assert len(talk.told) == 1


def test_a_message_that_earned_a_person_and_was_made_private_still_earns_one(town: Town) -> None:
    talk = town.talk()
    earned = talk.customer(PERSON)
    talk.walk()
    hidden = tuple(m if m.id != earned else type(m)(m.id, m.role, False, m.body, m.at) for m in talk.ticket.messages)
    talk.change(messages=hidden)
    talk.customer(HOURS)
    talk.walk()
    assert not any(SENTENCE in body for body in talk.public)


def test_an_out_of_office_mail_does_not_take_a_ticket_from_people(town: Town) -> None:
    talk = town.talk()
    talk.customer(PERSON)
    talk.walk()
    talk.customer("I am out of the office until Monday.", automatic=True)
    talk.walk()
    assert talk.state is TicketState.ESCALATED


def test_a_policy_that_is_being_edited_parks_nothing(database: Database, account: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text(), encoding="utf-8")
    talk = a_town(database, account, PolicyBook(path)).talk()
    talk.customer(HOURS)
    for broken in ("max_turns: [", "[" * 1000):
        path.write_text(broken, encoding="utf-8")
        todo = list(talk.todo)
        for _ in range(4):
            talk.todo = todo
            talk.walk()
            talk.sql("UPDATE inbox_items SET not_before = now()")
        talk.todo = todo
    path.write_text(policy_text(), encoding="utf-8")
    talk.walk()
    assert any(SENTENCE in body for body in talk.public)
    assert talk.notes == []
