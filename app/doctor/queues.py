"""How the work stands, for `app/doctor/diagnose.py`: what waits and for how long, what was lost, what is parked."""

from collections.abc import Iterator
from datetime import UTC, datetime

from desk.delivery import DeliveryState
from desk.health_check import HealthCheck, duration_in_words, fine, missing, wrong
from desk.platform.accounts import list_accounts
from desk.platform.database import Database, Transaction
from desk.platform.settings import Settings
from desk.text.tokenizer import clean
from workers.queue import queue_stats
from workers.queue.queue_stats import FailedDeliveries, QueueDepth

LATE = 120.0
"""Seconds that something may be overdue, unless the sweeper is slower, before nobody seems to take it."""
LONG = 900.0
"""Seconds that something may be tried in vain before somebody should look."""
PROMPT = 60.0
"""The same for an alert: people wait to be told."""
DAYS = 7
"""How long a delivery that was lost is told of."""
PARKED = "`firstline items --state parked` says why; mend it, then `firstline replay --all`"


def queue_checks(settings: Settings, db: Database) -> Iterator[HealthCheck]:
    """Of every account."""
    late = max(LATE, 4 * settings.enqueue_again_seconds)
    for account in list_accounts(db):
        with db.account(account.id) as tx:
            yield _check_queue(f"queue answer of {tx.account}", queue_stats.inbox_depth(tx), late, LONG)
            yield _check_queue(f"queue deliver of {tx.account}", queue_stats.outbox_depth(tx), late, LONG)
            yield _check_queue(f"alerts of {tx.account}", queue_stats.alerts_depth(tx), late, PROMPT)
            yield from _check_lost_deliveries(tx)
            yield _check_parked(tx)


def _check_queue(name: str, depth: QueueDepth, late: float, long: float) -> HealthCheck:
    if depth.since is None:
        return fine(name, "nothing waits")
    age = (datetime.now(UTC) - depth.since).total_seconds()
    summary = f"{depth.count} waiting, the oldest for {duration_in_words(age)}"
    if depth.seconds_late > late:
        overdue = f"{summary}; nobody has taken it up for {duration_in_words(depth.seconds_late)}"
        return wrong(name, overdue, "are beat and the workers running, and enough of them?")
    if depth.why:
        remedy = "tried again by itself; mend what the reason names"
        return (wrong if age > long else missing)(name, f"{summary}: {_one_line(depth.why)}", remedy)
    return fine(name, summary)


def _check_lost_deliveries(tx: Transaction) -> Iterator[HealthCheck]:
    checks = list(_lost_deliveries(tx))
    yield from checks or [fine(f"deliveries of {tx.account}", f"none lost in {DAYS} days")]


def _lost_deliveries(tx: Transaction) -> Iterator[HealthCheck]:
    unknown_remedy, account = "look at these tickets in the console: was it sent, and does somebody answer?", tx.account
    for name, state, alerts, remedy in (
        ("failed deliveries", DeliveryState.FAILED, False, f"the messages are parked: {PARKED}"),
        ("failed alerts", DeliveryState.FAILED, True, "nobody was told: look at these tickets in the console"),
        ("unknown deliveries", DeliveryState.UNKNOWN, False, unknown_remedy),
        ("unknown alerts", DeliveryState.UNKNOWN, True, unknown_remedy),
    ):
        deliveries = queue_stats.failed_deliveries(tx, state, DAYS, alerts=alerts)
        if deliveries.newest_at:
            yield wrong(f"{name} of {account}", _describe_lost(deliveries, deliveries.newest_at), remedy)


def _describe_lost(deliveries: FailedDeliveries, newest_at: datetime) -> str:
    newest_text = newest_at.astimezone().strftime("%Y-%m-%d %H:%M")
    return f"{deliveries.count} in {DAYS} days, the newest planned {newest_text}" + (
        f": {_one_line(deliveries.why)}" if deliveries.why else ""
    )


def _check_parked(tx: Transaction) -> HealthCheck:
    name, parked_items = f"parked of {tx.account}", queue_stats.parked_items(tx)
    if parked_items.oldest_at is None:
        return fine(name, "nothing")
    since = parked_items.oldest_at.astimezone().strftime("%Y-%m-%d %H:%M")
    if parked_items.unattended:
        return wrong(
            name, f"{parked_items.count}, the oldest since {since}; {parked_items.unattended} wait for a person", PARKED
        )
    return missing(name, f"{parked_items.count}, the oldest since {since}; people work on all of them", PARKED)


def _one_line(why: str) -> str:
    """One line of it."""
    return " ".join(clean(why).split())[:160]
