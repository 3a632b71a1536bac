"""The shapes of Zendesk's JSON and of its refusals, as far as the look-alike speaks them."""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


class Refusal(Exception):
    """Zendesk says no: a status, its JSON body, and headers."""

    def __init__(self, status: int, body: Json, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(body)
        self.status = status
        self.body = body
        self.headers = headers or {}


def invalid(name: str, text: str) -> Refusal:
    """A 422 as Zendesk shapes it for one bad field."""
    details = {name: [{"description": text}]}
    return Refusal(422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details})


def not_found() -> Refusal:
    """A 404 as Zendesk shapes it for a missing record."""
    return Refusal(404, {"error": "RecordNotFound", "description": "Not found"})


def iso(seconds: float) -> str:
    """A time with Zendesk's resolution of one second."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(stamp: str) -> int:
    """Unix seconds of an ISO time; 422 when it is none."""
    try:
        return int(datetime.fromisoformat(stamp).timestamp())
    except (TypeError, ValueError) as error:
        raise invalid("updated_stamp", "Updated stamp: is invalid") from error


def as_html(text: str) -> str:
    """A plain comment as Zendesk shows it."""
    return f'<div class="zd-comment" dir="auto"><p dir="auto">{html.escape(text)}</p></div>'


def as_text(markup: str) -> str:
    """The text of an HTML comment; scripts and styles are gone."""
    markup = re.sub(r"(?is)<(script|style)\b.*?</\1>", "", markup)
    markup = re.sub(r"(?i)<br\s*/?>|</(p|div|li|h[1-6]|tr)>", "\n", markup)
    return html.unescape(re.sub(r"<[^>]+>", "", markup)).strip()


@dataclass
class Record:
    """One ticket: its own fields, the conversation, and its history."""

    ticket: Json
    comments: list[Json] = field(default_factory=list)
    audits: list[Json] = field(default_factory=list)
    deleted: bool = False
    locked: int = 0
    """So many updates to come answer 409."""
    turn: int = 0
    """Grows with every change of any ticket: the order of the incremental export."""


def clean_tags(tags: Iterable[Any]) -> list[str]:
    """Tags as Zendesk keeps them: lower case, split at blanks, each once, sorted."""
    return sorted({word for tag in tags for word in str(tag).lower().split()})


def told(value: Any) -> Any:
    """A value as audits tell it: ids are strings there."""
    return str(value) if isinstance(value, int) else value


def blank(ticket_id: int, given: Mapping[str, Any], requester: int, submitter: int, via: Json) -> Json:
    """A new ticket in the shape of the API, without its times."""
    subject = given.get("subject") or given.get("raw_subject")
    ticket: Json = {"id": ticket_id, "external_id": given.get("external_id"), "via": via, "created_at": None}
    ticket |= {"updated_at": None, "generated_timestamp": 0, "type": given.get("type"), "subject": subject}
    ticket |= {"raw_subject": subject, "description": "", "priority": given.get("priority"), "recipient": None}
    ticket |= {"status": given.get("status") or ("open" if given.get("assignee_id") else "new")}
    ticket |= {"requester_id": requester, "submitter_id": given.get("submitter_id") or submitter}
    ticket |= {"assignee_id": given.get("assignee_id"), "group_id": given.get("group_id"), "organization_id": None}
    copied = list(given.get("email_cc_ids") or ())
    ticket |= {"collaborator_ids": copied, "follower_ids": [], "email_cc_ids": copied, "forum_topic_id": None}
    ticket |= {"problem_id": None, "has_incidents": False, "is_public": True, "due_at": None}
    ticket |= {"tags": clean_tags(given.get("tags") or ()), "custom_fields": list(given.get("custom_fields") or ())}
    ticket |= {"satisfaction_rating": {"score": "unoffered"}, "sharing_agreement_ids": [], "followup_ids": []}
    ticket |= {"ticket_form_id": given.get("ticket_form_id") or 8001, "brand_id": given.get("brand_id") or 7001}
    ticket |= {"custom_status_id": given.get("custom_status_id"), "allow_channelback": False, "allow_attachments": True}
    return ticket
