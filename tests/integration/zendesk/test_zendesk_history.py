"""Who wrote what in a Zendesk ticket, and who has it: told by its audits, whatever rules and routing do meanwhile."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from desk.conversation import read_conversation
from desk.ticket import Message, PersonAct, PersonActKind, Role, Ticket, TicketStatus
from integration.zendesk.api import models
from integration.zendesk.channel.history import read_history
from tests.integration.zendesk_house import Desk, a_delivery, an_answer, wanted

pytestmark = pytest.mark.loopback

TAKEN, GIVEN_BACK, SOLVED = PersonActKind.TAKEN, PersonActKind.GIVEN_BACK, PersonActKind.SOLVED


def read(desk: Desk, number: int) -> Ticket:
    return desk.channel.fetch(desk.account, str(number))


def a_ticket(desk: Desk, **more: object) -> int:
    return desk.zendesk.new_ticket("Parcel", "Where is it?", "ada@example.org", **more)  # type: ignore[arg-type]  # test builder


def by_its_trigger(desk: Desk) -> int:
    desk.zendesk.trigger("create", assignee_id=desk.zendesk.colleague["id"])
    return a_ticket(desk)


def by_a_trigger_on_the_customers_comment(desk: Desk) -> int:
    number = a_ticket(desk)
    desk.zendesk.trigger("comment", assignee_id=desk.zendesk.colleague["id"])
    desk.zendesk.add_comment(number, "Hello?")
    return number


def by_a_trigger_on_an_agents_note(desk: Desk) -> int:
    number = a_ticket(desk)
    desk.zendesk.trigger("comment", assignee_id=desk.zendesk.colleague["id"])
    desk.zendesk.add_comment(number, "A thought", "colleague", public=False)
    return number


def on_arrival(desk: Desk) -> int:
    return a_ticket(desk, assignee_id=desk.zendesk.colleague["id"])


def by_routing(desk: Desk) -> int:
    number = a_ticket(desk)
    desk.zendesk.assign(number, by="routing")
    return number


def by_an_app_that_routes(desk: Desk) -> int:
    number = a_ticket(desk)
    desk.zendesk.assign(number, "colleague", by="agent", via="api")
    return number


def by_hand(desk: Desk) -> int:
    number = a_ticket(desk)
    desk.zendesk.assign(number)
    return number


def to_a_colleague(desk: Desk) -> int:
    number = a_ticket(desk)
    desk.zendesk.assign(number, "colleague", by="agent")
    return number


def by_their_own_tool(desk: Desk) -> int:
    number = a_ticket(desk)
    desk.zendesk.assign(number, "colleague", by="colleague", via="api")
    return number


def taken_away_by_an_app(desk: Desk) -> int:
    number = by_hand(desk)
    desk.zendesk.assign(number, None, by="agent", via="api")
    return number


def given_back_by_their_own_tool(desk: Desk) -> int:
    number = by_hand(desk)
    desk.zendesk.assign(number, None, by="colleague", via="api")
    return number


def by_hand_and_back(desk: Desk) -> int:
    number = by_hand(desk)
    desk.zendesk.assign(number, None)
    return number


def on_to_another_group(desk: Desk) -> int:
    number = by_hand(desk)
    desk.zendesk.change(number, assignee_id=None, group_id=desk.zendesk.tier2["id"])
    return number


def taken_away_by_routing(desk: Desk) -> int:
    number = by_hand(desk)
    desk.zendesk.assign(number, None, by="routing")
    return number


def by_routing_and_back(desk: Desk) -> int:
    number = by_routing(desk)
    desk.zendesk.assign(number, None)
    return number


def solved(desk: Desk) -> int:
    number = a_ticket(desk)
    desk.zendesk.set_status(number, "solved")
    return number


def solved_and_reopened(desk: Desk) -> int:
    number = solved(desk)
    desk.zendesk.add_comment(number, "It is back")
    return number


def solved_by_an_automation(desk: Desk) -> int:
    number = a_ticket(desk)
    desk.zendesk.change(number, by="routing", via="system", status="solved")
    return number


WAYS: dict[Callable[[Desk], int], tuple[list[PersonActKind], bool]] = {
    by_its_trigger: ([], False),
    by_a_trigger_on_the_customers_comment: ([], False),
    by_a_trigger_on_an_agents_note: ([], False),
    on_arrival: ([], False),
    by_routing: ([], False),
    by_an_app_that_routes: ([], False),
    by_hand: ([TAKEN], True),
    to_a_colleague: ([TAKEN], True),
    by_their_own_tool: ([TAKEN], True),
    taken_away_by_an_app: ([TAKEN], True),
    given_back_by_their_own_tool: ([TAKEN, GIVEN_BACK], False),
    by_hand_and_back: ([TAKEN, GIVEN_BACK], False),
    on_to_another_group: ([TAKEN], True),
    taken_away_by_routing: ([TAKEN], True),
    by_routing_and_back: ([GIVEN_BACK], False),
    solved: ([SOLVED, TAKEN], True),
    solved_and_reopened: ([SOLVED, TAKEN], False),
    solved_by_an_automation: ([], False),
}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_who_has_the_ticket_is_told_by_what_people_did_with_their_hands(desk: Desk, way: Callable[[Desk], int]) -> None:
    ticket = read(desk, way(desk))
    acts, taken_over = WAYS[way]
    assert sorted(act.kind for act in ticket.acts) == sorted(acts)
    assert read_conversation(ticket).taken_over is taken_over


def test_a_ticket_given_to_the_tokens_own_user_is_given_to_firstline(desk: Desk) -> None:
    desk.connect(service_user_id=str(desk.zendesk.agent["id"]))
    number = by_hand(desk)
    desk.zendesk.assign(number, "agent")
    assert [act.kind for act in read(desk, number).acts] == [TAKEN, GIVEN_BACK]


def test_what_our_own_reply_brings_with_it_is_nobodys_act(desk: Desk) -> None:
    desk.connect(status_after_reply="solved")
    number = a_ticket(desk)
    ticket = read(desk, number)
    assert desk.channel.reply(ticket, an_answer(), a_delivery(number), wanted(ticket))
    now = read(desk, number)
    assert (now.status, now.assignee) == (TicketStatus.SOLVED, str(desk.zendesk.agent["id"]))
    assert now.acts == ()


def test_an_act_stands_where_it_was_done_and_after_the_comment_it_came_with(desk: Desk) -> None:
    number = a_ticket(desk)
    desk.zendesk.assign(number)
    desk.zendesk.add_comment(number, "Hello?")
    desk.zendesk.add_comment(number, "Here it is", "colleague", status="solved")
    desk.zendesk.add_comment(number, "And the other one?")
    ticket = read(desk, number)
    assert ticket.acts == (PersonAct(TAKEN, 1), PersonAct(SOLVED, 3))
    conversation = read_conversation(ticket)
    assert [message.body for message in conversation.open] == ["And the other one?"]
    assert conversation.answer is not None
    assert conversation.answer.body == "Here it is"


# --- Whose words -----------------------------------------------------------------------------------------------------


def test_somebody_in_copy_is_a_third_party_and_the_requester_is_none(desk: Desk) -> None:
    number = a_ticket(desk)
    desk.zendesk.add_comment(number, "I have the same", "bob@example.org")
    desk.zendesk.add_comment(number, "I look", "colleague")
    seen = [(message.role, message.third_party) for message in read(desk, number).messages]
    assert seen == [(Role.CUSTOMER, False), (Role.CUSTOMER, True), (Role.AGENT, False)]


def test_a_requester_whom_an_agent_replaced_stays_of_the_customers_side(desk: Desk) -> None:
    number = a_ticket(desk)
    desk.zendesk.add_comment(number, "From Bob", "bob@example.org")
    desk.zendesk.change(number, requester="bob@example.org")
    desk.zendesk.add_comment(number, "From Ada again", "ada@example.org")
    ticket = read(desk, number)
    assert ticket.requester.email == "bob@example.org"
    assert [message.third_party for message in ticket.messages] == [False, False, False]


def test_who_asked_on_behalf_of_somebody_is_still_an_agent(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Parcel", "Ada asks where it is", "noor@acorn.example")
    desk.zendesk.change(number, requester="ada@example.org")
    assert [message.role for message in read(desk, number).messages] == [Role.AGENT]


def test_a_comment_that_opens_a_ticket_again_says_what_it_was(desk: Desk) -> None:
    number = a_ticket(desk)
    desk.zendesk.set_status(number, "solved")
    desk.zendesk.add_comment(number, "Thank you")
    desk.zendesk.add_comment(number, "Bye")
    assert [message.status_before for message in read(desk, number).messages] == [None, "solved", None]


def test_what_a_trigger_or_an_agent_does_with_the_status_is_not_the_comments(desk: Desk) -> None:
    number = a_ticket(desk)
    desk.zendesk.trigger("comment", status="pending")
    desk.zendesk.add_comment(number, "Hello?")
    desk.zendesk.add_comment(number, "Wait", "colleague", status="open")
    assert [message.status_before for message in read(desk, number).messages] == [None, None, None]


def test_a_comment_made_private_is_private_and_a_redacted_one_is_blackened(desk: Desk) -> None:
    number = a_ticket(desk)
    said = desk.zendesk.add_comment(number, "Here is my card 4111", "colleague")
    asked = desk.zendesk.add_comment(number, "My code is swordfish")
    desk.zendesk.hide(number, said)
    desk.zendesk.redact(number, asked, "swordfish")
    messages = read(desk, number).messages
    assert [message.public for message in messages] == [True, False, True]
    assert messages[-1].body == "My code is ▇▇▇▇▇▇▇▇▇"
    assert read_conversation(read(desk, number)).answer is None, "a note is no answer"


def test_a_merge_makes_nobody_take_the_ticket_it_went_into(desk: Desk) -> None:
    target, source = a_ticket(desk), a_ticket(desk)
    desk.zendesk.merge(source, target)
    assert read(desk, target).acts == ()
    assert not read_conversation(read(desk, target)).taken_over


def test_a_ticket_of_three_thousand_messages_is_read_whole(desk: Desk) -> None:
    number = a_ticket(desk)
    desk.zendesk.assign(number)
    for place in range(2999):
        desk.zendesk.add_comment(number, f"comment {place}", "ada@example.org")
    ticket = read(desk, number)
    assert len(ticket.messages) == 3000
    assert not any(message.third_party for message in ticket.messages)
    assert ticket.acts == (PersonAct(TAKEN, 1),)
    assert len(desk.zendesk.requests) == 1 + 31


# --- Fields that people set ------------------------------------------------------------------------------------------


def audit(author: str, *events: models.AuditEvent, **more: object) -> models.Audit:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return models.Audit(id="1", created_at=at, author_id=author, events=list(events), **more)  # type: ignore[arg-type]


def changed(name: str, value: object, kind: str = "Change", **more: object) -> models.AuditEvent:
    return models.AuditEvent(id="2", type=kind, field_name=name, value=value, **more)  # type: ignore[arg-type]


PEOPLE = {"7": models.ZendeskUser(id="7", role="agent"), "8": models.ZendeskUser(id="8", role="end-user")}
RULE = models.Via(channel="rule", source=models.ViaSource(rel="trigger"))
OURS = models.Metadata(custom={"firstline_delivery": "d1"})


@pytest.mark.parametrize(
    ("made", "names"),
    [
        (audit("7", changed("priority", "low"), changed("360", "gold")), {"priority", "360"}),
        (audit("7", changed("priority", None)), {"priority"}),
        (audit("7", changed("group_id", "5", via=RULE)), set()),
        (audit("8", changed("360", "gold")), set()),
        (audit("-1", changed("priority", "high")), set()),
        (audit("7", changed("priority", "high"), metadata=OURS), set()),
        (audit("7", changed("type", "incident", "Create"), changed("priority", None, "Create")), {"type"}),
        (audit("8", changed("type", "incident", "Create")), set()),
    ],
)
def test_a_field_is_peoples_when_somebody_of_staff_set_it_by_hand(made: models.Audit, names: set[str]) -> None:
    ticket = models.ZendeskTicket(id="1", requester_id="8", updated_at="2026-03-02T00:00:00Z")
    assert read_history([made], ticket, PEOPLE).set_by_people == names


def test_an_old_audits_numbers_for_its_ways_are_known() -> None:
    ticket = models.ZendeskTicket(id="1", requester_id="8", updated_at="2026-03-02T00:00:00Z")
    comment = models.AuditEvent(id="3", type="Comment", author_id="8", body="Where?", public=True)
    rule = audit("7", changed("assignee_id", "7"), via=models.Via.model_validate({"channel": 8}))
    told = read_history([audit("8", comment), rule], ticket, PEOPLE)
    assert told.acts == []
    assert [type(each) for each in told.messages] == [Message]
