"""The pages speak their reader's language, all of it: chosen, asked for by the browser, or English."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import TypeAdapter

from app.bootstrap import PROVIDERS
from desk.intervention import Actor as Person
from desk.platform.database import Database
from desk.reasons import Limit, Reason
from desk.run import Action, Cap, Decision, Finding, Level
from desk.text.wording import Share, Wording
from integration.connections import save_connection
from integration.web.languages import language
from integration.web.languages.language import ENGLISH, FOLDER, choose_language, offered_languages, read_language
from integration.web.languages.pages import COOKIE
from integration.zendesk.api.connection import ZendeskConnection
from knowledge.index.catalogue import list_documents
from knowledge.ingest.index_source import index_source
from tests.fakes import FakeEmbedder
from tests.integration.acted import Actor
from tests.integration.languages.pseudo import CODE, bare_words, write_pseudo
from tests.integration.paged import Queue, csrf, make_app, signed_in
from tests.knowledge.conftest import ListSource, make_page
from tests.workers.left_open import a_run, keep
from workers import operations
from workers.audit import AUDIT_WORDS, record_audit

GERMAN = read_language(FOLDER / "de.po")
DATA = """Firstline UTC ms API PDF VAT Zendesk Slack OK Esc Robin Example Ada Sample Maria Admin admin firstline example
com cust robin visitor test ada account access billing api en handbook refunds Refunds public model small large
extractive website"""
"""What tests named: people, categories, channels, sources."""
KNOWN = set(DATA.split())


@pytest.fixture
def app(database: Database, account: str) -> Flask:
    return make_app(database, account, Queue(), PROVIDERS)


@pytest.fixture
def admin(app: Flask, database: Database, account: str) -> FlaskClient:
    return signed_in(app, database, account)


@pytest.fixture
def actor(database: Database, account: str) -> Actor:
    return Actor(database, account)


@pytest.fixture
def pseudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The catalogues are the language of brackets alone."""
    write_pseudo(tmp_path)
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    return CODE


class House:
    """An account in which everything has happened once."""

    def __init__(self, actor: Actor, client: FlaskClient) -> None:
        self.actor, self.client = actor, client
        self.db, self.account = actor.db, actor.account

    def fill(self) -> list[str]:
        """Makes it so; the addresses of all its pages."""
        states = [self._ticket(action) for action in (*STATES, *STATES[:1])]
        self._stopped()
        self.actor.park(self.actor.open("Π"), "42")
        waiting = self.actor.open("Π").ticket_id
        self._act(states[1])
        with self.db.account(self.account) as tx:
            for kind in AUDIT_WORDS:
                record_audit(tx, Person("x", "Maria"), kind)
            config = ZendeskConnection(base_url="http://127.0.0.1:9", email="ada@example.com", api_token="t")
            save_connection(tx, "zendesk", config)
            operations.set_paused(tx, True, by=Person("x", "Maria", "admin@firstline.example"))
        stories = [f"tickets/api/{ticket}" for ticket in (*states, waiting)]
        views = [f"tickets/api/{states[0]}?view=customer"]
        lists = ("", "tickets", "tickets?focus=drafts&since=x", "tickets?category=none", "review", "parked", "users")
        more = ("pause", "proposals", "connections", "audit", "audit?kind=pause&since=x", "audit?person=nobody")
        return [f"/console/{path}" for path in (*lists, *more, *stories, *views, *self._knowledge())]

    def _ticket(self, action: Action) -> str:
        ticket = self.actor.open("Π", "Ποῦ;")
        self.actor.finish(ticket, action, remarks=())
        return ticket.ticket_id

    def _stopped(self) -> None:
        for outcome in ("person_took_over", "confirmed", "closed"):
            self.actor.stop(self.actor.open("Π"), outcome)

    def _act(self, ticket_id: str) -> None:
        for kind, fields in (("claim", {}), ("teach", {"question": "Π", "text": "Ω"}), ("turn_off", {})):
            form = {"csrf": csrf(self.client), "press": f"{kind}-1", "kind": kind, **fields}
            assert self.client.post(f"/console/tickets/api/{ticket_id}/acts", data=form).status_code == 303

    def _knowledge(self) -> list[str]:
        page = make_page("refunds", "# Π\n\nΩ 10.\n", title="Π", audience="internal", collection="Ω")
        index_source(self.db, self.account, ListSource(page, name="handbook"), FakeEmbedder(dimensions=384))
        for number, reason in enumerate((Reason.NOTHING_FOUND, Reason.LOW_CONFIDENCE, Reason.CONTRADICTION)):
            run = a_run(reason, questions=("Π;",), message_id=str(number))
            keep(self.db, self.account, run, FakeEmbedder(dimensions=384))
        with self.db.account(self.account) as tx:
            (document,) = list_documents(tx)
        found = (
            "documents",
            "documents?title=nothing",
            "documents?page=9",
            "search",
            "search?q=Π",
            "gaps",
            "gaps?days=7",
        )
        return [f"documents/{document.id}", f"documents/{document.id}?page=9", *found]


STATES = (Action.AUTO_REPLY, Action.INTERNAL_NOTE, Action.ESCALATE)


def test_no_page_of_the_console_holds_a_bare_english_word(actor: Actor, admin: FlaskClient, pseudo: str) -> None:
    found: dict[str, set[str]] = {}
    for path in House(actor, admin).fill():
        answer = admin.get(path, headers={"Accept-Language": pseudo})
        assert answer.status_code == 200, path
        assert "⟦" in answer.text
        found[path] = bare_words(answer.text, KNOWN)
    assert "\n".join(f"{path} {sorted(words)}" for path, words in found.items() if words) == ""


def test_an_empty_console_holds_none_either(admin: FlaskClient, pseudo: str) -> None:
    for name in ("", "tickets", "review", "parked", "documents", "search", "gaps", "proposals", "audit", "pause"):
        page = admin.get(f"/console/{name}", headers={"Accept-Language": pseudo}).text
        assert bare_words(page, KNOWN) == set(), name


def test_neither_do_the_door_the_form_and_what_goes_wrong(app: Flask, actor: Actor, pseudo: str) -> None:
    stranger = app.test_client()
    ticket = actor.open("Π", "Ποῦ;")
    actor.finish(ticket, Action.ESCALATE, remarks=())
    for path in ("/sign-in", "/sign-in/x", "/console/", "/nowhere", f"/t/{ticket.ticket_id}"):
        page = stranger.get(path, headers={"Accept-Language": pseudo}).text
        assert bare_words(page, KNOWN) == set(), path
    sent = stranger.post("/", data={"subject": "", "message": "", "email": "Π"}, headers={"Accept-Language": pseudo})
    examples = {"Answered", "When", "does", "it", "come", "quote", "person", "human", "please", "It", "was", "asked"}
    assert bare_words(sent.text, KNOWN | examples) == set()


def test_the_browsers_language_is_spoken(admin: FlaskClient, actor: Actor) -> None:
    actor.finish(actor.open("Π"), Action.ESCALATE)
    page = admin.get("/console/tickets", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}).text
    assert '<html lang="de" dir="ltr">' in page
    assert ">Eskaliert<" in page


@pytest.mark.parametrize("asked", ["", "tlh", "x" * 5000, "../../etc", "*", "en-GB"])
def test_who_asks_for_another_language_reads_english(admin: FlaskClient, asked: str) -> None:
    assert '<html lang="en" dir="ltr">' in admin.get("/console/tickets", headers={"Accept-Language": asked}).text


def test_a_choice_is_kept_and_leads_back(admin: FlaskClient) -> None:
    answer = admin.post("/language", data={"language": "de", "back": "/console/tickets?state=noted"})
    assert (answer.status_code, answer.location) == (303, "/console/tickets?state=noted")
    assert '<html lang="de"' in admin.get("/console/tickets", headers={"Accept-Language": "fr"}).text
    assert 'value="de" lang="de" aria-current="true"' in admin.get("/console/tickets").text


@pytest.mark.parametrize(
    "back", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1", "", "/\r\nX: 1"]
)
def test_a_choice_leads_nowhere_else(admin: FlaskClient, back: str) -> None:
    assert admin.post("/language", data={"language": "de", "back": back}).location == "/"


def test_an_unknown_choice_and_another_sites_are_refused(admin: FlaskClient) -> None:
    assert admin.post("/language", data={"language": "tlh"}).status_code == 400
    elsewhere = {"Origin": "https://evil.example"}
    assert admin.post("/language", data={"language": "de"}, headers=elsewhere).status_code == 403
    admin.set_cookie(COOKIE, "nonsense")
    assert '<html lang="en"' in admin.get("/console/tickets").text


def test_a_language_is_found_by_its_country_or_without() -> None:
    offered = offered_languages(in_sidebar=True)
    tags = ("de-AT", "pt", "pt-PT", "PT_br", "ja-JP", "fr-CA", "nl", "")
    found = [choose_language([tag], offered).tag for tag in tags]
    assert found == ["de", "pt-BR", "pt-BR", "pt-BR", "ja", "fr", "en", "en"]


def test_a_sentence_keeps_what_it_was_made_of() -> None:
    since = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
    sentence = Wording("%(who)s has the ticket since %(since)s.", who="Ada 100 %", since=since)
    assert sentence == "Ada 100 % has the ticket since 2026-03-01 14:05 UTC."
    assert GERMAN.say(sentence) == "Ada 100 % hat das Ticket seit 01.03.26, 14:05 UTC."
    assert ENGLISH.say(sentence) == sentence
    assert GERMAN.say("claimed the ticket") == "claimed the ticket", "what somebody wrote is never translated"


def test_numbers_and_plurals_are_those_of_the_language() -> None:
    one, many = (Wording.plural("%(count)s passage", "%(count)s passages", count) for count in (1, 12_345))
    assert (one, many) == ("1 passage", "12,345 passages")
    assert (GERMAN.say(one), GERMAN.say(many)) == ("1 Textstelle", "12.345 Textstellen")
    assert GERMAN.say(Wording("%(what)s, %(share)s", what="x", share=Share(0.91))) == "x, 91\N{NO-BREAK SPACE}%"
    assert GERMAN.money(0.0042) == "0,0042\N{NO-BREAK SPACE}$"
    assert ENGLISH.moment(datetime(2026, 3, 1, 14, 5, 9, tzinfo=UTC)) == "2026-03-01 14:05:09"
    assert GERMAN.moment(datetime(2026, 3, 1, 14, 5, 9, tzinfo=UTC)) == "01.03.2026 14:05:09"


def test_what_a_check_found_is_said_in_the_readers_language_from_what_was_stored(
    actor: Actor, admin: FlaskClient
) -> None:
    found = Finding("unsupported", Wording("the cited blocks speak of something else: %(quote)s", quote="“Bank”"))
    cap = Cap(Limit.DRAFT, Reason.LOW_CONFIDENCE, Wording("%(confidence)s, needs %(least)s", confidence=0, least=1))
    ticket = actor.open("Π")
    decision = Decision(Action.INTERNAL_NOTE, Level.AUTO, (cap,), 0.5)
    actor.finish(ticket, Action.INTERNAL_NOTE, findings=(found,), decision=decision)
    page = admin.get(f"/console/tickets/api/{ticket.ticket_id}", headers={"Accept-Language": "de"}).text
    assert "die zitierten Abschnitte handeln von etwas anderem: “Bank”" in page
    assert "0, nötig sind 1" in page
    english = admin.get(f"/console/tickets/api/{ticket.ticket_id}").text
    assert "the cited blocks speak of something else: “Bank”" in english


@pytest.mark.parametrize(
    "said",
    [
        "a mere text with 100 % of signs",
        Wording("Claim"),
        Wording("%(what)s waiting since %(since)s", what=Wording("reply"), since="12:04"),
        Wording.plural("%(count)s passage", "%(count)s passages", 3),
        Wording.listed([Wording("figure"), "a name", 7]),
    ],
)
def test_what_is_stored_comes_back_as_it_was_said(said: str) -> None:
    stored = TypeAdapter(Finding).dump_json(Finding("check", said))
    back = TypeAdapter(Finding).validate_json(stored).detail
    assert back == said
    assert GERMAN.say(back) == GERMAN.say(said)
    assert type(back) is type(said)
