"""One run at a time for each account and source, wherever the processes are.

The lock belongs to a connection, so a killed process gives it back at once. Were it ever lost (a dropped connection),
two runs would do the same work twice and still leave a right index: `index_source.py` writes document by document.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from desk.errors import Temporary
from desk.platform.database import Database


class SyncRunning(Temporary):
    """Another run is at it, and will see to it."""


@contextmanager
def sync_lock(db: Database, account: str, source: str) -> Iterator[None]:
    """Hold the turn of this source. Raises Taken when another run has it, and Temporary when Postgres is away."""
    lock_key = int.from_bytes(hashlib.sha256(f"index\0{account}\0{source}".encode()).digest()[:8], signed=True)
    connection = _connect(db)
    try:
        if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": lock_key}).scalar_one():
            raise SyncRunning(f"{source} is being indexed by another run", retry_after=30)
        try:
            yield
        finally:
            _release_lock(connection, lock_key)
    finally:
        connection.close()


def _connect(db: Database) -> Connection:
    try:
        return db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    except (DBAPIError, PoolTimeout) as error:
        raise Temporary("the database did not answer", retry_after=5) from error


def _release_lock(connection: Connection, key: int) -> None:
    try:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
    except DBAPIError:
        connection.invalidate()  # with the connection the lock ends
