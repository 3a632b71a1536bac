"""Acts of people on the work: each is one call, logged with who did it."""

import structlog

from desk import accounts
from desk.db import Transaction
from desk.ticket import TicketState
from workers import inbox, record

log = structlog.get_logger(__name__)


def requeue(tx: Transaction, item_id: str, by: str) -> bool:
    """Have a parked item worked on again; False if it is not parked. Enqueue it after the commit."""
    item = inbox.get(tx, item_id)
    if item is None or not inbox.requeue(tx, item_id):
        return False
    record.note_state(tx, item.channel, item.ticket_id, TicketState.RECEIVED)
    log.info("requeued", account=tx.account, ticket=item.ticket_id, item=item_id, by=by)
    return True


def set_paused(tx: Transaction, paused: bool, by: str) -> None:
    """From this second nothing public leaves, or it may again; drafts go on."""
    accounts.set_paused(tx, paused, by)
    log.info("paused" if paused else "resumed", account=tx.account, by=by)
