"""The sources of an account as they were set up: the rows of `sources`, and how the reading of each went.

Each call stands within one transaction of the account. `sync.py` reads the sources; `catalogue.py` shows them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from desk.db import Transaction
from knowledge.tables import sources

LONGEST_WHY = 1000
"""Characters of an error that are kept."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a source says of its pages: `audience` instead of public, the others where they say nothing."""

    audience: str | None = None
    locale: str | None = None
    collection: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """A source as it was set up: `settings` are what its kind asks for, in JSON's values."""

    name: str
    kind: str
    settings: Mapping[str, Any]
    marks: Marks = field(default=Marks())


def put(tx: Transaction, source: Registered) -> None:
    """Set up a source, or set it up anew; what is known of its last reading stays."""
    said = {"kind": source.kind, "settings": dict(source.settings), **asdict(source.marks)}
    row = insert(sources).values(account_id=tx.account, name=source.name, **said)
    tx.execute(row.on_conflict_do_update(index_elements=["account_id", "name"], set_=said))


def get(tx: Transaction, name: str) -> Registered | None:
    """The source of this name, if there is one."""
    row = tx.execute(select(sources).where(_named(tx, name))).one_or_none()
    return _of(row) if row else None


def list_registered(tx: Transaction) -> list[Registered]:
    """All sources, by name."""
    rows = tx.execute(select(sources).where(sources.c.account_id == tx.account).order_by(sources.c.name))
    return [_of(row) for row in rows]


def drop(tx: Transaction, name: str) -> bool:
    """Forget a source; False if there was none. Its documents stay in the index: `sync.remove` takes both."""
    return tx.execute(delete(sources).where(_named(tx, name))).rowcount > 0


def note_try(tx: Transaction, name: str) -> None:
    """The source is about to be read."""
    tx.execute(update(sources).where(_named(tx, name)).values(tried_at=func.now()))


def note_success(tx: Transaction, name: str, report: Mapping[str, object]) -> bool:
    """The source was read to its end, and this is what was counted. False if the source has been dropped meanwhile."""
    said = {"synced_at": func.now(), "error": None, "report": dict(report)}
    return tx.execute(update(sources).where(_named(tx, name)).values(said)).rowcount > 0


def note_failure(tx: Transaction, name: str, why: str) -> None:
    """The source could not be read to its end."""
    tx.execute(update(sources).where(_named(tx, name)).values(error=why[:LONGEST_WHY]))


def late(tx: Transaction, seconds: float) -> list[tuple[str, datetime | None, str | None]]:
    """(name, when it was last read to its end, why not since) of each source with an error, or none so long ago."""
    overdue = func.coalesce(sources.c.synced_at, sources.c.added_at) < func.now() - timedelta(seconds=seconds)
    wanted = and_(sources.c.account_id == tx.account, sources.c.error.is_not(None) | overdue)
    rows = tx.execute(select(sources.c.name, sources.c.synced_at, sources.c.error).where(wanted).order_by("name"))
    return [(row.name, row.synced_at, row.error) for row in rows]


def _named(tx: Transaction, name: str) -> ColumnElement[bool]:
    return and_(sources.c.account_id == tx.account, sources.c.name == name)


def _of(row: Row[Any]) -> Registered:
    return Registered(row.name, row.kind, row.settings, Marks(row.audience, row.locale, row.collection))
