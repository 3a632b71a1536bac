"""Tickets of channels with no helpdesk behind them, and the outbound half of our own API's channel.

The same database holds the tickets and the deliveries, so here a reply and the check that nothing newer came in are
one transaction, and a delivery id can stand on one message alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, func, insert, select, update

from desk.delivery import Delivery
from desk.errors import Permanent, Refused
from desk.platform.database import Database, Transaction, from_row
from desk.ports import Outgoing, Source, StillWanted
from desk.text.tokenizer import clean
from desk.ticket import (
    Event,
    EventKind,
    Message,
    Named,
    PersonAct,
    PersonActKind,
    Priority,
    Requester,
    Role,
    Ticket,
    TicketState,
    TicketStatus,
    new_id,
)
from workers import record
from workers.queue import inbox
from workers.tables import messages, tickets

CHANNEL = "api"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_sources = TypeAdapter(tuple[Source, ...])


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What a customer sends to open a ticket. `via` names the door: `api`, `form`, or what the caller calls it."""

    requester: Requester
    subject: str
    body: str
    priority: Priority = Priority.NORMAL
    via: str = CHANNEL


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was stored, and the inbox item to enqueue after the commit."""

    ticket_id: str
    message_id: str
    item_id: str


def open_ticket(tx: Transaction, new_ticket: NewTicket) -> Accepted:
    """Store a ticket with its first message, and the event of it."""
    ticket_id, requester = new_id(), _clean_requester(new_ticket.requester)
    values = {
        "account_id": tx.account,
        "id": ticket_id,
        "via": clean(new_ticket.via),
        "requester": record.seal_requester(tx, requester),
        "subject": tx.seal(clean(new_ticket.subject)),
        "status": TicketStatus.OPEN,
        "priority": new_ticket.priority,
    }
    tx.execute(insert(tickets).values(values))
    record.set_ticket_state(tx, CHANNEL, ticket_id, TicketState.RECEIVED, requester=requester)
    is_urgent = new_ticket.priority is Priority.URGENT
    return _store_message(tx, ticket_id, Role.CUSTOMER, new_ticket.body, public=True, urgent=is_urgent)


def add_message(tx: Transaction, ticket_id: str, role: Role, body: str, *, public: bool = True) -> Accepted:
    """Store a further message, and the event of it. A solved ticket opens again.

    Raises Refused: 404 when there is no such ticket, 409 when it is closed.
    """
    row = _lock_ticket(tx, ticket_id)
    if row is None:
        raise Refused("no such ticket", status=404)
    if row.status == TicketStatus.CLOSED:
        raise Refused("the ticket is closed; open a new one", status=409)
    if role is not Role.CUSTOMER:
        return _store_message(tx, ticket_id, role, body, public=public)
    tx.execute(update(tickets).where(tickets.c.id == ticket_id).values(status=TicketStatus.OPEN))
    record.set_ticket_state(tx, CHANNEL, ticket_id, TicketState.RECEIVED)
    previous_status = None if row.status == TicketStatus.OPEN else row.status
    return _store_message(tx, ticket_id, role, body, public=public, status_before=previous_status)


def read_ticket(tx: Transaction, ticket_id: str) -> Ticket | None:
    """The ticket with all its messages, or None."""
    if not _is_id(ticket_id):
        return None
    row = tx.execute(select(tickets).where(tickets.c.id == ticket_id)).one_or_none()
    if row is None:
        return None
    rows = tx.execute(select(messages).where(messages.c.ticket_id == ticket_id).order_by(messages.c.position)).all()
    return _ticket_from_row(tx, row, tuple(_message_from_row(tx, message_row) for message_row in rows))


def _ticket_from_row(tx: Transaction, row: Row[Any], ticket_messages: tuple[Message, ...]) -> Ticket:
    requester = record.open_requester(tx, row.requester)
    return from_row(
        Ticket,
        row,
        account=tx.account,
        channel=CHANNEL,
        subject=tx.open(row.subject),
        status=TicketStatus(row.status),
        requester=requester,
        organisation=Named(requester.organisation, requester.organisation) if requester.organisation else None,
        messages=ticket_messages,
        priority=Priority(row.priority),
        tags=tuple(row.tags),
        acts=(PersonAct(PersonActKind.TAKEN, place=len(ticket_messages)),) if row.assignee else (),
    )


def _snapshot(tx: Transaction, ticket_id: str) -> Ticket | None:
    """The ticket with the transaction that holds its lock, in which the last look reads our record."""
    ticket = read_ticket(tx, ticket_id)
    return replace(ticket, origin=tx) if ticket else None


def ticket_subjects(tx: Transaction, ticket_ids: Sequence[str]) -> dict[str, str]:
    """The subjects of those tickets that live here, by id; for lists."""
    is_wanted = tickets.c.id.in_([ticket_id for ticket_id in ticket_ids if _is_id(ticket_id)])
    rows = tx.execute(select(tickets.c.id, tickets.c.subject).where(is_wanted))
    return {row.id: tx.open(row.subject) for row in rows}


def ticket_sources(tx: Transaction, ticket_id: str) -> dict[str, tuple[Source, ...]]:
    """The numbered sources behind each of our messages, by message id."""
    conditions = (messages.c.ticket_id == ticket_id, messages.c.sources.is_not(None))
    rows = tx.execute(select(messages.c.id, messages.c.sources).where(*conditions))
    return {row.id: _sources.validate_json(tx.open(row.sources)) for row in rows}


class TicketChannel:
    """`desk.ports.Channel` for tickets that live here."""

    name = CHANNEL

    def __init__(self, db: Database) -> None:
        self._db = db

    def fetch(self, account: str, ticket_id: str, holding: str = "", since: datetime | None = None) -> Ticket:
        """The ticket as it stands now. Raises Permanent when it is gone."""
        with self._db.account(account) as tx:
            ticket = read_ticket(tx, ticket_id)
        if ticket is None:
            raise Permanent(f"ticket {ticket_id} is gone")
        return ticket

    def reply(self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery, still_wanted: StillWanted) -> str | None:
        """Post publicly, if the last look at the locked ticket allows it."""
        with self._db.account(ticket.account) as tx:
            row = _lock_ticket(tx, ticket.id)
            if row is None or row.status == TicketStatus.CLOSED:
                return None
            if message_id := _find_message(tx, delivery.id):
                return message_id
            current = _snapshot(tx, ticket.id)
            if current is None or not still_wanted(current):
                return None
            return _post_message(tx, ticket.id, outgoing, delivery, public=True)

    def restore_status(
        self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery, still_wanted: StillWanted
    ) -> str | None:
        """Set the locked ticket's status back, if the last look allows it; the ticket's own id."""
        with self._db.account(ticket.account) as tx:
            current = _snapshot(tx, ticket.id) if _lock_ticket(tx, ticket.id) is not None else None
            if current is None or outgoing.status is None or not still_wanted(current):
                return None
            values = {"status": TicketStatus(outgoing.status)}
            tx.execute(update(tickets).where(tickets.c.id == ticket.id).values(values))
            return ticket.id

    def note(self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery) -> str:
        """Post internally. Raises Permanent when the ticket is gone."""
        with self._db.account(ticket.account) as tx:
            if _lock_ticket(tx, ticket.id) is None:
                raise Permanent(f"ticket {ticket.id} is gone")
            return _find_message(tx, delivery.id) or _post_message(tx, ticket.id, outgoing, delivery, public=False)

    def find_delivery(self, ticket: Ticket, delivery: Delivery) -> str | None:
        """The message that carries the delivery id."""
        with self._db.account(ticket.account) as tx:
            return _find_message(tx, delivery.id)


def _store_message(
    tx: Transaction, ticket_id: str, role: Role, body: str, *, public: bool, urgent: bool = False, **extra: Any
) -> Accepted:
    message_id = _insert_message(tx, ticket_id, role, clean(body), public=public, **extra)
    kind = EventKind.CUSTOMER_MESSAGE if role is Role.CUSTOMER else EventKind.AGENT_MESSAGE
    event = Event(kind, message_id, ticket_id, message_id, text=body, urgent=urgent)
    item_id = inbox.add_event(tx, CHANNEL, event, payload="{}")
    assert item_id is not None, "the message id is new, so the event is"  # noqa: S101  # an invariant, not a check
    return Accepted(ticket_id, message_id, item_id)


def _clean_requester(requester: Requester) -> Requester:
    values = (requester.name, requester.email, requester.organisation)
    name, email, organisation = (clean(value) if value else None for value in values)
    return Requester(clean(requester.id), name, email, organisation, tuple(map(clean, requester.tags)))


def _lock_ticket(tx: Transaction, ticket_id: str) -> Row[Any] | None:
    if not _is_id(ticket_id):
        return None
    return tx.execute(select(tickets).where(tickets.c.id == ticket_id).with_for_update()).one_or_none()


def _is_id(value: str) -> bool:
    return UUID.fullmatch(value) is not None


def _find_message(tx: Transaction, delivery_id: str) -> str | None:
    return tx.execute(select(messages.c.id).where(messages.c.delivery_id == delivery_id)).scalar_one_or_none()


def _post_message(tx: Transaction, ticket_id: str, outgoing: Outgoing, delivery: Delivery, *, public: bool) -> str:
    sealed_sources = tx.seal(_sources.dump_json(outgoing.sources).decode()) if outgoing.sources else None
    author = outgoing.author
    extra = {"sources": sealed_sources, "delivery_id": delivery.id, "author": tx.seal(author.name) if author else None}
    role = Role.AGENT if author else Role.ASSISTANT
    return _insert_message(tx, ticket_id, role, outgoing.text, public=public, **extra)


def _insert_message(tx: Transaction, ticket_id: str, role: Role, body: str, *, public: bool, **extra: Any) -> str:
    """The next message of a ticket; the caller holds the ticket's lock, or has just made it."""
    last_position = select(func.coalesce(func.max(messages.c.position), 0)).where(messages.c.ticket_id == ticket_id)
    values = {
        "account_id": tx.account,
        "id": new_id(),
        "ticket_id": ticket_id,
        "position": last_position.scalar_subquery() + 1,
        "role": role,
        "public": public,
        "body": tx.seal(body),
        **extra,
    }
    return str(tx.execute(insert(messages).values(values).returning(messages.c.id)).scalar_one())


def _message_from_row(tx: Transaction, row: Row[Any]) -> Message:
    return Message(
        id=row.id,
        role=Role(row.role),
        public=row.public,
        body=tx.open(row.body),
        at=row.at,
        delivery_id=row.delivery_id,
        status_before=row.status_before,
        author=tx.open(row.author) if row.author else None,
    )
