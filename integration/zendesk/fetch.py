"""A Zendesk ticket as a channel-free snapshot, read from its audits: two calls, and one more for each 100 changes.

The audits hold each comment with its author and what was put into `metadata.custom`: the mark by which our own
comments are known, whoever the token belongs to.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from desk.text import clean
from desk.ticket import Priority, Requester, Ticket, TicketStatus
from integration.zendesk import shapes
from integration.zendesk.connection import Line
from integration.zendesk.history import read_history

CHANNEL = "zendesk"
OFF_TAG = "firstline_off"
STATUSES = {"solved": TicketStatus.SOLVED, "closed": TicketStatus.CLOSED}


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket as it stands, and the stamp that a safe update must carry."""

    ticket: Ticket
    stamp: str
    group_id: str | None
    priority: str | None
    marks: Mapping[str, str]
    """By a delivery's id, what it left on the ticket: a comment, or a change without one."""


def fetch(line: Line, ticket_id: str) -> Seen:
    """Read a ticket. The ticket first, then its history: what comes in between is then seen, or breaks the stamp."""
    answer = line.client.ticket(ticket_id)
    return compose(line, answer, line.client.audits(ticket_id))


def compose(line: Line, answer: shapes.TicketAnswer, pages: Iterable[shapes.AuditPage]) -> Seen:
    """The snapshot of a ticket and its history."""
    ticket, people = answer.ticket, {user.id: user for user in answer.users}
    organisations = {each.id: each.name for each in answer.organizations}
    audits: list[shapes.Audit] = []
    for page in pages:
        people |= {user.id: user for user in page.users}
        audits += page.audits
    history = read_history(audits, ticket, people, line.config.service_user_id)
    requester = people.get(ticket.requester_id)
    snapshot = Ticket(
        id=ticket.id,
        account=line.account,
        channel=CHANNEL,
        subject=clean(ticket.subject or ""),
        status=STATUSES.get(ticket.status.lower(), TicketStatus.OPEN),
        requester=_requester(ticket.requester_id, requester, organisations.get(ticket.organization_id or "")),
        messages=tuple(history.messages),
        priority=_priority(ticket.priority),
        tags=_tags(ticket, requester),
        assignee=None if ticket.assignee_id == line.config.service_user_id else ticket.assignee_id,
        url=f"{line.config.base_url}/agent/tickets/{ticket.id}",
        acts=tuple(history.acts),
    )
    return Seen(snapshot, ticket.updated_at, ticket.group_id, ticket.priority, history.marks)


def _requester(requester_id: str, user: shapes.User | None, organisation: str | None) -> Requester:
    known = (user.name, user.email) if user else (None, None)
    name, email, of = (clean(word) if word else None for word in (*known, organisation))
    return Requester(requester_id, name, email, of)


def _priority(name: str | None) -> Priority:
    try:
        return Priority((name or Priority.NORMAL).lower())
    except ValueError:
        return Priority.NORMAL


def _tags(ticket: shapes.Ticket, requester: shapes.User | None) -> tuple[str, ...]:
    """A suspended requester gets no mail from Zendesk and no answer from us: the ticket stays with people."""
    off = (OFF_TAG,) if requester and requester.suspended else ()
    return tuple(dict.fromkeys((*ticket.tags, *off)))
