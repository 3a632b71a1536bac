"""Where a ticket stands, and what came of a run, is shown as it is."""

from typing import Any

import pytest

from desk.errors import Permanent
from desk.outcome import OutcomeState, outcome_of
from desk.ports import LanguageModel, ModelClassification
from desk.run import Action
from desk.ticket import TicketState
from tests.contracts.remembered_channel import RememberedChannel
from tests.fakes import FakeLibrary
from tests.workers.talks import CHANNEL, CITED, HOURS, PERSON, Talk, Town
from workers import operations
from workers.audit import COMMAND_LINE
from workers.queue import outbox
from workers.queue.parked import ParkedFilter


@pytest.mark.parametrize(("body", "state"), [(HOURS, TicketState.NOTED), (PERSON, TicketState.ESCALATED)])
def test_a_late_event_of_an_earlier_message_leaves_the_state_as_it_was(
    town: Town, body: str, state: TicketState
) -> None:
    """_look_up notes RECEIVED; NEWER_MESSAGE has no state after it. It stays `received` for ever."""
    talk = town.talk()
    talk.customer(body)
    late, talk.todo = talk.todo, []
    talk.customer("See the file, please.", attachments=1)
    talk.walk()
    assert talk.state is state
    talk.todo = late
    talk.walk()
    assert talk.state is state


def test_a_run_that_ends_after_that_of_a_newer_message_leaves_the_state_as_it_was(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = town.talk()
    talk.customer(HOURS)
    model = type(town.tools.models[0])
    real = model.classify
    done: list[bool] = []

    def classify(self: LanguageModel, *asked: Any) -> ModelClassification:
        if not done:
            done.append(True)
            other = Talk(talk.tools, talk.channel, talk.alerts, talk.account, talk.ticket_id)
            other.customer(PERSON)
            other.walk()
            assert other.state is TicketState.ESCALATED
        return real(self, *asked)

    monkeypatch.setattr(model, "classify", classify)
    talk.walk()
    assert talk.state is TicketState.ESCALATED


def test_a_run_whose_reply_was_withdrawn_is_shown_so_after_it_was_thought_over(town: Town) -> None:
    """The row is taken over by the second run: the first shows `auto reply` and `nothing to deliver`."""
    talk = town.talk()
    talk.customer(HOURS)
    planned = talk.think()
    library = town.tools.library
    assert isinstance(library, FakeLibrary)
    library.stale = CITED.citations
    talk.send(planned)
    library.stale = ()
    talk.walk()
    first, second = talk.runs()
    assert first.decision.action is second.decision.action is Action.AUTO_REPLY
    with town.tools.db.account(town.account) as tx:
        rows = outbox.deliveries_of_ticket(tx, CHANNEL, talk.ticket_id)
    assert outcome_of([row for row in rows if row.run_id == first.id]).state is OutcomeState.WITHDRAWN


def test_a_replay_after_the_customer_wrote_again_leaves_the_state_as_it_was(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = town.talk()
    talk.customer(PERSON)
    planned = talk.think()
    with monkeypatch.context() as away:
        away.setattr(RememberedChannel, "reply", lambda *a: (_ for _ in ()).throw(Permanent("no")))
        talk.send(planned)  # the hand-over cannot be sent: parked
    talk.customer(HOURS)
    talk.walk()
    assert talk.state is TicketState.ESCALATED
    operations.requeue(
        town.tools.db, town.account, ParkedFilter(), lambda _, item: talk.todo.append(item), COMMAND_LINE
    )
    talk.walk()
    assert talk.state is TicketState.ESCALATED
