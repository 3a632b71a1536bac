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
    return _queue_depth(tx, inbox_items, ItemState.CLAIMED, inbox_items.c.received_at, inbox_items.c.error)


def outbox_depth(tx: Transaction) -> QueueDepth:
    """Replies, notes and the like that wait for a worker."""
    is_no_alert = deliveries.c.kind != DeliveryKind.ALERT
    return _queue_depth(
        tx, deliveries, DeliveryState.SENDING, deliveries.c.created_at, deliveries.c.reason, is_no_alert
    )


def alerts_depth(tx: Transaction) -> QueueDepth:
    """Alerts that nobody has been told yet."""
    is_alert = deliveries.c.kind == DeliveryKind.ALERT
    return _queue_depth(tx, deliveries, DeliveryState.SENDING, deliveries.c.created_at, deliveries.c.reason, is_alert)


def failed_deliveries(tx: Transaction, state: DeliveryState, days: int, *, alerts: bool) -> FailedDeliveries:
    """Deliveries of the last so many days that ended in this state, `FAILED` or `UNKNOWN`."""
    kind_condition = deliveries.c.kind == DeliveryKind.ALERT if alerts else deliveries.c.kind != DeliveryKind.ALERT
    is_recent = deliveries.c.created_at > func.now() - func.make_interval(0, 0, 0, days)
    conditions = and_(deliveries.c.state == state, kind_condition, is_recent)
    newest_query = select(deliveries.c.created_at, deliveries.c.reason).where(conditions)
    row = tx.execute(newest_query.order_by(deliveries.c.created_at.desc()).limit(1)).one_or_none()
    if row is None:
        return FailedDeliveries(0, None, None)
    count = tx.execute(select(func.count()).select_from(deliveries).where(conditions)).scalar_one()
    return FailedDeliveries(count, row.created_at, row.reason)


def parked_items(tx: Transaction) -> ParkedItems:
    """Whether people have taken a ticket up is told by its state: it is no longer that it is parked."""
    same_ticket = and_(
        ticket_states.c.account_id == inbox_items.c.account_id,
        ticket_states.c.channel == inbox_items.c.channel,
        ticket_states.c.ticket_id == inbox_items.c.ticket_id,
    )
    unattended = func.count().filter(func.coalesce(ticket_states.c.state, "parked") == TicketState.PARKED)
    query = select(func.count(), func.min(inbox_items.c.received_at), unattended)
    query = query.select_from(inbox_items.outerjoin(ticket_states, same_ticket))
    row: Any = tx.execute(query.where(inbox_items.c.state == ItemState.PARKED)).one()
    return ParkedItems(*row)


def _queue_depth(tx: Transaction, table: Table, busy_state: str, arrived_at: Any, why: Any, *only: Any) -> QueueDepth:
    """A row that a worker holds does not wait, until its lease is over."""
    is_leased = and_(table.c.state == busy_state, table.c.lease_until >= func.now())
    is_open = and_(or_(table.c.state == "waiting", table.c.state == busy_state), *only)
    free_since = case((table.c.state == busy_state, table.c.lease_until), else_=table.c.not_before)
    lateness = func.extract("epoch", func.now() - func.min(free_since))
    count_query = select(func.count(), lateness, func.min(arrived_at)).select_from(table).where(is_open, ~is_leased)
    row: Any = tx.execute(count_query).one()
    count, seconds_late, since = row
    if not count:
        return QueueDepth(0, 0.0, None, None)
    reason_query = select(why).where(is_open, ~is_leased).order_by(arrived_at).limit(1)
    return QueueDepth(count, max(0.0, float(seconds_late)), since, tx.execute(reason_query).scalar_one())
