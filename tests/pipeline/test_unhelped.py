"""Whom an automatic reply did not help gets a person."""

import pytest

from desk.conversation import OwnRecord, Sent
from desk.reasons import Reason
from desk.run import Action
from desk.ticket import Role
from tests.fakes import FakeLibrary, a_message, a_ticket, default_policy
from workers.pipeline.run import RunContext, run_pipeline
from workers.pipeline.signals.not_helped import says_not_helped

SAYING = [
    "That did not help at all.",
    "Thanks, but this isn't solved: it doesn't work either",
    "I already tried that!",
    "Das hat nicht geholfen.",
    "Das habe ich schon versucht, geht immer noch nicht",
    "Cela ne m’a pas aidé",
    "Ça ne marche toujours pas.",
    "No me ha ayudado",
    "Non è quello che ho chiesto",
    "Isso não ajudou",
    "Dat helpt niet",
    "To nie pomogło",
    "Det hjälpte inte",
    "Bu işe yaramadı",
    "それでは解決しません",
    "这个没有帮助",
]
NOT = [
    "It works now, thank you",
    "And how do I change my address?",
    "Can you help me with my invoice?",
    "What if it does not arrive?",
    "Kann mir jemand helfen?",
    "还有一个问题",
]


@pytest.mark.parametrize("text", SAYING)
def test_that_it_did_not_help_is_heard_in_twelve_languages(text: str) -> None:
    assert says_not_helped(text)


@pytest.mark.parametrize("text", NOT)
def test_what_says_something_else_is_no_complaint(text: str) -> None:
    assert not says_not_helped(text)


@pytest.mark.parametrize(("sent", "heard"), [(Sent.REPLY, True), (Sent.HANDOVER, False), (Sent.PERSON, False)])
def test_it_counts_only_after_an_automatic_reply_of_ours(sent: Sent, heard: bool) -> None:
    ours = a_message("Click Forgot.", id="m2", role=Role.ASSISTANT, delivery_id="d1")
    ticket = a_ticket(a_message(), ours, a_message("That did not help.", id="m3"))
    circumstances = RunContext(default_policy(), record=OwnRecord({"d1": sent}))
    decision = run_pipeline(ticket, (), FakeLibrary(), circumstances).decision
    assert (Reason.NOT_HELPED in {cap.reason for cap in decision.caps}) is heard
    assert not heard or decision.action is Action.ESCALATE
