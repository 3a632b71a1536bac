"""The ticket as server-sent events: sent whenever it looks different, until the page asks anew."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from desk.errors import Temporary

LASTS = 55.0
"""Seconds of one stream: below the minute after which many proxies cut."""
QUICK, SLOW = 0.7, 2.5
"""Seconds between two looks, while something moves and otherwise."""

Look = Callable[[], dict[str, Any]]


def follow(look: Look, lasts: float = LASTS, sleep: Callable[[float], None] = time.sleep) -> Iterator[str]:
    """Events named `ticket`, and `away` once where the database does not answer; comments keep the line open."""
    last, ends_at = "", time.monotonic() + lasts
    while time.monotonic() < ends_at:
        try:
            view = look()
        except Temporary:
            yield "event: away\ndata: {}\n\n"
            return
        body = json.dumps(view)
        yield f"event: ticket\ndata: {body}\n\n" if body != last else ": nothing new\n\n"
        last = body
        sleep(QUICK if view["moving"] else SLOW)
