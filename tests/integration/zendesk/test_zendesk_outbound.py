"""What Firstline puts into Zendesk: safe HTML, once, and only while the ticket stands as it was read."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from desk.delivery import DeliveryKind
from desk.errors import Permanent, Temporary
from desk.ports import Outgoing, Source
from desk.ticket import Ticket
from integration.zendesk.api import client
from integration.zendesk.channel.comment_html import comment_html, comment_of
from tests.integration.zendesk_house import Desk, a_delivery, an_answer, wanted

pytestmark = pytest.mark.loopback

SOURCES = (
    Source(1, "Resetting", "https://help.example/reset?a=1&b=2", ("Click Forgot password.",), "p1"),
    Source(2, "Inside <only>", "javascript:alert(1)", ("Never <b>this</b>.",), "p2"),
    Source(3, "Printed", None, (), "p3"),
)


def a_new_ticket(desk: Desk, **more: object) -> tuple[int, Ticket, Outgoing]:
    """A ticket with one question, as read, and an answer to it."""
    number = desk.zendesk.new_ticket("Hello", "Where is it?", **more)  # type: ignore[arg-type]  # test builder
    ticket = desk.channel.fetch(desk.account, str(number))
    return number, ticket, an_answer(ticket.messages[-1].id)


# --- HTML ------------------------------------------------------------------------------------------------------------


def test_a_reply_has_paragraphs_lists_and_steps_with_marks_as_links() -> None:
    text = "Hello.\nTwo lines [1]\n\n1. First [1][2]\n2. Second\n\n- one\n- two [9]\n\n[1] Resetting — x\n[2] In\n[3] P"
    link = '<a href="https://help.example/reset?a=1&amp;b=2" rel="noopener noreferrer">'
    assert comment_html(Outgoing(text, SOURCES)).split("\n") == [
        f"<p>Hello.<br>Two lines {link}[1]</a></p>",
        f"<ol><li>First {link}[1]</a>[2]</li><li>Second</li></ol>",
        "<ul><li>one</li><li>two [9]</li></ul>",
        f"<p><strong>Sources</strong></p><ul><li>[1] {link}Resetting</a></li>"
        "<li>[2] Inside &lt;only&gt;</li><li>[3] Printed</li></ul>",
    ]


def test_the_sources_stand_where_the_text_lists_them_above_the_signature() -> None:
    text = "Hello [1]\n\n[1] Resetting — x\n[2] In\n[3] P\n\nThe team\n\nWritten automatically."
    lines = comment_html(Outgoing(text, SOURCES)).split("\n")
    assert lines[0].startswith("<p>Hello <a ")
    assert lines[1].startswith("<p><strong>Sources</strong></p>")
    assert lines[2:] == ["<p>The team</p>", "<p>Written automatically.</p>"]


def test_a_source_is_one_line_without_quotes() -> None:
    made = comment_html(Outgoing("Draft [1]\n\n[1] Resetting", SOURCES[:1]))
    assert made.count("<li>") == 1
    assert "Click Forgot password" not in made


def test_the_address_of_the_receipt_is_a_link_and_no_other_address_is() -> None:
    text = "See https://evil.example/x\n\nThe whole receipt: https://desk.example/console/tickets/zendesk/7"
    made = comment_html(Outgoing(text, receipt="https://desk.example/console/tickets/zendesk/7"))
    assert made.count("<a ") == 1
    assert '<a href="https://desk.example/console/tickets/zendesk/7" rel="noopener noreferrer">' in made


def test_a_plain_reply_has_no_markup_and_fills_nothing_in() -> None:
    made = comment_of(Outgoing("Mail <us>\n{{ticket.comments}} {% if x %} {a}", plain=True), public=True)
    assert made == {
        "body": "Mail <us>\n{\u200b{ticket.comments}} {\u200b% if x %} {a}",
        "public": True,
    }


def test_nothing_in_a_reply_can_become_markup_a_script_or_a_placeholder() -> None:
    hostile = '<script>x</script> <img src=x onerror=y> {{ticket.comments}} {% if %} " onmouseover="z'
    made = comment_html(Outgoing(hostile, (Source(1, hostile, 'https://x.example/"><script>', (hostile,), "p"),)))
    assert "<script" not in made
    assert "<img" not in made
    assert "{" not in made
    assert 'href="https://x.example/&quot;&gt;&lt;script&gt;"' in made


def test_code_keeps_its_lines_and_indents() -> None:
    assert comment_html(Outgoing("if x:\n    run\n    stop")) == (
        "<p>if x:<br>\u00a0\u00a0\u00a0\u00a0run<br>\u00a0\u00a0\u00a0\u00a0stop</p>"
    )


def test_text_that_no_encoder_takes_is_posted_all_the_same(desk: Desk) -> None:
    number, ticket, answer = a_new_ticket(desk)
    assert desk.channel.reply(ticket, replace(answer, text="a\x00b\ud800c"), a_delivery(number), wanted(ticket))
    assert desk.replies(number) == 1


# --- Reply and note --------------------------------------------------------------------------------------------------


def test_a_reply_is_public_and_a_note_is_not(desk: Desk) -> None:
    number, ticket, answer = a_new_ticket(desk)
    reply, note = a_delivery(number), a_delivery(number, DeliveryKind.NOTE)
    posted = desk.channel.reply(ticket, answer, reply, wanted(ticket)), desk.channel.note(ticket, answer, note)
    assert posted == tuple(str(c["id"]) for c in desk.zendesk.comments(number)[1:])
    assert [c["public"] for c in desk.zendesk.comments(number)[1:]] == [True, False]
    assert desk.channel.find_delivery(ticket, reply) == posted[0]
    assert desk.channel.find_delivery(ticket, note) == posted[1]
    assert desk.channel.find_delivery(ticket, a_delivery(number)) is None


def test_the_same_delivery_twice_is_posted_once(desk: Desk) -> None:
    number, ticket, answer = a_new_ticket(desk)
    reply, note = a_delivery(number), a_delivery(number, DeliveryKind.NOTE)
    assert desk.channel.reply(ticket, answer, reply, wanted(ticket)) == desk.channel.reply(
        ticket, answer, reply, wanted(ticket)
    )
    assert desk.channel.note(ticket, answer, note) == desk.channel.note(ticket, answer, note)
    assert len(desk.zendesk.comments(number)) == 3


def test_the_status_after_a_reply_is_the_settings_and_no_other_deliverys(desk: Desk) -> None:
    desk.connect(status_after_reply="pending")
    number, ticket, answer = a_new_ticket(desk)
    desk.channel.note(ticket, answer, a_delivery(number, DeliveryKind.NOTE))
    assert desk.zendesk.ticket(number)["status"] == "new"
    desk.channel.reply(ticket, answer, a_delivery(number, DeliveryKind.HANDOVER), wanted(ticket))
    assert desk.zendesk.ticket(number)["status"] == "new"
    desk.channel.reply(ticket, answer, a_delivery(number), wanted(ticket))
    assert desk.zendesk.ticket(number)["status"] == "pending"


def test_a_reply_adds_its_tag_and_leaves_priority_group_and_status_alone(desk: Desk) -> None:
    number, ticket, answer = a_new_ticket(desk, tags=["vip"], priority="low")
    desk.channel.reply(ticket, answer, a_delivery(number), wanted(ticket))
    stands = desk.zendesk.ticket(number)
    assert (stands["tags"], stands["priority"], stands["group_id"], stands["status"]) == (
        *(["firstline_replied", "vip"], "low"),
        *(None, "new"),
    )


MEANWHILE: dict[str, Callable[[Desk, int], object]] = {
    "a newer message": lambda desk, number: desk.zendesk.add_comment(number, "One more thing"),
    "an agent's reply": lambda desk, number: desk.zendesk.add_comment(number, "On it", "colleague"),
    "the token's owner": lambda desk, number: desk.zendesk.add_comment(number, "On it", "agent"),
    "an assignee": lambda desk, number: desk.zendesk.assign(number),
    "the tag": lambda desk, number: desk.zendesk.set_tags(number, ["firstline_off"]),
    "solved": lambda desk, number: desk.zendesk.set_status(number, "solved"),
    "closed": lambda desk, number: desk.zendesk.set_status(number, "closed"),
    "merged": lambda desk, number: desk.zendesk.merge(number, desk.zendesk.new_ticket("Other", "x", "b@example.org")),
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_a_ticket_that_moved_on_gets_no_reply(desk: Desk, what: str) -> None:
    number, ticket, answer = a_new_ticket(desk)
    MEANWHILE[what](desk, number)
    assert desk.channel.reply(ticket, answer, a_delivery(number), wanted(ticket)) is None
    assert desk.replies(number) == 0


def test_a_solved_ticket_that_is_nobodys_gets_no_reply(desk: Desk) -> None:
    desk.connect(service_user_id=str(desk.zendesk.agent["id"]))
    number, ticket, answer = a_new_ticket(desk)
    desk.zendesk.set_status(number, "solved", by="agent")
    assert desk.channel.fetch(desk.account, str(number)).assignee is None
    assert desk.channel.reply(ticket, answer, a_delivery(number), wanted(ticket)) is None


@pytest.mark.parametrize("what", sorted(set(MEANWHILE) - {"the token's owner"}))
def test_what_happens_between_the_look_and_the_post_stops_it_too(
    desk: Desk, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, ticket, answer = a_new_ticket(desk)
    tomorrow = time.time() + 86400
    happened: list[str] = []
    update = client.ZendeskClient.update

    def late(self: client.ZendeskClient, ticket_id: str, fields: client.Json) -> object:
        if not happened:
            happened.append(what)
            desk.zendesk.store.clock = lambda: tomorrow  # stamps have whole seconds
            MEANWHILE[what](desk, number)
        return update(self, ticket_id, fields)

    monkeypatch.setattr(client.ZendeskClient, "update", late)
    assert desk.channel.reply(ticket, answer, a_delivery(number), wanted(ticket)) is None
    assert happened
    assert desk.replies(number) == 0


def test_an_agents_note_and_a_machines_comment_stop_nothing(desk: Desk) -> None:
    number, ticket, answer = a_new_ticket(desk)
    desk.zendesk.add_comment(number, "A thought", "colleague", public=False)
    desk.zendesk.merge(desk.zendesk.new_ticket("Other", "x"), number)
    desk.zendesk.add_comment(number, "Out of office")
    desk.zendesk.store.records[number].audits[-1]["metadata"]["flags"] = [4]
    assert desk.channel.reply(ticket, answer, a_delivery(number), wanted(ticket))


def test_a_locked_ticket_is_tried_again_at_once_and_then_later(desk: Desk) -> None:
    number, ticket, answer = a_new_ticket(desk)
    desk.zendesk.lock_ticket(number, 2)
    assert desk.channel.reply(ticket, answer, a_delivery(number), wanted(ticket))
    number, ticket, answer = a_new_ticket(desk)
    desk.zendesk.lock_ticket(number, 3)
    with pytest.raises(Temporary):
        desk.channel.reply(ticket, answer, a_delivery(number), wanted(ticket))
    assert desk.replies(number) == 0


def test_a_deleted_ticket_takes_nothing(desk: Desk) -> None:
    number, ticket, answer = a_new_ticket(desk)
    desk.zendesk.delete(number)
    with pytest.raises(Permanent, match="gone"):
        desk.channel.reply(ticket, answer, a_delivery(number), wanted(ticket))
    with pytest.raises(Permanent, match="gone"):
        desk.channel.note(ticket, answer, a_delivery(number, DeliveryKind.NOTE))


def test_a_closed_ticket_takes_no_note(desk: Desk) -> None:
    number, ticket, answer = a_new_ticket(desk)
    desk.zendesk.set_status(number, "closed")
    with pytest.raises(Permanent, match="closed"):
        desk.channel.note(ticket, answer, a_delivery(number, DeliveryKind.NOTE))


def test_a_refusal_that_is_not_about_a_closed_ticket_is_for_a_person(desk: Desk) -> None:
    number, ticket, answer = a_new_ticket(desk)
    desk.zendesk.fail(method="PUT", status=422, body='{"error": "invalid"}')
    with pytest.raises(Permanent, match="422"):
        desk.channel.reply(ticket, answer, a_delivery(number), wanted(ticket))


# --- The status put back ---------------------------------------------------------------------------------------------


def thanked(desk: Desk) -> tuple[int, Ticket, Outgoing]:
    """A solved ticket that a thank-you has opened again, and the order to put it back."""
    number = desk.zendesk.new_ticket("Hello", "Where is it?")
    desk.zendesk.change(number, by="routing", via="system", status="solved")
    desk.zendesk.add_comment(number, "Thank you")
    ticket = desk.channel.fetch(desk.account, str(number))
    return number, ticket, Outgoing("", newest_message_id=ticket.messages[-1].id, status="solved")


def test_a_status_is_put_back_without_a_word_and_once(desk: Desk) -> None:
    number, ticket, order = thanked(desk)
    its = a_delivery(number, DeliveryKind.STATUS)
    done = desk.channel.restore_status(ticket, order, its, wanted(ticket, DeliveryKind.STATUS))
    assert done is not None
    assert desk.zendesk.ticket(number)["status"] == "solved"
    assert len(desk.zendesk.comments(number)) == 2
    now = desk.channel.fetch(desk.account, str(number))
    assert desk.channel.find_delivery(now, its) == done
    assert desk.channel.restore_status(now, order, its, wanted(ticket, DeliveryKind.STATUS)) == str(number)
    assert now.acts == (), "and nobody has solved it by hand"


@pytest.mark.parametrize("what", ["a newer message", "an agent's reply", "the tag", "closed"])
def test_a_status_stays_when_something_happened_after_the_thanks(desk: Desk, what: str) -> None:
    number, ticket, order = thanked(desk)
    before = desk.zendesk.ticket(number)["status"]
    MEANWHILE[what](desk, number)
    its = a_delivery(number, DeliveryKind.STATUS)
    now = desk.channel.fetch(desk.account, str(number))
    assert desk.channel.restore_status(now, order, its, wanted(ticket, DeliveryKind.STATUS)) is None
    assert desk.zendesk.ticket(number)["status"] in (before, "closed")


def test_a_status_put_back_whose_answer_was_lost_is_found_again(desk: Desk) -> None:
    number, ticket, order = thanked(desk)
    its = a_delivery(number, DeliveryKind.STATUS)
    desk.zendesk.fail(method="PUT", cut="after")
    with pytest.raises(Temporary):
        desk.channel.restore_status(ticket, order, its, wanted(ticket, DeliveryKind.STATUS))
    assert desk.channel.find_delivery(ticket, its)
