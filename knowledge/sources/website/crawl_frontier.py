"""The addresses that are still to be visited, nearest first, each once."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

MOST_WAITING = 100_000
"""Addresses that are remembered at a time. A site that has more of them is one without end."""


@dataclass(frozen=True, slots=True)
class FrontierEntry:
    """An address, how many links it is away from the start, and which addresses have led to it by redirect."""

    url: str
    depth: int
    chain: tuple[str, ...] = ()


class CrawlFrontier:
    """First in, first out; so the nearest is visited first, and a loop ends where all is known."""

    def __init__(self, deepest: int) -> None:
        self._deepest = deepest
        self._seen: set[str] = set()
        self._waiting: deque[FrontierEntry] = deque()
        self._beyond: deque[FrontierEntry] = deque()
        self.dropped = 0
        """How many were too many to remember."""

    def __len__(self) -> int:
        return len(self._waiting) + len(self._beyond)

    def add(self, urls: Iterable[str], depth: int, chain: tuple[str, ...] = ()) -> None:
        """Those that are new. What is too deep waits apart."""
        for url in urls:
            if url in self._seen:
                continue
            if len(self) >= MOST_WAITING:
                self.dropped += 1
                continue
            self._seen.add(url)
            (self._waiting if depth <= self._deepest else self._beyond).append(FrontierEntry(url, depth, chain))

    def next(self) -> FrontierEntry | None:
        """The next to visit."""
        return self._waiting.popleft() if self._waiting else None

    def left(self) -> FrontierEntry | None:
        """The next of all that will not be visited any more."""
        return self.next() or (self._beyond.popleft() if self._beyond else None)
