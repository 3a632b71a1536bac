"""Sources that are to be read before their time, because something told that they have changed.

A mark on the row and no more: however often a source is wanted, few readings do for all, and a broker that forgets
loses nothing. What is told while a source is being read is not missed: only a reading begun after the mark counts.
"""

from dataclasses import dataclass

from sqlalchemy import and_, func, text, update

from desk.platform.database import Database, Transaction
from knowledge.tables import sources

AGAIN_SECONDS = 300
"""Until a worker is asked again to read a source that it did not read, or could not; after a day the timed reading is
left to do it."""


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """A source that a worker should read now."""

    account: str
    name: str


def request_sync(tx: Transaction, kind: str) -> list[str]:
    """Mark the account's sources of this kind; their names."""
    is_of_kind = and_(sources.c.account_id == tx.account, sources.c.kind == kind)
    statement = update(sources).where(is_of_kind).values(wanted_at=func.now()).returning(sources.c.name)
    return sorted(tx.execute(statement).scalars())


def take_sync_requests(db: Database) -> list[SyncRequest]:
    """The wanted sources of all accounts, each given to one caller, and not to another before some time has passed."""
    statement = text("SELECT account_id, name FROM firstline_wanted_sources(make_interval(secs => :again))")
    with db.across() as connection:
        return [SyncRequest(*row) for row in connection.execute(statement, {"again": AGAIN_SECONDS})]
