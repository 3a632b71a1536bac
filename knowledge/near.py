"""Which passages stand in the vector indexes.

A library that search reads whole anyway (`search.EXACT_UP_TO`) needs no vector index, and to insert there costs more
than all the rest of a row. Once a library has outgrown that, its passages are marked `near`, a part at a time, and new
ones from then on at once; search goes by the indexes when all of them are in.
"""

from dataclasses import dataclass

from sqlalchemy import and_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from desk.db import Transaction
from knowledge import search
from knowledge.tables import library_states, passages


@dataclass(frozen=True, slots=True)
class Size:
    """How many passages a library has, and whether all of them are in the vector indexes."""

    passages: int
    near: bool

    def wants_index(self, more: int = 0) -> bool:
        """Has it ever been too large to be searched whole, or will it be with so many more?"""
        return self.near or self.passages + more > search.EXACT_UP_TO


def lock(tx: Transaction, embedder: str | None = None) -> dict[str, Size]:
    """Writers of one account take turns, so that counts are right and nobody waits in a circle. The libraries by their
    embedder; that of `embedder` is made if there is none."""
    if embedder:
        row = upsert(library_states).values(account_id=tx.account, embedder=embedder)
        tx.execute(row.on_conflict_do_nothing())
    columns = (library_states.c.embedder, library_states.c.passages, library_states.c.near)
    rows = select(*columns).where(library_states.c.account_id == tx.account)
    locked = tx.execute(rows.order_by(library_states.c.embedder).with_for_update())
    return {row.embedder: Size(row.passages, row.near) for row in locked}


def bring_near(tx: Transaction, embedder: str, most: int) -> bool:
    """Bring up to `most` passages of a library that has outgrown the exact search into the vector indexes; whether
    there may be more."""
    size = lock(tx).get(embedder)
    if size is None or size.near or not size.wants_index():
        return False
    far = and_(passages.c.account_id == tx.account, passages.c.embedder == embedder, passages.c.near.is_(False))
    some = select(passages.c.id).where(far).limit(most)
    if tx.execute(update(passages).where(passages.c.id.in_(some)).values(near=True)).rowcount == most:
        return True
    library = and_(library_states.c.account_id == tx.account, library_states.c.embedder == embedder)
    tx.execute(update(library_states).where(library).values(near=True))
    return False
