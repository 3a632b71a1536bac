"""Accepted entries: a lead changes and withdraws them, and the next answer rests on what stands then."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.bootstrap import make_sync, source_kinds
from desk.intervention import InterventionKind
from desk.pages import Page, Stamps, UnchangedPage, UnreadablePage
from desk.passage import SearchScope
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from integration.access import sign_in
from integration.access.permissions import StaffRole
from integration.console.door import COOKIE
from knowledge.embedders.minilm import MiniLM
from knowledge.index.catalogue import list_documents, list_sources
from knowledge.ingest.index_source import index_source
from knowledge.ingest.sync_requests import take_sync_requests
from knowledge.search.library import PostgresLibrary
from knowledge.sources.written_here import entries
from knowledge.sources.written_here.source import WrittenHere
from tests.integration.paged import Queue, csrf, make_app, signed_in
from tests.workers.interventions.acts import Desk
from tests.workers.talks import a_town, policy_text
from workers import record
from workers.audit import AuditFilter, list_audit
from workers.models.extractive.model import ExtractiveModel
from workers.tickets import CHANNEL

QUESTION = "Can I bring my dog on board?"
ANSWER = "Dogs are welcome on board if they stay on a leash. Bring a blanket for the deck."
Pages = Page | UnchangedPage | UnreadablePage
CHANGED = "Dogs travel in the cabin of their owner. Ask for a kennel when you book your journey."


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


@pytest.fixture
def desk(database: Database, account: str, tmp_path: Path, minilm: MiniLM) -> Desk:
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text(), encoding="utf-8")
    desk = Desk.of(a_town(database, account, PolicyBook(path)))
    library = PostgresLibrary(database, minilm)
    return replace(desk, tools=replace(desk.tools, library=library, models=(ExtractiveModel(minilm),), embedder=minilm))


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def lead(desk: Desk, queue: Queue) -> FlaskClient:
    return signed_in(make_app(desk.tools.db, desk.account, queue), desk.tools.db, desk.account)


@pytest.fixture
def taught(desk: Desk, lead: FlaskClient, queue: Queue, minilm: MiniLM) -> str:
    """An entry that was taught, accepted and read; the address of its page."""
    opened = desk.opened(QUESTION)
    opened.act(InterventionKind.TEACH, question=QUESTION, text=ANSWER)
    form = re.search(r'action="(/console/proposals/[^"]+/accept)"', lead.get("/console/proposals").text)
    assert form is not None
    lead.post(form[1], data={"question": QUESTION, "answer": ANSWER, "audience": "public", "csrf": csrf(lead)})
    sync(desk, queue, minilm)
    with desk.tools.db.account(desk.account) as tx:
        [document] = list_documents(tx)
    page = lead.get(f"/console/documents/{document.id}").text
    link = re.search(r'href="(/console/entries/[^"]+)">Change or withdraw', page)
    assert link is not None
    return link[1]


def sync(desk: Desk, queue: Queue, minilm: MiniLM) -> None:
    """As a worker does what the console asked for."""
    while queue.items:
        make_sync(desk.tools.db, lambda account: minilm)(*queue.items.pop())


def fields(lead: FlaskClient, address: str, **changed: str) -> dict[str, str]:
    """What the page's form sends."""
    version = re.search(r'name="version" value="(\d+)"', lead.get(address).text)
    assert version is not None
    entry = {"question": QUESTION, "answer": ANSWER, "audience": "public", "version": version[1], "csrf": csrf(lead)}
    return entry | changed


def answer_to_the_question(desk: Desk) -> str:
    """What a draft says from the knowledge, of a ticket that asks anew."""
    asked = desk.opened(QUESTION)
    with desk.tools.db.account(desk.account) as tx:
        run = record.last_run(tx, CHANNEL, asked.ticket_id)
    assert run is not None
    return " ".join(statement.text for statement in run.draft.statements if statement.citations)


def found_texts(desk: Desk, *audiences: str) -> str:
    """What a search for the question finds at all."""
    scope = SearchScope(frozenset(audiences or ("public", "internal")), "en")
    hits = desk.tools.library.search(desk.account, QUESTION, scope, limit=9)
    return " ".join(block.text for hit in hits for block in hit.passage.blocks)


def audited(desk: Desk) -> list[tuple[str, str | None, str]]:
    with desk.tools.db.account(desk.account) as tx:
        lines = list(list_audit(tx, AuditFilter(), most=20))
    return [(line.kind, line.subject, line.detail) for line in lines if line.kind.endswith("_entry")]


def test_a_changed_entry_answers_with_its_new_text(
    desk: Desk, lead: FlaskClient, taught: str, queue: Queue, minilm: MiniLM
) -> None:
    assert "stay on a leash" in answer_to_the_question(desk)
    page = lead.post(taught, data=fields(lead, taught, answer=CHANGED), follow_redirects=True).text
    assert "Changed. The old text is found no more" in page
    assert "stay on a leash" not in found_texts(desk), "before anything is indexed anew"
    sync(desk, queue, minilm)
    answer = answer_to_the_question(desk)
    assert "cabin of their owner" in answer
    assert "leash" not in found_texts(desk)
    assert audited(desk)[0] == ("edit_entry", QUESTION, "answer")


def test_a_withdrawn_entry_answers_nothing(
    desk: Desk, lead: FlaskClient, taught: str, queue: Queue, minilm: MiniLM
) -> None:
    page = lead.post(f"{taught}/withdraw", data=fields(lead, taught), follow_redirects=True).text
    assert "Withdrawn. No answer rests on it" in page
    assert found_texts(desk) == ""
    make_sync(desk.tools.db, lambda account: minilm)(desk.account, entries.SOURCE)
    assert answer_to_the_question(desk) == ""
    with desk.tools.db.account(desk.account) as tx:
        assert list_documents(tx) == []
        assert [source.error for source in list_sources(tx)] == [None]
    assert audited(desk)[0] == ("withdraw_entry", QUESTION, "")
    assert "Somebody has withdrawn this entry" in lead.get(taught, follow_redirects=True).text


def test_of_two_leads_the_second_is_told_and_loses_no_text(desk: Desk, lead: FlaskClient, taught: str) -> None:
    first, second = fields(lead, taught, answer=CHANGED), fields(lead, taught, answer="Dogs stay at home.")
    other = other_lead(desk)
    assert lead.post(taught, data=first).status_code == 303
    answer = other.post(taught, data=second | {"csrf": csrf(other)})
    assert answer.status_code == 409
    assert "admin@firstline.example has changed this entry meanwhile" in answer.text
    assert CHANGED in answer.text
    assert "Dogs stay at home." in answer.text
    late = other.post(f"{taught}/withdraw", data=second | {"csrf": csrf(other)})
    assert late.status_code == 409
    with desk.tools.db.account(desk.account) as tx:
        [entry] = entries.list_entries(tx)
    assert (entry.answer, entry.version) == (CHANGED, 2)
    again = re.search(r'name="version" value="(\d+)"', answer.text)
    assert again is not None
    second |= {"version": again[1], "csrf": csrf(other)}
    assert other.post(taught, data=second).status_code == 303, "one more press replaces it"


def test_what_was_withdrawn_meanwhile_is_not_changed(desk: Desk, lead: FlaskClient, taught: str) -> None:
    seen = fields(lead, taught, answer=CHANGED)
    lead.post(f"{taught}/withdraw", data=seen)
    for address in (taught, f"{taught}/withdraw"):
        assert "Somebody has withdrawn this entry" in lead.post(address, data=seen, follow_redirects=True).text
    with desk.tools.db.account(desk.account) as tx:
        assert entries.list_entries(tx) == []


def test_an_entry_made_internal_is_quoted_to_no_customer(
    desk: Desk, lead: FlaskClient, taught: str, queue: Queue, minilm: MiniLM
) -> None:
    lead.post(taught, data=fields(lead, taught, audience="internal"))
    assert found_texts(desk, "public") == ""
    sync(desk, queue, minilm)
    assert found_texts(desk, "public") == ""
    assert "leash" in found_texts(desk, "internal")


def test_a_sync_that_read_the_entry_before_it_was_withdrawn_brings_nothing_back(
    desk: Desk, lead: FlaskClient, taught: str, minilm: MiniLM
) -> None:
    before = list(WrittenHere(desk.tools.db, desk.account).pages(lambda page_id: None))
    lead.post(f"{taught}/withdraw", data=fields(lead, taught))
    index_source(desk.tools.db, desk.account, ReadBefore(before), minilm)
    assert found_texts(desk) == ""
    make_sync(desk.tools.db, lambda account: minilm)(desk.account, entries.SOURCE)
    with desk.tools.db.account(desk.account) as tx:
        assert list_documents(tx) == []


def test_without_a_broker_the_mark_on_the_source_has_the_change_read(
    desk: Desk, lead: FlaskClient, taught: str, queue: Queue
) -> None:
    take_sync_requests(desk.tools.db)
    desk.sql("UPDATE sources SET wanted_at = NULL, asked_at = NULL")
    sent = fields(lead, taught, answer=CHANGED)
    queue.away = True
    assert lead.post(taught, data=sent).status_code == 303
    assert [each.name for each in take_sync_requests(desk.tools.db) if each.account == desk.account] == [entries.SOURCE]


@pytest.mark.parametrize(
    "changed", [{"question": " "}, {"answer": ""}, {"audience": "all"}, {"version": "x"}, {"version": ""}]
)
def test_half_a_change_is_refused(desk: Desk, lead: FlaskClient, taught: str, changed: dict[str, str]) -> None:
    assert lead.post(taught, data=fields(lead, taught, **changed)).status_code == 400
    assert "stay on a leash" in found_texts(desk)


@pytest.mark.parametrize("role", [StaffRole.VIEWER, StaffRole.AGENT])
def test_only_a_lead_changes_entries(desk: Desk, lead: FlaskClient, taught: str, queue: Queue, role: StaffRole) -> None:
    sent = fields(lead, taught, answer=CHANGED)
    client = signed_in(make_app(desk.tools.db, desk.account, queue), desk.tools.db, desk.account, role)
    assert client.get(taught).status_code == 403
    for address in (taught, f"{taught}/withdraw"):
        assert client.post(address, data=sent | {"csrf": csrf(client)}).status_code == 403
    assert "stay on a leash" in found_texts(desk)


def test_the_entries_are_kept_here_and_nothing_else_is() -> None:
    assert [name for name, kind in source_kinds().items() if kind.kept_here] == [entries.KIND]


class ReadBefore:
    """What a sync read a moment ago, and writes now."""

    name = entries.SOURCE

    def __init__(self, pages: list[Pages]) -> None:
        self._pages = pages

    def count(self) -> int:
        return len(self._pages)

    def pages(self, stamps: Stamps) -> Iterator[Pages]:
        yield from self._pages


def other_lead(desk: Desk) -> FlaskClient:
    email = "second@firstline.example"
    with desk.tools.db.account(desk.account) as tx:
        sign_in.add_user(tx, email, StaffRole.ADMIN)
    cookie = sign_in.redeem(desk.tools.db, sign_in.new_sign_in_link(desk.tools.db, desk.account, email))
    client = make_app(desk.tools.db, desk.account, Queue()).test_client()
    client.set_cookie(COOKIE, cookie or "")
    return client
