"""Hand-overs, alerts and answers come once, though two workers think about one ticket or one matter at once."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from desk.errors import Outage
from desk.party import Access
from desk.ports import LanguageModel, ModelClassification
from desk.ticket import Event, EventKind, Ticket, TicketStatus
from tests.contracts.remembered_channel import RememberedChannel
from tests.workers.talks import CHANNEL, HOURS, PERSON, SELF_HARM, Talk, Town
from workers.parties import waiting
from workers.queue import inbox


def while_thinking(monkeypatch: pytest.MonkeyPatch, town: Town, what: Callable[[], None]) -> None:
    """During the first classification something else happens, as on another worker."""
    model = type(town.tools.models[0])
    real = model.classify
    done: list[bool] = []

    def classify(self: LanguageModel, *asked: Any) -> ModelClassification:
        if not done:
            done.append(True)
            what()
        return real(self, *asked)

    monkeypatch.setattr(model, "classify", classify)


@pytest.mark.parametrize("body", [PERSON, SELF_HARM])
def test_a_second_message_while_the_first_is_thought_about_doubles_hand_over_note_and_alert(
    town: Town, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    talk = town.talk()
    talk.customer(body)

    def second() -> None:
        other = Talk(talk.tools, talk.channel, talk.alerts, talk.account, talk.ticket_id)
        other.customer("Please hurry, it is about the account.")
        other.walk()

    while_thinking(monkeypatch, town, second)
    talk.walk()
    assert (len(talk.public), len(talk.told), len(talk.notes)) == (1, 1, 1)


def test_two_tickets_on_one_matter_of_which_the_older_is_still_thought_about_get_one_answer(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs: `looked for ... again right before sending, so that two that come at one moment get one answer`."""
    older, newer = town.talk(by="ada"), town.talk(by="ada")
    older.customer(HOURS)

    def second() -> None:
        newer.customer(HOURS)
        newer.walk()

    while_thinking(monkeypatch, town, second)
    older.walk()
    newer.walk()
    assert len(older.public) + len(newer.public) == 1


def test_a_message_to_a_ticket_with_people_that_a_trigger_solved_changes_the_alert_that_stands(town: Town) -> None:
    talk = town.talk()
    talk.customer(PERSON)
    talk.walk()
    talk.customer("Hello? Anybody?")
    talk.change(status=TicketStatus.SOLVED)  # no person did
    talk.walk()
    assert len(talk.told) == 1, "a second alert, and a note `solved before anybody read this`"


def test_what_was_alerted_because_a_trigger_solved_it_is_changed_when_the_customer_writes_again(town: Town) -> None:
    talk = town.talk()
    talk.customer(SELF_HARM)
    talk.change(status=TicketStatus.SOLVED)
    talk.walk()
    talk.customer(HOURS)
    talk.walk()
    assert len(talk.told) == 1


def test_what_was_warned_of_while_zendesk_was_away_is_changed_when_it_is_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An urgent message and one after it: the warning stays as it was, `can neither read nor answer`, beside a second
    alert."""

    class Party:
        name, up = CHANNEL, False

        def probe(self, account: str, access: Access) -> None:
            if not self.up:
                raise Outage("away", CHANNEL, access)

    party, real = Party(), RememberedChannel.fetch

    def fetch(self: RememberedChannel, *a: Any, **k: Any) -> Ticket:
        if not party.up:
            raise Outage("away", CHANNEL, Access.READ)
        return real(self, *a, **k)

    monkeypatch.setattr(RememberedChannel, "fetch", fetch)
    talk = replace(town, tools=replace(town.tools, parties={CHANNEL: party})).talk()
    for body in (SELF_HARM, HOURS):
        message = talk.customer(body)
        with talk.tools.db.account(talk.account) as tx:
            from sqlalchemy import text

            tx.execute(text("DELETE FROM inbox_items WHERE id = :id"), {"id": talk.todo.pop()})
            event = Event(EventKind.CUSTOMER_MESSAGE, message, talk.ticket_id, message, body)
            talk.todo.append(str(inbox.add_event(tx, CHANNEL, event, json.dumps({"body": body}))))
    todo = list(talk.todo)
    talk.walk()
    assert len(talk.told) == 1
    party.up = True
    talk.sql("UPDATE parties SET next_probe_at = now()")
    waiting.probe_party(talk.tools, talk.account, CHANNEL)
    talk.sql("UPDATE inbox_items SET not_before = now()")
    talk.todo = todo
    talk.walk()
    assert len(talk.told) == 1
