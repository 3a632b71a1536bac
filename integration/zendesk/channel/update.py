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
    """The message itself, with its tags beside those that are there. Who gets an answer waits for a person no more."""
    label_tags = outgoing.labels.tags
    kind_tags = set() if outgoing.author else {TAGS[delivery.kind]}  # a person's reply is none of ours
    our_tags = {*kind_tags, *label_tags} | ({ESCALATED_TAG} if outgoing.escalated else set())
    is_answer = delivery.kind is DeliveryKind.REPLY and not outgoing.escalated
    kept_tags = [tag for tag in origin.ticket.tags if tag != ESCALATED_TAG or not is_answer]
    tags = [*kept_tags, *sorted(our_tags - set(kept_tags))]
    return {"comment": comment} | ({"tags": tags} if tags != list(origin.ticket.tags) else {})


def extras_of(line: ZendeskLine, names: ZendeskNames, origin: Origin, outgoing: Outgoing, delivery: Delivery) -> Fields:
    """What is to be set with the message. The connection's own wishes for an escalation are set once: whoever changes
    them later is not overruled."""
    labels, config = outgoing.labels, line.config
    first_escalation = outgoing.escalated and ESCALATED_TAG not in origin.ticket.tags
    priority = labels.priority or (config.escalation_priority if first_escalation else None) or None
    group = labels.group or (config.escalation_group_id if first_escalation else None)
    candidates = {
        "priority": _raised_priority(origin, priority),
        "group_id": _target_group(line, names, origin, group),
        "type": labels.type if labels.type != origin.ticket.type else None,
        "status": config.status_after_reply if delivery.kind is DeliveryKind.REPLY else outgoing.status,
    }
    set_by_people = origin.set_by_people - {"status"}
    extras = {name: value for name, value in candidates.items() if value and name not in set_by_people}
    return dict(_custom_field_values(line, names, origin, labels.fields)) | extras


def send_update(line: ZendeskLine, origin: Origin, core: Fields, extras: Fields, delivery: Delivery) -> Updated:
    """Change the ticket if it stands as it was read. Raises Conflict when it does not, Unacceptable when Zendesk takes
    not even the message.

    A refusal changes nothing, and the second try carries the same stamp: had the first been applied after all, the
    stamp would be outdated.
    """
    origin.spent = True
    stamp = {"safe_update": True, "updated_stamp": origin.ticket.updated_at}
    guards = stamp | {"metadata": {"custom": {MARK: delivery.id}}}
    try:
        return line.client.update(origin.ticket.id, {**core, **extras, **guards})
    except Unacceptable as error:
        if not extras or not core:
            raise
        response = line.client.update(origin.ticket.id, {**core, **guards})
        log.warning("left out of an update", ticket=origin.ticket.id, fields=sorted(extras), why=str(error))
        return response


def _raised_priority(origin: Origin, priority: str | None) -> str | None:
    """A priority that is higher than the ticket's, or None."""
    current = origin.ticket.priority
    if priority is None or (current in PRIORITIES and PRIORITIES.index(current) >= PRIORITIES.index(priority)):
        return None
    return str(priority)


def _target_group(line: ZendeskLine, names: ZendeskNames, origin: Origin, group: str | None) -> int | None:
    """The group to give the ticket to; None where it is there, is on somebody's desk, or there is no such group."""
    if not group or origin.ticket.assignee_id not in (None, line.config.service_user_id or None):
        return None
    group_id = group if group.isdecimal() else names.group(line, group)
    if group_id is None:
        log.warning("no such group", account=line.account, group=group)
    return int(group_id) if group_id and group_id != origin.ticket.group_id else None


def _custom_field_values(
    line: ZendeskLine, names: ZendeskNames, origin: Origin, wanted_fields: tuple[tuple[str, str], ...]
) -> Iterator[tuple[str, Any]]:
    changed_fields = list(_changed_fields(line, names, origin, wanted_fields))
    if changed_fields:
        yield "custom_fields", changed_fields


def _changed_fields(
    line: ZendeskLine, names: ZendeskNames, origin: Origin, wanted: tuple[tuple[str, str], ...]
) -> Iterator[Fields]:
    current_values = {custom_field.id: custom_field.value for custom_field in origin.ticket.custom_fields or ()}
    for name, label in wanted:
        field = names.field(line, name)
        if field is None:
            log.warning("no such field", account=line.account, field=name)
        elif field.id not in origin.set_by_people and current_values.get(field.id) != field.stored(label):
            yield {"id": int(field.id), "value": field.stored(label)}


def id_of(response: Updated, core: Fields) -> str | None:
    """What the change became: the comment, or the audit of a change without one; None where Zendesk does not tell."""
    audit = response.audit
    if audit and audit.comment:
        return audit.comment.id
    return audit.id if audit and "comment" not in core else None
