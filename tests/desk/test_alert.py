"""What an alert tells: the newest question in the customer's own words, all reasons, the draft and its sources."""

from dataclasses import replace
from datetime import timedelta

from desk.conversation import OwnRecord, Sent
from desk.presentation.alert import (
    LONGEST_QUESTION,
    alert_without_run,
    alert_without_ticket,
    compose_alert,
    compose_notice,
    ticket_lines,
)
from desk.reasons import Limit, Reason
from desk.run import Action, Cap, Decision, Draft, Level, Run, Versions
from desk.ticket import Requester, Role
from tests.fakes import (
    NOW,
    a_citation,
    a_classification,
    a_draft,
    a_hit,
    a_message,
    a_passage,
    a_statement,
    a_ticket,
)

CONSOLE = "https://firstline.example/console/tickets/zendesk/t1"
PASSAGE = a_passage("Use the link on the sign-in page.")
CAPS = (
    Cap(Limit.DRAFT, Reason.LONG_MESSAGE),
    Cap(Limit.PERSON, Reason.SENSITIVE_TOPIC, "refund"),
)


def a_run(*caps: Cap, draft: Draft | None = None) -> Run:
    return Run(
        id="r1",
        account="acme",
        channel="zendesk",
        ticket_id="t1",
        message_id="m1",
        classification=a_classification(),
        hits=(a_hit(PASSAGE),),
        draft=draft or a_draft(),
        findings=(),
        decision=Decision(Action.ESCALATE, Level.AUTO, caps, 0.4),
        versions=Versions("p", "k", "q", "1"),
        usage=(),
        times=(),
        remarks=(),
        at=NOW,
    )


def test_an_alert_holds_the_draft_with_its_sources() -> None:
    draft = a_draft(a_statement("Use the link on the sign-in page.", a_citation(PASSAGE)))
    alert = compose_alert(a_run(*CAPS, draft=draft), a_ticket(channel="zendesk"), CONSOLE)
    assert alert.draft == "Use the link on the sign-in page. [1]"
    assert [(source.number, source.url) for source in alert.sources] == [(1, "https://help.example/passwords")]
    assert (alert.account, alert.channel, alert.ticket_id) == ("acme", "zendesk", "t1")
    assert alert.console_url == CONSOLE


def test_reasons_are_prose_and_those_for_a_person_come_first() -> None:
    alert = compose_alert(a_run(*CAPS), a_ticket(), None)
    assert alert.reasons == ("The message touches a sensitive topic: refund", "The message is long")


def test_a_run_without_caps_still_says_something() -> None:
    assert compose_alert(a_run(), a_ticket(), None).reasons == ("Handed to a person",)


def test_the_question_is_all_that_the_customer_has_open_without_quotes_and_signature() -> None:
    newest = "And my invoice?\n\n--\nKim Berg\nExample Ltd"
    alert = compose_alert(a_run(*CAPS), a_ticket("How do I sign in?", newest), None)
    assert alert.question == "How do I sign in?\n\nAnd my invoice?"


def test_what_was_answered_and_what_a_machine_wrote_are_no_part_of_the_question() -> None:
    answer = a_message("Click it.", id="a", role=Role.ASSISTANT, delivery_id="d1")
    away = a_message("I am out of the office.", id="o", automatic=True)
    ticket = a_ticket(a_message("First?"), answer, a_message("I will sue you.", id="m2"), away)
    assert compose_alert(a_run(*CAPS), ticket, None, OwnRecord({"d1": Sent.REPLY})).question == "I will sue you."


def test_somebody_in_copy_is_told_apart_from_the_customer() -> None:
    other = a_message("Me too!", id="m2", third_party=True)
    alert = compose_alert(a_run(*CAPS), a_ticket(a_message("Help?"), other), None)
    assert alert.question == "Help?\n\n(from somebody in copy) Me too!"


def test_notes_and_agents_are_not_taken_for_the_question() -> None:
    note = a_message("Do not tell them", id="m2", public=False, at=NOW + timedelta(minutes=1))
    agent = a_message("On it", id="m3", role=Role.AGENT, at=NOW + timedelta(minutes=2))
    assert compose_alert(a_run(*CAPS), a_ticket(a_message("Help?"), note, agent), None).question == "Help?"


def test_a_message_of_quotes_alone_is_shown_whole_and_a_bare_attachment_is_named() -> None:
    quotes = a_ticket("> what you wrote\n> before")
    assert compose_alert(a_run(), quotes, None).question == "> what you wrote\n> before"
    bare = a_ticket(a_message(" \n", attachments=2))
    assert compose_alert(a_run(), bare, None).question == "(no text; attachments: 2)"


def test_a_huge_question_does_not_travel_whole() -> None:
    assert len(compose_alert(a_run(), a_ticket("x" * 1_000_000), None).question) == LONGEST_QUESTION


def test_a_requester_is_named_by_what_is_known() -> None:
    def shown(requester: Requester) -> str:
        return compose_alert(a_run(), replace(a_ticket(), requester=requester), None).requester

    assert shown(Requester("c1", "Kim Berg", "kim@example.com")) == "Kim Berg (kim@example.com)"
    assert shown(Requester("c1", None, "kim@example.com")) == "kim@example.com"
    assert shown(Requester("c1", "Kim Berg")) == "Kim Berg"
    assert shown(Requester("c1")) == "c1"
    assert shown(Requester("c1", "Kim Berg", organisation="Harbour")) == "Kim Berg, Harbour"


def test_an_alert_without_a_run_says_why() -> None:
    alert = alert_without_run(a_ticket("Help?", subject="Sign in"), "The model did not answer", CONSOLE)
    assert (alert.reasons, alert.question, alert.draft) == (("The model did not answer",), "Help?", "")
    empty = replace(a_ticket(), messages=())
    assert alert_without_run(empty, "Gone", None).question == ""


def test_a_ticket_that_cannot_be_fetched_is_alerted_by_its_name() -> None:
    alert = alert_without_ticket("acme", "zendesk", "t1", "The token is revoked", CONSOLE)
    assert (alert.ticket_id, alert.reasons, alert.question) == ("t1", ("The token is revoked",), "")


def test_a_notice_lists_many_tickets_in_few_lines_and_says_how_many_it_left_out() -> None:
    tickets = [("zendesk", str(number)) for number in range(1001, 1301)] + [("api", "t1")]
    *lines, more = ticket_lines(tickets, most=250)
    assert lines[0].startswith("zendesk tickets 1001, 1002, ")
    assert all(len(line) < 300 for line in lines)
    assert sum(line.count(",") + 1 for line in lines) == 250
    assert more == "and 51 more"
    assert ticket_lines([("zendesk", "7"), ("api", "t1")]) == ["zendesk tickets 7", "api tickets t1"]


def test_a_notice_is_an_alert_of_no_ticket() -> None:
    told = compose_notice("acme", "Zendesk does not answer\n503\n3 messages wait", "https://desk.example/console/")
    assert (told.title, told.reasons, told.ticket_id) == ("Zendesk does not answer", ("503", "3 messages wait"), "")
