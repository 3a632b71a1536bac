"""When to try again."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from desk.errors import Temporary

T = TypeVar("T")

LONGEST_WAIT = 300.0
PATIENCE = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


def back_off(attempt: int, retry_after: float | None = None) -> float:
    """Seconds until the next try: doubling from 1 s with full jitter on the upper half, at most 5 minutes, and never
    sooner than the other side wishes ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015)."""
    step = min(LONGEST_WAIT, 2.0 ** max(0, attempt - 1))
    waiting = step / 2 + random.uniform(0, step / 2)  # noqa: S311  # spreads load, hides nothing
    return max(waiting, retry_after or 0.0)


def insist(write: Callable[[], T], sleep: Callable[[float], None] = time.sleep) -> T:
    """Run a database write, waiting about a minute for the database to come back. Raises the last Temporary."""
    for pause in PATIENCE:
        try:
            return write()
        except Temporary:
            sleep(pause)
    return write()
