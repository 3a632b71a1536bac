"""The sources of an account as they were set up: the rows of `sources`, and how the reading of each went.

Each call stands within one transaction of the account. `ingest/sync.py` reads the sources; `index/catalogue.py` shows
them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from desk.platform.database import Transaction
from knowledge.tables import sources

LONGEST_WHY = 1000
"""Characters of an error that are kept."""


@dataclass(frozen=True, slots=True)
class PageDefaults:
    """What a source says of its pages: `audience` instead of public, the others where they say nothing."""

    audience: str | None = None
    locale: str | None = None
    collection: str = ""


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    """A source as it was set up: `settings` are what its kind asks for, in JSON's values."""

    name: str
    kind: str
    settings: Mapping[str, Any]
    defaults: PageDefaults = field(default=PageDefaults())


@dataclass(frozen=True, slots=True)
class OverdueSource:
    """A source to look at. `held_back`: it was read, and what is gone from it stays until a person confirms it."""

    name: str
    synced_at: datetime | None
    error: str | None
    held_back: bool


def save_source(tx: Transaction, source: ConfiguredSource) -> None:
    """Set up a source, or set it up anew; what is known of its last reading stays."""
    values = {"kind": source.kind, "settings": dict(source.settings), **asdict(source.defaults)}
    row = insert(sources).values(account_id=tx.account, name=source.name, **values)
    tx.execute(row.on_conflict_do_update(index_elements=["account_id", "name"], set_=values))


def find_source(tx: Transaction, name: str) -> ConfiguredSource | None:
    """The source of this name, if there is one."""
    row = tx.execute(select(sources).where(_has_name(tx, name))).one_or_none()
    return _source_from_row(row) if row else None


def list_sources(tx: Transaction) -> list[ConfiguredSource]:
    """All sources, by name."""
    rows = tx.execute(select(sources).where(sources.c.account_id == tx.account).order_by(sources.c.name))
    return [_source_from_row(row) for row in rows]


def delete_source(tx: Transaction, name: str) -> bool:
    """Forget a source; False if there was none. Its documents stay in the index: `sync.remove` takes both."""
    return tx.execute(delete(sources).where(_has_name(tx, name))).rowcount > 0


def record_attempt(tx: Transaction, name: str) -> None:
    """The source is about to be read."""
    tx.execute(update(sources).where(_has_name(tx, name)).values(tried_at=func.now()))


def record_success(tx: Transaction, name: str, report: Mapping[str, object], fault: str | None = None) -> bool:
    """The source was read to its end, and this is what was counted; `fault`: what a person should look at all the same.
    False if the source has been dropped meanwhile."""
    values = {"synced_at": func.now(), "error": fault and fault[:LONGEST_WHY], "report": dict(report)}
    return tx.execute(update(sources).where(_has_name(tx, name)).values(values)).rowcount > 0


def last_report(tx: Transaction, name: str) -> Mapping[str, Any]:
    """What the last whole run counted."""
    return tx.execute(select(sources.c.report).where(_has_name(tx, name))).scalar_one_or_none() or {}


def record_failure(tx: Transaction, name: str, why: str) -> None:
    """The source could not be read to its end. What the last whole run counted stays, marked as older than that."""
    stale_report = sources.c.report.concat(cast({"failed_since": True}, JSONB))  # of no report it makes none
    tx.execute(update(sources).where(_has_name(tx, name)).values(error=why[:LONGEST_WHY], report=stale_report))


def overdue_sources(tx: Transaction, seconds: float) -> list[OverdueSource]:
    """Each source with an error, or that nobody has read for so long."""
    is_overdue = func.coalesce(sources.c.synced_at, sources.c.added_at) < func.now() - timedelta(seconds=seconds)
    needs_attention = and_(sources.c.account_id == tx.account, sources.c.error.is_not(None) | is_overdue)
    columns = (sources.c.name, sources.c.synced_at, sources.c.error, sources.c.report)
    rows = tx.execute(select(*columns).where(needs_attention).order_by("name"))
    return [OverdueSource(row.name, row.synced_at, row.error, is_held_back(row.report)) for row in rows]


def is_held_back(report: Mapping[str, Any] | None) -> bool:
    """Was the last reading a whole one, in which so much had gone that it must be confirmed?"""
    return bool(report and report.get("held") and "failed_since" not in report)


def _has_name(tx: Transaction, name: str) -> ColumnElement[bool]:
    return and_(sources.c.account_id == tx.account, sources.c.name == name)


def _source_from_row(row: Row[Any]) -> ConfiguredSource:
    return ConfiguredSource(row.name, row.kind, row.settings, PageDefaults(row.audience, row.locale, row.collection))
