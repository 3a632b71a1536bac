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
            yield _queue(f"queue answer of {tx.account}", queue_stats.inbox_depth(tx), late, LONG)
            yield _queue(f"queue deliver of {tx.account}", queue_stats.outbox_depth(tx), late, LONG)
            yield _queue(f"alerts of {tx.account}", queue_stats.alerts_depth(tx), late, PROMPT)
            yield from _lost(tx)
            yield _parked(tx)


def _queue(name: str, waiting: QueueDepth, late: float, long: float) -> HealthCheck:
    if waiting.since is None:
        return fine(name, "nothing waits")
    age = (datetime.now(UTC) - waiting.since).total_seconds()
    told = f"{waiting.count} waiting, the oldest for {duration_in_words(age)}"
    if waiting.seconds_late > late:
        overdue = f"{told}; nobody has taken it up for {duration_in_words(waiting.seconds_late)}"
        return wrong(name, overdue, "are beat and the workers running, and enough of them?")
    if waiting.why:
        again = "tried again by itself; mend what the reason names"
        return (wrong if age > long else missing)(name, f"{told}: {_reason(waiting.why)}", again)
    return fine(name, told)


def _lost(tx: Transaction) -> Iterator[HealthCheck]:
    found = list(_each_lost(tx))
    yield from found or [fine(f"deliveries of {tx.account}", f"none lost in {DAYS} days")]


def _each_lost(tx: Transaction) -> Iterator[HealthCheck]:
    sent, account = "look at these tickets in the console: was it sent, and does somebody answer?", tx.account
    for name, state, alerts, remedy in (
        ("failed deliveries", DeliveryState.FAILED, False, f"the messages are parked: {PARKED}"),
        ("failed alerts", DeliveryState.FAILED, True, "nobody was told: look at these tickets in the console"),
        ("unknown deliveries", DeliveryState.UNKNOWN, False, sent),
        ("unknown alerts", DeliveryState.UNKNOWN, True, sent),
    ):
        found = queue_stats.failed_deliveries(tx, state, DAYS, alerts=alerts)
        if found.newest_at:
            yield wrong(f"{name} of {account}", _told(found, found.newest_at), remedy)


def _told(found: FailedDeliveries, newest_at: datetime) -> str:
    when = newest_at.astimezone().strftime("%Y-%m-%d %H:%M")
    return f"{found.count} in {DAYS} days, the newest planned {when}" + (f": {_reason(found.why)}" if found.why else "")


def _parked(tx: Transaction) -> HealthCheck:
    name, found = f"parked of {tx.account}", queue_stats.parked_items(tx)
    if found.oldest_at is None:
        return fine(name, "nothing")
    since = found.oldest_at.astimezone().strftime("%Y-%m-%d %H:%M")
    if found.unattended:
        return wrong(name, f"{found.count}, the oldest since {since}; {found.unattended} wait for a person", PARKED)
    return missing(name, f"{found.count}, the oldest since {since}; people work on all of them", PARKED)


def _reason(why: str) -> str:
    """One line of it."""
    return " ".join(clean(why).split())[:160]
