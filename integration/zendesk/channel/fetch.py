"""A Zendesk ticket as a channel-free snapshot, read from its audits: two calls, and one more for each 100 changes.

The audits hold each comment with its author and what was put into `metadata.custom`: the mark by which our own
comments are known, whoever the token belongs to.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from desk.text.tokenizer import clean
from desk.ticket import Named, Priority, Requester, Ticket, TicketStatus
from integration.zendesk.api import models
from integration.zendesk.api.connection import ZendeskLine
from integration.zendesk.channel.history import read_history
from integration.zendesk.channel.via import way_of

CHANNEL = "zendesk"
OFF_TAG = "firstline_off"
STATUSES = {
    "pending": TicketStatus.PENDING,
    "hold": TicketStatus.PENDING,
    "solved": TicketStatus.SOLVED,
    "closed": TicketStatus.CLOSED,
}
"""Zendesk's own statuses, which are the categories of custom ones too; all others are open."""


@dataclass(slots=True)
class Origin:
    """What a snapshot was made of, for a safe update upon it. Good for one: after that it says nothing any more of how
    the ticket stands."""

    ticket: models.ZendeskTicket
    change_ids: Mapping[str, str]
    """By a delivery's id, what it left on the ticket: a comment, or a change without one."""
    set_by_people: frozenset[str]
    last_audit: str
    spent: bool = False


@dataclass(frozen=True, slots=True)
class LookedUpNames:
    """What the policy wants to know by name, looked up: custom fields with what people see in them, the brand, what the
    policy says that the ticket's custom status means, and the user segments of its requester."""

    fields: tuple[tuple[str, str], ...] = ()
    brand: str = ""
    status: TicketStatus | None = None
    segments: tuple[Named, ...] = ()


NOTHING = LookedUpNames()
LookUpNames = Callable[[ZendeskLine, models.ZendeskTicket], LookedUpNames]


def fetch_ticket(line: ZendeskLine, ticket_id: str, look_up: LookUpNames = lambda line, ticket: NOTHING) -> Ticket:
    """Read a ticket. The ticket first, then its history: what comes in between is then seen, or breaks the stamp."""
    answer = line.client.ticket(ticket_id)
    return compose_ticket(line, answer, line.client.audits(ticket_id), look_up(line, answer.ticket))


def compose_ticket(
    line: ZendeskLine,
    answer: models.TicketAnswer,
    pages: Iterable[models.AuditPage],
    looked_up_names: LookedUpNames = NOTHING,
) -> Ticket:
    """The snapshot of a ticket and its history."""
    ticket, people = answer.ticket, {user.id: user for user in answer.users}
    audits: list[models.Audit] = []
    for page in pages:
        people |= {user.id: user for user in page.users}
        audits += page.audits
    history = read_history(audits, ticket, people, line.config.service_user_id)
    last_audit_id = audits[-1].id if audits else ""
    return replace(
        _ticket_itself(line, answer, people.get(ticket.requester_id), looked_up_names),
        messages=tuple(history.messages),
        acts=tuple(history.acts),
        origin=Origin(ticket, history.change_ids, frozenset(history.set_by_people), last_audit_id),
    )


def _ticket_itself(
    line: ZendeskLine, answer: models.TicketAnswer, requester: models.ZendeskUser | None, names: LookedUpNames
) -> Ticket:
    """What stands on the ticket, without its history."""
    ticket, organisation = answer.ticket, _find_named(answer.ticket.organization_id, answer.organizations)
    return Ticket(
        id=ticket.id,
        account=line.account,
        channel=CHANNEL,
        subject=clean(ticket.subject or ""),
        status=names.status or STATUSES.get(ticket.status.lower(), TicketStatus.OPEN),
        requester=_build_requester(ticket.requester_id, requester, organisation, names),
        messages=(),
        priority=_parse_priority(ticket.priority),
        tags=_ticket_tags(ticket, requester),
        assignee=None if ticket.assignee_id == line.config.service_user_id else ticket.assignee_id,
        url=f"{line.config.base_url}/agent/tickets/{ticket.id}",
        via=way_of(ticket.via),
        brand=Named(ticket.brand_id, names.brand) if ticket.brand_id else None,
        group=_find_named(ticket.group_id, answer.groups),
        form=_find_named(ticket.ticket_form_id, answer.ticket_forms),
        organisation=organisation,
        copied=bool(ticket.email_cc_ids or ticket.collaborator_ids),
        fields=names.fields,
    )


def _find_named(record_id: str | None, rows: Iterable[models.Organization]) -> Named | None:
    if record_id is None:
        return None
    return Named(record_id, next((clean(row.name or "") for row in rows if row.id == record_id), ""))


def _build_requester(
    requester_id: str, user: models.ZendeskUser | None, organisation: Named | None, names: LookedUpNames
) -> Requester:
    name, email = (clean(value) if value else None for value in ((user.name, user.email) if user else (None, None)))
    tags = tuple(clean(tag) for tag in user.tags or ()) if user else ()
    return Requester(
        requester_id, name, email, organisation.name or None if organisation else None, tags, names.segments
    )


def _parse_priority(name: str | None) -> Priority:
    try:
        return Priority((name or Priority.NORMAL).lower())
    except ValueError:
        return Priority.NORMAL


def _ticket_tags(ticket: models.ZendeskTicket, requester: models.ZendeskUser | None) -> tuple[str, ...]:
    """A suspended requester gets no mail from Zendesk and no answer from us: the ticket stays with people."""
    off_tag = (OFF_TAG,) if requester and requester.suspended else ()
    return tuple(dict.fromkeys((*ticket.tags, *off_tag)))
