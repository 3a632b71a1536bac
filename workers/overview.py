"""What came in, beside what was decided and what came of it: for lists of inbox items and of tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from desk.outcome import Outcome, OutcomeState, outcome_of
from desk.platform.database import Transaction
from desk.presentation.receipt import ACTIONS
from desk.reasons import STOPS
from desk.ticket import ItemState
from workers.queue import inbox, outbox
from workers.queue.inbox import InboxItem
from workers.record import TicketLine

DECIDED = {action.value: prose for action, prose in ACTIONS.items()} | {stop.value: why for stop, why in STOPS.items()}
"""An item's outcome in words."""
UNFINISHED = {OutcomeState.WAITING: "delivering", OutcomeState.FAILED: "failed", OutcomeState.UNKNOWN: "unknown"}
"""What an item is shown as whose work is done and whose effects are not: never `done`."""


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An inbox item in a list."""

    id: str
    channel: str
    ticket_id: str
    kind: str
    state: str
    """waiting, claimed, delivering, done, failed, unknown or parked."""
    attempts: int
    decided: str
    happened: str
    since: datetime | None
    """Since when an effect waits."""
    error: str | None
    received_at: datetime


def list_items(tx: Transaction, state: ItemState | None = None, most: int = 100) -> list[ItemLine]:
    """The newest items, or the newest in one state, with what they led to."""
    items = inbox.list_items(tx, state, most)
    deliveries_by_item = outbox.deliveries_of_items(tx, [item.id for item in items])
    return [_item_line(item, outcome_of(deliveries_by_item.get(item.id, []))) for item in items]


def outcomes(tx: Transaction, lines: Sequence[TicketLine]) -> dict[tuple[str, str], Outcome]:
    """What came of the last decision on each ticket, by channel and id; none where nothing was to be delivered."""
    deliveries_by_ticket = outbox.deliveries_of_last_run(tx, [(line.channel, line.ticket_id) for line in lines])
    return {key: outcome_of(deliveries) for key, deliveries in deliveries_by_ticket.items()}


def _item_line(item: InboxItem, outcome: Outcome) -> ItemLine:
    is_done = item.state is ItemState.DONE
    outcome_code = item.outcome or ""
    return ItemLine(
        id=item.id,
        channel=item.channel,
        ticket_id=item.ticket_id,
        kind=item.kind.value,
        state=UNFINISHED.get(outcome.state, item.state.value) if is_done else item.state.value,
        attempts=item.attempts,
        decided=DECIDED.get(outcome_code, outcome_code.replace("_", " ")),
        happened=outcome.text if is_done and outcome.state is not OutcomeState.NOTHING else "",
        since=outcome.since,
        error=item.error,
        received_at=item.received_at,
    )
