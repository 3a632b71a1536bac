"""Which embedder an account's library is searched with: one is active, another may be filled beside it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select, update

from desk.errors import Permanent, Temporary
from desk.platform.database import Transaction
from desk.ports import Embedder
from knowledge.tables import library_states


@dataclass(frozen=True, slots=True)
class EmbeddingVersion:
    """The library of one embedder. `dimensions` is None while it holds nothing; `retired`: it is to be taken out."""

    embedder: str
    dimensions: int | None
    revision: int
    active: bool
    retired: bool


def active_version(tx: Transaction) -> EmbeddingVersion | None:
    """The library that is searched; None where nothing has been indexed yet."""
    return next((version for version in list_versions(tx) if version.active), None)


def list_versions(tx: Transaction) -> list[EmbeddingVersion]:
    """All libraries of the account."""
    columns = (library_states.c[name] for name in ("embedder", "dimensions", "revision", "active", "retired_at"))
    rows = tx.execute(select(*columns).where(library_states.c.account_id == tx.account))
    return [
        EmbeddingVersion(row.embedder, row.dimensions, row.revision, row.active, row.retired_at is not None)
        for row in rows
    ]


def check_version(tx: Transaction, embedder: Embedder) -> None:
    """Before anything is written for an embedder, with the states locked: the account's first becomes active.

    Raises Temporary when the library has been switched away from it, as it may have been while a run was going on, and
    Permanent when its vectors are of another size than those that it gave before.
    """
    versions = {version.embedder: version for version in list_versions(tx)}
    current = versions[embedder.name]
    if current.retired:
        raise Temporary(f"the library is no longer kept for {embedder.name}", retry_after=30)
    if current.dimensions is not None and current.dimensions != embedder.dimensions:
        raise Permanent(
            f"{embedder.name} gives {embedder.dimensions} numbers now, and the index holds {current.dimensions} "
            "of each: is another model served under this name?"
        )
    is_first = not any(version.active for version in versions.values())
    if current.dimensions is None or is_first:
        values = {"dimensions": embedder.dimensions, "active": current.active or is_first}
        tx.execute(update(library_states).where(is_version(tx, embedder.name)).values(values))


def is_version(tx: Transaction, embedder: str) -> ColumnElement[bool]:
    """The state of one embedder's library."""
    return and_(library_states.c.account_id == tx.account, library_states.c.embedder == embedder)
