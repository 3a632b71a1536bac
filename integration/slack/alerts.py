"""Alerts as Slack messages, each marked with its delivery's id, so that one is found again and never posted twice.

The app needs the scopes `chat:write` and, to look for what an earlier attempt left, `channels:history` (in a private
channel `groups:history`), and it must be invited to the channel.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from desk.delivery import Delivery
from desk.errors import Permanent, Temporary
from desk.platform.database import Database
from desk.ports import Alert
from integration.slack.alert_blocks import alert_blocks, fallback_text, priority_in_words
from integration.slack.client import (
    PARTY,
    TIMEOUT_SECONDS,
    LayoutRefused,
    MessageGone,
    SlackClient,
    connection_of,
    open_line,
)
from integration.slack.health import introduced

log = structlog.get_logger(__name__)

EVENT = "firstline_delivery"
PAGE = 200
"""Messages a look; Slack's own advice for `conversations.history`."""
PAGES = 25
EARLIER_SECONDS = 300.0
"""How far before the delivery was planned the search begins: our clock and Slack's may differ."""


class SlackAlerts:
    """One channel per account, as connected. `base_url` stands in for every account's own (look-alikes, proxies)."""

    name = PARTY

    def __init__(self, db: Database, base_url: str | None = None, timeout: int = TIMEOUT_SECONDS) -> None:
        self._db = db
        self._base_url = base_url
        self._timeout = timeout

    def ready(self, account: str) -> bool:
        """Has this account connected Slack? Says nothing of whether the token still works."""
        return connection_of(self._db, account) is not None

    def quiet(self, account: str) -> float:
        """Seconds that Slack still wants to be left alone."""
        connection = connection_of(self._db, account)
        return connection.wait() if connection else 0.0

    def post(self, alert: Alert, delivery: Delivery) -> str:
        """Post the alert; `<channel>:<ts>`. Blocks that Slack will not take become plain text: the alert matters more
        than its looks. Raises Temporary and Permanent."""
        line = self._open_client(delivery.account)
        return _send_with_layout(alert, lambda text, blocks: _post_message(line, alert, delivery, text, blocks))

    def update(self, alert: Alert, delivery: Delivery, foreign_id: str) -> str:
        """Change what was posted; one that was deleted in Slack, or is not ours to change any more, is posted anew."""
        line = self._open_client(delivery.account)
        try:
            return _send_with_layout(alert, lambda text, blocks: _update_message(line, foreign_id, text, blocks))
        except MessageGone as error:
            log.warning("posting the alert anew", why=str(error))
            return self.post(alert, delivery)

    def find_delivery(self, alert: Alert, delivery: Delivery) -> str | None:
        """The message that carries the delivery's id, among those posted since it was planned. Raises Permanent when
        there are too many to tell: then it is not posted again."""
        line = self._open_client(delivery.account)
        oldest_ts, cursor = _search_start(delivery), None
        for _ in range(PAGES):
            page = line.ask(
                line.client.conversations_history,
                channel=line.channel_id,
                oldest=oldest_ts,
                cursor=cursor,
                limit=PAGE,
                include_all_metadata=True,
            )
            if message_ts := _find_message_ts(page, delivery):
                return f"{line.channel_id}:{message_ts}"
            if not page.get("has_more"):
                return None
            cursor = _next_cursor(page)
        raise Permanent(
            "the alert may be in the Slack channel already: over 5,000 messages came since, look for it there"
        )

    def check(self, account: str) -> str:
        """Who the token is, for the operator: `bot firstline in Acme`. Raises Temporary and Permanent."""
        return introduced(self._open_client(account))

    def _open_client(self, account: str) -> SlackClient:
        return open_line(self._db, account, self._base_url, self._timeout)


Blocks = list[dict[str, Any]] | None


def _send_with_layout(alert: Alert, send: Callable[[str, Blocks], str]) -> str:
    """Send the alert with its blocks, and as plain text where Slack will not take those."""
    try:
        return send(fallback_text(alert), alert_blocks(alert))
    except LayoutRefused as refusal:
        log.warning("slack refused the layout, sending text", why=str(refusal))
        return send(priority_in_words(alert), None)


def _update_message(line: SlackClient, foreign_id: str, text: str, blocks: Blocks) -> str:
    channel, _, ts = foreign_id.partition(":")
    line.ask(
        line.client.chat_update, channel=channel, ts=ts, text=text, blocks=blocks or [], parse="none", link_names=False
    )
    return foreign_id


def _post_message(line: SlackClient, alert: Alert, delivery: Delivery, text: str, blocks: Blocks) -> str:
    event_payload = {"delivery_id": delivery.id, "account": alert.account[:200], "ticket": alert.ticket_id[:200]}
    response = line.ask(
        line.client.chat_postMessage,
        channel=line.channel_id,
        text=text,
        blocks=blocks,
        metadata={"event_type": EVENT, "event_payload": event_payload},
        parse="none",
        link_names=False,
        unfurl_links=False,
        unfurl_media=False,
    )
    ts = response.get("ts")
    if not isinstance(ts, str) or not ts:
        raise Temporary("what Slack answered cannot be read")
    return f"{line.channel_id}:{ts}"


def _search_start(delivery: Delivery) -> str | None:
    """A bit before the delivery was planned, in Slack's seconds: its id is a UUIDv7 and holds that millisecond
    (RFC 9562, section 5.7). None, which is everything, for any other id."""
    try:
        delivery_uuid = uuid.UUID(delivery.id)
    except ValueError:
        return None
    return f"{max(0.0, (delivery_uuid.int >> 80) / 1000 - EARLIER_SECONDS):.6f}" if delivery_uuid.version == 7 else None


def _find_message_ts(page: Mapping[str, Any], delivery: Delivery) -> str | None:
    messages = page.get("messages")
    if not isinstance(messages, list):
        raise Temporary("what Slack answered cannot be read")
    return next((str(message["ts"]) for message in messages if _is_ours(message, delivery)), None)


def _is_ours(message: Any, delivery: Delivery) -> bool:
    metadata = message.get("metadata") if isinstance(message, dict) and message.get("ts") else None
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT:
        return False
    event_payload = metadata.get("event_payload")
    return isinstance(event_payload, dict) and event_payload.get("delivery_id") == delivery.id


def _next_cursor(page: Mapping[str, Any]) -> str:
    metadata = page.get("response_metadata")
    cursor = metadata.get("next_cursor") if isinstance(metadata, dict) else None
    if not isinstance(cursor, str) or not cursor:
        raise Temporary("Slack says there are more messages, and not where")
    return cursor
