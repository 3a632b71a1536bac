"""The inbox's items that were set aside: of one ticket, and for good, unless a person has them tried again."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from desk.platform.database import Transaction
from desk.ticket import ItemState
from workers.queue import leases
from workers.queue.inbox import InboxItem, item_from_row
from workers.tables import inbox_items

SHOWN = 10
"""Of each reason."""

_IN_PARENTHESES = r"\s*\([^()]*\)"
_reason = func.regexp_replace(func.coalesce(inbox_items.c.error, ""), _IN_PARENTHESES, "", "g")
"""What items have in common: their error without what stands in parentheses, such as a status or a trace."""
_key = func.md5(_reason)

_parked_at = func.coalesce(inbox_items.c.parked_at, inbox_items.c.received_at)


@dataclass(frozen=True, slots=True)
class ParkedFilter:
    """Which parked items are meant: those that fit all that is given. `words` stand in the error somewhere, in any
    case; `key` is that of a `Group`; none is meant that is parked after `until`."""

    item_id: str | None = None
    words: str | None = None
    key: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParkedGroup:
    """Parked items of one reason: how many, since when, and the oldest of them. `key` names the reason in a form."""

    key: str
    reason: str
    count: int
    oldest_at: datetime
    items: tuple[InboxItem, ...]


@dataclass(frozen=True, slots=True)
class ParkedCount:
    """How many are meant, and the moment of counting, by the database's clock."""

    count: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ParkedTicket:
    """A ticket of which a message was set aside."""

    channel: str
    ticket_id: str
    at: datetime


def parked_alike(tx: Transaction, error: str, minutes: int, since: datetime | None = None) -> list[ParkedTicket]:
    """What was parked for a like reason in the last minutes, or since so many before a moment; the oldest first."""
    c = inbox_items.c
    earliest = (since or func.now()) - func.make_interval(0, 0, 0, 0, 0, minutes)
    is_alike = func.regexp_replace(_reason, "[0-9]+", "#", "g") == error_kind(error)
    conditions = (c.state == ItemState.PARKED, c.parked_at >= earliest, is_alike)
    rows = tx.execute(select(c.channel, c.ticket_id, c.parked_at).where(*conditions).order_by(c.parked_at))
    return [ParkedTicket(row.channel, row.ticket_id, row.parked_at) for row in rows]


def error_kind(error: str) -> str:
    """What like errors have in common: all but numbers and what stands in parentheses."""
    return re.sub(r"[0-9]+", "#", re.sub(_IN_PARENTHESES, "", error))


def count_parked(tx: Transaction, parked_filter: ParkedFilter) -> ParkedCount:
    """How many parked items are meant."""
    row: Any = tx.execute(select(func.count(), func.clock_timestamp()).where(*_filter_conditions(parked_filter))).one()
    return ParkedCount(*row)


def group_parked(tx: Transaction, most: int = 100) -> list[ParkedGroup]:
    """By reason, the most frequent first."""
    query = select(
        _key.label("key"),
        func.min(_reason).label("reason"),
        func.count().label("items"),
        func.min(_parked_at).label("oldest_at"),
    )
    query = query.where(inbox_items.c.state == ItemState.PARKED).group_by("key")
    rows = tx.execute(query.order_by(func.count().desc(), "reason").limit(most)).all()
    return [ParkedGroup(row.key, row.reason, row.items, row.oldest_at, _oldest_items(tx, row.key)) for row in rows]


def requeue_parked(tx: Transaction, parked_filter: ParkedFilter, most: int, enqueue_count: int) -> list[InboxItem]:
    """Put up to so many back, the oldest first, with all their attempts before them. The first `enqueue_count` are
    left to whoever hands them to the broker now, the others to the sweeper."""
    c = inbox_items.c
    query = select(c.id).where(*_filter_conditions(parked_filter)).order_by(c.received_at, c.id)
    ids = tx.execute(query.limit(most).with_for_update(skip_locked=True)).scalars().all()
    anew = {"attempts": 0, "rethought": 0, "error": None, "parked_at": None, "queue": "answer"}
    for batch_ids, enqueued_at in ((ids[:enqueue_count], func.now()), (ids[enqueue_count:], None)):
        if batch_ids:
            values = leases.retry_values(0) | anew | {"enqueued_at": enqueued_at}
            tx.execute(update(inbox_items).where(c.id.in_(batch_ids)).values(values))
    rows = tx.execute(select(inbox_items).where(inbox_items.c.id.in_(ids)))
    return sorted((item_from_row(row) for row in rows), key=lambda item: ids.index(item.id))


def _oldest_items(tx: Transaction, key: str) -> tuple[InboxItem, ...]:
    query = select(inbox_items).where(*_filter_conditions(ParkedFilter(key=key))).order_by(_parked_at, inbox_items.c.id)
    return tuple(item_from_row(row) for row in tx.execute(query.limit(SHOWN)))


def _filter_conditions(parked_filter: ParkedFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [inbox_items.c.state == ItemState.PARKED]
    if parked_filter.item_id is not None:
        conditions.append(inbox_items.c.id == parked_filter.item_id)
    if parked_filter.words is not None:
        conditions.append(inbox_items.c.error.icontains(parked_filter.words, autoescape=True))
    if parked_filter.key is not None:
        conditions.append(_key == parked_filter.key)
    if parked_filter.since is not None:
        conditions.append(_parked_at >= parked_filter.since)
    if parked_filter.until is not None:
        conditions.append(_parked_at <= parked_filter.until)
    return conditions
