"""By which keys a database was sealed: their fingerprints (`desk/platform/encryption.py`), kept beside what they have
sealed.

They are read and written by named functions: a key belongs to no account.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from desk.platform.database import Database


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A key that has sealed something, and since when it may have."""

    fingerprint: str
    since: datetime


def sealing_keys(connection: Connection) -> list[SealingKey] | None:
    """The oldest first; None where the tables are older than this record."""
    if connection.execute(text("SELECT to_regprocedure('firstline_sealing_keys()')")).scalar_one() is None:
        return None
    rows = connection.execute(text("SELECT fingerprint, since FROM firstline_sealing_keys()"))
    return [SealingKey(row.fingerprint, row.since) for row in rows]


def record_keys(db: Database, fingerprints: Iterable[str]) -> None:
    """From now on these are expected."""
    with db.across() as connection:
        for name in fingerprints:
            connection.execute(text("SELECT firstline_note_sealing_key(:name)"), {"name": name})


def forget_key(db: Database, fingerprint: str) -> bool:
    """It is expected no longer; False if it never was."""
    with db.across() as connection:
        result = connection.execute(text("SELECT firstline_forget_sealing_key(:name)"), {"name": fingerprint})
        return bool(result.scalar_one())
