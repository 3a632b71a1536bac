"""Which tickets of a Zendesk are ours, what is read of them by name, and what the policy's table sets on them."""

import json
from dataclasses import replace

import pytest

from desk.delivery import DeliveryKind, DeliveryState
from desk.reasons import Stop
from desk.ticket import Named, Ticket, TicketState, TicketStatus
from integration.zendesk.api import models
from integration.zendesk.channel import name_lookup
from integration.zendesk.channel.via import way_of
from tests.integration.zendesk_house import QUESTION, SENTENCE, Desk, asked, commented, created, planned

pytestmark = pytest.mark.loopback


def read(desk: Desk, number: int) -> Ticket:
    return desk.channel.fetch(desk.account, str(number))


def a_ticket(desk: Desk, **more: object) -> int:
    number = desk.zendesk.new_ticket("Password", QUESTION, **more)  # type: ignore[arg-type]  # test builder
    desk.post(created(number))
    return number


def outcome(desk: Desk, number: int) -> str | None:
    return desk.items(number)[-1].outcome


# --- Ours or not -----------------------------------------------------------------------------------------------------


def test_a_ticket_tells_its_brand_group_form_channel_and_organisation(desk: Desk) -> None:
    tier2 = desk.zendesk.tier2["id"]
    desk.rule("scope: {never: {brand: Birch}}\n")
    brand, form = desk.zendesk.brand("Oak"), desk.zendesk.form("Returns")
    more = {"brand_id": brand, "ticket_form_id": form, "group_id": tier2}
    ticket = read(desk, a_ticket(desk, organization="Elm", via="email", **more))
    assert (ticket.brand, ticket.group) == (Named(str(brand), "Oak"), Named(str(tier2), "Tier 2"))
    assert ticket.form == Named(str(form), "Returns")
    assert ticket.organisation is not None
    assert (ticket.organisation.name, ticket.via) == ("Elm", "mail")


def test_a_ticket_tells_the_customers_tags_and_where_the_policy_asks_their_segments(desk: Desk) -> None:
    number = a_ticket(desk, email_cc_ids=[9])
    user = desk.zendesk.store.person("robin@example.org", None)
    user["tags"] = ["partner"]
    gold = desk.zendesk.guide.segment("Gold", added_user_ids=[user["id"]])
    before = read(desk, number)
    assert (before.requester.tags, before.requester.segments, before.copied) == (("partner",), (), True)
    desk.rule("readers: [{audience: gold, when: {segment: Gold}}]\n")
    assert read(desk, number).requester.segments == (Named(str(gold), "Gold"),)


@pytest.mark.parametrize(
    "scope",
    [
        "{only: {brand: Oak}}",
        "{never: {brand: Acorn}}",
        "{only: {group: Tier 2}}",
        "{only: {form: Returns}}",
        "{never: {form: 8001}}",
        "{only: {channel: [mail, chat]}}",
        "{never: {channel: web}}",
        "{never: {tag: vip}}",
        "{only: {organisation: Elm}}",
    ],
)
def test_a_ticket_outside_the_scope_is_stored_and_observed_by_nobody(desk: Desk, scope: str) -> None:
    desk.rule(f"scope: {scope}\n")
    number = a_ticket(desk, tags=["vip"])
    desk.work()
    assert outcome(desk, number) == Stop.OUT_OF_SCOPE
    assert len(desk.zendesk.comments(number)) == 1
    assert desk.zendesk.ticket(number)["tags"] == ["vip"]
    assert desk.deliveries(number) == []
    assert desk.state(number) is None, "it is not shown as one of ours"
    [model] = desk.tools.models
    assert model.name == "scripted"
    desk.post(commented(number, desk.zendesk.add_comment(number, "On it", "colleague"), staff=True))
    desk.work()
    assert desk.state(number) is None


def test_a_ticket_inside_the_scope_is_answered(desk: Desk) -> None:
    desk.rule("scope: {only: {brand: Oak, channel: [mail, web]}, never: {tag: spam, group: Tier 2}}\n")
    number = a_ticket(desk, brand_id=desk.zendesk.brand("Oak"))
    desk.work()
    assert desk.replies(number) == 1


def test_a_ticket_that_leaves_the_scope_before_the_post_gets_nothing(desk: Desk) -> None:
    desk.rule("scope: {never: {group: Tier 2}}\n")
    number = asked(desk)
    deliveries = planned(desk, number)
    desk.zendesk.change(number, group_id=desk.zendesk.tier2["id"])
    desk.send(deliveries)
    assert desk.replies(number) == 0
    assert desk.deliveries(number) == [(DeliveryKind.REPLY, DeliveryState.WITHDRAWN, Stop.OUT_OF_SCOPE)]
    assert desk.state(number) is TicketState.STEPPED_BACK


@pytest.mark.parametrize(
    ("via", "way"),
    [
        ({"channel": "email"}, "mail"),
        ({"channel": 4}, "mail"),
        ({"channel": "web"}, "web"),
        ({"channel": "native_messaging"}, "chat"),
        ({"channel": "whatsapp"}, "whatsapp"),
        ({"channel": "twitter", "source": {"rel": "mention"}}, "x"),
        ({"channel": "twitter", "source": {"rel": "direct_message"}}, "x_direct"),
        ({"channel": "facebook", "source": {"rel": "post"}}, "facebook"),
        ({"channel": "voice"}, "voice"),
        ({}, ""),
    ],
)
def test_each_way_in_has_its_plain_name(via: dict[str, object], way: str) -> None:
    assert way_of(models.Via.model_validate(via)) == way


# --- Read by name ----------------------------------------------------------------------------------------------------


def test_only_the_fields_that_the_policy_names_are_read_as_people_see_them(desk: Desk) -> None:
    desk.rule("fields: [plan, Order number, Newsletter, Gone]\n")
    plan = desk.zendesk.field("Plan", "tagger", {"plan_gold": "Gold"})
    order, secret = desk.zendesk.field("Order number"), desk.zendesk.field("Card")
    tick = desk.zendesk.field("Newsletter", "checkbox")
    values = {plan: "plan_gold", order: "A-17", secret: "4111", tick: False}
    filled = [{"id": number, "value": value} for number, value in values.items()]
    ticket = read(desk, a_ticket(desk, custom_fields=filled))
    assert ticket.fields == (("plan", "Gold"), ("Order number", "A-17"), ("Newsletter", "no"))


def test_names_are_asked_for_once_and_not_at_all_where_nobody_wants_them(desk: Desk) -> None:
    number = a_ticket(desk)
    read(desk, number)
    assert len(desk.zendesk.requests) == 2
    desk.zendesk.field("Plan")
    desk.rule("fields: [Plan]\nscope: {never: {brand: 4711}}\n")
    for _ in range(3):
        read(desk, number)
    lists = [request.path for request in desk.zendesk.requests if "/tickets/" not in request.path]
    assert lists == ["/api/v2/ticket_fields.json"]


def test_a_field_made_later_is_found_within_a_minute(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    channel = desk.tools.channels["zendesk"]
    monkeypatch.setattr(channel, "_names", name_lookup.ZendeskNames(lambda: now[0]))
    desk.rule("fields: [Plan]\n")
    number = a_ticket(desk)
    assert read(desk, number).fields == ()
    plan = desk.zendesk.field("Plan")
    desk.zendesk.change(number, custom_fields=[{"id": plan, "value": "Gold"}])
    assert read(desk, number).fields == ()
    now[0] = 61.0
    assert read(desk, number).fields == (("Plan", "Gold"),)


def test_names_that_the_token_may_not_read_are_left_out(desk: Desk) -> None:
    desk.rule("fields: [Plan]\n")
    desk.zendesk.field("Plan")
    desk.zendesk.fail(path="/ticket_fields", status=403, body="{}", times=2)
    assert read(desk, a_ticket(desk)).fields == ()


@pytest.mark.parametrize(
    ("rule", "status"),
    [("", TicketStatus.PENDING), ("statuses: {Waiting for the warehouse: solved}\n", TicketStatus.SOLVED)],
)
def test_a_custom_status_means_its_category_or_what_the_policy_says(
    desk: Desk, rule: str, status: TicketStatus
) -> None:
    desk.rule(rule)
    number = a_ticket(desk)
    own = desk.zendesk.custom_status("Waiting for the Warehouse", "hold")
    desk.zendesk.change(number, custom_status_id=own)
    assert desk.zendesk.ticket(number)["status"] == "hold"
    assert read(desk, number).status is status


# --- The table -------------------------------------------------------------------------------------------------------

TABLE = """
fields: [Plan]
routing:
  - when: {category: passwords, field: {Plan: Gold}}
    set: {priority: high, group: Tier 2, type: question, fields: {Contact reason: Access}, tags: [access]}
"""


def test_the_policys_table_is_set_with_the_reply_in_one_update(desk: Desk) -> None:
    desk.rule(TABLE)
    plan = desk.zendesk.field("Plan", "tagger", {"plan_gold": "Gold"})
    reason = desk.zendesk.field("Contact reason")
    number = a_ticket(desk, custom_fields=[{"id": plan, "value": "plan_gold"}])
    desk.work()
    stands = desk.zendesk.ticket(number)
    assert desk.replies(number) == 1
    assert (stands["priority"], stands["group_id"], stands["type"]) == ("high", desk.zendesk.tier2["id"], "question")
    assert {each["id"]: each["value"] for each in stands["custom_fields"]}[reason] == "Access"
    assert stands["tags"] == ["access", "firstline_replied"]
    [put] = [request for request in desk.zendesk.requests if request.method == "PUT"]
    assert json.loads(put.body)["ticket"]["safe_update"] is True


def test_on_an_escalation_the_table_goes_with_the_message_that_hands_over(desk: Desk) -> None:
    desk.rule("routing: [{when: {reason: wants_human}, set: {group: Tier 2, priority: urgent}}]\n")
    desk.connect(escalation_group_id=str(desk.zendesk.support["id"]), escalation_priority="high")
    number = asked(desk, "Let me talk to a human please")
    desk.work()
    stands = desk.zendesk.ticket(number)
    assert (stands["group_id"], stands["priority"]) == (desk.zendesk.tier2["id"], "urgent")
    assert sum(request.method == "PUT" for request in desk.zendesk.requests) == 2


# --- The shape of a reply --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("via", ["whatsapp", "sms", "facebook", "native_messaging"])
def test_a_reply_on_a_channel_of_plain_text_has_no_markup(desk: Desk, via: str) -> None:
    number = a_ticket(desk, via=via)
    desk.work()
    [put] = [json.loads(request.body) for request in desk.zendesk.requests if request.method == "PUT"]
    comment = put["ticket"]["comment"]
    assert "html_body" not in comment
    assert comment["body"].split("\n\n")[:2] == [SENTENCE, "https://help.example/reset"]
    assert desk.replies(number) == 1


def test_a_reply_that_does_not_fit_the_channel_is_left_as_a_note(desk: Desk) -> None:
    long = "This reply was written automatically; answer person to reach one. " * 4
    desk.rule("", **{'This reply was written automatically; answer "person" to reach one.': long})
    number = a_ticket(desk, via="twitter")
    desk.work()
    assert desk.replies(number) == 0
    [note] = desk.zendesk.notes(number)
    assert note["body"].startswith(SENTENCE), "the draft first, ready to copy"
    assert "does not fit into a message of the customer's channel: x" in note["body"]


def test_a_note_ends_with_a_link_to_the_receipt(cautious: Desk) -> None:
    cautious.tools = replace(cautious.tools, address="https://desk.example")
    number = asked(cautious)
    cautious.work()
    [note] = cautious.zendesk.notes(number)
    address = f"https://desk.example/console/tickets/zendesk/{number}"
    assert f'<a href="{address}" rel="noopener noreferrer">{address}</a></p>' in note["html_body"]
