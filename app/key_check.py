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
    "intervention": ("interventions", "body", "id"),
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
        for age, direction in (("oldest", "ASC"), ("newest", "DESC")):
            statement = text(f"SELECT {column} FROM {table} ORDER BY {order} {direction} LIMIT 1")  # noqa: S608  # of the table above
            if (sealed := tx.execute(statement).scalar_one_or_none()) is not None:
                yield SealedSample(f"the {age} {what}", opens_sample(tx.sealer, bytes(sealed)))


def recognise_keys(db: Database) -> None:
    """Raises BadSetting for keys that this database does not know, and remembers a new one that stands in front. Leaves
    tables alone that are still to be migrated."""
    with db.across() as connection:
        recorded_keys = sealing_keys(connection)
    if recorded_keys is None:
        return
    known_fingerprints = [key.fingerprint for key in recorded_keys]
    if not known_fingerprints:
        _adopt_keys(db)
    elif missing := missing_keys(db.sealer, known_fingerprints):
        if any(_all_samples(db)):
            raise BadSetting(explain_keys(db.sealer, missing))
        for fingerprint in missing:  # the keys were changed before anything was sealed
            forget_key(db, fingerprint)
    if db.sealer.fingerprints[0] not in known_fingerprints:
        record_keys(db, db.sealer.fingerprints[:1])


def opens_sample(sealer: Sealer, sealed: bytes) -> bool:
    """Does one of the keys open it?"""
    try:
        return sealer.open(sealed) is not None
    except (WrongKeys, Permanent):
        return False


def missing_keys(sealer: Sealer, known: Sequence[str]) -> list[str]:
    """Which of the known fingerprints no key that is given has."""
    return [fingerprint for fingerprint in known if fingerprint not in sealer.fingerprints]


def explain_keys(sealer: Sealer, absent: Sequence[str]) -> str:
    """What is expected, what was given, and what to do."""
    return (
        f"FIRSTLINE_KEYS: this database is sealed by the key {' and '.join(absent)}, and given is "
        f"{', '.join(sealer.fingerprints)}: put the expected key behind the present ones (a key's name is the first 8 "
        "hex digits of its SHA-256), or give up what it sealed by `firstline keys forget`"
    )


def _adopt_keys(db: Database) -> None:
    """Tables from before fingerprints were kept: all keys that are given may have sealed something there."""
    samples = list(_all_samples(db))
    if unopened := [sample for sample in samples if not sample.opens]:
        raise BadSetting(
            f"FIRSTLINE_KEYS: no key opens {unopened[0].what} of this database (given is "
            f"{', '.join(db.sealer.fingerprints)}): give the keys that were in use when it was written"
        )
    if samples:
        record_keys(db, db.sealer.fingerprints)


def _all_samples(db: Database) -> Iterator[SealedSample]:
    for account in list_accounts(db):
        with db.account(account.id) as tx:
            yield from list(sealed_samples(tx))
