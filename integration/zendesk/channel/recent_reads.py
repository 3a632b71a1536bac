"""The tickets that this process read in the last minute, and those that it is reading now.

Several events tell of one message, and come at once; people are told of a ticket that was just read: neither needs it
read again. Nothing is ever posted upon what is kept here.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Event, Lock

from desk.ticket import Message, Ticket

KEPT_SECONDS = 60.0
MOST = 300
MOST_MESSAGES = 200
"""Longer tickets are not kept: they would fill the memory."""
PATIENCE_SECONDS = 10.0

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class TicketRead:
    """A ticket as it was read, beginning at this moment (Unix seconds)."""

    ticket: Ticket
    began: float

    def will_do(self, holding: str, since: datetime | None, now: float) -> bool:
        """Is it what was asked for: one that has a message, or one that is new enough?"""
        has_message = bool(holding) and now - self.began <= KEPT_SECONDS and self.ticket.message(holding) is not None
        return has_message or (since is not None and self.began >= since.timestamp())


class RecentReads:
    """Tickets by account and id. `clock` gives Unix seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._cache: OrderedDict[Key, TicketRead] = OrderedDict()
        self._pending: dict[Key, Event] = {}
        self._lock = Lock()

    def get(
        self,
        account: str,
        ticket_id: str,
        fetch: Callable[[], Ticket],
        holding: str = "",
        since: datetime | None = None,
    ) -> Ticket:
        """The ticket: as it was just read where that will do, or read now."""
        key = (account, ticket_id)
        may_reuse = bool(holding) or since is not None
        if may_reuse and (pending := self._pending.get(key)):
            pending.wait(PATIENCE_SECONDS)
        recent = self._cache.get(key) if may_reuse else None
        if recent and recent.will_do(holding, since, self._clock()):
            return recent.ticket
        return self._fetch_and_cache(key, fetch)

    def add(self, ticket: Ticket, message: Message) -> None:
        """Remember what we posted, so that its own event needs no look."""
        with self._lock:
            recent = self._cache.get((ticket.account, ticket.id))
            if recent and recent.ticket.message(message.id) is None:
                updated_ticket = replace(recent.ticket, messages=(*recent.ticket.messages, message), origin=None)
                self._cache[ticket.account, ticket.id] = TicketRead(updated_ticket, recent.began)

    def _fetch_and_cache(self, key: Key, fetch: Callable[[], Ticket]) -> Ticket:
        started_at, finished = self._clock(), Event()
        with self._lock:
            owns_fetch = self._pending.setdefault(key, finished) is finished
        try:
            ticket = fetch()
            self._store(key, TicketRead(ticket, started_at))
            return ticket
        finally:
            if owns_fetch:
                with self._lock:
                    self._pending.pop(key, None)
                finished.set()

    def _store(self, key: Key, ticket_read: TicketRead) -> None:
        """The newest of each; the oldest are forgotten."""
        with self._lock:
            if (previous := self._cache.get(key)) and previous.began > ticket_read.began:
                return
            self._cache.pop(key, None)
            if len(ticket_read.ticket.messages) <= MOST_MESSAGES:
                self._cache[key] = ticket_read
            while len(self._cache) > MOST:
                self._cache.popitem(last=False)
