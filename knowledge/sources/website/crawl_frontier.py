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
        self._max_depth = deepest
        self._seen: set[str] = set()
        self._within_depth: deque[FrontierEntry] = deque()
        self._too_deep: deque[FrontierEntry] = deque()
        self.dropped = 0
        """How many were too many to remember."""

    def __len__(self) -> int:
        return len(self._within_depth) + len(self._too_deep)

    def add(self, urls: Iterable[str], depth: int, chain: tuple[str, ...] = ()) -> None:
        """Those that are new. What is too deep waits apart."""
        for url in urls:
            if url in self._seen:
                continue
            if len(self) >= MOST_WAITING:
                self.dropped += 1
                continue
            self._seen.add(url)
            (self._within_depth if depth <= self._max_depth else self._too_deep).append(
                FrontierEntry(url, depth, chain)
            )

    def next(self) -> FrontierEntry | None:
        """The next to visit."""
        return self._within_depth.popleft() if self._within_depth else None

    def next_unvisited(self) -> FrontierEntry | None:
        """The next of all that will not be visited any more."""
        return self.next() or (self._too_deep.popleft() if self._too_deep else None)
