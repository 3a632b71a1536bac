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
        held = bool(holding) and now - self.began <= KEPT_SECONDS and self.ticket.message(holding) is not None
        return held or (since is not None and self.began >= since.timestamp())


class RecentReads:
    """Tickets by account and id. `clock` gives Unix seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: OrderedDict[Key, TicketRead] = OrderedDict()
        self._flights: dict[Key, Event] = {}
        self._lock = Lock()

    def get(
        self, account: str, ticket_id: str, read: Callable[[], Ticket], holding: str = "", since: datetime | None = None
    ) -> Ticket:
        """The ticket: as it was just read where that will do, or read now."""
        key = (account, ticket_id)
        asked = bool(holding) or since is not None
        if asked and (flight := self._flights.get(key)):
            flight.wait(PATIENCE_SECONDS)
        kept = self._kept.get(key) if asked else None
        if kept and kept.will_do(holding, since, self._clock()):
            return kept.ticket
        return self._read(key, read)

    def add(self, ticket: Ticket, message: Message) -> None:
        """Remember what we posted, so that its own event needs no look."""
        with self._lock:
            kept = self._kept.get((ticket.account, ticket.id))
            if kept and kept.ticket.message(message.id) is None:
                longer = replace(kept.ticket, messages=(*kept.ticket.messages, message), origin=None)
                self._kept[ticket.account, ticket.id] = TicketRead(longer, kept.began)

    def _read(self, key: Key, read: Callable[[], Ticket]) -> Ticket:
        began, done = self._clock(), Event()
        with self._lock:
            first = self._flights.setdefault(key, done) is done
        try:
            ticket = read()
            self._keep(key, TicketRead(ticket, began))
            return ticket
        finally:
            if first:
                with self._lock:
                    self._flights.pop(key, None)
                done.set()

    def _keep(self, key: Key, made: TicketRead) -> None:
        """The newest of each; the oldest are forgotten."""
        with self._lock:
            if (kept := self._kept.get(key)) and kept.began > made.began:
                return
            self._kept.pop(key, None)
            if len(made.ticket.messages) <= MOST_MESSAGES:
                self._kept[key] = made
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
