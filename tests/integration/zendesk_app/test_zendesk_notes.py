"""An agent's internal note that begins with the policy's word orders something, once, and is answered by a note."""

from dataclasses import dataclass
from typing import Any

import pytest

from desk.intervention import Actor, Face, InterventionKind, Order
from desk.ticket import TicketState
from tests.integration.zendesk_house import QUESTION, SENTENCE, Desk, commented, created
from tests.lookalikes.zendesk_shapes import Json
from workers import interventions
from workers.interventions import Intervention
from workers.processing.interventions.carry_out import carry_out_intervention
from workers.processing.interventions.note_words import read_note_order

pytestmark = pytest.mark.loopback

ASK, AGAIN, SEND = InterventionKind.ASK, InterventionKind.REGENERATE, InterventionKind.SEND


@pytest.mark.parametrize(
    ("note", "kind", "text"),
    [
        ("@firstline", AGAIN, ""),
        ("@firstline again shorter, please", AGAIN, "shorter, please"),
        ("  @Firstline: Regenerate", AGAIN, ""),
        ("@firstline ask When are you open?", ASK, "When are you open?"),
        ("@firstline When are you open?", ASK, "When are you open?"),
        ("@firstline send", SEND, ""),
        ("@firstline send anyway", SEND, ""),
        ("@firstline send him the link?", ASK, "send him the link?"),
        ("@firstline off", InterventionKind.TURN_OFF, ""),
        ("@firstline on.", InterventionKind.TURN_ON, ""),
        ("@firstline off topic: who is this?", ASK, "off topic: who is this?"),
        ("@firstline ask", ASK, "ask"),
    ],
)
def test_a_note_says_what_it_orders(note: str, kind: InterventionKind, text: str) -> None:
    order = read_note_order(note, "@firstline", "zendesk", "7")
    assert order is not None
    assert (order.kind, order.question or order.comment) == (kind, text)
    assert order.override is (note == "@firstline send anyway")


@pytest.mark.parametrize("note", ["", "send", "@firstliner send", "@firstline-2 send", "Ask @firstline", "@maria send"])
def test_other_notes_order_nothing(note: str) -> None:
    assert read_note_order(note, "@firstline", "zendesk", "7") is None


@dataclass
class Noted:
    """A ticket with a draft, and an agent who writes notes."""

    desk: Desk
    number: int

    def write(self, body: str, email: str = "maria@acorn.example", *, public: bool = False, **more: Any) -> int:
        """Write a note; what comes of it is worked on."""
        self.desk.zendesk.store.person(email, email.partition("@")[0].title(), role="agent", **more)
        comment = self.desk.zendesk.add_comment(self.number, body, email, public=public)
        self.tell(comment, body, public=public)
        return comment

    def tell(self, comment: int, body: str, *, public: bool = False) -> None:
        """Zendesk tells of it by webhook."""
        content = commented(self.number, comment, staff=True, public=public)
        content["event"]["comment"]["body"] = body
        assert self.desk.post(content) in (200, 202)
        self.desk.work()

    @property
    def acts(self) -> list[Intervention]:
        with self.desk.db.account(self.desk.account) as tx:
            return interventions.interventions_of_ticket(tx, "zendesk", str(self.number))

    @property
    def notes(self) -> list[Json]:
        """What Firstline left, but for the draft."""
        return self.desk.zendesk.notes(self.number)[1:]


@pytest.fixture
def noted(cautious: Desk) -> Noted:
    number = cautious.zendesk.new_ticket("Sign in", QUESTION)
    assert cautious.post(created(number)) == 202
    cautious.work()
    return Noted(cautious, number)


def test_a_question_is_answered_in_a_note_with_its_sources(noted: Noted) -> None:
    noted.write(f"@firstline {QUESTION}")
    (note,) = noted.notes
    assert SENTENCE in note["plain_body"]
    assert "https://help.example/reset" in note["html_body"]
    assert "Firstline, for Maria: From the documents:" in note["plain_body"]
    (act,) = noted.acts
    assert (act.face, act.order.kind) == (Face.NOTE, ASK)
    assert noted.desk.replies(noted.number) == 0


def test_the_draft_is_sent_in_the_name_of_whoever_wrote_the_note(noted: Noted) -> None:
    noted.write("@firstline send")
    (reply,) = noted.desk.zendesk.public_replies(noted.number)
    maria = noted.desk.zendesk.store.person("maria@acorn.example")
    assert reply["author_id"] == maria["id"]
    assert SENTENCE in reply["plain_body"]
    assert noted.desk.state(noted.number) is TicketState.STEPPED_BACK
    assert "On its way." in noted.notes[0]["plain_body"]


def test_a_note_that_is_told_of_again_orders_nothing_more(noted: Noted) -> None:
    comment = noted.write("@firstline send")
    for _ in range(2):
        noted.tell(comment, "@firstline send")
    assert len(noted.acts) == 1
    assert noted.desk.replies(noted.number) == 1
    assert len(noted.notes) == 1


def test_what_the_customer_wrote_since_keeps_the_draft_back(noted: Noted) -> None:
    noted.desk.zendesk.add_comment(noted.number, "It is about another account.")
    noted.write("@firstline send")
    assert noted.desk.replies(noted.number) == 0
    assert "The customer wrote again meanwhile" in noted.notes[0]["plain_body"]


def test_what_is_sent_although_somebody_has_claimed_the_ticket_takes_one_more_word(noted: Noted) -> None:
    claim = Order(InterventionKind.CLAIM, "zendesk", str(noted.number))
    with noted.desk.db.account(noted.desk.account) as tx:
        act = interventions.add_intervention(tx, Face.CONSOLE, "1", Actor("user:1", "Tom Berg"), claim)
    carry_out_intervention(noted.desk.tools, noted.desk.account, act.id, "w1")
    noted.write("@firstline send")
    assert "Tom Berg has claimed the ticket" in noted.notes[0]["plain_body"]
    assert noted.desk.replies(noted.number) == 0
    noted.write("@firstline send anyway")
    assert noted.desk.replies(noted.number) == 1


def test_where_there_is_no_draft_that_is_said(noted: Noted) -> None:
    silent = noted.desk.zendesk.new_ticket("Hello", "Hi")
    other = Noted(noted.desk, silent)
    other.write("@firstline send")
    assert "There is no such draft" in noted.desk.zendesk.notes(silent)[0]["plain_body"]


def test_another_draft_is_left_as_a_note(noted: Noted) -> None:
    noted.write("@firstline again in one sentence")
    assert SENTENCE in noted.notes[0]["plain_body"]
    assert noted.acts[0].order.comment == "in one sentence"


def test_firstline_is_turned_off_and_says_so(noted: Noted) -> None:
    noted.write("@firstline off")
    assert "answers nothing here any more" in noted.notes[0]["plain_body"]
    noted.write("@firstline on")
    assert "works on this ticket again" in noted.notes[1]["plain_body"]


@pytest.mark.parametrize(
    "more", [{"role_type": 1}, {"role_type": 3}, {"only_private_comments": True}, {"suspended": True}], ids=str
)
def test_whoever_may_not_write_to_customers_orders_nothing(noted: Noted, more: dict[str, Any]) -> None:
    noted.write("@firstline send", "lee@acorn.example", **more)
    assert noted.acts == []
    assert noted.desk.replies(noted.number) == 0


def test_a_customer_orders_nothing_and_neither_does_a_public_comment(noted: Noted) -> None:
    comment = noted.desk.zendesk.add_comment(noted.number, "@firstline send", public=False)
    noted.tell(comment, "@firstline send")
    assert noted.acts == []
    noted.write("@firstline send", public=True)
    assert noted.acts == []


def test_the_policy_has_a_word_of_its_own(noted: Noted) -> None:
    noted.desk.rule('\nnote_word: "@bot"\n')
    noted.write("@firstline off")
    assert noted.acts == []
    noted.write("@bot off")
    assert [act.order.kind for act in noted.acts] == [InterventionKind.TURN_OFF]


def test_other_notes_cost_a_look_and_lead_to_nothing(noted: Noted) -> None:
    noted.write("@maria can you take this?")
    noted.write("I have called them.")
    assert noted.acts == []
    assert noted.notes == []
