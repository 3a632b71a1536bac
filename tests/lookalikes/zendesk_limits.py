"""Zendesk's limits per minute, and the headers that tell of them."""

import math
from collections.abc import Callable

from tests.lookalikes.zendesk_shapes import Refusal

SHOWN = 700
"""What the headers say when no limit is set."""


class Limits:
    """How many `requests`, `updates` of tickets and `exports` a minute takes; None for no limit."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._allowed: dict[str, int | None] = {}
        self._spent: dict[tuple[str, int], int] = {}

    def allow(self, **allowed: int | None) -> None:
        """Set limits by name; counting starts anew."""
        self._allowed |= allowed
        self._spent.clear()

    def spend(self, name: str) -> None:
        """Count one. Raises a 429 `Refusal` with the seconds until the next minute when nothing is left."""
        minute, second = divmod(self._clock(), 60)
        spent, allowed = self._spent.get((name, int(minute)), 0), self._allowed.get(name)
        if allowed is not None and spent >= allowed:
            text = "Number of allowed API requests per minute exceeded"
            after = {"Retry-After": str(max(1, math.ceil(60 - second)))}
            raise Refusal(429, {"error": "APIRateLimitExceeded", "description": text}, after)
        self._spent[name, int(minute)] = spent + 1

    def headers(self) -> dict[str, str]:
        """What is left of the minute's requests."""
        limit = self._allowed.get("requests") or SHOWN
        minute, second = divmod(self._clock(), 60)
        left = str(max(0, limit - self._spent.get(("requests", int(minute)), 0)))
        shown = {"x-rate-limit": str(limit), "x-rate-limit-remaining": left, "ratelimit-limit": str(limit)}
        return {**shown, "ratelimit-remaining": left, "ratelimit-reset": str(math.ceil(60 - second))}
