"""When to try again."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog

from desk.errors import BadSetting, Blocked, FirstlineError, Outage, Temporary

T = TypeVar("T")
log = structlog.get_logger(__name__)

LONGEST_WAIT = 300.0
PATIENCE = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
SETTING_SECONDS = 30.0
"""Until a setting that cannot be read is looked at again: a policy file may just be being edited."""


@dataclass(frozen=True, slots=True)
class NextTry:
    """When something is tried again, and whether the try that failed counts."""

    seconds: float
    counts: bool


def next_try(error: FirstlineError, attempts: int, most: int) -> NextTry | None:
    """What a failed try leads to; None when it will not work however often it is tried, or `attempts` are `most`.

    A try by which nothing was asked of the other side, and one that a broken setting ended, does not count.
    """
    if isinstance(error, BadSetting):
        return NextTry(back_off(attempts, SETTING_SECONDS), counts=False)
    if not isinstance(error, Temporary):
        return None
    counts = not (isinstance(error, Blocked) or (isinstance(error, Outage) and error.untouched))
    if counts and attempts >= most:
        return None
    return NextTry(back_off(attempts, error.retry_after), counts)


def back_off(attempt: int, retry_after: float | None = None) -> float:
    """Seconds until the next try: doubling from 1 s with full jitter on the upper half, at most 5 minutes, and never
    sooner than the other side wishes ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015)."""
    step = min(LONGEST_WAIT, 2.0 ** max(0, attempt - 1))
    delay = step / 2 + random.uniform(0, step / 2)  # noqa: S311  # spreads load, hides nothing
    return max(delay, retry_after or 0.0)


def retry_while_database_is_away(write: Callable[[], T]) -> T:
    """Run a database write, waiting about a minute for the database to come back. Raises the last Temporary."""
    for pause in PATIENCE:
        try:
            return write()
        except Temporary:
            time.sleep(pause)
    return write()


def handle_any_failure(work: Callable[[], T], on_failure: Callable[[FirstlineError], T]) -> T:
    """The work of a task, which must not be lost: whatever goes wrong is handled, once the database is there."""
    try:
        return work()
    except FirstlineError as error:
        failure: FirstlineError = error
    except Exception as error:
        log.exception("unexpected error")
        failure = Temporary(f"unexpected {type(error).__name__}")
    return retry_while_database_is_away(partial(on_failure, failure))
