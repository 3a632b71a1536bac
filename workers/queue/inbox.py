"""The inbox: every event from outside, stored once, before anything else happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from desk.party import PartyAccess
from desk.platform.database import Transaction, from_row
from desk.reasons import Stop
from desk.run import Action, Stage
from desk.ticket import Event, EventKind, ItemState, new_id
from workers.queue import leases
from workers.queue.leases import WaitingTicket
from workers.queue.priority import looks_urgent
from workers.tables import inbox_items

STORED = "stored"
"""The outcome of an event that leads to nothing."""

ONLY_KEPT = {EventKind.TICKET_CHANGED}
"""Whoever works on a ticket looks at it as it stands then, so nobody needs to work on these. Each effect of our own
comes back as one or two of them."""


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One stored event and what became of it. `claim_id` is set for whoever holds it."""

    id: str
    account: str
    channel: str
    external_id: str
    kind: EventKind
    ticket_id: str
    message_id: str | None
    state: ItemState
    attempts: int
    received_at: datetime
    claim_id: str | None = None
    stage: Stage | None = None
    outcome: str | None = None
    error: str | None = None
    rethought: int = 0
    """How often it was put back because what was to be sent no longer fitted."""
    waits_for: str | None = None
    """The party that is away."""
    waits_since: datetime | None = None
    away: frozenset[PartyAccess] = frozenset()
    """Who was away when the item was taken."""


def add_event(tx: Transaction, channel: str, event: Event, payload: str) -> str | None:
    """Store an event with its raw payload; its item id, or None if there is nothing to do about it: it was stored
    before, or is of a kind that is only kept. Enqueue after the commit. What looks urgent counts as handed to nobody:
    the sweeper takes it past the queue."""
    is_only_stored, is_urgent = event.kind in ONLY_KEPT, event.urgent or looks_urgent(event.text)
    done: dict[str, Any] = {"state": ItemState.DONE, "outcome": STORED, "done_at": func.now()}
    handed = {"queue": "urgent", "enqueued_at": None} if is_urgent else {"queue": "answer", "enqueued_at": func.now()}
    values = {"account_id": tx.account, "id": new_id(), "channel": channel, "payload": tx.seal(payload)}
    values |= {name: getattr(event, name) for name in ("external_id", "kind", "ticket_id", "message_id")}
    values |= handed | (done if is_only_stored else {"state": ItemState.WAITING})
    statement = insert(inbox_items).values(values).on_conflict_do_nothing().returning(inbox_items.c.id)
    item_id = tx.execute(statement).scalar_one_or_none()
    return None if is_only_stored else item_id


def claim_item(tx: Transaction, item_id: str, worker: str, seconds: float) -> InboxItem | None:
    """Take an item; None if another worker has it, or it is done."""
    row = leases.take_row(tx, inbox_items, item_id, ItemState.CLAIMED, worker, seconds)
    return item_from_row(row) if row else None


def renew_lease(tx: Transaction, item: InboxItem, seconds: float, stage: Stage | None = None) -> bool:
    """Keep the item and say how far it is; False if it was lost meanwhile."""
    return leases.renew_lease(tx, inbox_items, item.id, _claim_id(item), seconds, {"stage": stage} if stage else {})


def claim_message(tx: Transaction, item: InboxItem, message_id: str) -> bool:
    """Make this the item that answers the message; False if another item does already."""
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{item.channel}:{message_id}", 0))))
    c = inbox_items.c
    is_rival = (c.channel == item.channel, c.message_id == message_id, c.leads, c.id != item.id)
    if tx.execute(select(c.id).where(*is_rival)).first() is not None:
        return False
    return leases.write_claimed(tx, inbox_items, item.id, _claim_id(item), {"message_id": message_id, "leads": True})


def finish_item(tx: Transaction, item: InboxItem, outcome: str) -> bool:
    """Close the item; False if it was lost meanwhile, and then nothing else of this transaction may stay."""
    values = leases.released_values(ItemState.DONE) | {"outcome": outcome, "done_at": func.now(), "error": None}
    return leases.write_claimed(tx, inbox_items, item.id, _claim_id(item), values)


def postpone_item(
    tx: Transaction, item: InboxItem, seconds: float, why: str, *, tried: bool = True, waits_for: str | None = None
) -> bool:
    """Put the item back for later, or until a party is back; one that was not `tried` keeps its attempt."""
    values = leases.retry_values(seconds, None if tried else inbox_items) | {"error": why}
    values |= leases.waiting_values(inbox_items, waits_for)
    return leases.write_claimed(tx, inbox_items, item.id, _claim_id(item), values)


def park_item(tx: Transaction, item: InboxItem, why: str) -> bool:
    """Set the item aside for a person to look at."""
    values = leases.released_values(ItemState.PARKED) | {"error": why, "parked_at": func.now()}
    return leases.write_claimed(tx, inbox_items, item.id, _claim_id(item), values)


def release_party(tx: Transaction, party: str) -> int:
    """The party is back: its items go on, the oldest first."""
    return leases.release_waiting_rows(tx, inbox_items, inbox_items.c.received_at, inbox_items.c.waits_for == party)


def items_waiting_for(tx: Transaction, party: str) -> list[WaitingTicket]:
    """The tickets whose messages wait for a party, the oldest first."""
    return leases.waiting_for(tx, inbox_items, party, inbox_items.c.received_at)


def read_payload(tx: Transaction, item_id: str) -> str:
    """What came in, as it came."""
    sealed_payload = tx.execute(select(inbox_items.c.payload).where(inbox_items.c.id == item_id)).scalar_one_or_none()
    return tx.open(sealed_payload) if sealed_payload else ""


def reprocess_item(tx: Transaction, item_id: str) -> bool:
    """Put a finished item back: what was to be sent no longer fits."""
    values = leases.retry_values(0) | {"attempts": 0, "outcome": None, "done_at": None, "stage": None}
    values["rethought"] = inbox_items.c.rethought + 1
    conditions = (inbox_items.c.id == item_id, inbox_items.c.state == ItemState.DONE)
    return tx.execute(update(inbox_items).where(*conditions).values(values)).rowcount == 1


LEFT = (Stop.NEWER_MESSAGE, Stop.PERSON_TOOK_OVER, Action.AUTO_REPLY)
"""Outcomes that leave a message to something else: a newer message, an agent, a reply."""
LEFT_TO_PERSON = (*LEFT, Stop.ALREADY_ANSWERED)
"""Outcomes that leave a message to a person's reply, which may be taken back."""


def reprocess_message(tx: Transaction, channel: str, message_id: str, outcomes: Sequence[str] = LEFT) -> str | None:
    """Put back the item that leads a message, if it was left to something that is no more; its id."""
    c = inbox_items.c
    leads_message = (c.channel == channel, c.message_id == message_id, c.leads)
    was_left = (c.outcome.in_(outcomes), c.state == ItemState.DONE)
    row = tx.execute(select(c.id).where(*leads_message, *was_left)).one_or_none()
    return row.id if row is not None and reprocess_item(tx, row.id) else None


def last_message(tx: Transaction, channel: str, ticket_id: str) -> str | None:
    """The message of the ticket that was worked on last."""
    c = inbox_items.c
    conditions = (c.channel == channel, c.ticket_id == ticket_id, c.leads, c.state == ItemState.DONE)
    query = select(c.message_id).where(*conditions).order_by(c.received_at.desc()).limit(1)
    return tx.execute(query).scalar_one_or_none()


def park_finished_item(tx: Transaction, item_id: str, why: str) -> bool:
    """Park a finished item after all: what it led to could not be delivered."""
    conditions = (inbox_items.c.id == item_id, inbox_items.c.state == ItemState.DONE)
    values = {"state": ItemState.PARKED, "error": why, "parked_at": func.now()}
    return tx.execute(update(inbox_items).where(*conditions).values(values)).rowcount == 1


def get_item(tx: Transaction, item_id: str) -> InboxItem | None:
    """One item."""
    row = tx.execute(select(inbox_items).where(inbox_items.c.id == item_id)).one_or_none()
    return item_from_row(row) if row else None


def list_items(tx: Transaction, state: ItemState | None = None, most: int = 100) -> list[InboxItem]:
    """The newest items, or the newest in one state."""
    statement = select(inbox_items).order_by(inbox_items.c.received_at.desc()).limit(most)
    if state:
        statement = statement.where(inbox_items.c.state == state)
    return [item_from_row(row) for row in tx.execute(statement)]


@dataclass(frozen=True, slots=True)
class LastHeard:
    """When a channel last told us something by itself, and how many messages had to be found since."""

    told_at: datetime | None
    found_by_catchup: int


def last_heard(tx: Transaction, channel: str, catch_up_prefix: str) -> LastHeard:
    """What had to be found has an external id that begins with `catch_up_prefix`."""
    on_channel = inbox_items.c.channel == channel
    is_caught_up = inbox_items.c.external_id.startswith(catch_up_prefix, autoescape=True)
    told_at = tx.execute(select(func.max(inbox_items.c.received_at)).where(on_channel, ~is_caught_up)).scalar_one()
    since = [inbox_items.c.received_at > told_at] if told_at else []
    count = select(func.count()).select_from(inbox_items).where(on_channel, is_caught_up, *since)
    return LastHeard(told_at, tx.execute(count).scalar_one())


def items_of_ticket(tx: Transaction, channel: str, ticket_id: str) -> list[InboxItem]:
    """All items of one ticket, oldest first."""
    conditions = (inbox_items.c.channel == channel, inbox_items.c.ticket_id == ticket_id)
    query = select(inbox_items).where(*conditions).order_by(inbox_items.c.received_at)
    return [item_from_row(row) for row in tx.execute(query)]


def customer_came_back(tx: Transaction, channel: str, ticket_id: str, message_id: str, since: datetime | None) -> bool:
    """Has the customer given cause for something since: by another message than this one, a bad rating, or anything
    that had to be parked? A further event about a message that has its item is none."""
    c = inbox_items.c
    of_ticket = (c.channel == channel, c.ticket_id == ticket_id, *([c.received_at > since] if since else ()))
    is_cause = or_(and_(c.leads, c.message_id != message_id), c.state == ItemState.PARKED, c.outcome == Stop.RATED_BAD)
    return tx.execute(select(c.id).where(*of_ticket, is_cause).limit(1)).first() is not None


def _claim_id(item: InboxItem) -> str:
    if item.claim_id is None:
        raise ValueError(f"item {item.id} is not claimed by this worker")
    return item.claim_id


def item_from_row(row: Row[Any]) -> InboxItem:
    """The item of a whole row."""
    return from_row(
        InboxItem,
        row,
        account=row.account_id,
        kind=EventKind(row.kind),
        state=ItemState(row.state),
        stage=Stage(row.stage) if row.stage else None,
        away=leases.parties_away(row),
    )
