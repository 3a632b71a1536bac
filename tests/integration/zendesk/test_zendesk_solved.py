"""Solved tickets as a source: a person's answers, without anything personal, and no more calls than it takes."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from desk.errors import Permanent, Temporary
from desk.pages import Page, UnchangedPage, UnreadablePage
from desk.platform.database import Database
from desk.text import redaction
from desk.ticket import Role
from integration.connections import save_connection
from integration.zendesk.api.connection import PARTY
from integration.zendesk.sources import solved_tickets
from integration.zendesk.sources.solved_tickets import (
    KIND,
    NO_ANSWER,
    PAUSE,
    SolvedSettings,
    SolvedTicketsSource,
    exchange_in,
)
from knowledge.ingest.index_run import IndexReport
from knowledge.ingest.index_source import index_source
from tests.fakes import FakeEmbedder, a_message, a_ticket
from tests.integration.zendesk_house import connection
from tests.lookalikes.zendesk import Zendesk

pytestmark = pytest.mark.loopback

QUESTION = "Hello,\n\nhow do I move my subscription to another card before it renews?\n\nThanks"
ANSWER = (
    "Open Billing, choose Payment methods, add the new card, and make it the default one. The old card can be removed"
    " as soon as the next invoice is paid. The change takes effect with the renewal."
)


class Support:
    """A Zendesk with tickets, and the source over it."""

    def __init__(self, db: Database, account: str, zendesk: Zendesk) -> None:
        self.db, self.account, self.zendesk = db, account, zendesk
        self.slept = list[float]()

    def source(self, **settings: object) -> SolvedTicketsSource:
        read_settings = SolvedSettings.model_validate(settings)
        return SolvedTicketsSource(self.db, self.account, settings=read_settings, sleep=self.slept.append)

    def pages(self, **settings: object) -> list[Page]:
        return [each for each in self.source(**settings).pages(lambda _: None) if isinstance(each, Page)]

    def sync(self, **settings: object) -> IndexReport:
        return index_source(self.db, self.account, self.source(**settings), FakeEmbedder())

    def ticket(self, answer: str = ANSWER, question: str = QUESTION, **more: Any) -> int:
        """A solved ticket with a colleague's answer."""
        number = self.zendesk.new_ticket("Another card", question, "robin.example@mail.example", name="Robin Example")
        self.zendesk.add_comment(number, answer, "colleague", status="solved", **more)
        return number


@pytest.fixture
def support(database: Database, account: str) -> Iterator[Support]:
    with Zendesk() as zendesk:
        with database.account(account) as tx:
            save_connection(tx, PARTY, connection(zendesk))
        yield Support(database, account, zendesk)


def test_a_solved_ticket_is_a_page_of_question_and_answer_for_colleagues(support: Support) -> None:
    number = support.ticket()
    [page] = support.pages()
    assert (page.id, page.title, page.audience, page.locale) == (str(number), "Another card", "internal", "en")
    assert page.body == f"Hello,\n\nhow do I move my subscription to another card before it renews?\n\n{ANSWER}"
    assert page.url == f"{support.zendesk.url}/agent/tickets/{number}"


def test_nothing_personal_reaches_the_index(support: Support) -> None:
    number = support.zendesk.new_ticket(
        "Order 4711-2208-19 of Robin Example",
        "Hi, I'm Robin Example, robin.example@mail.example, call me at 0171 555 0142. My card 4111 1111 1111 1111 and"
        " IBAN DE89 3704 0044 0532 0130 00 changed, I live at 12 Garden Lane, and my password is hunter-2-Hunter.",
        "robin.example@mail.example",
        name="Robin Example",
    )
    support.zendesk.add_comment(
        number,
        f"Dear Robin,\n\nthank you. {ANSWER} We wrote to robin.example@mail.example from 93.184.216.34.\n\n"
        "Best regards\nNoor Colleague",
        "colleague",
        status="solved",
    )
    support.sync()
    with support.db.account(support.account) as tx:
        kept = "\n".join(
            str(row)
            for table in ("documents", "passages")
            for row in tx.execute(text(f"SELECT * FROM {table}")).mappings()
        )
    assert "Payment methods" in kept
    for secret in ("Robin", "Noor", "robin", "0142", "4111", "DE89", "Garden Lane", "hunter", "93.184", "4711"):
        assert secret not in kept


@pytest.mark.parametrize(
    "how", ["open", "bad rating", "short", "no answer", "merged", "firstline_off", "internal answer", "no question"]
)
def test_what_teaches_nothing_is_left_out(support: Support, how: str) -> None:
    desk = support.zendesk
    number = support.ticket(
        "You are welcome!" if how == "short" else ANSWER,
        "??" if how == "no question" else QUESTION,
        public=how not in ("internal answer", "no answer"),
    )
    match how:
        case "open":
            desk.add_comment(number, "It did not help.")
        case "bad rating":
            desk.rate(number, "bad")
        case "merged":
            desk.set_tags(number, ["closed_by_merge"])
        case "firstline_off":
            desk.set_tags(number, ["firstline_off"])
    assert support.pages() == []


def test_the_last_answer_of_substance_is_taken_not_the_goodbye(support: Support) -> None:
    number = support.ticket()
    support.zendesk.add_comment(number, "Glad that it works!", "colleague", status="solved")
    [page] = support.pages()
    assert page.body.endswith(ANSWER)


def test_tags_and_groups_choose(support: Support) -> None:
    one, two = support.ticket(tags=["billing"]), support.ticket(tags=["login"])
    support.zendesk.store.record(two).ticket["group_id"] = support.zendesk.tier2["id"]
    tier2 = str(support.zendesk.tier2["id"])
    assert {page.id for page in support.pages()} == {str(one), str(two)}
    for settings in ({"tags": "billing"}, {"not_tags": ["login"]}, {"not_groups": [tier2]}):
        assert [page.id for page in support.pages(**settings)] == [str(one)]
    assert [page.id for page in support.pages(groups=tier2)] == [str(two)]


def test_old_tickets_are_left_out_and_leave_the_index(support: Support) -> None:
    now = time.time()
    support.zendesk.store.clock = lambda: now - 40 * 86_400
    support.ticket()
    support.zendesk.store.clock = time.time
    support.ticket()
    assert support.sync().added == 2
    assert support.sync(since_days=30).removed == 1


@pytest.mark.parametrize("how", ["opened again", "rated bad", "deleted"])
def test_what_no_longer_counts_leaves_the_index(support: Support, how: str) -> None:
    number = support.ticket()
    support.ticket()
    assert support.sync().added == 2
    match how:
        case "opened again":
            support.zendesk.add_comment(number, "It happens again.")
        case "rated bad":
            support.zendesk.rate(number, "bad")
        case _:
            support.zendesk.delete(number)
    assert support.sync().removed == 1


def test_a_ticket_that_is_known_costs_no_call(support: Support) -> None:
    for _ in range(3):
        support.ticket()
    support.sync()
    support.zendesk.requests.clear()
    assert support.sync().unchanged == 3
    assert [request.path for request in support.zendesk.requests] == ["/api/v2/search/export.json"]


def test_a_ticket_without_an_answer_is_read_once_and_named(support: Support) -> None:
    numbers = {str(support.ticket(answer="No.")) for _ in range(3)}
    first = support.sync()
    assert {(page.id, page.why) for page in first.skipped} == {(number, NO_ANSWER) for number in numbers}
    support.zendesk.requests.clear()
    assert support.sync().skipped == ()
    assert [request.path for request in support.zendesk.requests] == ["/api/v2/search/export.json"]


def test_between_two_conversations_there_is_a_pause(support: Support) -> None:
    for _ in range(3):
        support.ticket()
    support.sync()
    assert support.slept == [PAUSE, PAUSE]


def test_a_run_reads_a_few_tickets_and_the_next_goes_on(support: Support, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solved_tickets, "READ_AT_ONCE", 2)
    for _ in range(5):
        support.ticket()
    added = [support.sync().added for _ in range(3)]
    assert added == [2, 2, 1]


def test_only_the_newest_are_read(support: Support) -> None:
    now = time.time()
    for age in (3, 2, 1):
        support.zendesk.store.clock = lambda age=age: now - age * 3600  # type: ignore[misc]  # bound now
        support.ticket()
    newest = max(support.zendesk.store.records)
    assert [page.id for page in support.pages(most=1)] == [str(newest)]


def test_a_rate_limit_among_the_conversations_keeps_what_was_read_and_loses_nothing(support: Support) -> None:
    numbers = {str(support.ticket()) for _ in range(4)}
    assert support.sync().added == 4
    pages = support.source().pages(lambda _: "an older stamp")
    first = next(pages)
    support.zendesk.fail(path="/audits", status=429, headers={"Retry-After": "9"})
    rest = list(pages)
    assert isinstance(first, Page)
    assert all(isinstance(each, UnreadablePage) for each in rest)
    assert {first.id, *(each.id for each in rest)} == numbers
    assert support.sync().unchanged == 4


@pytest.mark.parametrize("fault", [{"status": 502, "body": "<html>"}, {"cut": "before"}, {"garble": '{"results": ['}])
def test_a_search_that_breaks_off_leaves_the_index_as_it_was(support: Support, fault: dict[str, object]) -> None:
    support.ticket()
    support.sync()
    support.zendesk.fail(path="/search/", **fault)
    with pytest.raises(Temporary):
        support.sync()
    assert support.sync().unchanged == 1


def test_a_ticket_that_may_not_be_read_is_named_and_stops_nobody_elses(support: Support) -> None:
    support.ticket()
    support.ticket()
    support.zendesk.fail(path="/audits", status=403, body='{"error": "Forbidden"}')
    report = support.sync()
    assert (report.added, len(report.skipped)) == (1, 1)
    assert "forbids" in report.skipped[0].why


def test_a_ticket_that_vanishes_while_it_is_read_stops_nobody_elses(support: Support) -> None:
    support.ticket()
    support.ticket()
    support.zendesk.fail(path="/audits", status=404, body='{"error": "RecordNotFound"}')
    assert len(support.pages()) == 1


def test_what_firstline_answered_itself_teaches_it_nothing() -> None:
    asked = a_message(QUESTION, id="m1")
    ours = a_message(ANSWER, id="m2", role=Role.ASSISTANT, delivery_id="d1")
    human = a_message(ANSWER.replace("Billing", "Settings"), id="m3", role=Role.AGENT)
    assert exchange_in(a_ticket(asked, ours), 10) is None
    assert exchange_in(a_ticket(asked, human, ours), 10) is None
    exchange = exchange_in(a_ticket(asked, ours, human), 10)
    assert exchange is not None
    assert exchange[1].startswith("Open Settings")


def test_our_tag_without_our_mark_is_not_trusted() -> None:
    """Then nobody can tell which of the agent's comments was Firstline's."""
    asked, human = a_message(QUESTION, id="m1"), a_message(ANSWER, id="m2", role=Role.AGENT)
    assert exchange_in(a_ticket(asked, human), 10) is not None
    assert exchange_in(a_ticket(asked, human, tags=("firstline_replied",)), 10) is None


def test_machines_and_notes_are_no_answers() -> None:
    asked = a_message(QUESTION, id="m1")
    machine = a_message(ANSWER, id="m2", role=Role.AGENT, automatic=True)
    note = a_message(ANSWER, id="m3", role=Role.AGENT, public=False)
    assert exchange_in(a_ticket(asked, machine, note), 10) is None


def test_for_customers_only_when_asked_and_then_without_a_link_into_the_helpdesk(support: Support) -> None:
    support.ticket()
    [page] = support.pages(for_customers=True)
    assert (page.audience, page.url) == ("public", None)


def test_what_customers_may_no_longer_see_is_gone_in_one_run(support: Support, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the run reads fewer tickets than there are."""
    for _ in range(3):
        support.ticket()
    assert support.sync(for_customers=True).added == 3
    monkeypatch.setattr(solved_tickets, "READ_AT_ONCE", 1)
    assert support.sync().removed == 3


def test_better_rules_redact_all_again(support: Support, monkeypatch: pytest.MonkeyPatch) -> None:
    support.ticket()
    [page] = support.pages()
    assert list(support.source().pages({page.id: page.stamp}.get)) == [UnchangedPage(page.id)]
    monkeypatch.setattr(redaction, "VERSION", "better")
    assert [type(each) for each in support.source().pages({page.id: page.stamp}.get)] == [Page]


@pytest.mark.parametrize(
    "given", [{"tags": ["a b"]}, {"groups": ['1" OR "']}, {"for_customers": "perhaps"}, {"most": 0}]
)
def test_odd_settings_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SolvedSettings.model_validate(given)


def test_the_search_names_what_is_wanted(support: Support) -> None:
    support.pages(since_days=10, tags="a,b", not_tags="c", groups="7")
    [request] = support.zendesk.requests
    since = (datetime.now(UTC) - timedelta(days=10)).date()
    assert request.query["query"] == f"status:solved status:closed solved>={since} tags:a tags:b -tags:c group:7"


def test_an_account_without_zendesk_cannot_open_the_source(database: Database, other_account: str) -> None:
    with pytest.raises(Permanent, match="not connected"):
        KIND.open(database, other_account, "solved-tickets", SolvedSettings())
