"""What people do with the work as a whole: put parked items back, pause. Each is one call, logged with who did it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from desk.errors import Temporary
from desk.intervention import Actor
from desk.platform import accounts
from desk.platform.database import Database, Transaction
from workers import record
from workers.audit import AuditKind, record_audit
from workers.queue import parked
from workers.queue.parked import ParkedFilter

IN_ONE = 500
"""Items that are put back in one transaction."""
AT_ONCE = 100
"""Items of one act that are handed to the broker; the sweeper brings the others, as fast as they are worked on."""

Enqueue = Callable[[str, str], None]
"""Called with (account, item id) after the commit. Raises Temporary when the broker is away."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Requeued:
    """How many parked items were put back, and whether the broker took those that were handed to it."""

    count: int
    at_once: bool


def requeue(db: Database, account: str, parked_filter: ParkedFilter, enqueue: Enqueue, by: Actor) -> Requeued:
    """Have parked items worked on again. What is parked anew meanwhile stays parked; a broker that is away is no fault:
    the sweeper comes by."""
    with db.account(account) as tx:
        parked_filter = replace(parked_filter, until=parked_filter.until or parked.count_parked(tx, parked_filter).at)
    count, ids_to_enqueue = 0, list[str]()
    while True:
        with db.account(account) as tx:
            requeued_ids = _requeue_batch(tx, parked_filter, by, AT_ONCE - len(ids_to_enqueue))
        count, ids_to_enqueue = count + len(requeued_ids), (ids_to_enqueue + requeued_ids)[:AT_ONCE]
        if len(requeued_ids) < IN_ONE:
            break
    return Requeued(count, _enqueue_all(account, ids_to_enqueue, enqueue))


def set_paused(tx: Transaction, paused: bool, by: Actor) -> None:
    """From this second nothing public leaves, or it may again; drafts go on."""
    accounts.set_paused(tx, paused, by.email or by.id)
    record_audit(tx, by, AuditKind.PAUSE if paused else AuditKind.RESUME)
    log.info("paused" if paused else "resumed", account=tx.account, by=by.id)


def _requeue_batch(tx: Transaction, parked_filter: ParkedFilter, by: Actor, enqueue_count: int) -> list[str]:
    items = parked.requeue_parked(tx, parked_filter, IN_ONE, enqueue_count)
    record.record_requeued(tx, [(item.channel, item.ticket_id) for item in items])
    if len(items) == 1:
        record_audit(tx, by, AuditKind.REQUEUE, channel=items[0].channel, ticket_id=items[0].ticket_id)
    elif items:
        record_audit(tx, by, AuditKind.REQUEUE, detail=f"{len(items)} items")
    for item in items:
        log.info("requeued", account=tx.account, ticket=item.ticket_id, item=item.id, by=by.id)
    return [item.id for item in items]


def _enqueue_all(account: str, item_ids: list[str], enqueue: Enqueue) -> bool:
    """False as soon as the broker does not answer."""
    for item_id in item_ids:
        try:
            enqueue(account, item_id)
        except Temporary as error:
            log.warning("not enqueued; the sweeper will", account=account, why=str(error))
            return False
    return True
