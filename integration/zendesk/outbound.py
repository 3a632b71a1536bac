"""The outbound half of Zendesk: fetch, reply, note, find what was sent, and label.

Every comment of ours carries its delivery's id in the audit's `metadata.custom`. A comment is posted by a safe update
right after a look at the whole ticket, so nothing that happened in between is talked over, and a request that Zendesk
still works on cannot become a second comment: whichever of two comes late finds its stamp outdated (409). Stamps have
whole seconds; what happens within the second of the last change is seen by the look, up to the moment of the post.
"""

from typing import Any

from desk.db import Database
from desk.delivery import Delivery, DeliveryKind
from desk.errors import Blocked, Permanent, Temporary
from desk.ports import Outgoing, StillWanted
from desk.ticket import Ticket, TicketStatus
from integration.zendesk.client import Conflict, Unacceptable
from integration.zendesk.connection import Line, Lines
from integration.zendesk.fetch import CHANNEL, Seen, fetch
from integration.zendesk.history import MARK
from integration.zendesk.html import note_html, reply_html

LOOKS = 3
"""How often a comment is tried in one go when the ticket changes under our hands."""

ESCALATED_TAG = "firstline_escalated"
TAGS = {
    DeliveryKind.REPLY: "firstline_replied",
    DeliveryKind.NOTE: "firstline_draft",
    DeliveryKind.HANDOVER: ESCALATED_TAG,
}
PRIORITIES = ("low", "normal", "high", "urgent")


class ZendeskChannel:
    """`desk.ports.Channel` for tickets that live in Zendesk."""

    name = CHANNEL

    def __init__(self, db: Database) -> None:
        self._lines = Lines(db)

    def fetch(self, account: str, ticket_id: str) -> Ticket:
        """The ticket as it stands now. Raises Permanent when it is gone."""
        return fetch(self._lines.open(account), ticket_id).ticket

    def reply(self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery, still_wanted: StillWanted) -> str | None:
        """Post publicly; None when the ticket is closed or the last look says no."""
        line = self._lines.open(ticket.account)
        fields: dict[str, Any] = {"comment": {"html_body": reply_html(outgoing), "public": True}}
        if delivery.kind is DeliveryKind.REPLY and line.config.status_after_reply:
            fields["status"] = line.config.status_after_reply
        return _post(line, ticket.id, fields, delivery, still_wanted)

    def note(self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery) -> str:
        """Post internally. Raises Permanent when the ticket is gone or closed."""
        line = self._lines.open(ticket.account)
        fields = {"comment": {"html_body": note_html(outgoing), "public": False}}
        posted = _post(line, ticket.id, fields, delivery, _always)
        if posted is None:
            raise Permanent("the ticket is closed in Zendesk and takes no note")
        return posted

    def restore_status(
        self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery, still_wanted: StillWanted
    ) -> str | None:
        """Set the status back, without a word to anybody; the id of the change, or of the ticket when it stands so."""
        line = self._lines.open(ticket.account)
        return _post(line, ticket.id, {"status": outgoing.status}, delivery, still_wanted)

    def find_delivery(self, ticket: Ticket, delivery: Delivery) -> str | None:
        """The comment, or the change without one, whose audit carries the delivery's id."""
        return _ours(ticket, delivery) or fetch(self._lines.open(ticket.account), ticket.id).marks.get(delivery.id)

    def label(self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery) -> None:
        """Add our tags; on escalation set group and priority first, once: who changes them later is not overruled.

        Raises Permanent when Zendesk takes no such group or priority; the tags are on the ticket all the same.
        """
        tags = {TAGS[delivery.kind]} | ({ESCALATED_TAG} if outgoing.escalated else set())
        try:
            _label(self._lines.open(ticket.account), ticket.id, tags)
        except Blocked as error:
            # The comment is out, so this attempt was one: the next must look for it.
            raise Temporary(str(error), error.retry_after) from error


def _post(
    line: Line, ticket_id: str, fields: dict[str, Any], delivery: Delivery, still_wanted: StillWanted
) -> str | None:
    """Look, then change by safe update; look again when Zendesk says that the ticket changed in between.

    None when the last look says no, or the ticket is closed.
    """
    for _ in range(LOOKS):
        seen = fetch(line, ticket_id)
        if done := seen.marks.get(delivery.id):
            return done
        if seen.ticket.status is TicketStatus.CLOSED or not still_wanted(seen.ticket):
            return None
        try:
            return _update(line, seen, fields, delivery)
        except Conflict:
            continue
        except Unacceptable:
            if fetch(line, ticket_id).ticket.status is TicketStatus.CLOSED:
                return None
            raise
    raise Temporary("the ticket keeps changing, or is locked", retry_after=2.0)


def _always(ticket: Ticket) -> bool:
    """A note is for people, who have the ticket anyway."""
    return True


def _update(line: Line, seen: Seen, fields: dict[str, Any], delivery: Delivery) -> str:
    guards = {"safe_update": True, "updated_stamp": seen.stamp, "metadata": {"custom": {MARK: delivery.id}}}
    updated = line.client.update(seen.ticket.id, {**fields, **guards})
    if updated.audit and (updated.audit.comment or "comment" not in fields):
        return updated.audit.comment.id if updated.audit.comment else updated.audit.id
    found = fetch(line, seen.ticket.id).marks.get(delivery.id)
    if found is None:
        raise Temporary("Zendesk took the change and does not show it yet")
    return found


def _ours(ticket: Ticket, delivery: Delivery) -> str | None:
    return next((message.id for message in ticket.messages if message.delivery_id == delivery.id), None)


def _label(line: Line, ticket_id: str, tags: set[str]) -> None:
    refused: Unacceptable | None = None
    try:
        if ESCALATED_TAG in tags:
            _escalate(line, ticket_id)
    except Unacceptable as error:
        refused = error
    try:
        line.client.add_tags(ticket_id, sorted(tags))
        if refused:
            raise refused
    except Unacceptable:
        if line.client.ticket(ticket_id).ticket.status != TicketStatus.CLOSED:
            raise
        # a closed ticket takes no labels, and needs none


def _escalate(line: Line, ticket_id: str) -> None:
    """Group and priority by the connection's settings. A priority is raised, never lowered."""
    now = line.client.ticket(ticket_id).ticket
    if ESCALATED_TAG in now.tags:
        return
    fields: dict[str, Any] = {}
    wanted = line.config.escalation_priority
    if wanted and (now.priority not in PRIORITIES or PRIORITIES.index(now.priority) < PRIORITIES.index(wanted)):
        fields["priority"] = wanted
    group = line.config.escalation_group_id
    if group and now.group_id != group and now.assignee_id is None:
        fields["group_id"] = int(group)
    if fields:
        line.client.update(ticket_id, fields)
