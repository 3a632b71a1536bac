"""A ticket's history read as people read it: who wrote what, and who took, gave back or solved the ticket by hand.

An audit is one change of a ticket: at most one comment, and the fields that changed with it. What a trigger changes in
the same breath stands in the same audit and says so in its own `via`
(https://developer.zendesk.com/documentation/ticketing/reference-guides/via-object-reference/).
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from desk.text.tokenizer import clean
from desk.ticket import Author, Message, PersonAct, PersonActKind, Role
from integration.zendesk.api import models

MARK = "firstline_delivery"
"""The key in an audit's `metadata.custom` under which a delivery's id stands."""
MACHINE_FLAG = 4
"""Zendesk's own flag on a comment made by a machine, such as an out-of-office mail
(https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/#comment-flags)."""
SYSTEM = "-1"
MACHINES = {"trigger", "automation", "merge", "macro_automation"}
STAFF = {"agent", "admin"}
LIGHT_ROLE_TYPES = frozenset({1, 3})
"""Light agents and contributors: they may not write to customers.
https://developer.zendesk.com/api-reference/ticketing/users/users/#json-format-for-agent-or-admin-requests"""
API = {"api", "web_service", "5"}
NO_HANDS = {
    *("rule", "8", "linked_problem", "9", "group_deletion", "10", "user_deletion", "12", "group_change", "13"),
    *("resource_push", "14", "merge", "19", "automatic_solution_suggestions", "22", "user_merge", "25", "import", "39"),
    *(
        "system",
        "omnichannel_routing",
        "skills_based_routing",
        "admin_setting",
        "answer_bot",
        "satisfaction_prediction",
    ),
}
"""Ways of a change that is nobody's own act, by name and by number
(https://developer.zendesk.com/documentation/ticketing/reference-guides/via-types/)."""

_TAG = re.compile(r"<[^<>]{0,2000}>")
_BREAK = re.compile(r"<br\b[^<>]{0,100}>|</(?:p|div|li|tr|h[1-6])>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TicketPeople:
    """Who is who in a ticket. `requesters` are all that it ever had; `service_user` is nobody's name."""

    requesters: frozenset[str]
    people: Mapping[str, models.ZendeskUser]
    service_user: str = ""

    def is_staff(self, user_id: str) -> bool:
        """Somebody we cannot look up counts as staff unless the ticket was theirs: then we step back, not over them."""
        user = self.people.get(user_id)
        if user is None or user.role is None:
            return user_id not in self.requesters
        return user.role in STAFF

    def writer(self, user_id: str) -> Author | None:
        """Somebody of staff who may write to customers."""
        user = self.people.get(user_id)
        if user is None or user.role not in STAFF or user.suspended or user.only_private_comments:
            return None
        is_light = user.role_type in LIGHT_ROLE_TYPES
        return None if is_light else Author(user.name or user.email or user.id, user.email, user.id)


@dataclass(slots=True)
class TicketHistory:
    """What the audits tell. `change_ids` gives, by a delivery's id, the comment or the audit that it became;
    `set_by_people` holds the names of the fields that somebody of staff set by hand."""

    messages: list[Message] = field(default_factory=list)
    acts: list[PersonAct] = field(default_factory=list)
    change_ids: dict[str, str] = field(default_factory=dict)
    set_by_people: set[str] = field(default_factory=set)


def read_history(
    audits: Sequence[models.Audit],
    ticket: models.ZendeskTicket,
    people: Mapping[str, models.ZendeskUser],
    service_user: str = "",
) -> TicketHistory:
    """Messages and acts, in order of time. In an audit the comment comes before what changed with it."""
    ticket_people = TicketPeople(frozenset({ticket.requester_id, *_requester_ids(audits)}), people, service_user)
    history = TicketHistory()
    for index, audit in enumerate(audits):
        if mark := mark_of(audit):
            history.change_ids[mark] = audit.comment.id if audit.comment else audit.id
        if message := _build_message(audit, ticket_people):
            history.messages.append(message)
        history.acts += _person_acts(audit, ticket_people, len(history.messages), on_arrival=index == 0)
        history.set_by_people.update(_fields_set_by_people(audit, ticket_people))
    hidden = {event.comment_id for audit in audits for event in audit.events if event.hides}
    history.messages = [replace(m, public=False) if m.id in hidden else m for m in history.messages]
    return history


def mark_of(audit: models.Audit) -> str | None:
    """The id of the delivery that made this change. Sent as `metadata.custom.<mark>`. Zendesk's guide shows what is
    sent in `metadata` kept whole under `custom`, so the mark stands there or one level deeper."""
    custom = (audit.metadata.custom or {}) if audit.metadata else {}
    nested = custom.get("custom")
    mark = custom.get(MARK) or (nested.get(MARK) if isinstance(nested, dict) else None)
    return mark if isinstance(mark, str) and mark else None


def comment_text(markup: str) -> str:
    """The text of a comment that has only HTML."""
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", markup))).strip()


# --- Messages --------------------------------------------------------------------------------------------------------


def _requester_ids(audits: Sequence[models.Audit]) -> Iterator[str]:
    """Everybody whose ticket it ever was."""
    for audit in audits:
        for event in audit.changes("requester_id"):
            yield from (str(user_id) for user_id in (event.value, event.previous_value) if user_id is not None)


def _build_message(audit: models.Audit, ticket_people: TicketPeople) -> Message | None:
    comment = audit.comment
    if comment is None:
        return None
    author_id = comment.author_id or audit.author_id or SYSTEM
    delivery = mark_of(audit)
    role = Role.ASSISTANT if delivery else Role.AGENT if ticket_people.is_staff(author_id) else Role.CUSTOMER
    return Message(
        id=comment.id,
        role=role,
        public=comment.public is not False,
        body=_comment_body(comment),
        at=audit.created_at,
        delivery_id=delivery,
        attachments=len(comment.attachments or ()),
        automatic=delivery is None and _is_automatic(audit, author_id),
        third_party=role is Role.CUSTOMER and author_id not in ticket_people.requesters,
        status_before=_status_before(audit) if role is Role.CUSTOMER else None,
        writer=ticket_people.writer(author_id) if role is Role.AGENT else None,
    )


def _is_automatic(audit: models.Audit, author_id: str) -> bool:
    flags = (audit.metadata.flags or ()) if audit.metadata else ()
    return author_id == SYSTEM or _via_rel(audit.via) in MACHINES or MACHINE_FLAG in flags


def _comment_body(comment: models.AuditEvent) -> str:
    text = comment.plain_body or comment.body or comment_text(comment.html_body or "")
    return clean(text.replace("&nbsp;", " ")).strip()


def _status_before(audit: models.Audit) -> str | None:
    """What the ticket was before this comment opened it again; what a trigger does with it is not the comment's."""
    previous_statuses = [event.previous_value for event in audit.changes("status") if not _is_automated(event.via)]
    return str(previous_statuses[0]) if previous_statuses and previous_statuses[0] else None


# --- Acts ------------------------------------------------------------------------------------------------------------


def _person_acts(
    audit: models.Audit, ticket_people: TicketPeople, message_count: int, *, on_arrival: bool
) -> Iterator[PersonAct]:
    """An assignment on arrival is nobody's act; neither is anything that bears our mark."""
    if on_arrival:
        return
    group_changed = any(event.type == "Change" for event in audit.changes("group_id"))
    for event in audit.changes("assignee_id"):
        if not _is_by_hand(audit, event, ticket_people):
            continue
        if kind := _assignment_kind(audit, event, ticket_people, group_changed=group_changed):
            yield PersonAct(kind, message_count)
    yield from (PersonAct(kind, message_count) for kind in dict.fromkeys(map(_rating_kind, audit.events)) if kind)
    if any(event.value == "solved" and _is_by_hand(audit, event, ticket_people) for event in audit.changes("status")):
        yield PersonAct(PersonActKind.SOLVED, message_count)


def _rating_kind(event: models.AuditEvent) -> PersonActKind | None:
    score = str((event.value if event.field_name == "satisfaction_score" else event.score) or "")
    if score.startswith("bad"):
        return PersonActKind.RATED_BAD
    return PersonActKind.RATED_GOOD if score.startswith("good") else None


def _assignment_kind(
    audit: models.Audit, event: models.AuditEvent, ticket_people: TicketPeople, *, group_changed: bool
) -> PersonActKind | None:
    """Taken, given back, or neither. Given on to another group is not given back. An app that routes gives tickets to
    others, and takes them away, by the API; who works through the API takes and gives back for themselves."""
    new_assignee, previous_assignee = (
        None if user_id is None else str(user_id) for user_id in (event.value, event.previous_value)
    )
    if new_assignee and new_assignee == ticket_people.service_user:
        return PersonActKind.GIVEN_BACK
    if (_via_channel(event.via) in API or _via_channel(audit.via) in API) and (
        new_assignee or previous_assignee
    ) != audit.author_id:
        return None
    if new_assignee is None:
        return None if group_changed else PersonActKind.GIVEN_BACK
    return PersonActKind.TAKEN


def _fields_set_by_people(audit: models.Audit, ticket_people: TicketPeople) -> Iterator[str]:
    """Fields to which somebody of staff gave a value; emptied by hand counts as well."""
    for event in audit.events:
        has_value = event.type == "Change" or (event.type == "Create" and event.value not in (None, "", []))
        if event.field_name and has_value and _is_by_hand(audit, event, ticket_people):
            yield event.field_name


def _is_by_hand(audit: models.Audit, event: models.AuditEvent, ticket_people: TicketPeople) -> bool:
    author_id = audit.author_id or SYSTEM
    if author_id == SYSTEM or mark_of(audit) or not ticket_people.is_staff(author_id):
        return False
    return not _is_automated(audit.via) and not _is_automated(event.via)


def _is_automated(via: models.Via | None) -> bool:
    return _via_channel(via) in NO_HANDS or _via_rel(via) in MACHINES


def _via_channel(via: models.Via | None) -> Any:
    return via.channel if via else None


def _via_rel(via: models.Via | None) -> Any:
    return via.source.rel if via and via.source else None
