"""Idempotency-Key: the same request sent again gets the answer of the first, and has no second effect.

The key's row is inserted in the transaction that does the work. A second request with the same key waits on that row
until the first is committed, and then reads its answer; if the first fails, its row is gone and the second does the
work. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from desk.errors import Refused
from desk.platform.database import Database, Transaction
from integration.tables import idempotency_keys as keys
from integration.web.problems import KeyReused

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as it was sent: status, JSON body, and the address of what was made."""

    status: int
    body: str
    location: str


@dataclass(frozen=True, slots=True)
class KeyedAnswer:
    """The answer, and the inbox item to enqueue after the commit; None where the answer is a replay."""

    answer: StoredAnswer
    item_id: str | None


Work = Callable[[Transaction], KeyedAnswer]


def read_key(header: str | None) -> str | None:
    """The key, or None if none was sent. Raises Refused (400) for what cannot be one."""
    if header is not None and not _KEY.fullmatch(header):
        raise Refused(f"{HEADER} must be 1 to 255 visible ASCII characters, without spaces", status=400)
    return header


def answer_once(tx: Transaction, token_id: str, key: str, request: str, work: Work) -> KeyedAnswer:
    """Do the work, or return the answer that this token got for this key in the last 24 hours.

    `request` is all that makes two requests the same. Raises KeyReused (422) when the key came with another.
    """
    key_row = {"account_id": tx.account, "token_id": token_id, "key": _keyed_hash(tx, key)}
    key_clauses = (keys.c.token_id == token_id, keys.c.key == key_row["key"])
    tx.execute(delete(keys).where(*key_clauses, keys.c.created_at < func.now() - KEPT))
    insert_key = insert(keys).values(key_row | {"request": _keyed_hash(tx, request)}).on_conflict_do_nothing()
    if tx.execute(insert_key.returning(keys.c.key)).one_or_none() is None:
        return _replay_answer(tx, token_id, key, request)
    keyed_answer = work(tx)
    sealed_answer = tx.seal(json.dumps(asdict(keyed_answer.answer)))
    tx.execute(update(keys).where(*key_clauses).values(answer=sealed_answer))
    return keyed_answer


def forget_answers(db: Database) -> int:
    """Delete the answers of all accounts that are older; how many."""
    with db.across() as connection:
        return int(connection.execute(text("SELECT firstline_forget_answers(:age)"), {"age": KEPT}).scalar_one())


def _replay_answer(tx: Transaction, token_id: str, key: str, request: str) -> KeyedAnswer:
    key_clauses = (keys.c.token_id == token_id, keys.c.key == _keyed_hash(tx, key))
    row = tx.execute(select(keys.c.request, keys.c.answer).where(*key_clauses)).one()
    if row.request != _keyed_hash(tx, request):
        raise KeyReused
    return KeyedAnswer(StoredAnswer(**json.loads(tx.open(row.answer))), item_id=None)


def _keyed_hash(tx: Transaction, value: str) -> str:
    """Keyed, so that a short text cannot be guessed from it. `lookup` ignores letter case; SHA-256 in hex has none."""
    return tx.sealer.lookup(hashlib.sha256(value.encode("utf-8", "replace")).hexdigest())
