"""What Zendesk sends: native events (schema 2022-11-06), or a trigger's JSON body. Bodies are hints, not truth.

Signature: base64(HMAC-SHA256(secret, timestamp + raw body)); see
https://developer.zendesk.com/documentation/webhooks/verifying/
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.datastructures import Headers

from desk.errors import Ignored, Refused
from desk.platform.database import Transaction
from desk.text.tokenizer import word_set
from desk.ticket import Event, EventKind
from integration.access.signatures import is_fresh, is_signed
from integration.connections import load_connection
from integration.web.request_body import read_json
from integration.zendesk.api.connection import PARTY, ZendeskConnection

SIGNATURE = "X-Zendesk-Webhook-Signature"
STAMP = "X-Zendesk-Webhook-Signature-Timestamp"
INVOCATION = "X-Zendesk-Webhook-Invocation-Id"
ACCOUNT = "X-Zendesk-Account-Id"

VERSION = "2022-11-06"
NAMESPACE = "zen:event-type:"
SUBJECT = "zen:ticket:"
ARTICLES = word_set("article.published article.unpublished")
"""What Zendesk tells of the help center. Edits, moves and archived articles it does not tell of."""

CHANGES = word_set(
    """
    status_changed custom_status_changed group_assignment_changed tags_changed merged
    soft_deleted permanently_deleted marked_as_spam undeleted comment_made_private comment_redacted
    priority_changed requester_changed
    """
)
"""Events that say that a ticket is no longer as it was."""

URGENT = "URGENT"
_INVOCATION = re.compile(r"[0-9A-Za-z-]{8,64}")

Id = Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class _Author(_Payload):
    is_staff: bool = False


class _Comment(_Payload):
    id: Id
    is_public: bool
    author: _Author
    body: str | None = None


class _TicketDetail(_Payload):
    id: Id
    is_public: bool = True
    priority: str | None = None
    subject: str | None = None
    description: str | None = None


class _Envelope(_Payload):
    """What every native event has."""

    account_id: Id
    id: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]
    subject: str
    type: Annotated[str, Field(pattern=f"^{NAMESPACE}")]
    zendesk_event_version: str
    detail: dict[str, Any]
    event: dict[str, Any] = Field(default_factory=dict)


class _Trigger(_Payload):
    """The JSON body of a trigger; the template stands in docs/zendesk.md."""

    firstline: Literal["1"]
    event: Literal["customer_message", "agent_message", "ticket_changed", "rating"]
    ticket_id: Id
    updated_at: Annotated[str, Field(max_length=100)] = ""


ArticlesChanged = Callable[[Transaction], object]
"""Has the sources that read the help center read again soon; says nothing when there is none."""


class ZendeskInbound:
    """`integration.webhooks.Inbound` for Zendesk. `now` is the clock."""

    name = "zendesk"

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        articles_changed: ArticlesChanged = lambda tx: None,
    ) -> None:
        self._now = now
        self._articles_changed = articles_changed

    def receive(self, tx: Transaction, headers: Headers, body: bytes) -> list[Event]:
        """The events of a webhook call. Raises Refused (401, or 400 for what Zendesk cannot have sent) and Ignored."""
        connection = load_connection(tx, PARTY, ZendeskConnection)
        secrets = connection.config.webhook_secrets if connection else []
        timestamp = headers.get(STAMP, "")
        signature_valid = is_signed(timestamp.encode("utf-8", "replace") + body, headers.get(SIGNATURE, ""), secrets)
        if connection is None or not signature_valid or not is_fresh(timestamp, self._now()):
            raise Refused("the signature does not fit", status=401)
        payload = _parse_body(body)
        own_account = connection.config.zendesk_account_id
        if own_account and headers.get(ACCOUNT, own_account) != own_account:
            raise Refused("this is another Zendesk account's event", status=400)
        if "firstline" in payload:
            return [_parse_trigger(payload, headers.get(INVOCATION, ""), body)]
        if not is_about_articles(payload, own_account):
            return parse_events(payload, own_account)
        if not self._articles_changed(tx):
            raise Ignored("no source reads the help center")
        return []


def is_about_articles(payload: Mapping[str, Any], own_account: str) -> bool:
    """Does a native event tell that an article was published or withdrawn? Raises Refused (400).

    It makes no inbox item: with the commit the source is marked as changed, and however many such marks there are, one
    reading does for all.
    """
    if str(payload.get("type", "")).removeprefix(NAMESPACE) not in ARTICLES:
        return False
    envelope = _parse_envelope(payload, own_account)
    if not envelope.subject.startswith("zen:article:"):
        raise Refused("an article's event must name an article", status=400)
    return True


def parse_events(payload: Mapping[str, Any], own_account: str) -> list[Event]:
    """The events in a native event's JSON. Raises Refused (400) and Ignored."""
    try:
        return [_build_event(_parse_envelope(payload, own_account))]
    except ValidationError as error:
        raise Refused("this is no event that Zendesk sends", status=400) from error


def _parse_envelope(payload: Mapping[str, Any], own_account: str) -> _Envelope:
    try:
        envelope = _Envelope.model_validate(payload)
    except ValidationError as error:
        raise Refused("this is no event that Zendesk sends", status=400) from error
    if own_account and envelope.account_id != own_account:
        raise Refused("this is another Zendesk account's event", status=400)
    if envelope.zendesk_event_version != VERSION:
        raise Refused(f"events of this version are not understood; set the webhook to {VERSION}", status=400)
    return envelope


def _build_event(envelope: _Envelope) -> Event:
    event_name = envelope.type.removeprefix(NAMESPACE)
    if not event_name.startswith("ticket."):
        raise Ignored(f"{event_name} is of no use here")
    detail = _TicketDetail.model_validate(envelope.detail)
    if envelope.subject != f"{SUBJECT}{detail.id}":
        raise Refused("subject and detail name different tickets", status=400)
    kind, message_id, text = _interpret_event(event_name, detail, envelope.event)
    is_urgent = (detail.priority or "").upper() == URGENT
    return Event(kind, envelope.id, detail.id, message_id, text, is_urgent)


def _interpret_event(
    event_name: str, detail: _TicketDetail, event: Mapping[str, Any]
) -> tuple[EventKind, str | None, str]:
    """Kind, comment and text. A new ticket's event does not name its comment: whoever works on it takes the newest
    one."""
    if event_name == "ticket.created":
        kind = EventKind.CUSTOMER_MESSAGE if detail.is_public else EventKind.TICKET_CHANGED
        return kind, None, f"{detail.subject or ''}\n{detail.description or ''}"
    if event_name == "ticket.comment_added":
        comment = _Comment.model_validate(event.get("comment"))
        if not comment.is_public:
            may_order = comment.author.is_staff and (comment.body or "").lstrip().startswith("@")
            return EventKind.AGENT_NOTE if may_order else EventKind.TICKET_CHANGED, comment.id, ""
        kind = EventKind.AGENT_MESSAGE if comment.author.is_staff else EventKind.CUSTOMER_MESSAGE
        return kind, comment.id, comment.body or ""
    if "csat" in event_name or "satisfaction" in event_name:
        return EventKind.RATING, None, ""
    if event_name == "ticket.agent_assignment_changed":
        return EventKind.ASSIGNED, None, ""
    if event_name.removeprefix("ticket.") in CHANGES:
        return EventKind.TICKET_CHANGED, None, ""
    raise Ignored(f"{event_name} is of no use here")


def _parse_trigger(payload: Mapping[str, Any], invocation: str, body: bytes) -> Event:
    """A trigger's call has no event id. All attempts of one invocation share theirs; else the body tells them apart."""
    try:
        trigger = _Trigger.model_validate(payload)
    except ValidationError as error:
        raise Refused("this is not the trigger body of docs/zendesk.md", status=400) from error
    event_key = invocation if _INVOCATION.fullmatch(invocation) else hashlib.sha256(body).hexdigest()[:40]
    return Event(EventKind(trigger.event), f"trigger:{event_key}", trigger.ticket_id)


def _parse_body(body: bytes) -> Mapping[str, Any]:
    payload = read_json(body)
    if not isinstance(payload, dict):
        raise Refused("the body is no JSON object", status=400)
    return payload
