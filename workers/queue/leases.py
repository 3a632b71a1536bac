"""How a worker takes a row, so that no two work on it, and which rows the sweeper hands to the broker: the one place
where that is decided.

A row is free while `waiting`, and again when the lease of whoever took it has run out. Each take makes a new claim id;
whoever lost its claim can no longer write. Postgres decides, never the broker. Each take also tells which parties are
away, so that nobody calls them; that costs no statement of its own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, and_, func, or_, select, update
from sqlalchemy import text as sql

from desk.errors import FirstlineError
from desk.party import Access, PartyAccess, PartyState
from desk.platform.database import Database, Transaction
from desk.ticket import new_id
from workers.tables import parties

NOTHING: Mapping[str, Any] = {}
RELEASE_SECONDS = 0.1
"""Between two rows that waited for the same party and go on."""
DUE_AT_ONCE = 500

_AWAY = (
    select(func.array_agg(parties.c.party + " " + parties.c.access))
    .where(parties.c.state != PartyState.UP)
    .scalar_subquery()
    .label("away")
)


class ClaimLost(FirstlineError):
    """Another worker has taken the row over; nothing of ours may stay."""


@dataclass(frozen=True, slots=True)
class WaitingTicket:
    """A ticket of which something waits for a party: how much, and since when."""

    channel: str
    ticket_id: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class DueRow:
    """A row that some worker should take, and the queue to hand it to."""

    account: str
    id: str
    queue: str


def take_row(tx: Transaction, table: Table, row_id: str, busy: str, worker: str, seconds: float) -> Row[Any] | None:
    """Take the row for so many seconds; None if it is not free (taken, done, or not due yet). `parties_away` reads
    from it who is away."""
    is_free = or_(
        and_(table.c.state == "waiting", table.c.not_before <= func.now()),
        and_(table.c.state == busy, table.c.lease_until < func.now()),
    )
    values = {
        "state": busy,
        "claimed_by": worker,
        "claim_id": new_id(),
        "lease_until": _seconds_from_now(seconds),
        "attempts": table.c.attempts + 1,
        "missed_at": None,
    }
    statement = update(table).where(table.c.id == row_id, is_free).values(values)
    return tx.execute(statement.returning(table, _AWAY)).one_or_none()


def parties_away(row: Row[Any]) -> frozenset[PartyAccess]:
    """The parties that are away, as it was when the row was taken."""
    pairs = (each.split() for each in row._mapping.get("away") or ())
    return frozenset(PartyAccess(party, Access(access)) for party, access in pairs)


def waiting_for(tx: Transaction, table: Table, party: str, age: ColumnElement[Any]) -> list[WaitingTicket]:
    """What waits for a party, by ticket, the oldest first."""
    c = table.c
    columns = (c.channel, c.ticket_id, func.count().label("rows"), func.min(age).label("oldest"))
    statement = select(*columns).where(c.waits_for == party).group_by(c.channel, c.ticket_id).order_by("oldest")
    return [WaitingTicket(row.channel, row.ticket_id, row.rows, row.oldest) for row in tx.execute(statement)]


def renew_lease(
    tx: Transaction, table: Table, row_id: str, claim_id: str, seconds: float, values: Mapping[str, Any] = NOTHING
) -> bool:
    """Prolong the lease, and write further values with it; False if the claim was lost meanwhile."""
    return write_claimed(tx, table, row_id, claim_id, {**values, "lease_until": _seconds_from_now(seconds)})


def write_claimed(tx: Transaction, table: Table, row_id: str, claim_id: str, values: dict[str, Any]) -> bool:
    """Write to a row that is ours; False, and nothing written, if the claim was lost meanwhile."""
    is_claimed = and_(table.c.id == row_id, table.c.claim_id == claim_id)
    return tx.execute(update(table).where(is_claimed).values(values)).rowcount == 1


def released_values(state: str) -> dict[str, Any]:
    """The values that end a claim and leave the row in this state, waiting for nobody."""
    no_claim = {"claimed_by": None, "claim_id": None, "lease_until": None}
    return no_claim | {"state": state, "waits_for": None, "waits_since": None}


def waiting_values(table: Table, party: str | None) -> dict[str, Any]:
    """The values that say since when a row has been put off, and for which party if for one."""
    return {"waits_for": party, "waits_since": func.coalesce(table.c.waits_since, func.now())}


def release_waiting_rows(
    tx: Transaction, table: Table, age: ColumnElement[Any], is_awaiting_party: ColumnElement[bool]
) -> int:
    """Let go on what waited for a party, in order of age, not all in the same second. Returns how many."""
    conditions = (is_awaiting_party, table.c.state == "waiting")
    ranked = select(table.c.id, (func.row_number().over(order_by=(age, table.c.id)) - 1).label("rank"))
    due = ranked.where(*conditions).cte("due")
    release_at = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, due.c.rank * RELEASE_SECONDS)
    values = {"waits_for": None, "not_before": release_at}
    return tx.execute(update(table).where(table.c.id == due.c.id, *conditions).values(values)).rowcount


def retry_values(seconds: float, table: Table | None = None, least: int = 0) -> dict[str, Any]:
    """The values that put a row back, not to be taken before so many seconds have passed. With its table, the attempt
    is given back too: nothing was tried. `least`: as if so many had been made all the same."""
    restored_attempt = {} if table is None else {"attempts": func.greatest(table.c.attempts - 1, least)}
    return released_values("waiting") | {"not_before": _seconds_from_now(seconds)} | restored_attempt


def note_missed(db: Database, messages_by_queue: Mapping[str, int]) -> int:
    """Note which rows were handed over and are neither taken nor at the broker, given how many messages each of its
    queues holds. How many are missed that were not before."""
    with db.across() as connection:
        counts = " + ".join(f"firstline_missed_{rows}(:held)" for rows in ("interventions", "items", "deliveries"))
        statement = sql(f"SELECT {counts}")  # ours
        return int(connection.execute(statement, {"held": json.dumps(messages_by_queue)}).scalar_one())


def due_items(db: Database, again_after: float = 60.0) -> list[DueRow]:
    """Inbox items of all accounts that are to be handed to the broker, urgent ones first, then by age: those that
    nobody has handed over since they could be taken, and those missed for `again_after` seconds. Each is named once."""
    return _due_rows(db, "firstline_due_items", again_after)


def due_deliveries(db: Database, again_after: float = 60.0) -> list[DueRow]:
    """Deliveries of all accounts that are to be handed to the broker; `again_after` as above."""
    return _due_rows(db, "firstline_due_deliveries", again_after)


def due_interventions(db: Database, again_after: float = 60.0) -> list[DueRow]:
    """Acts of people, of all accounts, that are to be handed to the broker; `again_after` as above."""
    return _due_rows(db, "firstline_due_interventions", again_after)


def release_worker(db: Database, worker: str) -> int:
    """End the leases of a worker that has just started and so cannot be at work on anything. Returns how many."""
    with db.across() as connection:
        return int(connection.execute(sql("SELECT firstline_release_claims(:worker)"), {"worker": worker}).scalar_one())


def _due_rows(db: Database, function: str, again_after: float) -> list[DueRow]:
    statement = sql(f"SELECT account_id, id, queue FROM {function}(:most, make_interval(secs => :again))")  # noqa: S608  # ours
    with db.across() as connection:
        rows = connection.execute(statement, {"most": DUE_AT_ONCE, "again": again_after})
        return [DueRow(account, str(row_id), queue) for account, row_id, queue in rows]


def _seconds_from_now(seconds: float) -> Any:
    return func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
