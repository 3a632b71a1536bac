"""Deliveries that people ordered, and what people take back of those that wait."""

from collections.abc import Sequence

from sqlalchemy import and_, select, true, update

from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.platform.database import Transaction
from desk.reasons import Stop
from workers.queue import leases
from workers.queue.outbox import BY_A_PERSON, TAKEN_BACK, delivery_from_row
from workers.tables import deliveries


def deliveries_by_key(tx: Transaction, keys: Sequence[str]) -> dict[str, Delivery]:
    """What was planned under these keys, by key."""
    rows = tx.execute(select(deliveries).where(deliveries.c.key.in_(keys)))
    return {row.key: delivery_from_row(row) for row in rows}


def person_replies(tx: Transaction, channel: str, ticket_id: str, message_id: str) -> list[Delivery]:
    """Replies to a message that people ordered and that are out or on their way."""
    c = deliveries.c
    conditions = (c.channel == channel, c.ticket_id == ticket_id, c.message_id == message_id)
    by_person = (c.kind == DeliveryKind.REPLY, c.key.startswith(BY_A_PERSON), c.state.not_in(TAKEN_BACK))
    return [delivery_from_row(row) for row in tx.execute(select(deliveries).where(*conditions, *by_person))]


def withdraw_waiting(
    tx: Transaction,
    channel: str,
    ticket_id: str,
    kinds: Sequence[DeliveryKind],
    why: Stop,
    run_id: str | None = None,
) -> int:
    """Take back what of these kinds waits for this ticket (of one run, where it is named), but what people ordered; how
    many. What is being sent just now finds out by its own last look."""
    c = deliveries.c
    conditions = (c.channel == channel, c.ticket_id == ticket_id, c.kind.in_(kinds), ~c.key.startswith(BY_A_PERSON))
    values = leases.released_values(DeliveryState.WITHDRAWN) | {"reason": why}
    of_run = c.run_id == run_id if run_id else true()
    is_waiting = and_(c.state == DeliveryState.WAITING, c.foreign_id.is_(None))
    return tx.execute(update(deliveries).where(*conditions, of_run, is_waiting).values(values)).rowcount


def take_back(tx: Transaction, delivery_id: str) -> bool:
    """Withdraw a delivery that still waits and was never tried; False once it is too late."""
    values = leases.released_values(DeliveryState.WITHDRAWN) | {"reason": Stop.TAKEN_BACK}
    c = deliveries.c
    is_untouched = and_(c.id == delivery_id, c.state == DeliveryState.WAITING, c.attempts == 0)
    return tx.execute(update(deliveries).where(is_untouched).values(values)).rowcount == 1
