"""How each outside party stands, for each account and way of using it: kept in Postgres, seen by all workers.

A party without a row is up. Whoever asks it holds its row's turn meanwhile, so that one asks and the others wait.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, case, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from desk.errors import Outage
from desk.party import Access, PartyAccess, PartyState, PartyStatus
from desk.platform.database import Database, Transaction
from workers.tables import parties

TURN_SECONDS = 20.0
"""A probe gives up long before; then somebody else may ask."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 60.0

_KEY = ["account_id", "party", "access"]
_is_free = or_(parties.c.probe_until.is_(None), parties.c.probe_until < func.now())
_is_away = parties.c.state != PartyState.UP


@dataclass(frozen=True, slots=True)
class AwayParty:
    """A party that is away, with what was told of it."""

    standing: PartyStatus
    told_at: datetime | None
    told_late_at: datetime | None


def parties_away(tx: Transaction) -> list[PartyStatus]:
    """The parties of the account that are away, the longest first."""
    return [_status_from_row(row) for row in tx.execute(select(parties).where(_is_away).order_by(parties.c.since))]


def away_parties(tx: Transaction) -> list[AwayParty]:
    """The same, with what was told of them; nobody else tells of them as long as the transaction is open."""
    rows = tx.execute(select(parties).where(_is_away).order_by(parties.c.since).with_for_update())
    return [AwayParty(_status_from_row(row), row.told_at, row.told_late_at) for row in rows]


def is_away(tx: Transaction, party_access: PartyAccess) -> bool:
    """Is it away? Whoever wants to heal it waits for the end of the transaction, and so releases what it puts off."""
    row = tx.execute(select(parties.c.state).where(_is_row_of(party_access)).with_for_update(read=True)).one_or_none()
    return row is not None and row.state != PartyState.UP


def take_probe(tx: Transaction, party_access: PartyAccess) -> bool:
    """May we ask whether the party is up, which everybody takes it to be? False while somebody else asks, and when it
    is known to be away."""
    until = func.now() + _interval(TURN_SECONDS)
    values = {
        "account_id": tx.account,
        "party": party_access.party,
        "access": party_access.access,
        "state": PartyState.UP,
    }
    statement = insert(parties).values(values | {"probe_until": until})
    is_available = and_(parties.c.state == PartyState.UP, _is_free)
    statement = statement.on_conflict_do_update(index_elements=_KEY, set_={"probe_until": until}, where=is_available)
    return tx.execute(statement.returning(parties.c.state)).one_or_none() is not None


def take_due_probe(tx: Transaction, party_access: PartyAccess) -> bool:
    """May we ask whether the party is back? Only when it is time, and nobody else does."""
    is_due = and_(_is_row_of(party_access), _is_away, _is_free, parties.c.next_probe_at <= func.now())
    values = {"probe_until": func.now() + _interval(TURN_SECONDS)}
    return tx.execute(update(parties).where(is_due).values(values)).rowcount == 1


def end_probe(tx: Transaction, party_access: PartyAccess) -> None:
    """It is up, as everybody took it to be."""
    tx.execute(update(parties).where(_is_row_of(party_access)).values(probe_until=None))


def declare_outage(tx: Transaction, outage: Outage) -> None:
    """The party is away, or still is. The pause until it is asked again grows."""
    state = PartyState.BROKEN if outage.refused else PartyState.WAITING
    failures = func.coalesce(_unless_up(parties.c.failures), 0) + 1
    values = {"state": state, "reason": str(outage)[:500], "probe_until": None}
    first_values = {"account_id": tx.account, "party": outage.party, "access": outage.access, "failures": 1}
    statement = insert(parties).values(values | first_values | {"next_probe_at": func.now() + _probe_pause(1, outage)})
    changes = values | {
        "failures": failures,
        "since": func.coalesce(_unless_up(parties.c.since), func.now()),
        "told_at": case((parties.c.state == state, parties.c.told_at), else_=None),
        "told_late_at": _unless_up(parties.c.told_late_at),
        "next_probe_at": func.now() + _probe_pause(failures, outage),
    }
    tx.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=changes))


def declare_up(tx: Transaction, party_access: PartyAccess) -> None:
    """The party is back."""
    values = {"state": PartyState.UP, "since": func.now(), "reason": None, "failures": 0}
    values |= {"next_probe_at": None, "probe_until": None, "told_at": None, "told_late_at": None}
    tx.execute(update(parties).where(_is_row_of(party_access)).values(values))


def probe_soon(tx: Transaction, party: str) -> None:
    """Something has changed: the party is asked at the next sweep, whatever its pause was."""
    is_away_party = and_(parties.c.party == party, _is_away)
    tx.execute(update(parties).where(is_away_party).values(next_probe_at=func.now(), failures=0, probe_until=None))


def mark_notice_sent(tx: Transaction, party_access: PartyAccess, *, late: bool) -> None:
    """People were told that it is away; `late`: of each that waits too long."""
    tx.execute(
        update(parties).where(_is_row_of(party_access)).values({"told_late_at" if late else "told_at": func.now()})
    )


@dataclass(frozen=True, slots=True)
class DueProbe:
    """A party of an account that is to be asked."""

    account: str
    party: str


def due_probes(db: Database) -> Sequence[DueProbe]:
    """The parties of all accounts that are to be asked whether they are back."""
    with db.across() as connection:
        rows = connection.execute(text("SELECT account_id, party FROM firstline_parties_due()"))
        return [DueProbe(account, party) for account, party in rows]


def _is_row_of(party_access: PartyAccess) -> Any:
    return and_(parties.c.party == party_access.party, parties.c.access == party_access.access)


def _unless_up(column: Any) -> Any:
    return case((parties.c.state == PartyState.UP, None), else_=column)


def _probe_pause(failures: Any, outage: Outage) -> Any:
    """Doubling, with jitter; not sooner than the other side wishes, but at least once in the longest pause: one
    question a minute is no burden, and it may be back long before."""
    jitter = random.uniform(0.75, 1.0)  # noqa: S311  # spreads load, hides nothing
    requested = min(outage.retry_after or 0.0, LONGEST_PAUSE)
    growing_pause = func.least(FIRST_PAUSE * func.power(2.0, func.least(failures, 10) - 1), LONGEST_PAUSE)
    return _interval(func.greatest(growing_pause * jitter, requested))


def _interval(seconds: Any) -> Any:
    return func.make_interval(0, 0, 0, 0, 0, 0, seconds)


def _status_from_row(row: Row[Any]) -> PartyStatus:
    return PartyStatus(row.party, Access(row.access), PartyState(row.state), row.since, row.reason or "")
