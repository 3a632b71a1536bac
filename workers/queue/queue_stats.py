"""What waits and what went wrong, counted for whoever looks after the work (`firstline doctor`)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, case, func, or_, select

from desk.delivery import DeliveryKind, DeliveryState
from desk.platform.database import Transaction
from desk.ticket import ItemState, TicketState
from workers.tables import deliveries, inbox_items, ticket_states


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Rows of one queue. `seconds_late`: how long ago the one that is longest overdue could have been taken; `since`:
    when the oldest came; `why`: what its last try met, if it had one."""

    count: int
    seconds_late: float
    since: datetime | None
    why: str | None


@dataclass(frozen=True, slots=True)
class FailedDeliveries:
    """Deliveries that were not sent, or of which nobody knows: how many, the newest one's time and reason."""

    count: int
    newest_at: datetime | None
    why: str | None


@dataclass(frozen=True, slots=True)
class ParkedItems:
    """Messages that were set aside; `unattended` are those that nobody has taken up since."""

    count: int
    oldest_at: datetime | None
    unattended: int


def inbox_depth(tx: Transaction) -> QueueDepth:
    """Messages that wait for a worker."""
    return _waiting(tx, inbox_items, ItemState.CLAIMED, inbox_items.c.received_at, inbox_items.c.error)


def outbox_depth(tx: Transaction) -> QueueDepth:
    """Replies, notes and the like that wait for a worker."""
    kinds = deliveries.c.kind != DeliveryKind.ALERT
    return _waiting(tx, deliveries, DeliveryState.SENDING, deliveries.c.created_at, deliveries.c.reason, kinds)


def alerts_depth(tx: Transaction) -> QueueDepth:
    """Alerts that nobody has been told yet."""
    kinds = deliveries.c.kind == DeliveryKind.ALERT
    return _waiting(tx, deliveries, DeliveryState.SENDING, deliveries.c.created_at, deliveries.c.reason, kinds)


def failed_deliveries(tx: Transaction, state: DeliveryState, days: int, *, alerts: bool) -> FailedDeliveries:
    """Deliveries of the last so many days that ended in this state, `FAILED` or `UNKNOWN`."""
    kind = deliveries.c.kind == DeliveryKind.ALERT if alerts else deliveries.c.kind != DeliveryKind.ALERT
    recent = deliveries.c.created_at > func.now() - func.make_interval(0, 0, 0, days)
    theirs = and_(deliveries.c.state == state, kind, recent)
    newest = select(deliveries.c.created_at, deliveries.c.reason).where(theirs)
    row = tx.execute(newest.order_by(deliveries.c.created_at.desc()).limit(1)).one_or_none()
    if row is None:
        return FailedDeliveries(0, None, None)
    count = tx.execute(select(func.count()).select_from(deliveries).where(theirs)).scalar_one()
    return FailedDeliveries(count, row.created_at, row.reason)


def parked_items(tx: Transaction) -> ParkedItems:
    """Whether people have taken a ticket up is told by its state: it is no longer that it is parked."""
    ours = and_(
        ticket_states.c.account_id == inbox_items.c.account_id,
        ticket_states.c.channel == inbox_items.c.channel,
        ticket_states.c.ticket_id == inbox_items.c.ticket_id,
    )
    unattended = func.count().filter(func.coalesce(ticket_states.c.state, "parked") == TicketState.PARKED)
    found = select(func.count(), func.min(inbox_items.c.received_at), unattended)
    found = found.select_from(inbox_items.outerjoin(ticket_states, ours))
    row: Any = tx.execute(found.where(inbox_items.c.state == ItemState.PARKED)).one()
    return ParkedItems(*row)


def _waiting(tx: Transaction, table: Table, busy: str, came: Any, why: Any, *only: Any) -> QueueDepth:
    """A row that a worker holds does not wait, until its lease is over."""
    held = and_(table.c.state == busy, table.c.lease_until >= func.now())
    open_ = and_(or_(table.c.state == "waiting", table.c.state == busy), *only)
    free_since = case((table.c.state == busy, table.c.lease_until), else_=table.c.not_before)
    late = func.extract("epoch", func.now() - func.min(free_since))
    counted = select(func.count(), late, func.min(came)).select_from(table).where(open_, ~held)
    row: Any = tx.execute(counted).one()
    count, seconds, since = row
    if not count:
        return QueueDepth(0, 0.0, None, None)
    oldest = select(why).where(open_, ~held).order_by(came).limit(1)
    return QueueDepth(count, max(0.0, float(seconds)), since, tx.execute(oldest).scalar_one())
