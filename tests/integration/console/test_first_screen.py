"""The first screen: what needs a person, what happened today, what is wrong; every number opens what it counts."""

import re
import time
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from pydantic import TypeAdapter
from sqlalchemy import text

from app.embedded.postgres import EmbeddedPostgres
from desk.errors import Outage
from desk.intervention import Actor as Person
from desk.intervention import Face, InterventionKind, Order
from desk.party import Access
from desk.platform.accounts import add_account, set_paused
from desk.platform.database import Database
from desk.platform.encryption import Sealer
from desk.run import Action, Run
from tests.integration.acted import Actor, a_run
from tests.integration.paged import Queue, make_app, signed_in
from tests.own_database import own_database
from tests.past import make_past
from workers import attention, interventions, record
from workers.attention import COUNTED_TO, Focus
from workers.parties import standing
from workers.queue import heartbeats
from workers.tickets import CHANNEL, Accepted

MOST_SECONDS = 0.3
MARIA = Person("user:1", "Maria Lind", "maria@firstline.example")


@pytest.fixture
def actor(database: Database, account: str) -> Actor:
    return Actor(database, account)


@pytest.fixture
def lead(database: Database, account: str) -> FlaskClient:
    heartbeats.record_heartbeat(database, heartbeats.BEAT)
    return signed_in(make_app(database, account, Queue()), database, account)


def linked(page: str) -> list[str]:
    """The tickets that wait, in order."""
    waiting = re.search(r'<ol class="waiting">.*?</ol>', page, re.DOTALL)
    return re.findall(r'dir="auto">([^<]+)</a>', waiting[0]) if waiting else []


def order(actor: Actor, accepted: Accepted, kind: InterventionKind, done: bool = False) -> None:
    """Somebody orders something about a ticket, and perhaps a worker has carried it out."""
    with actor.db.account(actor.account) as tx:
        run = record.last_run(tx, CHANNEL, accepted.ticket_id)
        texts = {"text": "x", "comment": "Too long", "seen_message_id": "m"}
        given = Order(kind, CHANNEL, accepted.ticket_id, run_id=run.id if run else None, **texts)  # type: ignore[arg-type]  # of texts
        act = interventions.add_intervention(tx, Face.CONSOLE, accepted.ticket_id + kind, MARIA, given)
        if done:
            tx.execute(text(f"UPDATE interventions SET state = 'done', status = 'done' WHERE id = '{act.id}'"))


def test_what_needs_a_person_stands_there_the_oldest_first_with_the_reason_in_words(
    lead: FlaskClient, actor: Actor
) -> None:
    actor.finish(actor.open("A draft"), Action.INTERNAL_NOTE)
    actor.finish(actor.open("A lawyer"), Action.ESCALATE)
    actor.park(actor.open("Stuck"), "Permanent: no such category")
    actor.finish(actor.open("Done"), Action.AUTO_REPLY)
    page = lead.get("/console/").text
    assert linked(page) == ["A draft", "A lawyer", "Stuck"]
    assert "The confidence is below the category&#39;s threshold" in page
    assert "The message touches a sensitive topic" in page
    assert "Permanent: no such category" in page


def test_every_number_opens_the_tickets_behind_it(lead: FlaskClient, actor: Actor) -> None:
    actor.finish(actor.open("A draft"), Action.INTERNAL_NOTE)
    actor.finish(actor.open("A lawyer"), Action.ESCALATE)
    rejected = actor.open("No good")
    actor.finish(rejected, Action.INTERNAL_NOTE)
    order(actor, rejected, InterventionKind.REJECT, done=True)
    actor.park(actor.open("Stuck"))
    actor.finish(actor.open("Done"), Action.AUTO_REPLY)
    page = lead.get("/console/").text
    figures = re.findall(r'href="([^"]+focus=(\w+))"><span class="num">(\d+)</span>', page)
    counts = {focus: int(count) for _, focus, count in figures}
    assert counts == {
        "escalated": 1, "drafts": 1, "rejected": 1, "parked": 1,
        "answered": 1, "noted": 2, "handed_over": 1, "by_people": 0,
    }  # fmt: skip
    for address, focus, count in figures:
        listing = lead.get(address.replace("&amp;", "&")).text
        assert len(re.findall(r'<td class="ticket">', listing)) == int(count), focus


def test_a_draft_that_somebody_is_sending_waits_for_nobody_else(lead: FlaskClient, actor: Actor) -> None:
    sent = actor.open("Being sent")
    actor.finish(sent, Action.INTERNAL_NOTE)
    order(actor, sent, InterventionKind.SEND)
    assert linked(lead.get("/console/").text) == []


def test_a_rejected_draft_still_waits_for_an_answer_and_says_so(lead: FlaskClient, actor: Actor) -> None:
    rejected = actor.open("No good")
    actor.finish(rejected, Action.INTERNAL_NOTE)
    order(actor, rejected, InterventionKind.REJECT, done=True)
    page = lead.get("/console/").text
    assert linked(page) == ["No good"]
    assert "A colleague rejected the draft" in page


def test_what_is_wrong_is_said(lead: FlaskClient, actor: Actor) -> None:
    actor.finish(actor.open(), Action.AUTO_REPLY)
    assert "All is well" in lead.get("/console/").text
    actor.park(actor.open("Stuck"))
    with actor.db.account(actor.account) as tx:
        standing.declare_outage(tx, Outage("no answer", party="zendesk", access=Access.READ))
        set_paused(tx, True, "ada@firstline.example")
    page = lead.get("/console/").text
    for words in ("Zendesk is away since", "1 ticket is set aside", "Automatic replies are paused"):
        assert words in page
    assert "All is well" not in page


def test_with_no_ticket_it_says_what_to_do_next(lead: FlaskClient) -> None:
    page = lead.get("/console/").text
    assert "No tickets yet" in page
    assert "firstline tokens create" in page


def test_an_odd_focus_filters_nothing(lead: FlaskClient, actor: Actor) -> None:
    actor.open("Here")
    assert "Here" in lead.get("/console/tickets?focus=nonsense").text


# --- With a long past -----------------------------------------------------------------------------------------------


ACTS = """INSERT INTO audit_log (account_id, id, at, actor_id, who, kind, channel, ticket_id)
    SELECT 'old', lpad(to_hex(n), 32, '0')::uuid, now() - n * interval '20 seconds', 'user:' || n % 50, :sealed,
           'send', 'zendesk', 't' || n FROM generate_series(1, 100000) AS n"""


@pytest.fixture(scope="module")
def old(bare_postgres: EmbeddedPostgres, sealer: Sealer) -> Iterator[Database]:
    """100,000 tickets; of each three one waits as a draft, and of each hundred one is escalated or parked."""
    with own_database(bare_postgres) as own, own.open(sealer) as db:
        own.migrate()
        add_account(db, "old")
        with own.begin(bare_postgres.superuser_url) as superuser:
            run = a_run("old", Accepted("t1", "m1", "i1"), Action.INTERNAL_NOTE, Actor(db, "old").policy)
            sealed = sealer.seal(TypeAdapter(Run).dump_json(run).decode())
            make_past(superuser, "old", 100_000, channel="zendesk", regular="r", sealed=sealed)
            for each, state in ((3, "noted"), (100, "escalated"), (101, "parked")):
                which = f"substr(ticket_id, 2)::int % {each} = 0"
                superuser.execute(text(f"UPDATE ticket_states SET state = '{state}' WHERE {which}"))
            superuser.execute(text(ACTS), {"sealed": sealer.seal("maria@firstline.example")})
            superuser.execute(text("ANALYZE ticket_states, audit_log"))
        yield db


LEADS_PATHS = ("", "tickets", "review", "users", "audit", "audit?person=user:7&since=2020-01-01", "audit?kind=pause")


@pytest.mark.parametrize("path", [*LEADS_PATHS, *(f"tickets?focus={each.value}" for each in Focus)])
def test_a_page_comes_fast_among_100000_tickets(old: Database, path: str) -> None:
    client = signed_in(make_app(old, "old", Queue()), old, "old")
    assert min(seconds_of(client, f"/console/{path}") for _ in range(3)) < MOST_SECONDS


def seconds_of(client: FlaskClient, path: str) -> float:
    begun = time.perf_counter()
    assert client.get(path).status_code == 200
    return time.perf_counter() - begun


def test_a_large_number_is_not_counted_to_its_end(old: Database) -> None:
    with old.account("old") as tx:
        counts = attention.count_all(tx, attention.NEEDS)
    assert counts[Focus.DRAFTS] == COUNTED_TO + 1
    assert counts[Focus.ESCALATED] > 900
    page = signed_in(make_app(old, "old", Queue()), old, "old").get("/console/").text
    assert "more than 1,000" in page
    assert len(linked(page)) == 12
