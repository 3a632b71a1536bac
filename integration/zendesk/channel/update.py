"""One safe update of a ticket: the comment, its tags, and all that is to be set with it.

An update replaces the list of tags, so it carries those just fetched and ours. What a person has set is left alone, a
priority is never lowered, and a ticket on somebody's desk keeps its group. Zendesk refuses an update as a whole: if it
does, all that is not the message itself is left out, and the message goes out alone.
"""

from collections.abc import Iterator
from typing import Any

import structlog

from desk.delivery import Delivery, DeliveryKind
from desk.ports import Outgoing
from desk.ticket import Priority
from integration.zendesk.api.client import Unacceptable
from integration.zendesk.api.connection import ZendeskLine
from integration.zendesk.api.models import Updated
from integration.zendesk.channel.fetch import Origin
from integration.zendesk.channel.history import MARK
from integration.zendesk.channel.name_lookup import ZendeskNames

log = structlog.get_logger(__name__)

ESCALATED_TAG = "firstline_escalated"
TAGS = {
    DeliveryKind.REPLY: "firstline_replied",
    DeliveryKind.NOTE: "firstline_draft",
    DeliveryKind.HANDOVER: ESCALATED_TAG,
}
PRIORITIES = tuple(Priority)
Fields = dict[str, Any]


def message_of(comment: Fields, origin: Origin, outgoing: Outgoing, delivery: Delivery) -> Fields:
    """The message itself, with its tags beside those that are there."""
    more = outgoing.labels.tags
    ours = {TAGS[delivery.kind], *more} | ({ESCALATED_TAG} if outgoing.escalated else set())
    missing = sorted(ours - set(origin.ticket.tags))
    return {"comment": comment} | ({"tags": [*origin.ticket.tags, *missing]} if missing else {})


def extras_of(line: ZendeskLine, names: ZendeskNames, origin: Origin, outgoing: Outgoing, delivery: Delivery) -> Fields:
    """What is to be set with the message. The connection's own wishes for an escalation are set once: whoever changes
    them later is not overruled."""
    labels, config = outgoing.labels, line.config
    first = outgoing.escalated and ESCALATED_TAG not in origin.ticket.tags
    extras = dict(_custom_fields(line, names, origin, labels.fields))
    wanted = (
        ("priority", _raised(origin, labels.priority or (config.escalation_priority if first else None) or None)),
        ("group_id", _group(line, names, origin, labels.group or (config.escalation_group_id if first else None))),
        ("type", labels.type if labels.type != origin.ticket.type else None),
        ("status", config.status_after_reply if delivery.kind is DeliveryKind.REPLY else outgoing.status),
    )
    return extras | {name: value for name, value in wanted if value and name not in origin.set_by_people - {"status"}}


def send_update(line: ZendeskLine, origin: Origin, core: Fields, extras: Fields, delivery: Delivery) -> Updated:
    """Change the ticket if it stands as it was read. Raises Conflict when it does not, Unacceptable when Zendesk takes
    not even the message.

    A refusal changes nothing, and the second try carries the same stamp: had the first been applied after all, the
    stamp would be outdated.
    """
    origin.spent = True
    guards = {
        "safe_update": True,
        "updated_stamp": origin.ticket.updated_at,
        "metadata": {"custom": {MARK: delivery.id}},
    }
    try:
        return line.client.update(origin.ticket.id, {**core, **extras, **guards})
    except Unacceptable as error:
        if not extras or not core:
            raise
        updated = line.client.update(origin.ticket.id, {**core, **guards})
        log.warning("left out of an update", ticket=origin.ticket.id, fields=sorted(extras), why=str(error))
        return updated


def _raised(origin: Origin, wanted: str | None) -> str | None:
    """A priority that is higher than the ticket's, or None."""
    now = origin.ticket.priority
    if wanted is None or (now in PRIORITIES and PRIORITIES.index(now) >= PRIORITIES.index(wanted)):
        return None
    return str(wanted)


def _group(line: ZendeskLine, names: ZendeskNames, origin: Origin, wanted: str | None) -> int | None:
    """The group to give the ticket to; None where it is there, is on somebody's desk, or there is no such group."""
    if not wanted or origin.ticket.assignee_id not in (None, line.config.service_user_id or None):
        return None
    known = wanted if wanted.isdecimal() else names.group(line, wanted)
    if known is None:
        log.warning("no such group", account=line.account, group=wanted)
    return int(known) if known and known != origin.ticket.group_id else None


def _custom_fields(
    line: ZendeskLine, names: ZendeskNames, origin: Origin, wanted: tuple[tuple[str, str], ...]
) -> Iterator[tuple[str, Any]]:
    rows = list(_changed_fields(line, names, origin, wanted))
    if rows:
        yield "custom_fields", rows


def _changed_fields(
    line: ZendeskLine, names: ZendeskNames, origin: Origin, wanted: tuple[tuple[str, str], ...]
) -> Iterator[Fields]:
    now = {each.id: each.value for each in origin.ticket.custom_fields or ()}
    for name, words in wanted:
        field = names.field(line, name)
        if field is None:
            log.warning("no such field", account=line.account, field=name)
        elif field.id not in origin.set_by_people and now.get(field.id) != field.stored(words):
            yield {"id": int(field.id), "value": field.stored(words)}


def id_of(updated: Updated, core: Fields) -> str | None:
    """What the change became: the comment, or the audit of a change without one; None where Zendesk does not tell."""
    audit = updated.audit
    if audit and audit.comment:
        return audit.comment.id
    return audit.id if audit and "comment" not in core else None
