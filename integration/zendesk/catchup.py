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
from itertools import islice

import structlog

from desk.conversation import newest_message_of_customer_side, read_conversation
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
    connection does not work, and Temporary when nothing was found before Zendesk or the database gave trouble; what was
    found is stored either way.
    """
    started = int((now or datetime.now(UTC)).timestamp())
    line = ZendeskLines(db).open(account) if is_connected(db, account) else None
    if line is None:
        return []
    item_ids: list[str] = []
    try:
        for page_item_ids in islice(_read_on(db, line, started), MOST_PAGES):
            item_ids += page_item_ids
    except Temporary as error:
        if not item_ids:
            raise
        log.warning("catch-up stops early", account=account, why=str(error))
    log.info("caught up", account=account, items=len(item_ids))
    return item_ids


def _read_on(db: Database, line: ZendeskLine, started: int) -> Iterator[list[str]]:
    """Page by page, what was stored of each, up to the end of the export."""
    position, at_end = Position(**json.loads(line.cursor)) if line.cursor else Position(started), False
    while not at_end:
        page = _read_page(line, position)
        at_end = page.end_of_stream
        next_position = Position(started if at_end else position.since, page.after_cursor or position.cursor)
        yield _store_page(db, line, page, position, next_position)
        position = next_position


def _read_page(line: ZendeskLine, position: Position) -> Export:
    if position.cursor is None:
        return line.client.changed(since=position.start)
    try:
        return line.client.changed(cursor=position.cursor)
    except (Unacceptable, Gone):  # a cursor that Zendesk has forgotten
        return line.client.changed(since=position.start)


def _store_page(
    db: Database, line: ZendeskLine, page: Export, position: Position, next_position: Position
) -> list[str]:
    """Put what is new into the inbox, and remember the way; both in one transaction."""
    waiting_tickets = list(_waiting_tickets(db, line, page, datetime.fromtimestamp(position.start, UTC)))
    with db.account(line.account) as tx:
        item_ids = [_add_inbox_item(tx, waiting_ticket) for waiting_ticket in waiting_tickets]
        set_cursor(tx, PARTY, json.dumps(asdict(next_position)))
    return [item_id for item_id in item_ids if item_id]


@dataclass(frozen=True, slots=True)
class _WaitingTicket:
    """A ticket on which a customer may wait. `message` is None where it could not be read: its walk will tell."""

    ticket_id: str
    message: str | None
    external_id: str
    given_back: bool = False


def _waiting_tickets(db: Database, line: ZendeskLine, page: Export, since: datetime) -> Iterator[_WaitingTicket]:
    """The tickets of the page whose newest customer message is new. Trouble of one ticket is that ticket's: it is left
    to a walk of its own, which waits, tries again or calls people."""
    for ticket in page.tickets:
        if OFF_TAG in ticket.tags or datetime.fromisoformat(ticket.updated_at) < since or _is_idle(db, line, ticket):
            continue
        try:
            waiting_ticket = _read_waiting_ticket(line, ticket, since)
        except Gone as error:
            log.warning("catch-up passes a ticket over", account=line.account, ticket=ticket.id, why=str(error))
        except (Permanent, Temporary) as error:
            if isinstance(error, Temporary):
                _raise_if_outage(line, error)
            log.warning("catch-up could not read a ticket", account=line.account, ticket=ticket.id, why=str(error))
            yield _WaitingTicket(ticket.id, None, f"{FOUND}{ticket.id}:{ticket.updated_at}")
        else:
            if waiting_ticket:
                yield waiting_ticket


def _read_waiting_ticket(line: ZendeskLine, ticket: ZendeskTicket, since: datetime) -> _WaitingTicket | None:
    snapshot = compose_ticket(line, TicketAnswer(ticket=ticket), line.client.audits(ticket.id))
    message = newest_message_of_customer_side(snapshot)
    if message is None or message.at < since:
        return None
    return _WaitingTicket(ticket.id, message.id, f"{FOUND}{message.id}", not read_conversation(snapshot).taken_over)


def _is_idle(db: Database, line: ZendeskLine, ticket: ZendeskTicket) -> bool:
    """Does nobody wait there? A trigger may have solved a ticket before we ever saw it."""
    if ticket.status != "solved":
        return ticket.status in IDLE
    with db.account(line.account) as tx:
        return record.get_ticket_line(tx, CHANNEL, ticket.id) is not None


def _raise_if_outage(line: ZendeskLine, error: Temporary) -> None:
    """Raises the error if it is not this ticket's alone: all of the account has to wait, or a probe fails too."""
    if isinstance(error, Outage) and error.certain:
        raise error
    try:
        line.client.probe(Access.READ)
    except Temporary as outage:
        raise error from outage


def _add_inbox_item(tx: Transaction, waiting_ticket: _WaitingTicket) -> str | None:
    items = inbox.items_of_ticket(tx, CHANNEL, waiting_ticket.ticket_id)
    message_items = [item for item in items if item.kind is EventKind.CUSTOMER_MESSAGE]
    # One that waits and names no message takes the newest there is; later it is named.
    if any(item.message_id is None and item.state is ItemState.WAITING for item in message_items):
        return None
    message_id = waiting_ticket.message
    if message_id and (same_message := [item for item in message_items if item.message_id == message_id]):
        reprocess = waiting_ticket.given_back and any(item.outcome == Stop.PERSON_TOOK_OVER for item in same_message)
        return inbox.reprocess_message(tx, CHANNEL, message_id) if reprocess else None
    event = Event(EventKind.CUSTOMER_MESSAGE, waiting_ticket.external_id, waiting_ticket.ticket_id, message_id)
    return inbox.add_event(tx, CHANNEL, event, payload=json.dumps({"catch_up": True}))
