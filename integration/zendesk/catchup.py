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

from desk.conversation import newest_customer_message, read_conversation
from desk.errors import Outage, Permanent, Temporary
from desk.party import Access
from desk.platform.database import Database, Transaction
from desk.reasons import Stop
from desk.ticket import Event, EventKind, ItemState
from integration.connections import set_cursor
from integration.zendesk.api.client import Gone, Unacceptable
from integration.zendesk.api.connection import PARTY, ZendeskLine, ZendeskLines, is_connected
from integration.zendesk.api.models import Export, TicketAnswer, ZendeskTicket
from integration.zendesk.channel.fetch import CHANNEL, OFF_TAG, compose_ticket
from workers import record
from workers.queue import inbox

log = structlog.get_logger(__name__)

OVERLAP = timedelta(minutes=5)
MOST_PAGES = 6
"""Of a run; the next goes on where it stopped. The export allows ten calls a minute."""
FOUND = "comment:"
"""How the external id of what was found begins; no event of a webhook begins so."""
IDLE = {"closed", "deleted"}
"""No customer waits in these, nor in a solved one that we know: a message would have opened the ticket again."""


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
    line = ZendeskLines(db).open(account) if is_connected(db, account) else None
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


def _read(line: ZendeskLine, position: Position) -> Export:
    if position.cursor is None:
        return line.client.changed(since=position.start)
    try:
        return line.client.changed(cursor=position.cursor)
    except (Unacceptable, Gone):  # a cursor that Zendesk has forgotten
        return line.client.changed(since=position.start)


def _take(db: Database, line: ZendeskLine, page: Export, before: Position, after: Position) -> list[str]:
    """Put what is new into the inbox, and remember the way; both in one transaction."""
    waiting = list(_waiting(db, line, page, datetime.fromtimestamp(before.start, UTC)))
    with db.account(line.account) as tx:
        items = [_add(tx, each) for each in waiting]
        set_cursor(tx, PARTY, json.dumps(asdict(after)))
    return [item_id for item_id in items if item_id]


@dataclass(frozen=True, slots=True)
class _Found:
    """A ticket on which a customer may wait. `message` is None where it could not be read: its walk will tell."""

    ticket_id: str
    message: str | None
    external_id: str
    given_back: bool = False


def _waiting(db: Database, line: ZendeskLine, page: Export, since: datetime) -> Iterator[_Found]:
    """The tickets of the page whose newest customer message is new. Trouble of one ticket is that ticket's: it is left
    to a walk of its own, which waits, tries again or calls people."""
    for each in page.tickets:
        if OFF_TAG in each.tags or datetime.fromisoformat(each.updated_at) < since or _is_idle(db, line, each):
            continue
        try:
            ticket = compose_ticket(line, TicketAnswer(ticket=each), line.client.audits(each.id))
        except Gone as error:
            log.warning("catch-up passes a ticket over", account=line.account, ticket=each.id, why=str(error))
        except (Permanent, Temporary) as error:
            if isinstance(error, Temporary):
                _refuse_outage(line, error)
            log.warning("catch-up could not read a ticket", account=line.account, ticket=each.id, why=str(error))
            yield _Found(each.id, None, f"{FOUND}{each.id}:{each.updated_at}")
        else:
            message = newest_customer_message(ticket)
            if message and message.at >= since:
                yield _Found(each.id, message.id, f"{FOUND}{message.id}", not read_conversation(ticket).taken_over)


def _is_idle(db: Database, line: ZendeskLine, ticket: ZendeskTicket) -> bool:
    """Does nobody wait there? A trigger may have solved a ticket before we ever saw it."""
    if ticket.status != "solved":
        return ticket.status in IDLE
    with db.account(line.account) as tx:
        return record.get_ticket_line(tx, CHANNEL, ticket.id) is not None


def _refuse_outage(line: ZendeskLine, error: Temporary) -> None:
    """Raises the error if it is not this ticket's alone: all of the account has to wait, or a probe fails too."""
    if isinstance(error, Outage) and error.certain:
        raise error
    try:
        line.client.probe(Access.READ)
    except Temporary as all_of_it:
        raise error from all_of_it


def _add(tx: Transaction, found: _Found) -> str | None:
    items = [
        each for each in inbox.items_of_ticket(tx, CHANNEL, found.ticket_id) if each.kind is EventKind.CUSTOMER_MESSAGE
    ]
    # One that waits and names no message takes the newest there is; later it is named.
    if any(item.message_id is None and item.state is ItemState.WAITING for item in items):
        return None
    if found.message and (known := [item for item in items if item.message_id == found.message]):
        left = found.given_back and any(item.outcome == Stop.PERSON_TOOK_OVER for item in known)
        return inbox.reprocess_message(tx, CHANNEL, found.message) if left else None
    event = Event(EventKind.CUSTOMER_MESSAGE, found.external_id, found.ticket_id, found.message)
    return inbox.add_event(tx, CHANNEL, event, payload=json.dumps({"catch_up": True}))
