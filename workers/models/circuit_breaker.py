"""A breaker: after some failures in a row nobody waits for the other side for a while. One per process and party."""

import math
import time
from collections.abc import Callable

from desk.errors import ModelAway


class CircuitBreaker:
    """Opens after `failures` in a row, for `pause` seconds; then one caller at a time tries, and success closes it."""

    def __init__(self, failures: int = 3, pause: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures = failures
        self._pause = pause
        self._clock = clock
        self._failures_in_a_row = 0
        self._open_until = 0.0
        self._failing_since = 0.0

    def check(self) -> None:
        """Raises ModelAway while open."""
        if self._failures_in_a_row < self._failures:
            return
        seconds_left = self._open_until - self._clock()
        if seconds_left > 0:
            why = (
                f"not asked for another {math.ceil(seconds_left)} s, after {self._failures_in_a_row} failures in a row"
            )
            raise ModelAway(why, seconds_left, seconds=self.away_for())
        self._open_until = self._clock() + self._pause  # this caller tries; the others wait for what it finds

    def succeeded(self) -> None:
        """The other side answered."""
        self._failures_in_a_row = 0

    def failed(self) -> None:
        """It did not, or would not."""
        self._failing_since = self._clock() if self._failures_in_a_row == 0 else self._failing_since
        self._failures_in_a_row += 1
        self._open_until = self._clock() + self._pause

    def away_for(self) -> float:
        """Seconds since the first of the failures in a row; 0 where the last call went well."""
        return self._clock() - self._failing_since if self._failures_in_a_row else 0.0
