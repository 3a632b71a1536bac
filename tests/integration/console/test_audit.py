"""Who did what: written with the act, never changed, filtered, exported."""

import csv
import io
import re
from contextlib import suppress

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from desk.intervention import Actor as Person
from desk.intervention import Face, InterventionKind, Order
from desk.platform.database import Database
from desk.run import Action
from integration.access.permissions import StaffRole
from tests.integration.acted import Actor
from tests.integration.paged import Queue, csrf, make_app, signed_in
from workers import interventions, operations
from workers.audit import AUDIT_WORDS, COMMAND_LINE, AuditFilter, AuditKind, AuditLine, list_audit, record_audit
from workers.queue.parked import ParkedFilter
from workers.tickets import CHANNEL, Accepted

MARIA = Person("user:1", "Maria Lind", "maria@firstline.example")


@pytest.fixture
def actor(database: Database, account: str) -> Actor:
    return Actor(database, account)


@pytest.fixture
def admin(database: Database, account: str) -> FlaskClient:
    return signed_in(make_app(database, account, Queue()), database, account)


def lines(actor: Actor, kind: str | None = None) -> list[AuditLine]:
    with actor.db.account(actor.account) as tx:
        return list(list_audit(tx, AuditFilter(kind=kind), most=100))


def claim(actor: Actor, accepted: Accepted, press: str = "p1") -> None:
    with actor.db.account(actor.account) as tx:
        given = Order(InterventionKind.CLAIM, CHANNEL, accepted.ticket_id)
        interventions.add_intervention(tx, Face.CONSOLE, press, MARIA, given)


def test_an_act_on_a_ticket_is_written_down_once_however_often_it_is_pressed(actor: Actor) -> None:
    ticket = actor.open()
    for _ in range(3):
        claim(actor, ticket)
    (line,) = lines(actor)
    assert (line.kind, line.actor_id, line.name, line.ticket_id) == (
        "claim", "user:1", "maria@firstline.example", ticket.ticket_id,
    )  # fmt: skip


def test_an_act_that_is_rolled_back_leaves_no_line(actor: Actor) -> None:
    with suppress(RuntimeError), actor.db.account(actor.account) as tx:
        operations.set_paused(tx, True, by=COMMAND_LINE)
        raise RuntimeError
    assert lines(actor) == []


def test_signing_in_pausing_and_trying_again_are_written_down(admin: FlaskClient, actor: Actor) -> None:
    token = csrf(admin)
    for paused in ("yes", "no"):
        admin.post("/console/pause", data={"csrf": token, "paused": paused})
    actor.park(actor.open())
    admin.post("/console/parked/requeue", data={"csrf": token, "key": "all"})
    assert [line.kind for line in reversed(lines(actor))] == ["sign_in", "pause", "resume", "requeue"]
    assert {line.actor_id[:5] for line in lines(actor)} == {"perso"}


def test_many_that_are_tried_again_are_one_line(actor: Actor) -> None:
    for _ in range(3):
        actor.park(actor.open())
    operations.requeue(actor.db, actor.account, ParkedFilter(), Queue(), by=COMMAND_LINE)
    (line,) = lines(actor)
    assert (line.actor_id, line.detail) == ("cli", "3 items")


@pytest.mark.parametrize(
    "change", ["UPDATE audit_log SET kind = 'claim'", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
def test_no_line_can_be_changed_or_taken_away(actor: Actor, change: str) -> None:
    claim(actor, actor.open())
    with pytest.raises(ProgrammingError, match="permission denied"), actor.db.account(actor.account) as tx:
        tx.execute(text(change))
    assert len(lines(actor)) == 1


def test_the_page_names_who_did_what_and_filters_by_person_kind_and_day(admin: FlaskClient, actor: Actor) -> None:
    ticket = actor.open()
    claim(actor, ticket)
    page = admin.get("/console/audit").text
    rows = [re.sub(r"<[^>]+>", "", row) for row in re.findall(r"<tr><td.*?</tr>", page, re.DOTALL)]
    assert any("maria@firstline.example pressed “Claim”" in row for row in rows)
    assert any("admin@firstline.example signed in" in row for row in rows)
    for query, count in (("person=user:1", 1), ("kind=sign_in", 1), ("until=2020-01-01", 0), ("since=2020-01-01", 2)):
        filtered = admin.get(f"/console/audit?{query}").text
        assert len(re.findall(r'<td class="when">', filtered)) == count, query
    assert "Nobody did that" in admin.get("/console/audit?until=2020-01-01").text
    for odd in ("kind=nonsense", "since=yesterday", "person=%00", "page=-3"):
        assert admin.get(f"/console/audit?{odd}").status_code == 200


def test_the_export_holds_all_that_fits_and_no_formula(admin: FlaskClient, actor: Actor) -> None:
    with actor.db.account(actor.account) as tx:
        record_audit(tx, MARIA, AuditKind.SYNC_SOURCE, subject='=HYPERLINK("https://x.example")', detail="-1+1")
    answer = admin.get("/console/audit.csv?person=user:1")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["who"], row["did"]) == ("maria@firstline.example", "had a source read")
    assert row["about"].startswith("'=")
    assert row["detail"] == "'-1+1"


def test_only_admins_read_it_and_of_their_own_account_alone(
    database: Database, account: str, other_account: str, actor: Actor
) -> None:
    claim(actor, actor.open())
    app = make_app(database, account, Queue())
    for role in (StaffRole.VIEWER, StaffRole.AGENT):
        client = signed_in(app, database, account, role)
        assert client.get("/console/audit").status_code == 403
        assert client.get("/console/audit.csv").status_code == 403
    stranger = signed_in(app, database, other_account)
    assert "maria@firstline.example" not in stranger.get("/console/audit").text


def test_every_act_has_its_words(actor: Actor) -> None:
    assert {*InterventionKind, *AuditKind} == set(AUDIT_WORDS)
    actor.finish(actor.open(), Action.AUTO_REPLY)
    assert lines(actor) == []
