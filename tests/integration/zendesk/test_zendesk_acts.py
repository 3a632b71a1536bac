"""A person's reply through us, at Zendesk: one comment, in the agent's own name, upon what the agent saw."""

from dataclasses import replace
from typing import Any

import pytest

from desk.conversation import read_conversation
from desk.intervention import Actor, Face, InterventionKind, InterventionResult, Order
from desk.ticket import new_id
from tests.integration.zendesk_house import QUESTION, SENTENCE, Desk, created
from tests.lookalikes.zendesk_shapes import Json
from workers import interventions, own_record, record
from workers.interventions import Intervention
from workers.processing.interventions.carry_out import carry_out_intervention

pytestmark = pytest.mark.loopback


@pytest.fixture
def drafted(cautious: Desk) -> tuple[Desk, int]:
    """A ticket with a draft for agents."""
    number = cautious.zendesk.new_ticket("Sign in", QUESTION)
    assert cautious.post(created(number)) == 202
    cautious.work()
    return cautious, number


def maria(desk: Desk) -> Json:
    return desk.zendesk.store.person("maria@acorn.example", "Maria Lind", role="agent")


def press(desk: Desk, number: int, kind: InterventionKind, actor: Actor, **fields: Any) -> Intervention:
    with desk.db.account(desk.account) as tx:
        run = record.last_run(tx, "zendesk", str(number))
        assert run is not None
        values = {"run_id": run.id, "seen_message_id": run.message_id, **fields}
        return interventions.add_intervention(
            tx, Face.SIDEBAR, new_id(), actor, Order(kind, "zendesk", str(number), **values)
        )


def carry_out(desk: Desk, act: Intervention) -> InterventionResult:
    desk.send(carry_out_intervention(desk.tools, desk.account, act.id, "w1"))
    with desk.db.account(desk.account) as tx:
        stored = interventions.get_intervention(tx, act.id)
    assert stored is not None
    assert stored.result is not None
    return stored.result


def public_comments(desk: Desk, number: int) -> list[Json]:
    return [each for each in desk.zendesk.comments(number) if each["public"]]


@pytest.mark.parametrize("known_by", ["address", "id", "nothing"])
def test_a_reply_stands_in_the_agents_name_where_zendesk_knows_them(drafted: tuple[Desk, int], known_by: str) -> None:
    desk, number = drafted
    agent = maria(desk)
    actor = Actor("user:1", "Maria Lind", "nobody@acorn.example")
    if known_by == "address":
        actor = replace(actor, email="Maria@acorn.example")
    elif known_by == "id":
        actor = replace(actor, channel_user_id=str(agent["id"]))
    assert carry_out(desk, press(desk, number, InterventionKind.SEND, actor)).status == "done"
    comment = public_comments(desk, number)[-1]
    assert (comment["author_id"] == agent["id"]) is (known_by != "nothing")
    assert SENTENCE in comment["plain_body"]
    assert "automatically" not in comment["plain_body"]
    assert "firstline_replied" not in desk.zendesk.ticket(number)["tags"]


def test_by_such_a_reply_the_agent_has_taken_the_ticket_over(drafted: tuple[Desk, int]) -> None:
    desk, number = drafted
    carry_out(desk, press(desk, number, InterventionKind.SEND, Actor("user:1", "Maria", "maria@acorn.example")))
    ticket = desk.channel.fetch(desk.account, str(number))
    with desk.db.account(desk.account) as tx:
        ours = own_record.read_own_record(tx, "zendesk", str(number))
    assert read_conversation(ticket, ours).taken_over


def test_a_reply_does_not_leave_once_the_customer_wrote_again_or_a_colleague_answered(
    drafted: tuple[Desk, int],
) -> None:
    desk, number = drafted
    act = press(desk, number, InterventionKind.SEND, Actor("user:1", "Maria"))
    desk.zendesk.add_comment(number, "And by phone?")
    assert "wrote again" in carry_out(desk, act).findings[0].detail
    second = press(desk, number, InterventionKind.SEND, Actor("user:1", "Maria"))
    desk.zendesk.add_comment(number, "I have done it for you.", "agent")
    assert "answered" in carry_out(desk, second).findings[0].detail
    assert all(SENTENCE not in each["plain_body"] for each in public_comments(desk, number))


def test_closed_as_answered_zendesk_shows_it_solved(drafted: tuple[Desk, int]) -> None:
    desk, number = drafted
    assert carry_out(desk, press(desk, number, InterventionKind.CLOSE, Actor("user:1", "Maria"))).status == "done"
    assert desk.zendesk.ticket(number)["status"] == "solved"


def test_with_one_more_press_a_person_answers_the_conversation_as_it_is_now(drafted: tuple[Desk, int]) -> None:
    desk, number = drafted
    desk.zendesk.add_comment(number, "And by phone?")
    actor = Actor("user:1", "Maria", "maria@acorn.example")
    fields = {"text": "Yes, by phone as well.", "seen_message_id": None}
    assert carry_out(desk, press(desk, number, InterventionKind.EDIT_AND_SEND, actor, **fields)).status == "done"
    assert "by phone as well" in public_comments(desk, number)[-1]["plain_body"]
