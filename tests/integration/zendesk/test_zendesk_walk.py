"""The walk of a Zendesk ticket: one public comment at the most, whatever is redelivered, lost, cut or killed."""

import time
from functools import partial

import pytest

from desk.delivery import DeliveryKind, DeliveryState
from desk.reasons import Stop
from desk.ticket import ItemState, TicketState
from integration.zendesk.api.connection import PARTY
from tests.integration.zendesk_house import QUESTION, SENTENCE, Desk, asked, commented, created, planned
from workers.parties.waiting import probe_party

pytestmark = pytest.mark.loopback


def test_a_known_question_gets_one_cited_public_reply_and_its_tag(desk: Desk) -> None:
    number = asked(desk)
    desk.work()
    [reply] = desk.zendesk.public_replies(number)
    assert SENTENCE in reply["body"]
    assert 'href="https://help.example/reset"' in reply["html_body"]
    assert "written automatically" in reply["body"]
    assert desk.zendesk.ticket(number)["tags"] == ["firstline_replied"]
    assert desk.state(number) is TicketState.ANSWERED


def test_a_draft_category_gets_a_note_and_its_tag(cautious: Desk) -> None:
    number = asked(cautious)
    cautious.work()
    [note] = cautious.zendesk.notes(number)
    assert SENTENCE in note["body"]
    assert "Firstline" in note["body"]
    assert cautious.replies(number) == 0
    assert cautious.zendesk.ticket(number)["tags"] == ["firstline_draft"]


def test_who_asks_for_a_person_gets_the_handover_a_note_tags_and_the_group(desk: Desk) -> None:
    desk.connect(escalation_group_id=str(desk.zendesk.tier2["id"]), escalation_priority="high")
    number = asked(desk, "Let me talk to a human please")
    desk.work()
    assert "colleague" in desk.zendesk.public_replies(number)[0]["body"]
    assert (desk.replies(number), len(desk.zendesk.notes(number))) == (1, 1)
    stands = desk.zendesk.ticket(number)
    assert stands["tags"] == ["firstline_draft", "firstline_escalated"]
    assert (stands["group_id"], stands["priority"]) == (desk.zendesk.tier2["id"], "high")


def test_every_webhook_three_times_and_in_disorder_makes_one_reply(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Password", QUESTION)
    comment = desk.zendesk.comments(number)[0]["id"]
    trigger = {"firstline": "1", "event": "customer_message", "ticket_id": str(number)}
    for content in (commented(number, comment), created(number), trigger):
        for _ in range(3):
            desk.post(content)
    assert len(desk.items(number)) == 3
    desk.work()
    assert desk.catch_up() == []
    desk.work()
    assert desk.replies(number) == 1


def test_a_comment_that_comes_before_its_tickets_creation_is_answered_once(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Password", QUESTION)
    desk.post(commented(number, desk.zendesk.comments(number)[0]["id"]))
    desk.work()
    desk.post(created(number))
    desk.work()
    assert desk.replies(number) == 1


def test_a_comment_that_is_answered_already_is_not_looked_up_again(desk: Desk) -> None:
    number = asked(desk)
    desk.work()
    before = len(desk.zendesk.requests)
    desk.post(commented(number, desk.zendesk.comments(number)[0]["id"]))
    desk.work()
    assert len(desk.zendesk.requests) == before


def test_two_webhooks_and_the_catch_up_for_one_comment_make_one_reply(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Password", QUESTION)
    comment = desk.zendesk.comments(number)[0]["id"]
    desk.catch_up()
    desk.post(commented(number, comment))
    desk.post(commented(number, comment))
    assert len(desk.enqueued) == 3
    desk.work()
    assert desk.replies(number) == 1


def test_our_own_comments_event_leads_to_nothing(desk: Desk) -> None:
    number = asked(desk)
    desk.work()
    [reply] = desk.zendesk.public_replies(number)
    desk.post(commented(number, reply["id"], staff=True))
    desk.work()
    assert desk.replies(number) == 1
    assert desk.state(number) is TicketState.ANSWERED, "our own reply is no stepping back"


def test_an_agents_reply_makes_firstline_step_back_for_good(desk: Desk) -> None:
    number = asked(desk)
    comment = desk.zendesk.add_comment(number, "I am on it", "agent")
    desk.post(commented(number, comment, staff=True))
    desk.work()
    desk.post(commented(number, desk.zendesk.add_comment(number, "And now?")))
    desk.work()
    assert desk.replies(number) == 0
    assert desk.state(number) is TicketState.STEPPED_BACK


def test_a_burst_gets_one_answer_to_the_newest(desk: Desk) -> None:
    number = asked(desk)
    for _ in range(2):
        desk.post(commented(number, desk.zendesk.add_comment(number, QUESTION)))
    desk.work()
    assert desk.replies(number) == 1


@pytest.mark.parametrize(
    ("what", "stop", "state"),
    [
        ("assign", Stop.PERSON_TOOK_OVER, TicketState.STEPPED_BACK),
        ("tag", Stop.SWITCHED_OFF, TicketState.STEPPED_BACK),
        ("solved", Stop.PERSON_TOOK_OVER, TicketState.STEPPED_BACK),
        ("closed", Stop.CLOSED, TicketState.STEPPED_BACK),
        ("newer", Stop.NEWER_MESSAGE, TicketState.RECEIVED),
    ],
)
def test_what_happens_between_thinking_and_sending_stops_the_send_and_says_why(
    desk: Desk, what: str, stop: Stop, state: TicketState
) -> None:
    number = asked(desk)
    deliveries = planned(desk, number)
    if what == "assign":
        desk.zendesk.assign(number)
    elif what == "tag":
        desk.zendesk.set_tags(number, ["firstline_off"])
    elif what in ("solved", "closed"):
        desk.zendesk.set_status(number, what)
    else:
        desk.zendesk.add_comment(number, "One more thing")
    desk.send(deliveries)
    assert desk.replies(number) == 0
    assert desk.deliveries(number) == [(DeliveryKind.REPLY, DeliveryState.WITHDRAWN, stop)]
    assert desk.state(number) is state


def test_a_ticket_that_is_deleted_meanwhile_is_parked(desk: Desk) -> None:
    number = asked(desk)
    desk.zendesk.delete(number)
    desk.work()
    assert desk.items(number)[0].state is ItemState.PARKED


# --- Odd tickets -----------------------------------------------------------------------------------------------------


def test_a_comment_with_only_an_attachment_gets_no_guessed_answer(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("", "", attachments=["photo.png"])
    desk.post(created(number))
    desk.work()
    assert all(SENTENCE not in each["body"] for each in desk.zendesk.public_replies(number))
    assert len(desk.zendesk.notes(number)) == 1
    assert desk.state(number) in (TicketState.ESCALATED, TicketState.NOTED)


def test_a_requester_without_an_address_is_answered(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Password", QUESTION, None)
    desk.post(created(number))
    desk.work()
    assert desk.replies(number) == 1


def test_a_suspended_requesters_ticket_is_left_to_people(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Password", QUESTION, "mallory@example.org")
    desk.zendesk.suspend("mallory@example.org")
    desk.post(created(number))
    desk.work()
    assert len(desk.zendesk.comments(number)) == 1
    assert desk.state(number) is TicketState.STEPPED_BACK


def test_the_last_of_three_hundred_comments_is_the_one_that_counts(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Password", "Hello")
    for place in range(299):
        desk.zendesk.add_comment(number, QUESTION if place == 298 else f"comment {place}")
    desk.post(created(number))
    desk.work()
    [item] = desk.items(number)
    assert item.state is ItemState.DONE
    assert len(desk.zendesk.comments(number)) > 300, "a person sees what Firstline made of it"


def test_a_ticket_that_agents_opened_among_themselves_is_not_answered(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Password", QUESTION, "noor@acorn.example")
    desk.post(created(number))
    desk.work()
    assert len(desk.zendesk.comments(number)) == 1


def test_with_a_revoked_token_messages_wait_and_after_connecting_again_go_on_by_themselves(desk: Desk) -> None:
    number = asked(desk)
    desk.connect(api_token="revoked")
    desk.work()
    [item] = desk.items(number)
    assert (item.state, item.waits_for, item.attempts) == (ItemState.WAITING, PARTY, 0)
    assert "connect again" in (item.error or "")
    desk.connect()
    probe_party(desk.tools, desk.account, PARTY)
    desk.enqueued.append(item.id)
    desk.work()
    assert desk.replies(number) == 1


def test_a_wish_for_a_person_and_a_question_in_the_same_second_reach_a_person(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.zendesk.store, "clock", partial(float, int(time.time())))
    number = asked(desk, "I want to talk to a human.")
    first, second = desk.zendesk.comments(number)[0], desk.zendesk.add_comment(number, QUESTION)
    assert desk.zendesk.comments(number)[-1]["created_at"] == first["created_at"]
    desk.post(commented(number, second))
    desk.work()
    assert SENTENCE not in "".join(reply["body"] for reply in desk.zendesk.public_replies(number))
    assert desk.state(number) is TicketState.ESCALATED


def test_behind_3000_internal_notes_a_person_is_owed_as_before(desk: Desk) -> None:
    number = asked(desk, "I want to talk to a human.")
    desk.work()
    public = desk.replies(number)
    for count in range(3_000):
        desk.zendesk.add_comment(number, f"Our notes of step {count}.", "colleague", public=False)
    desk.post(commented(number, desk.zendesk.add_comment(number, QUESTION)))
    desk.work()
    assert desk.items(number)[-1].state is ItemState.DONE
    assert desk.replies(number) == public == 1
    assert desk.state(number) is TicketState.ESCALATED
