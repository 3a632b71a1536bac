"""What is set on a Zendesk ticket with a message, in the same safe update, and what is left alone."""

from dataclasses import replace

import pytest

from desk.delivery import DeliveryKind
from desk.ticket import Author, Labels, Priority
from tests.integration.zendesk_house import Desk, a_delivery, an_answer, wanted

pytestmark = pytest.mark.loopback

HANDOVER, NOTE, REPLY = DeliveryKind.HANDOVER, DeliveryKind.NOTE, DeliveryKind.REPLY


def post(desk: Desk, number: int, kind: DeliveryKind = NOTE, labels: Labels | None = None, **more: object) -> None:
    ticket = desk.channel.fetch(desk.account, str(number))
    outgoing = replace(an_answer(), labels=labels or Labels(), **more)  # type: ignore[arg-type]  # test builder
    if kind is NOTE:
        desk.channel.note(ticket, outgoing, a_delivery(number, NOTE))
    else:
        assert desk.channel.reply(ticket, outgoing, a_delivery(number, kind), wanted(ticket, kind))


def a_ticket(desk: Desk, **more: object) -> int:
    return desk.zendesk.new_ticket("Hello", "Where is it?", **more)  # type: ignore[arg-type]  # test builder


def puts(desk: Desk) -> int:
    return sum(request.method == "PUT" for request in desk.zendesk.requests)


@pytest.mark.parametrize(
    ("kind", "escalated", "tags"),
    [
        (REPLY, False, {"firstline_replied"}),
        (NOTE, False, {"firstline_draft"}),
        (NOTE, True, {"firstline_draft", "firstline_escalated"}),
        (HANDOVER, True, {"firstline_escalated"}),
    ],
)
def test_tags_are_added_beside_those_that_are_there_in_the_same_update(
    desk: Desk, kind: DeliveryKind, escalated: bool, tags: set[str]
) -> None:
    number = a_ticket(desk, tags=["vip"])
    post(desk, number, kind, escalated=escalated)
    assert set(desk.zendesk.ticket(number)["tags"]) == tags | {"vip"}
    assert puts(desk) == 1


def test_who_got_an_answer_is_in_no_list_of_those_who_wait_for_a_person(desk: Desk) -> None:
    number = a_ticket(desk, tags=["vip", "firstline_escalated"])
    post(desk, number, REPLY, author=Author("Maria Lind"))
    assert desk.zendesk.ticket(number)["tags"] == ["vip"]


def test_a_tag_that_somebody_adds_meanwhile_is_not_lost(desk: Desk) -> None:
    number = a_ticket(desk, tags=["vip"])
    ticket = desk.channel.fetch(desk.account, str(number))
    desk.zendesk.store.clock = lambda: 4_000_000_000.0  # stamps have whole seconds
    desk.zendesk.set_tags(number, ["vip", "urgent"])
    desk.channel.note(ticket, an_answer(), a_delivery(number, NOTE))
    assert desk.zendesk.ticket(number)["tags"] == ["firstline_draft", "urgent", "vip"]


def test_the_tag_of_a_suspended_requester_is_not_written_onto_the_ticket(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Hello", "Where is it?", "mallory@example.org")
    desk.zendesk.suspend("mallory@example.org")
    post(desk, number)
    assert desk.zendesk.ticket(number)["tags"] == ["firstline_draft"]


def test_an_escalation_sets_the_connections_group_and_priority_once(desk: Desk) -> None:
    tier2, support = desk.zendesk.tier2["id"], desk.zendesk.support["id"]
    desk.connect(escalation_group_id=str(tier2), escalation_priority="high")
    number = a_ticket(desk)
    post(desk, number, escalated=True)
    stands = desk.zendesk.ticket(number)
    assert (stands["priority"], stands["group_id"]) == ("high", tier2)
    desk.zendesk.trigger("comment", priority="low", group_id=support)
    desk.zendesk.add_comment(number, "Hello?")
    desk.zendesk.store.triggers.clear()
    post(desk, number, escalated=True)
    stands = desk.zendesk.ticket(number)
    assert (stands["priority"], stands["group_id"]) == ("low", support)


def test_a_priority_is_never_lowered_and_a_ticket_on_somebodys_desk_keeps_its_group(desk: Desk) -> None:
    desk.connect(escalation_group_id=str(desk.zendesk.tier2["id"]), escalation_priority="high")
    number = a_ticket(desk, priority="urgent")
    desk.zendesk.assign(number)
    post(desk, number, escalated=True)
    stands = desk.zendesk.ticket(number)
    assert (stands["priority"], stands["group_id"]) == ("urgent", None)
    assert "firstline_escalated" in stands["tags"]


def test_labels_go_with_the_message_by_the_names_that_people_see(desk: Desk) -> None:
    plan = desk.zendesk.field("Plan", "tagger", {"plan_gold": "Gold", "plan_tin": "Tin"})
    reason = desk.zendesk.field("Contact reason")
    number = a_ticket(desk)
    fields = (("plan", "Gold"), ("Contact reason", "billing"))
    labels = Labels(Priority.HIGH, "tier 2", "incident", fields, ("billing",))
    post(desk, number, labels=labels)
    stands = desk.zendesk.ticket(number)
    assert (stands["priority"], stands["group_id"], stands["type"]) == ("high", desk.zendesk.tier2["id"], "incident")
    assert {each["id"]: each["value"] for each in stands["custom_fields"]} == {plan: "plan_gold", reason: "billing"}
    assert stands["tags"] == ["billing", "firstline_draft"]
    assert puts(desk) == 1


def test_what_a_person_set_is_left_alone_and_what_a_trigger_set_is_not(desk: Desk) -> None:
    plan, reason = desk.zendesk.field("Plan"), desk.zendesk.field("Contact reason")
    by_hand, by_rule = a_ticket(desk), a_ticket(desk)
    tier2, support = desk.zendesk.tier2["id"], desk.zendesk.support["id"]
    filled = [{"id": plan, "value": "tin"}]
    desk.zendesk.change(by_hand, priority="low", type="question", group_id=support, custom_fields=filled)
    desk.zendesk.trigger("comment", priority="low", type="question", group_id=support, custom_fields=filled)
    desk.zendesk.add_comment(by_rule, "Hello?")
    desk.zendesk.store.triggers.clear()
    for number in (by_hand, by_rule):
        post(
            desk,
            number,
            labels=Labels(Priority.HIGH, str(tier2), "incident", (("Plan", "gold"), ("Contact reason", "x"))),
        )
    seen = [
        (stands["priority"], stands["type"], stands["group_id"], [each["value"] for each in stands["custom_fields"]])
        for stands in map(desk.zendesk.ticket, (by_hand, by_rule))
    ]
    assert seen == [("low", "question", support, ["tin", "x"]), ("high", "incident", tier2, ["gold", "x"])]
    assert reason != plan


@pytest.mark.parametrize(
    "labels",
    [
        Labels(group="404404"),
        Labels(type="riddle"),
        Labels(fields=(("Plan", "platinum"),)),
    ],
)
def test_labels_that_zendesk_refuses_leave_the_message_and_its_tag(desk: Desk, labels: Labels) -> None:
    desk.zendesk.field("Plan", "tagger", {"plan_gold": "Gold"})
    number = a_ticket(desk)
    post(desk, number, labels=labels)
    assert len(desk.zendesk.notes(number)) == 1
    assert desk.zendesk.ticket(number)["tags"] == ["firstline_draft"]
    assert puts(desk) == 2


def test_a_group_or_a_field_that_nobody_knows_is_left_out_at_once(desk: Desk) -> None:
    number = a_ticket(desk)
    post(desk, number, labels=Labels(Priority.HIGH, "Tier 9", None, (("Colour", "red"),)))
    stands = desk.zendesk.ticket(number)
    assert (stands["priority"], stands["group_id"], stands["custom_fields"]) == ("high", None, [])
    assert puts(desk) == 1


def test_a_ticket_closed_meanwhile_is_not_taken_for_refused_labels(desk: Desk) -> None:
    desk.connect(escalation_priority="high")
    number = a_ticket(desk)
    ticket = desk.channel.fetch(desk.account, str(number))
    desk.zendesk.set_status(number, "closed")
    its = a_delivery(number, HANDOVER)
    assert desk.channel.reply(ticket, an_answer(escalated=True), its, lambda now: True) is None
    assert len(desk.zendesk.comments(number)) == 1
