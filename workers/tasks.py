"""The Celery tasks: thin, and safe to run twice. Only ids travel.

The Celery app carries the dependencies as `app.dependencies`; `app/processes/worker.py` puts it there.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import structlog
from celery import Celery, Task, shared_task
from kombu.exceptions import OperationalError

from desk.delivery import NOTICES
from desk.errors import FirstlineError, Temporary
from desk.platform.accounts import list_accounts
from knowledge.index.document_versions import forget_versions
from knowledge.index.near_pairs import find_near_pairs
from knowledge.ingest.sync_requests import take_sync_requests
from workers.dependencies import CatchUp, Dependencies
from workers.insights import library_scan
from workers.parties import notices, standing, waiting
from workers.processing import deliver as delivery
from workers.processing import process_item
from workers.processing.interventions.carry_out import carry_out_intervention
from workers.queue import broker_queues, heartbeats, leases

SYNC_TRIES = 20
SYNC_AGAIN_SECONDS = 30

log = structlog.get_logger(__name__)


@shared_task(name="answer", bind=True)
def handle_item(self: Task[Any, None], account: str, item_id: str) -> None:
    """Work on one inbox item, and send what it leads to."""
    _work_through(self, account, items=[item_id])


@shared_task(name="deliver", bind=True)
def deliver(self: Task[Any, None], account: str, delivery_id: str) -> None:
    """Send one delivery."""
    _work_through(self, account, deliveries=[delivery_id])


@shared_task(name="act", bind=True)
def act(self: Task[Any, None], account: str, intervention_id: str) -> None:
    """Carry out what a person ordered, and send what it leads to."""
    deps, worker = _dependencies(self), _worker(self)
    with _leave_for_sweeper(rows=[intervention_id]):
        deliveries = carry_out_intervention(deps, account, intervention_id, worker)
    _work_through(self, account, deliveries=deliveries)


def _work_through(
    task: Task[Any, None], account: str, items: Sequence[str] = (), deliveries: Sequence[str] = ()
) -> None:
    """Work on these, and on all that comes of it: what has been decided leaves before anything else is begun."""
    deps, worker = _dependencies(task), _worker(task)
    to_send, to_process = deque(deliveries), deque(items)
    with _leave_for_sweeper(rows=[*deliveries, *items]):
        while to_send or to_process:
            if to_send:
                to_process.extend(delivery.send_delivery(deps, account, to_send.popleft(), worker))
            else:
                to_send.extend(process_item.process_item(deps, account, to_process.popleft(), worker))


@shared_task(name="sweep", bind=True)
def sweep(self: Task[Any, None]) -> None:
    """Hand to the broker what waits in Postgres: what is urgent, what it forgot, what was postponed, what a dead worker
    held; and the sources that are to be read before their time. What the broker still holds, it is not given again."""
    deps = _dependencies(self)
    with _leave_for_sweeper():
        missed_count = leases.note_missed(deps.db, count_held(self.app))
        items = leases.due_items(deps.db, deps.enqueue_again_seconds)
        deliveries = leases.due_deliveries(deps.db, deps.enqueue_again_seconds)
        for due_row in leases.due_interventions(deps.db, deps.enqueue_again_seconds):
            enqueue(act, due_row.account, due_row.id, due_row.queue)
        for due_row in deliveries:
            enqueue(deliver, due_row.account, due_row.id, due_row.queue)
        for due_row in items:
            enqueue(handle_item, due_row.account, due_row.id, due_row.queue)
        for due_probe in [*standing.due_probes(deps.db), *notices.accounts_with_notices(deps.db)]:
            enqueue(look_after, due_probe.account, due_probe.party)
        for sync_request in take_sync_requests(deps.db):
            enqueue(sync_source, sync_request.account, sync_request.name)
        if items or deliveries:
            log.info("swept", items=len(items), deliveries=len(deliveries), missed=missed_count)
        heartbeats.record_heartbeat(deps.db, heartbeats.BEAT)


@shared_task(name="look_after", bind=True)
def look_after(self: Task[Any, None], account: str, party: str) -> None:
    """Ask whether a party that is away is back; as long as it is not, tell people what they must hear. For `NOTICES`,
    tell them of the alerts that wait."""
    deps = _dependencies(self)
    with _leave_for_sweeper(party=party):
        if party == NOTICES:
            delivery_ids = notices.note_instead_of_alert(deps, account)
        else:
            waiting.probe_party(deps, account, party)
            delivery_ids = notices.send_notices(deps, account)
        for delivery_id in delivery_ids:
            enqueue(deliver, account, delivery_id)


@shared_task(name="catch_up", bind=True)
def catch_up(self: Task[Any, None]) -> None:
    """Read from every helpdesk what changed since last time: webhooks get lost, and some installations have none."""
    deps = _dependencies(self)
    with _leave_for_sweeper():
        for account in list_accounts(deps.db):
            for read_changes in deps.catch_ups:
                _catch_up(read_changes, account.id)


def _catch_up(read_changes: CatchUp, account: str) -> None:
    try:
        for item_id in read_changes(account):
            enqueue(handle_item, account, item_id)
    except FirstlineError as error:
        log.warning("not caught up", account=account, why=str(error))


@shared_task(name="reindex", bind=True)
def reindex(self: Task[Any, None]) -> None:
    """Bring the index of every account in step with its sources. One that fails leaves its part as it was."""
    deps = _dependencies(self)
    with _leave_for_sweeper():
        for account in list_accounts(deps.db):
            try:
                deps.sync(account.id)
                _forget_old_versions(deps, account.id)
            except FirstlineError as error:
                log.warning("account not synced", account=account.id, why=str(error))


def _forget_old_versions(deps: Dependencies, account: str) -> None:
    """What documents said so long ago that the policy does not keep it."""
    days = deps.policies.get(account).policy.page_history_days
    with deps.db.account(account) as tx:
        forget_versions(tx, datetime.now(UTC) - timedelta(days=days))


@shared_task(name="scan_library", bind=True)
def scan_library(self: Task[Any, None]) -> None:
    """Look, once a night, which pages of an account contradict or double one another."""
    deps = _dependencies(self)
    with _leave_for_sweeper():
        for account in list_accounts(deps.db):
            scan_account(deps, account.id)


def scan_account(deps: Dependencies, account: str) -> int:
    """The same for one account; how many findings there are."""
    pairs = [(pair.one, pair.other) for pair in find_near_pairs(deps.db, account)]
    findings = library_scan.compare_pairs(pairs)
    with deps.db.account(account) as tx:
        count = library_scan.save_findings(tx, findings)
    log.info("library scanned", account=account, pairs=len(pairs), findings=count)
    return count


@shared_task(name="sync_source", bind=True, max_retries=SYNC_TRIES, throws=(Temporary,))
def sync_source(self: Task[Any, None], account: str, name: str) -> None:
    """Bring the index in step with one source, which is said to have changed. While another run is at it, which may
    have passed the change already, this one waits for its turn; what is not done in the end, `reindex` does."""
    try:
        _dependencies(self).sync(account, name)
    except Temporary as error:
        raise self.retry(exc=error, countdown=error.retry_after or SYNC_AGAIN_SECONDS, retry=False) from error
    except FirstlineError as error:
        log.warning("source not synced", account=account, source=name, why=str(error))


def enqueue(task: Any, account: str, row_id: str, queue: str | None = None) -> None:
    """Hand a row to the broker. A broker that is down is no fault: the row waits, and the sweeper comes by."""
    try:
        publish(task, account, row_id, queue)
    except Temporary:
        log.warning("broker away, the sweeper will enqueue", row=row_id)


def publish(task: Any, account: str, row_id: str, queue: str | None = None) -> None:
    """Hand a row to the broker, to the task's own queue unless another is named, without retries. Raises Temporary when
    the broker does not answer."""
    try:
        task.apply_async((account, row_id), queue=queue, retry=False)
    except (OperationalError, OSError) as error:
        raise Temporary("the broker did not answer") from error


def count_held(app: Celery) -> dict[str, int]:
    """How many messages each queue of rows holds at the broker, without those that a worker has in hand. Raises
    Temporary when the broker does not answer."""
    with app.connection_for_read() as connection:  # of its own: kombu leaves one that failed half open in the pool
        try:
            connection.ensure_connection(max_retries=0, timeout=1)
            return {queue: _count_messages(connection, queue) for queue in broker_queues.OF_ROWS}
        except (*connection.connection_errors, OperationalError) as error:
            raise Temporary("the broker did not answer") from error


def _count_messages(connection: Any, queue: str) -> int:
    try:
        with connection.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).message_count)
    except connection.channel_errors:  # to Redis, an empty queue is none
        return 0


@contextmanager
def _leave_for_sweeper(**log_fields: object) -> Iterator[None]:
    """A database that is away is no fault of the task: the row waits there, or its lease runs out, and the sweeper
    comes by; what beat asks for, it asks for again."""
    try:
        yield
    except Temporary as error:
        log.warning("left for later", why=str(error), **log_fields)


def _dependencies(task: Task[Any, None]) -> Dependencies:
    return cast(Dependencies, task.app.dependencies)


def _worker(task: Task[Any, None]) -> str:
    return str(task.request.hostname)
