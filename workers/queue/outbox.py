"""The outbox: every effect that is to happen outside, and what became of it.

A delivery is planned in the same transaction that closes the inbox item, so none is lost; its key is unique, so none
is planned twice. `processing/deliver.py` sends them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, and_, case, func, not_, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from desk.delivery import NOTICES, Delivery, DeliveryKind, DeliveryState
from desk.party import PartyAccess
from desk.platform.database import Transaction, from_row
from desk.ports import Outgoing
from desk.reasons import Stop
from desk.ticket import new_id
from workers.queue import leases
from workers.queue.leases import WaitingTicket
from workers.tables import deliveries

K = TypeVar("K")
PUBLIC = (DeliveryKind.REPLY, DeliveryKind.HANDOVER)
BY_A_PERSON = "intervention:"
"""How the key of a delivery begins that a person ordered."""
ANSWERS_NOTE = "noted:"
"""How the key of a note begins that answers an agent's note."""
TAKEN_BACK = (DeliveryState.WITHDRAWN, DeliveryState.FAILED)
"""States of what is not out and will not be."""
_WAITING_UNLESS_SENDING = case(
    (deliveries.c.state == DeliveryState.SENDING, DeliveryState.SENDING.value), else_=DeliveryState.WAITING.value
)
"""Who is sending it now will find that it was added to."""
_outgoing = TypeAdapter(Outgoing)


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """An effect to bring about. Reply and hand-over share a key: one customer message gets one public answer.

    `order` names what a person ordered, such as `recall:<id>`: each ticket gets that once, whatever its message. It
    leaves after `delay_seconds` at the soonest; what is delayed is left to the sweep.
    `requester`, `answers` and `says` are keyed hashes by which turns and loops are counted (`pipeline/turns.py`)."""

    channel: str
    ticket_id: str
    message_id: str
    kind: DeliveryKind
    outgoing: Outgoing
    order: str | None = None
    requester: str | None = None
    answers: tuple[str, ...] = ()
    says: str | None = None
    delay_seconds: float = 0.0

    @property
    def key(self) -> str:
        """Unique within the account."""
        if self.order:
            return f"{self.order}:{self.channel}:{self.ticket_id}"
        return f"{self.channel}:{self.message_id}:{'public' if self.kind in PUBLIC else self.kind.value}"


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that this worker holds, with what to send."""

    delivery: Delivery
    outgoing: Outgoing
    item_id: str | None
    claim_id: str
    revision: int = 0
    away: frozenset[PartyAccess] = frozenset()
    """Who was away when it was taken."""


def plan_deliveries(
    tx: Transaction, planned: Sequence[PlannedDelivery], run_id: str | None, item_id: str | None, *, handed: bool = True
) -> list[str]:
    """Write down what is to be sent; the delivery ids to enqueue after the commit.

    A key that stands already is left alone, unless its delivery was withdrawn or failed: then this one takes its
    place, under the same id, and counts as a further attempt, so that it is looked for before it is sent. An alert
    that stands is added to: it goes out again as a change of what was posted. What is not `handed` to the broker by
    the caller is left to the next sweep.
    """
    enqueued_at = func.now() if handed else None
    if run_id:
        _copy_withdrawn(tx, [each.key for each in planned], run_id)
    return [row_id for each in planned if (row_id := _plan_delivery(tx, each, run_id, item_id, enqueued_at))]


def claim_delivery(tx: Transaction, delivery_id: str, worker: str, seconds: float) -> ClaimedDelivery | None:
    """Take a delivery; None if another worker has it, or it is done."""
    row = leases.take_row(tx, deliveries, delivery_id, DeliveryState.SENDING, worker, seconds)
    if row is None:
        return None
    outgoing = _outgoing.validate_json(tx.open(row.outgoing))
    return ClaimedDelivery(
        delivery_from_row(row), outgoing, row.item_id, row.claim_id, row.revision, leases.parties_away(row)
    )


def mark_sent(tx: Transaction, claim: ClaimedDelivery, foreign_id: str) -> bool:
    """It is out, under this foreign id. What was added to an alert meanwhile is still to go out."""
    values = {"foreign_id": foreign_id, "sent_at": func.now(), "reason": None}
    state = case((deliveries.c.revision != claim.revision, DeliveryState.WAITING.value), else_=DeliveryState.SENT.value)
    return _end_claim(tx, claim, DeliveryState.SENT, values | {"state": state})


def withdraw_delivery(tx: Transaction, claim: ClaimedDelivery, why: Stop) -> bool:
    """It was not sent, and should not be."""
    return _end_claim(tx, claim, DeliveryState.WITHDRAWN, {"reason": why})


def mark_failed(tx: Transaction, claim: ClaimedDelivery, why: str) -> bool:
    """It could not be sent."""
    return _end_claim(tx, claim, DeliveryState.FAILED, {"reason": why})


def postpone_delivery(
    tx: Transaction,
    claim: ClaimedDelivery,
    seconds: float,
    why: str,
    *,
    tried: bool = True,
    called: bool = False,
    waits_for: str | None = None,
) -> bool:
    """Try again later, or when a party is back; one that was not `tried` keeps its attempt. Where the other side was
    `called` all the same, the next attempt counts as a second, so that it looks first for what this one may have left.
    """
    values = leases.retry_values(seconds, None if tried else deliveries, int(called)) | {"reason": why}
    values |= leases.waiting_values(deliveries, waits_for)
    return leases.write_claimed(tx, deliveries, claim.delivery.id, claim.claim_id, values)


def release_party(tx: Transaction, party: str, *, alerts: bool) -> int:
    """The party is back: what waited for it goes on, the oldest first; its `alerts`, or everything else."""
    is_alert = deliveries.c.kind == DeliveryKind.ALERT
    is_released = and_(deliveries.c.waits_for == party, is_alert if alerts else not_(is_alert))
    return leases.release_waiting_rows(tx, deliveries, deliveries.c.created_at, is_released)


def deliveries_waiting_for(tx: Transaction, party: str) -> list[WaitingTicket]:
    """The tickets whose deliveries wait for a party, the oldest first."""
    return leases.waiting_for(tx, deliveries, party, deliveries.c.created_at)


def postponed_alerts(tx: Transaction, most: int = 500) -> list[tuple[Delivery, datetime]]:
    """Alerts that nobody has seen yet and that were put off, and since when; without those that a note told of."""
    c = deliveries.c
    unseen = and_(c.kind == DeliveryKind.ALERT, c.waits_since.is_not(None), c.told_at.is_(None), c.foreign_id.is_(None))
    rows = tx.execute(select(deliveries).where(unseen).order_by(c.waits_since).limit(most).with_for_update())
    return [(delivery_from_row(row), row.waits_since) for row in rows]


@dataclass(frozen=True, slots=True)
class LastNotice:
    """An alert about no ticket: its key, and when it was first planned."""

    key: str
    since: datetime


def find_last_notice(tx: Transaction, about: str, minutes: int) -> LastNotice | None:
    """The latest notice about this, if it was planned or changed within so many minutes."""
    c = deliveries.c
    is_recent = func.coalesce(c.enqueued_at, func.now()) >= func.now() - func.make_interval(0, 0, 0, 0, 0, minutes)
    filters = (c.channel == NOTICES, c.ticket_id == about, is_recent)
    row = tx.execute(select(c.key, c.created_at).where(*filters).order_by(c.created_at.desc()).limit(1)).one_or_none()
    return LastNotice(row.key, row.created_at) if row else None


def mark_told_otherwise(tx: Transaction, delivery_id: str) -> None:
    """A note told what this alert could not."""
    tx.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(told_at=func.now()))


def ordered_state(tx: Transaction, order: str, channel: str, ticket_id: str) -> DeliveryState | None:
    """What became of what was ordered for this ticket; None if `plan_deliveries` would plan it (again)."""
    key = f"{order}:{channel}:{ticket_id}"
    state = tx.execute(select(deliveries.c.state).where(deliveries.c.key == key)).scalar_one_or_none()
    return None if state is None or state in TAKEN_BACK else DeliveryState(state)


def is_own_message(tx: Transaction, channel: str, foreign_id: str) -> bool:
    """True if this is what one of our deliveries became."""
    conditions = (deliveries.c.channel == channel, deliveries.c.foreign_id == foreign_id)
    return tx.execute(select(deliveries.c.id).where(*conditions).limit(1)).one_or_none() is not None


def deliveries_that_count(tx: Transaction, channel: str, ticket_id: str) -> Sequence[Row[Any]]:
    """Every public delivery, every alert and every change of status of a ticket, over its whole life, oldest first: id,
    foreign_id, kind, key, state, reason, message_id, answers, says, created_at."""
    c = deliveries.c
    columns = (c.id, c.foreign_id, c.kind, c.key, c.state, c.reason, c.message_id, c.answers, c.says, c.created_at)
    conditions = (
        c.channel == channel,
        c.ticket_id == ticket_id,
        c.kind.in_((*PUBLIC, DeliveryKind.ALERT, DeliveryKind.STATUS)),
    )
    return tx.execute(select(*columns).where(*conditions).order_by(c.created_at, c.id)).all()


def deliveries_to_requester(tx: Transaction, requester: str, minutes: int) -> Sequence[Row[Any]]:
    """Public deliveries to a requester (a keyed hash), planned in so many minutes and not taken back: id, kind, key."""
    c = deliveries.c
    conditions = (c.requester == requester, c.created_at >= func.now() - func.make_interval(0, 0, 0, 0, 0, minutes))
    return tx.execute(select(c.id, c.kind, c.key).where(*conditions, c.state.not_in(TAKEN_BACK))).all()


def deliveries_of_ticket(tx: Transaction, channel: str, ticket_id: str) -> list[Delivery]:
    """All deliveries of a ticket, oldest first."""
    conditions = (deliveries.c.channel == channel, deliveries.c.ticket_id == ticket_id)
    return [
        delivery_from_row(row) for row in tx.execute(select(deliveries).where(*conditions).order_by(deliveries.c.id))
    ]


def deliveries_of_items(tx: Transaction, item_ids: Sequence[str]) -> dict[str, list[Delivery]]:
    """What each of these inbox items led to, oldest first; for lists."""
    rows = tx.execute(select(deliveries).where(deliveries.c.item_id.in_(item_ids)).order_by(deliveries.c.id))
    return _group_deliveries(rows, lambda row: row.item_id)


def deliveries_of_last_run(
    tx: Transaction, tickets: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[Delivery]]:
    """What the last run over each of these tickets (channel, id) led to; for lists."""
    of_tickets = tuple_(deliveries.c.channel, deliveries.c.ticket_id).in_(tickets)
    rows = tx.execute(select(deliveries).where(of_tickets, deliveries.c.run_id.is_not(None)).order_by(deliveries.c.id))
    by_ticket = _group_deliveries(rows, lambda row: (row.channel, row.ticket_id))
    last_run_ids = {key: max(each.run_id or "" for each in group) for key, group in by_ticket.items()}
    return {key: [each for each in group if each.run_id == last_run_ids[key]] for key, group in by_ticket.items()}


def _group_deliveries(rows: Iterable[Row[Any]], key: Callable[[Row[Any]], K]) -> dict[K, list[Delivery]]:
    groups: dict[K, list[Delivery]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(delivery_from_row(row))
    return groups


def _copy_withdrawn(tx: Transaction, keys: Sequence[str], run_id: str) -> None:
    """What another run planned and was withdrawn is about to be replaced: it stays told of that run, under a key and an
    id of its own."""
    c = deliveries.c
    query = select(deliveries).where(c.key.in_(keys), c.state == DeliveryState.WITHDRAWN, c.run_id != run_id)
    for row in tx.execute(query).mappings().all():
        copy_values = {"id": new_id(), "key": f"{row['key']}:{row['run_id']}", "foreign_id": None}
        tx.execute(insert(deliveries).values(dict(row) | copy_values))


def _plan_delivery(
    tx: Transaction, planned: PlannedDelivery, run_id: str | None, item_id: str | None, enqueued_at: Any
) -> str | None:
    if planned.delay_seconds:
        enqueued_at = None
    values = _effect_columns(tx, planned) | {"run_id": run_id, "item_id": item_id, "enqueued_at": enqueued_at}
    key = {"account_id": tx.account, "key": planned.key}
    message = {"channel": planned.channel, "ticket_id": planned.ticket_id, "message_id": planned.message_id}
    changes = values | {"attempts": 1, "reason": None}
    replaceable: ColumnElement[bool] = deliveries.c.state.in_(TAKEN_BACK)
    if planned.kind is DeliveryKind.ALERT:
        changes |= {"state": _WAITING_UNLESS_SENDING, "revision": deliveries.c.revision + 1}
        replaceable = true()
    statement = insert(deliveries).values({"id": new_id()} | key | message | values)
    statement = statement.on_conflict_do_update(index_elements=list(key), set_=changes, where=replaceable)
    return tx.execute(statement.returning(deliveries.c.id)).scalar_one_or_none()


def _effect_columns(tx: Transaction, planned: PlannedDelivery) -> dict[str, Any]:
    return {
        "kind": planned.kind,
        "outgoing": tx.seal(_outgoing.dump_json(planned.outgoing).decode()),
        "requester": planned.requester,
        "answers": list(planned.answers),
        "says": planned.says,
        "state": DeliveryState.WAITING,
        "not_before": func.now() + func.make_interval(0, 0, 0, 0, 0, 0, planned.delay_seconds),
    }


def _end_claim(tx: Transaction, claim: ClaimedDelivery, state: DeliveryState, extra: dict[str, Any]) -> bool:
    values = leases.released_values(state) | extra
    return leases.write_claimed(tx, deliveries, claim.delivery.id, claim.claim_id, values)


def delivery_from_row(row: Row[Any]) -> Delivery:
    """A row of `deliveries` as a value."""
    kind, state = DeliveryKind(row.kind), DeliveryState(row.state)
    return from_row(Delivery, row, account=row.account_id, kind=kind, state=state)
