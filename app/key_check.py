"""Do the keys open what this database holds? Asked before anything works with it.

A key that has sealed something is known by its fingerprint (`desk/platform/encryption_keys.py`). As long as it is not
given, nothing starts: a process with other keys could open nothing, and would seal what the others cannot open.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from desk.errors import BadSetting, Permanent, WrongKeys
from desk.platform.accounts import list_accounts
from desk.platform.database import Database, Transaction
from desk.platform.encryption import Sealer
from desk.platform.encryption_keys import forget_key, record_keys, sealing_keys

SEALED = {
    "message": ("messages", "body", "id"),
    "event": ("inbox_items", "payload", "id"),
    "run": ("runs", "body", "id"),
    "delivery": ("deliveries", "outgoing", "id"),
    "connection": ("connections", "config", "updated_at"),
}
"""What is sealed: table, column, and what puts the rows in order of time (ids are made in it)."""


@dataclass(frozen=True, slots=True)
class SealedSample:
    """Something sealed, and whether the keys open it."""

    what: str
    opens: bool


def sealed_samples(tx: Transaction) -> Iterator[SealedSample]:
    """The oldest and the newest of each kind: a key that was taken away too early shuts the old ones."""
    for what, (table, column, order) in SEALED.items():
        for which, way in (("oldest", "ASC"), ("newest", "DESC")):
            one = text(f"SELECT {column} FROM {table} ORDER BY {order} {way} LIMIT 1")  # noqa: S608  # of the table above
            if (sealed := tx.execute(one).scalar_one_or_none()) is not None:
                yield SealedSample(f"the {which} {what}", opens_sample(tx.sealer, bytes(sealed)))


def recognise_keys(db: Database) -> None:
    """Raises BadSetting for keys that this database does not know, and remembers a new one that stands in front. Leaves
    tables alone that are still to be migrated."""
    with db.across() as connection:
        record = sealing_keys(connection)
    if record is None:
        return
    known = [key.fingerprint for key in record]
    if not known:
        _adopt(db)
    elif absent := missing_keys(db.sealer, known):
        if any(_every_sample(db)):
            raise BadSetting(explain_keys(db.sealer, absent))
        for name in absent:  # the keys were changed before anything was sealed
            forget_key(db, name)
    if db.sealer.fingerprints[0] not in known:
        record_keys(db, db.sealer.fingerprints[:1])


def opens_sample(sealer: Sealer, sealed: bytes) -> bool:
    """Does one of the keys open it?"""
    try:
        return sealer.open(sealed) is not None
    except (WrongKeys, Permanent):
        return False


def missing_keys(sealer: Sealer, known: Sequence[str]) -> list[str]:
    """Which of the known fingerprints no key that is given has."""
    return [name for name in known if name not in sealer.fingerprints]


def explain_keys(sealer: Sealer, absent: Sequence[str]) -> str:
    """What is expected, what was given, and what to do."""
    return (
        f"FIRSTLINE_KEYS: this database is sealed by the key {' and '.join(absent)}, and given is "
        f"{', '.join(sealer.fingerprints)}: put the expected key behind the present ones (a key's name is the first 8 "
        "hex digits of its SHA-256), or give up what it sealed by `firstline keys forget`"
    )


def _adopt(db: Database) -> None:
    """Tables from before fingerprints were kept: all keys that are given may have sealed something there."""
    found = list(_every_sample(db))
    if shut := [sample for sample in found if not sample.opens]:
        raise BadSetting(
            f"FIRSTLINE_KEYS: no key opens {shut[0].what} of this database (given is "
            f"{', '.join(db.sealer.fingerprints)}): give the keys that were in use when it was written"
        )
    if found:
        record_keys(db, db.sealer.fingerprints)


def _every_sample(db: Database) -> Iterator[SealedSample]:
    for account in list_accounts(db):
        with db.account(account.id) as tx:
            yield from list(sealed_samples(tx))
