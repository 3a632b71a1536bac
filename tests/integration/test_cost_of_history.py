"""What a ticket costs does not grow with what lies behind: the plans of the very statements that its walk makes, before
a past of 100,000 tickets."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from app.embedded.postgres import EmbeddedPostgres
from desk.delivery import DeliveryKind, DeliveryState
from desk.platform.accounts import add_account
from desk.platform.database import Database
from desk.platform.encryption import Sealer
from desk.ticket import Requester, Role
from tests.contracts.remembered_alerts import RememberedAlerts
from tests.integration.zendesk_house import QUESTION, Desk, a_desk, commented
from tests.own_database import own_database
from tests.past import TABLES, make_past
from workers import tickets
from workers.queue import leases, outbox
from workers.tickets import Accepted, NewTicket, TicketChannel

pytestmark = pytest.mark.loopback

PAST = 100_000
ACCOUNT = "old"
REGULAR = "customer@example.com"
MOST_PAGES = 400
"""That one statement may look at: a few rows by an index three pages deep, what it writes, the catalogue of up to three
tables, and, for the first that writes to a table, where there is room."""
MOST_ROWS = 300
"""That one statement may look at, those that pass through several steps counted in each: the most are tickets of a
requester who has thousands."""


@dataclass(frozen=True)
class Seen:
    """A statement and what Postgres did for it."""

    statement: str
    plan: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.statement}\n{json.dumps(self.plan, indent=1)}"

    @property
    def pages(self) -> int:
        return int(self.plan["Shared Hit Blocks"] + self.plan["Shared Read Blocks"])

    @property
    def rows(self) -> int:
        return sum(
            int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
            for node in nodes(self.plan)
        )

    @property
    def scanned(self) -> list[str]:
        return [node["Relation Name"] for node in nodes(self.plan) if node["Node Type"] == "Seq Scan"]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


@contextmanager
def watched(engine: Engine) -> Iterator[list[Seen]]:
    """Each statement is explained before it runs: run once, looked at, and taken back."""
    seen: list[Seen] = []

    def explain(connection: Any, cursor: Any, statement: str, given: Any, context: Any, many: bool) -> None:
        if statement.split()[0] not in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            return
        own = connection.connection.cursor()
        own.execute("SAVEPOINT looked_at")
        own.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", given[0] if many else given)
        seen.append(Seen(statement, own.fetchone()[0][0]["Plan"]))
        own.execute("ROLLBACK TO SAVEPOINT looked_at")

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", explain)


@pytest.fixture(scope="module")
def old(bare_postgres: EmbeddedPostgres, sealer: Sealer) -> Iterator[Database]:
    """A database with an account that has a long past."""
    with own_database(bare_postgres) as own, own.open(sealer) as db:
        own.migrate()
        add_account(db, ACCOUNT)
        with own.begin(bare_postgres.superuser_url) as superuser:
            make_past(superuser, ACCOUNT, PAST, channel="api", regular=sealer.lookup(REGULAR))
        yield db


def test_no_statement_of_a_walk_reads_more_the_longer_the_past(old: Database, tmp_path: Path) -> None:
    with a_desk(old, ACCOUNT, tmp_path) as desk, watched(old.engine) as seen:
        channels = {**desk.tools.channels, "api": TicketChannel(old)}
        desk.tools = replace(desk.tools, channels=channels, alerts=RememberedAlerts(accounts={ACCOUNT}))
        live(desk)
    asked_for = " ".join(each.statement for each in seen)
    for name in (*TABLES, "daily_spend", "messages", "firstline_due_items", "firstline_due_deliveries"):
        assert name in asked_for, f"the walk never came to {name}"
    for each in seen:
        assert not set(each.scanned) & set(TABLES), f"scans {each.scanned}:\n{each.statement}"
        assert each.rows <= MOST_ROWS, f"looks at {each.rows} rows:\n{each}"
        assert each.pages <= MOST_PAGES, f"looks at {each.pages} pages:\n{each}"


def live(desk: Desk) -> None:
    """A question that is answered, one that is for people, a further message; calls of Zendesk, one of them about a
    comment of ours; catch-up, the sweeper, a restart."""
    answered = write(desk, QUESTION)
    assert sent(desk, answered) == [DeliveryKind.REPLY]
    assert sent(desk, write(desk, "I want to talk to a human, please.")) == [DeliveryKind.NOTE, DeliveryKind.ALERT]
    with desk.db.account(ACCOUNT) as tx:
        further = tickets.add_message(tx, answered.ticket_id, Role.CUSTOMER, "My lawyer will write to you.")
    work(desk, further.item_id)
    desk.post(commented(1, 2))
    desk.post(commented(1, 3, staff=True))
    desk.work()
    desk.catch_up()
    leases.due_items(desk.db)
    leases.due_deliveries(desk.db)
    leases.release_worker(desk.db, "w1")


def write(desk: Desk, body: str) -> Accepted:
    with desk.db.account(ACCOUNT) as tx:
        accepted = tickets.open_ticket(tx, NewTicket(Requester("c1", email=REGULAR), "Password", body))
    work(desk, accepted.item_id)
    return accepted


def work(desk: Desk, item_id: str) -> None:
    """Think and send, until nothing is left to do."""
    for delivery_id in desk.think(item_id):
        for again in desk.send([delivery_id]):
            work(desk, again)


def sent(desk: Desk, accepted: Accepted) -> list[DeliveryKind]:
    with desk.db.account(ACCOUNT) as tx:
        deliveries = outbox.deliveries_of_ticket(tx, "api", accepted.ticket_id)
    return [each.kind for each in deliveries if each.state is DeliveryState.SENT]
