"""What of a ticket is open, whose it is, and whether a person is owed: defined once, and the same everywhere."""

import random
from datetime import timedelta

import pytest

from desk.conversation import (
    NO_RECORD,
    OwnRecord,
    Sent,
    newest_customer_message,
    newest_message_of_customer_side,
    read_conversation,
)
from desk.delivery import DeliveryKind
from desk.reasons import Stop
from desk.ticket import Message, PersonAct, PersonActKind, Role, Ticket, TicketStatus
from tests.fakes import NOW, a_message, a_ticket
from workers.pipeline.guards import stop_before_run, stop_before_send

RECORD = OwnRecord({"reply": Sent.REPLY, "handover": Sent.HANDOVER, "person": Sent.PERSON})


def customer(name: str, **more: object) -> Message:
    return a_message("Please help", id=name, **more)


def agent(name: str, **more: object) -> Message:
    return a_message("On it", id=name, role=Role.AGENT, **more)


def ours(name: str, delivery: str, **more: object) -> Message:
    return a_message("An answer", id=name, role=Role.ASSISTANT, delivery_id=delivery, **more)


def open_ids(*messages: Message, record: OwnRecord = RECORD, acts: tuple[PersonAct, ...] = ()) -> list[str]:
    return [message.id for message in read_conversation(a_ticket(*messages, acts=acts), record).open]


def test_what_the_customer_has_written_since_the_last_answer_is_open() -> None:
    assert open_ids(customer("a"), customer("b")) == ["a", "b"]
    assert open_ids(customer("a"), ours("r", "reply"), customer("b"), customer("c")) == ["b", "c"]
    assert open_ids(customer("a"), agent("r"), customer("b")) == ["b"]


@pytest.mark.parametrize(
    "between",
    [
        ours("h", "handover"),
        ours("n", "note", public=False),
        ours("x", "of which we have no record"),
        agent("n", public=False),
        agent("t", automatic=True),
        a_message("I am away", id="o", automatic=True),
        customer("c", third_party=True),
    ],
    ids=[
        "a hand-over",
        "our note",
        "unknown",
        "an agent's note",
        "a trigger",
        "an out-of-office mail",
        "a third party",
    ],
)
def test_nothing_but_a_public_answer_closes_it(between: Message) -> None:
    assert "a" in open_ids(customer("a"), between, customer("b"))


def test_machines_and_we_ourselves_are_never_open() -> None:
    assert open_ids(a_message("Away", id="o", automatic=True), ours("h", "handover")) == []
    assert open_ids(customer("a"), record=OwnRecord({"a": Sent.REPLY})) == [], "known by its id in the channel too"


def test_a_third_party_is_open_and_is_not_the_customers_own() -> None:
    conversation = read_conversation(a_ticket(customer("a"), customer("b", third_party=True)))
    assert [message.id for message in conversation.own] == ["a"]
    assert conversation.newest is not None
    assert conversation.newest.id == "b"


def test_a_person_has_it_once_an_agent_answered_or_took_it_by_hand() -> None:
    assert read_conversation(a_ticket(customer("a"), agent("r"))).taken_over
    assert read_conversation(a_ticket(customer("a"), ours("p", "person")), RECORD).taken_over
    assert read_conversation(a_ticket(customer("a"), acts=(PersonAct(PersonActKind.TAKEN, 1),))).taken_over
    assert not read_conversation(a_ticket(customer("a"), assignee="agent-7")).taken_over, "nobody's hand did that"
    assert not read_conversation(a_ticket(customer("a"), ours("r", "reply")), RECORD).taken_over


def test_giving_it_back_and_solving_it_end_that() -> None:
    back = (PersonAct(PersonActKind.TAKEN, 1), PersonAct(PersonActKind.GIVEN_BACK, 1))
    assert not read_conversation(a_ticket(customer("a"), acts=back)).taken_over
    solved = (PersonAct(PersonActKind.TAKEN, 2), PersonAct(PersonActKind.SOLVED, 2))
    reopened = read_conversation(a_ticket(customer("a"), agent("r"), customer("b"), acts=solved))
    assert (reopened.taken_over, [message.id for message in reopened.open]) == (False, ["b"])
    assert read_conversation(a_ticket(customer("a"), agent("r"), acts=solved)).taken_over, "until then it is theirs"


def test_a_person_is_owed_until_a_person_acts() -> None:
    owed = OwnRecord(RECORD.sent, handed_over=frozenset({"a"}))
    assert read_conversation(a_ticket(customer("a"), ours("h", "handover"), customer("b")), owed).person_owed
    assert not read_conversation(a_ticket(customer("a"), agent("r"), customer("b")), owed).person_owed
    solved = a_ticket(customer("a"), customer("b"), acts=(PersonAct(PersonActKind.SOLVED, 1),))
    assert not read_conversation(solved, owed).person_owed


def test_a_person_is_owed_though_the_message_that_earned_it_is_gone() -> None:
    assert read_conversation(a_ticket(customer("b")), OwnRecord(handed_over=frozenset({"deleted"}))).person_owed


def test_two_messages_of_one_second_keep_the_order_in_which_the_channel_gives_them() -> None:
    assert open_ids(customer("b", at=NOW), agent("r", at=NOW), customer("a", at=NOW)) == ["a"]


def test_a_clock_that_jumps_back_changes_no_order() -> None:
    late, early = customer("a", at=NOW), customer("b", at=NOW - timedelta(days=1))
    assert open_ids(late, early) == ["a", "b"]


# --- One definition, held together by random conversations ------------------------------------------------------------


RATED = (PersonAct(PersonActKind.RATED_BAD, 2),)


def test_a_bad_rating_of_an_automatic_reply_owes_the_customer_a_person_until_one_answers() -> None:
    rated = (customer("a"), ours("r", "reply"))
    assert read_conversation(a_ticket(*rated, acts=RATED), RECORD).person_owed
    again = read_conversation(a_ticket(*rated, customer("b"), acts=RATED), RECORD)
    assert (again.person_owed, again.taken_over, again.newest) == (True, False, customer("b"))
    answered = read_conversation(a_ticket(*rated, agent("p"), acts=RATED), RECORD)
    assert (answered.person_owed, answered.rated_bad) == (False, False)
    solved = (*RATED, PersonAct(PersonActKind.SOLVED, 2))
    assert not read_conversation(a_ticket(*rated, customer("b"), acts=solved), RECORD).person_owed


@pytest.mark.parametrize("answer", [agent("r"), ours("r", "handover"), ours("r", "person"), agent("r", public=False)])
def test_a_bad_rating_of_anything_else_is_none_of_ours(answer: Message) -> None:
    assert not read_conversation(a_ticket(customer("a"), answer, acts=RATED), RECORD).rated_bad


def test_a_bad_rating_that_follows_a_closing_still_owes_the_customer_a_person() -> None:
    reply = ours("m2", "reply")
    record = OwnRecord(sent=RECORD.sent, closed_after=frozenset({reply.id}))
    ticket = a_ticket(customer("m1"), reply, acts=RATED)
    assert read_conversation(ticket, record).rated_bad


def anything(dice: random.Random, name: str) -> Message:
    makers = (
        lambda: customer(name),
        lambda: customer(name),
        lambda: customer(name, third_party=True),
        lambda: a_message("Away", id=name, automatic=True),
        lambda: agent(name),
        lambda: agent(name, public=False),
        lambda: ours(name, "reply"),
        lambda: ours(name, "handover"),
        lambda: ours(name, "lost"),
    )
    return dice.choice(makers)()


def a_conversation(dice: random.Random) -> tuple[Ticket, OwnRecord]:
    messages = [anything(dice, f"m{place}") for place in range(dice.randint(1, 9))]
    acts = tuple(
        PersonAct(dice.choice(list(PersonActKind)), place)
        for place in sorted(dice.choices(range(len(messages) + 1), k=2))
    )
    some = frozenset(dice.choices([message.id for message in messages], k=1)) if dice.random() < 0.3 else frozenset()
    status = dice.choice([TicketStatus.OPEN] * 4 + [TicketStatus.SOLVED, TicketStatus.CLOSED])
    tags = ("firstline_off",) if dice.random() < 0.1 else ()
    return a_ticket(*messages, acts=acts if dice.random() < 0.4 else (), status=status, tags=tags), OwnRecord(
        RECORD.sent, handed_over=some
    )


def test_the_guard_before_the_run_and_the_last_look_agree_on_random_conversations() -> None:
    dice, agreed, let_through = random.Random(7), 0, 0
    for _ in range(5000):
        ticket, record = a_conversation(dice)
        owed = read_conversation(ticket, record).person_owed
        for message in ticket.messages:
            before = stop_before_run(ticket, message.id, record)
            after = stop_before_send(ticket, message.id, DeliveryKind.REPLY, record)
            assert after is (before or (Stop.PERSON_OWED if owed else None))
            agreed += 1
            let_through += before is None
    assert agreed > 20_000
    assert let_through > 900, "or this proves nothing"


def test_at_most_one_message_of_a_conversation_is_answered_and_it_is_the_newest_open_one() -> None:
    dice = random.Random(11)
    for _ in range(5000):
        ticket, record = a_conversation(dice)
        answered = [m.id for m in ticket.messages if stop_before_run(ticket, m.id, record) is None]
        conversation = read_conversation(ticket, record)
        assert len(answered) <= 1
        if answered:
            assert conversation.newest is not None
            assert answered == [conversation.newest.id]
            newest = newest_message_of_customer_side(ticket, record)
            assert newest is not None
            assert newest.id == answered[0]


def test_who_is_in_copy_is_not_the_customer_and_what_they_write_is_worked_on_all_the_same() -> None:
    ticket = a_ticket(customer("a"), customer("b", third_party=True))
    newest, newest_of_all = newest_customer_message(ticket), newest_message_of_customer_side(ticket)
    assert newest is not None
    assert newest_of_all is not None
    assert (newest.id, newest_of_all.id) == ("a", "b")
    assert newest_customer_message(a_ticket(customer("b", third_party=True))) is None


def test_nothing_is_open_behind_an_answer_and_a_person_who_is_owed_was_promised() -> None:
    dice = random.Random(13)
    for _ in range(5000):
        ticket, record = a_conversation(dice)
        conversation = read_conversation(ticket, record)
        places = [ticket.messages.index(message) for message in conversation.open]
        if conversation.answer and places:
            assert min(places) > ticket.messages.index(conversation.answer)
        assert not conversation.person_owed or record.handed_over or conversation.rated_bad
    assert read_conversation(a_ticket(customer("a")), NO_RECORD).open
