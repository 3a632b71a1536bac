"""What agents and customers did with a draft is found out, once for each message, and stays with the draft's run."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desk.feedback.feedback import Change, CustomerRating, DraftUse, Feedback, FeedbackKind, draft_use
from desk.intervention import InterventionKind
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.ticket import Event, EventKind, PersonActKind, Ticket, TicketStatus, new_id
from tests.contracts.remembered_channel import RememberedChannel
from tests.workers.interventions.acts import Desk
from tests.workers.talks import CHANNEL, HOURS, SENTENCE, Talk, Town, a_town, policy_text
from workers.insights import run_feedback
from workers.processing.deliver import send_delivery
from workers.processing.process_item import process_item
from workers.queue import inbox

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def a_policy(tmp_path: Path, *, drafts: bool) -> PolicyBook:
    path = tmp_path / "policy.yaml"
    text = policy_text()
    path.write_text(text.replace("level: auto", "level: draft") if drafts else text, encoding="utf-8")
    return PolicyBook(path)


@pytest.fixture
def drafting(database: Database, account: str, tmp_path: Path) -> Town:
    return a_town(database, account, a_policy(tmp_path, drafts=True))


@pytest.fixture
def answering(database: Database, account: str, tmp_path: Path) -> Town:
    return a_town(database, account, a_policy(tmp_path, drafts=False))


def found(town: Town, channel: str, ticket_id: str) -> list[Feedback]:
    with town.tools.db.account(town.account) as tx:
        return [each for group in run_feedback.feedback_of_ticket(tx, channel, ticket_id).values() for each in group]


def told(town: Town, talk: Talk) -> list[Feedback]:
    return found(town, CHANNEL, talk.ticket_id)


def drafted(town: Town) -> Talk:
    talk = town.talk()
    talk.customer(HOURS)
    talk.walk()
    return talk


def now() -> datetime:
    return datetime.now(UTC)


# --- Agents -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "use", "changes"),
    [
        (f"Hi Kim,\n\n{SENTENCE}\n\nBest regards,\nMaria", DraftUse.AS_IS, ()),
        (SENTENCE.replace("nine", "ten"), DraftUse.EDITED, (Change.FIGURE,)),
        ("I have asked our warehouse; somebody will call you.", DraftUse.DISCARDED, (Change.FIGURE, Change.WORDING)),
    ],
)
def test_a_reply_by_hand_is_compared_with_the_draft(
    drafting: Town, reply: str, use: DraftUse, changes: tuple[Change, ...]
) -> None:
    talk = drafted(drafting)
    message_id = talk.agent(reply, at=now())
    talk.walk()
    [feedback] = told(drafting, talk)
    assert (feedback.kind, feedback.value, feedback.source_id) == (FeedbackKind.AGENT_REPLY, use, message_id)
    assert feedback.run_id == talk.runs()[0].id
    assert feedback.changes[:1] == changes[:1]


def test_an_event_that_comes_twice_tells_it_once(drafting: Town) -> None:
    talk = drafted(drafting)
    message_id = talk.agent(SENTENCE, at=now())
    with drafting.tools.db.account(drafting.account) as tx:
        event = Event(EventKind.AGENT_MESSAGE, new_id(), talk.ticket_id, message_id)
        again = inbox.add_event(tx, CHANNEL, event, "{}")
    talk.todo += [again] if again else []
    talk.walk()
    assert len(told(drafting, talk)) == 1


def test_the_comparison_costs_no_look_at_the_ticket_of_its_own(drafting: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = drafted(drafting)
    talk.agent(SENTENCE, at=now())
    fetched: list[str] = []
    fetch = RememberedChannel.fetch

    def counted(channel: RememberedChannel, account: str, ticket_id: str, *more: Any) -> Ticket:
        fetched.append(ticket_id)
        return fetch(channel, account, ticket_id, *more)

    monkeypatch.setattr(RememberedChannel, "fetch", counted)
    talk.walk()
    assert len(fetched) == 1


def test_a_note_and_an_automatic_message_tell_nothing(drafting: Town) -> None:
    talk = drafted(drafting)
    talk.agent(SENTENCE, public=False, at=now())
    talk.agent(SENTENCE, automatic=True, at=now())
    talk.walk()
    assert told(drafting, talk) == []


def test_what_an_agent_adds_to_our_automatic_reply_is_not_compared_with_it(answering: Town) -> None:
    talk = drafted(answering)
    assert talk.public
    talk.agent("I am here too, should you need me.", at=now())
    talk.walk()
    assert told(answering, talk) == []


def test_a_draft_made_after_the_reply_did_not_stand(drafting: Town) -> None:
    talk = drafted(drafting)
    talk.agent(SENTENCE, at=now() - timedelta(hours=1))
    talk.walk()
    assert told(drafting, talk) == []


def test_of_two_messages_the_one_that_came_nearest_counts(drafting: Town) -> None:
    talk = drafted(drafting)
    talk.agent("One moment please.", at=now())
    talk.agent(SENTENCE, at=now())
    talk.walk()
    assert [each.value for each in told(drafting, talk)] == [DraftUse.DISCARDED, DraftUse.AS_IS]
    nearest = draft_use(told(drafting, talk))
    assert nearest is not None
    assert nearest.value == DraftUse.AS_IS
    with drafting.tools.db.account(drafting.account) as tx:
        counts = run_feedback.count_draft_uses(tx, LONG_AGO)
    assert (counts.as_is, counts.answered) == (1, 1)


def test_an_agent_who_answers_the_next_question_tells_of_its_draft_alone(drafting: Town) -> None:
    talk = drafted(drafting)
    talk.agent(SENTENCE, at=now())
    talk.walk()
    talk.act(PersonActKind.GIVEN_BACK)
    talk.customer("And is there a discount for schools?")
    talk.walk()
    assert len(talk.runs()) == 2
    talk.agent("Schools pay half.", at=now() + timedelta(seconds=5))
    talk.walk()
    first, second = told(drafting, talk)
    assert (first.value, second.value) == (DraftUse.AS_IS, DraftUse.DISCARDED)
    assert [first.run_id, second.run_id] == [run.id for run in talk.runs()]


@pytest.mark.parametrize("times", [1, 2])
def test_a_reply_through_us_is_compared_once_it_is_out(drafting: Town, times: int) -> None:
    desk = Desk.of(drafting).opened()
    assert found(drafting, "api", desk.ticket_id) == []
    delivery_ids = desk.carry_out(desk.press(desk.order(InterventionKind.SEND)))
    for _ in range(times):  # who was cut off before the delivery was marked finds the reply on the ticket
        send_delivery(desk.tools, desk.account, delivery_ids[0], "w1")
        desk.sql("UPDATE deliveries SET state = 'waiting' WHERE key LIKE 'intervention:%'")
    [feedback] = found(drafting, "api", desk.ticket_id)
    assert (feedback.value, feedback.similarity) == (DraftUse.AS_IS, 1.0)
    assert feedback.source_id == desk.ticket.messages[-1].id


def test_an_edited_reply_through_us_is_edited(drafting: Town) -> None:
    desk = Desk.of(drafting).opened()
    desk.act(InterventionKind.EDIT_AND_SEND, text=SENTENCE.replace("weekdays", "working days"), override=True)
    [feedback] = found(drafting, "api", desk.ticket_id)
    assert feedback.value == DraftUse.EDITED


def test_a_reply_by_the_api_is_compared(drafting: Town) -> None:
    desk = Desk.of(drafting).opened()
    desk.agent(f"Hello Kim!\n{SENTENCE}")
    with desk.tools.db.account(desk.account) as tx:
        [item] = [each for each in inbox.list_items(tx) if each.kind is EventKind.AGENT_MESSAGE]
    process_item(desk.tools, desk.account, item.id, "w1")
    [feedback] = found(drafting, "api", desk.ticket_id)
    assert feedback.value == DraftUse.AS_IS


# --- Customers --------------------------------------------------------------------------------------------------------


def test_a_thank_you_confirms(answering: Town) -> None:
    talk = drafted(answering)
    talk.customer("Thanks, that works!", at=now())
    talk.walk()
    [feedback] = told(answering, talk)
    assert (feedback.kind, feedback.run_id) == (FeedbackKind.CONFIRMED, talk.runs()[0].id)


def test_that_it_did_not_help_is_kept_with_the_run_that_did_not(answering: Town) -> None:
    talk = drafted(answering)
    talk.customer("That did not help.", at=now())
    talk.walk()
    [feedback] = told(answering, talk)
    assert (feedback.kind, feedback.run_id) == (FeedbackKind.NOT_HELPED, talk.runs()[0].id)


@pytest.mark.parametrize(("days", "times"), [(1, 1), (13, 1), (15, 0)])
def test_opened_again_within_the_policys_days(answering: Town, days: int, times: int) -> None:
    talk = drafted(answering)
    answered_at = talk.ticket.messages[-1].at
    talk.change(status=TicketStatus.SOLVED)
    again = "And where do I find the hours of my own branch?"
    talk.customer(again, at=answered_at + timedelta(days=days), status_before="solved")
    talk.walk()
    assert [each.kind for each in told(answering, talk)] == [FeedbackKind.REOPENED] * times


def test_a_draft_that_an_agent_sent_is_told_of_too(drafting: Town) -> None:
    talk = drafted(drafting)
    talk.agent(SENTENCE, at=now())
    talk.walk()
    talk.customer("That did not help.", at=now())
    talk.walk()
    assert [each.kind for each in told(drafting, talk)] == [FeedbackKind.AGENT_REPLY, FeedbackKind.NOT_HELPED]


def rate(talk: Talk, kind: PersonActKind) -> None:
    talk.act(kind)
    with talk.tools.db.account(talk.account) as tx:
        item = inbox.add_event(tx, CHANNEL, Event(EventKind.RATING, new_id(), talk.ticket_id), "{}")
    talk.todo += [item] if item else []
    talk.walk()


def test_the_last_rating_holds(answering: Town) -> None:
    talk = drafted(answering)
    rate(talk, PersonActKind.RATED_GOOD)
    [feedback] = told(answering, talk)
    assert (feedback.kind, feedback.value) == (FeedbackKind.RATING, CustomerRating.GOOD)
    assert not talk.told, "a good rating alerts nobody"
    rate(talk, PersonActKind.RATED_BAD)
    [feedback] = told(answering, talk)
    assert feedback.value == CustomerRating.BAD


def test_a_run_that_goes_takes_its_feedback_with_it(drafting: Town) -> None:
    talk = drafted(drafting)
    talk.agent(SENTENCE, at=now())
    talk.walk()
    talk.sql("DELETE FROM runs")
    assert told(drafting, talk) == []
