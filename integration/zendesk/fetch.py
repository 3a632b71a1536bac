"""A Zendesk ticket as a channel-free snapshot, read from its audits: two calls, and one more for each 100 changes.

The audits hold each comment with its author and what was put into `metadata.custom`: the mark by which our own
comments are known, whoever the token belongs to.
"""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from desk.text import clean
from desk.ticket import Message, Priority, Requester, Role, Ticket, TicketStatus
from integration.zendesk import shapes
from integration.zendesk.connection import Line

CHANNEL = "zendesk"
MARK = "firstline_delivery"
"""The key in an audit's `metadata.custom` under which a delivery's id stands."""
OFF_TAG = "firstline_off"
MACHINE_FLAG = 4
"""Zendesk's own flag on a comment made by a machine, such as an out-of-office mail
(https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/#comment-flags)."""
SYSTEM = "-1"
MACHINES = {"trigger", "automation", "merge", "macro_automation"}
STAFF = {"agent", "admin"}
STATUSES = {"solved": TicketStatus.SOLVED, "closed": TicketStatus.CLOSED}

_TAG = re.compile(r"<[^<>]{0,2000}>")
_BREAK = re.compile(r"<br\b[^<>]{0,100}>|</(?:p|div|li|tr|h[1-6])>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket as it stands, and the stamp that a safe update must carry."""

    ticket: Ticket
    stamp: str
    group_id: str | None
    priority: str | None


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
    messages = tuple(message for audit in audits if (message := _message(audit, ticket, people)))
    requester = people.get(ticket.requester_id)
    snapshot = Ticket(
        id=ticket.id,
        account=line.account,
        channel=CHANNEL,
        subject=clean(ticket.subject or ""),
        status=STATUSES.get(ticket.status.lower(), TicketStatus.OPEN),
        requester=_requester(ticket.requester_id, requester, organisations.get(ticket.organization_id or "")),
        messages=messages,
        priority=_priority(ticket.priority),
        tags=_tags(ticket, requester),
        assignee=None if ticket.assignee_id == line.config.service_user_id else ticket.assignee_id,
        url=f"{line.config.base_url}/agent/tickets/{ticket.id}",
    )
    return Seen(snapshot, ticket.updated_at, ticket.group_id, ticket.priority)


def plain(markup: str) -> str:
    """The text of a comment that has only HTML."""
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", markup))).strip()


def _message(audit: shapes.Audit, ticket: shapes.Ticket, people: Mapping[str, shapes.User]) -> Message | None:
    comment = audit.comment
    if comment is None:
        return None
    author = comment.author_id or audit.author_id or SYSTEM
    delivery = _delivery(audit)
    return Message(
        id=comment.id,
        role=Role.ASSISTANT if delivery else _role(author, ticket, people),
        public=comment.public is not False,
        body=_body(comment),
        at=audit.created_at,
        delivery_id=delivery,
        attachments=len(comment.attachments or ()),
        automatic=delivery is None and _is_machine(audit, author),
    )


def _delivery(audit: shapes.Audit) -> str | None:
    """Sent as `metadata.custom.<mark>`. Zendesk's guide shows what is sent in `metadata` kept whole under `custom`, so
    the mark stands there or one level deeper."""
    custom = (audit.metadata.custom or {}) if audit.metadata else {}
    inner = custom.get("custom")
    mark = custom.get(MARK) or (inner.get(MARK) if isinstance(inner, dict) else None)
    return mark if isinstance(mark, str) and mark else None


def _role(author: str, ticket: shapes.Ticket, people: Mapping[str, shapes.User]) -> Role:
    """Somebody we cannot look up counts as staff unless the ticket is theirs: then we step back, not over them."""
    user = people.get(author)
    if user is None or user.role is None:
        return Role.CUSTOMER if author == ticket.requester_id else Role.AGENT
    return Role.AGENT if user.role in STAFF else Role.CUSTOMER


def _is_machine(audit: shapes.Audit, author: str) -> bool:
    flags = (audit.metadata.flags or ()) if audit.metadata else ()
    rel = audit.via.source.rel if audit.via and audit.via.source else None
    return author == SYSTEM or rel in MACHINES or MACHINE_FLAG in flags


def _body(comment: shapes.Happening) -> str:
    text = comment.plain_body or comment.body or plain(comment.html_body or "")
    return clean(text.replace("&nbsp;", " ")).strip()


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
