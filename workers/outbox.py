"""The outbox: every effect that is to happen outside, and what became of it.

A delivery is planned in the same transaction that closes the inbox item, so none is lost; its key is unique, so none
is planned twice. `deliver.py` sends them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert

from desk.db import Transaction
from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.ports import Outgoing
from desk.run import Stop
from desk.ticket import new_id
from workers import claims
from workers.tables import deliveries

PUBLIC = (DeliveryKind.REPLY, DeliveryKind.HANDOVER)
_outgoing = TypeAdapter(Outgoing)


@dataclass(frozen=True, slots=True)
class Planned:
    """An effect to bring about. Reply and hand-over share a key: one customer message gets one public answer.

    `order` names what a person ordered, such as `recall:<id>`: each ticket gets that once, whatever its message."""

    channel: str
    ticket_id: str
    message_id: str
    kind: DeliveryKind
    outgoing: Outgoing
    order: str | None = None

    @property
    def key(self) -> str:
        """Unique within the account."""
        if self.order:
            return f"{self.order}:{self.channel}:{self.ticket_id}"
        return f"{self.channel}:{self.message_id}:{'public' if self.kind in PUBLIC else self.kind.value}"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker holds, with what to send."""

    delivery: Delivery
    outgoing: Outgoing
    item_id: str | None
    claim_id: str


def plan(tx: Transaction, planned: Sequence[Planned], run_id: str | None, item_id: str | None) -> list[str]:
    """Write down what is to be sent; the delivery ids to enqueue after the commit.

    A key that stands already is left alone, unless its delivery was withdrawn or failed: then this one takes its
    place, under the same id, and counts as a further attempt, so that it is looked for before it is sent.
    """
    return [row_id for each in planned if (row_id := _plan_one(tx, each, run_id, item_id))]


def claim(tx: Transaction, delivery_id: str, worker: str, seconds: float) -> Claimed | None:
    """Take a delivery; None if another worker has it, or it is done."""
    row = claims.take(tx, deliveries, delivery_id, DeliveryState.SENDING, worker, seconds)
    if row is None:
        return None
    return Claimed(_delivery(row), _outgoing.validate_json(tx.open(row.outgoing)), row.item_id, row.claim_id)


def sent(tx: Transaction, held: Claimed, foreign_id: str) -> bool:
    """It is out, under this foreign id."""
    return _end(tx, held, DeliveryState.SENT, {"foreign_id": foreign_id, "sent_at": func.now(), "reason": None})


def withdraw(tx: Transaction, held: Claimed, why: Stop) -> bool:
    """It was not sent, and should not be."""
    return _end(tx, held, DeliveryState.WITHDRAWN, {"reason": why})


def fail(tx: Transaction, held: Claimed, why: str) -> bool:
    """It could not be sent."""
    return _end(tx, held, DeliveryState.FAILED, {"reason": why})


def postpone(
    tx: Transaction, held: Claimed, seconds: float, why: str, *, tried: bool = True, called: bool = False
) -> bool:
    """Try again later; one that was not `tried` keeps its attempt. Where the other side was `called` all the same, the
    next attempt counts as a second, so that it looks first for what this one may have left."""
    values = claims.again_in(seconds, None if tried else deliveries, int(called)) | {"reason": why}
    return claims.write(tx, deliveries, held.delivery.id, held.claim_id, values)


def answered(tx: Transaction, channel: str, message_id: str) -> bool:
    """True if a public answer to this message is out, on its way, or may be out."""
    theirs = (deliveries.c.channel == channel, deliveries.c.message_id == message_id, deliveries.c.kind.in_(PUBLIC))
    standing = deliveries.c.state.not_in((DeliveryState.WITHDRAWN, DeliveryState.FAILED))
    return tx.execute(select(deliveries.c.id).where(*theirs, standing).limit(1)).one_or_none() is not None


def standing(tx: Transaction, order: str, channel: str, ticket_id: str) -> DeliveryState | None:
    """What became of what was ordered for this ticket; None if `plan` would plan it (again)."""
    key = f"{order}:{channel}:{ticket_id}"
    state = tx.execute(select(deliveries.c.state).where(deliveries.c.key == key)).scalar_one_or_none()
    return None if state in (None, DeliveryState.WITHDRAWN, DeliveryState.FAILED) else DeliveryState(state)


def is_ours(tx: Transaction, channel: str, foreign_id: str) -> bool:
    """True if this is what one of our deliveries became."""
    ours = (deliveries.c.channel == channel, deliveries.c.foreign_id == foreign_id)
    return tx.execute(select(deliveries.c.id).where(*ours).limit(1)).one_or_none() is not None


def of_ticket(tx: Transaction, channel: str, ticket_id: str) -> list[Delivery]:
    """All deliveries of a ticket, oldest first."""
    theirs = (deliveries.c.channel == channel, deliveries.c.ticket_id == ticket_id)
    return [_delivery(row) for row in tx.execute(select(deliveries).where(*theirs).order_by(deliveries.c.created_at))]


def _plan_one(tx: Transaction, planned: Planned, run_id: str | None, item_id: str | None) -> str | None:
    fresh: dict[str, Any] = {
        "run_id": run_id,
        "item_id": item_id,
        "kind": planned.kind,
        "outgoing": tx.seal(_outgoing.dump_json(planned.outgoing).decode()),
        "state": DeliveryState.WAITING,
        "enqueued_at": func.now(),
    }
    values = fresh | {
        "account_id": tx.account,
        "id": new_id(),
        "channel": planned.channel,
        "ticket_id": planned.ticket_id,
        "message_id": planned.message_id,
        "key": planned.key,
    }
    replaceable = deliveries.c.state.in_((DeliveryState.WITHDRAWN, DeliveryState.FAILED))
    again = fresh | {"not_before": func.now(), "attempts": 1, "reason": None}
    statement = insert(deliveries).values(values)
    statement = statement.on_conflict_do_update(index_elements=["account_id", "key"], set_=again, where=replaceable)
    return tx.execute(statement.returning(deliveries.c.id)).scalar_one_or_none()


def _end(tx: Transaction, held: Claimed, state: DeliveryState, values: dict[str, Any]) -> bool:
    return claims.write(tx, deliveries, held.delivery.id, held.claim_id, claims.let_go(state) | values)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        account=row.account_id,
        channel=row.channel,
        ticket_id=row.ticket_id,
        message_id=row.message_id,
        run_id=row.run_id,
        kind=DeliveryKind(row.kind),
        key=row.key,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        foreign_id=row.foreign_id,
        reason=row.reason,
    )
