"""Which passages stand in the vector indexes.

A library that search reads whole anyway (`EXACT_UP_TO`) needs no vector index, and to insert there costs more
than all the rest of a row. Once a library has outgrown that, its passages are marked `near`, a part at a time, and new
ones from then on at once; search goes by the indexes when all of them are in.
"""

from dataclasses import dataclass

from sqlalchemy import and_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from desk.platform.database import Transaction
from knowledge.tables import library_states, passages

EXACT_UP_TO = 5_000
"""Passages in question up to which every one is scored (about 1 µs each). Beyond, the vector indexes propose, once the
library is in them (`near.py`); a filter that keeps fewer is still answered exactly, and so never returns too little."""


@dataclass(frozen=True, slots=True)
class LibrarySize:
    """How many passages a library has, and whether all of them are in the vector indexes."""

    passages: int
    near: bool

    def wants_index(self, new_passages: int = 0) -> bool:
        """Has it ever been too large to be searched whole, or will it be with so many more?"""
        return self.near or self.passages + new_passages > EXACT_UP_TO


def lock_library(tx: Transaction, embedder: str | None = None) -> dict[str, LibrarySize]:
    """Writers of one account take turns, so that counts are right and nobody waits in a circle. The libraries by their
    embedder; that of `embedder` is made if there is none."""
    if embedder:
        statement = upsert(library_states).values(account_id=tx.account, embedder=embedder)
        tx.execute(statement.on_conflict_do_nothing())
    columns = (library_states.c.embedder, library_states.c.passages, library_states.c.near)
    query = select(*columns).where(library_states.c.account_id == tx.account)
    rows = tx.execute(query.order_by(library_states.c.embedder).with_for_update())
    return {row.embedder: LibrarySize(row.passages, row.near) for row in rows}


def add_to_vector_index(tx: Transaction, embedder: str, limit: int) -> bool:
    """Bring up to `limit` passages of a library that has outgrown the exact search into the vector indexes; whether
    there may be more."""
    size = lock_library(tx).get(embedder)
    if size is None or size.near or not size.wants_index():
        return False
    not_indexed = and_(passages.c.account_id == tx.account, passages.c.embedder == embedder, passages.c.near.is_(False))
    batch_ids = select(passages.c.id).where(not_indexed).limit(limit)
    if tx.execute(update(passages).where(passages.c.id.in_(batch_ids)).values(near=True)).rowcount == limit:
        return True
    is_library = and_(library_states.c.account_id == tx.account, library_states.c.embedder == embedder)
    tx.execute(update(library_states).where(is_library).values(near=True))
    return False
