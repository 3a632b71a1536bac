"""Catch-up: what changed in Zendesk since the last look, for webhooks that were lost or never set up.

It reads the cursor-based incremental export
(https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/), looks into each ticket
that changed, and puts the newest customer message into the inbox unless it has been worked on. What a webhook has
brought already leads to no second effect: deliveries are unique by comment.

Only messages written since the last look, less five minutes, count: an agent who tags a hundred old tickets must not
make Firstline answer a hundred old questions.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import structlog

from desk.conversation import newest_by_hand
from desk.db import Database, Transaction
from desk.errors import Temporary
from desk.ticket import Event, EventKind, ItemState, Message, Ticket
from integration.connections import set_cursor
from integration.zendesk.client import Gone, Unacceptable, Unreadable
from integration.zendesk.connection import PARTY, Line, Lines, is_connected
from integration.zendesk.fetch import CHANNEL, OFF_TAG, compose
from integration.zendesk.shapes import Export, TicketAnswer
from workers import inbox

log = structlog.get_logger(__name__)

OVERLAP = timedelta(minutes=5)
MOST_PAGES = 6
"""Of a run; the next goes on where it stopped. The export allows ten calls a minute."""
FOUND = "comment:"
"""How the external id of what was found begins; no event of a webhook begins so."""
IDLE = {"solved", "closed", "deleted"}
"""No customer waits in these: a message would have opened the ticket again."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far catch-up has read. Messages before `since` (Unix seconds) were seen; `cursor` is Zendesk's own.

    `since` moves only when the end was reached: on the way there, a late change can carry an early message.
    """

    since: int
    cursor: str | None = None

    @property
    def start(self) -> int:
        """Where to begin without a cursor."""
        return self.since - int(OVERLAP.total_seconds())


def catch_up(db: Database, account: str, now: datetime | None = None) -> list[str]:
    """Read on from where the last run stopped; the ids of the inbox items to enqueue.

    An account without Zendesk has nothing to read. The first run begins five minutes ago. Raises Permanent when the
    connection does not work, and Temporary
    when nothing was found before Zendesk or the database gave trouble; what was found is stored either way.
    """
    started = int((now or datetime.now(UTC)).timestamp())
    line = Lines(db).open(account) if is_connected(db, account) else None
    if line is None:
        return []
    position = _position(line.cursor, started)
    found: list[str] = []
    try:
        for _ in range(MOST_PAGES):
            page = _read(line, position)
            after = Position(started if page.end_of_stream else position.since, page.after_cursor or position.cursor)
            found += _take(db, line, page, position, after)
            position = after
            if page.end_of_stream:
                break
    except Temporary as error:
        if not found:
            raise
        log.warning("catch-up stops early", account=account, why=str(error))
    log.info("caught up", account=account, items=len(found))
    return found


def _position(stored: str | None, started: int) -> Position:
    return Position(**json.loads(stored)) if stored else Position(started)


def _read(line: Line, position: Position) -> Export:
    if position.cursor is None:
        return line.client.changed(since=position.start)
    try:
        return line.client.changed(cursor=position.cursor)
    except (Unacceptable, Gone):  # a cursor that Zendesk has forgotten
        return line.client.changed(since=position.start)


def _take(db: Database, line: Line, page: Export, before: Position, after: Position) -> list[str]:
    """Put what is new into the inbox, and remember the way; both in one transaction."""
    waiting = list(_waiting(line, page, datetime.fromtimestamp(before.start, UTC)))
    with db.account(line.account) as tx:
        items = [_add(tx, ticket, message) for ticket, message in waiting]
        set_cursor(tx, PARTY, json.dumps(asdict(after)))
    return [item_id for item_id in items if item_id]


def _waiting(line: Line, page: Export, since: datetime) -> Iterator[tuple[Ticket, Message]]:
    """The tickets of the page whose newest customer message is new."""
    for each in page.tickets:
        if each.status in IDLE or OFF_TAG in each.tags or datetime.fromisoformat(each.updated_at) < since:
            continue
        try:
            ticket = compose(line, TicketAnswer(ticket=each), line.client.audits(each.id))
        except (Gone, Unreadable) as error:
            log.warning("catch-up passes a ticket over", account=line.account, ticket=each.id, why=str(error))
            continue
        message = newest_by_hand(ticket)
        if message and message.at >= since:
            yield ticket, message


def _add(tx: Transaction, ticket: Ticket, message: Message) -> str | None:
    if _is_known(tx, ticket, message):
        return None
    event = Event(EventKind.CUSTOMER_MESSAGE, f"{FOUND}{message.id}", ticket.id, message.id)
    return inbox.add(tx, CHANNEL, event, payload=json.dumps({"catch_up": True}))


def _is_known(tx: Transaction, ticket: Ticket, message: Message) -> bool:
    """Is there an item for it? One that waits and names no message takes the newest there is; later it is named."""
    items = inbox.of_ticket(tx, CHANNEL, ticket.id)
    theirs = [item for item in items if item.kind is EventKind.CUSTOMER_MESSAGE]
    takes_newest = any(item.message_id is None and item.state is ItemState.WAITING for item in theirs)
    return takes_newest or any(item.message_id == message.id for item in theirs)
