"""A look-alike of Slack's Web API, as slack_sdk uses it: one workspace, a bot, and channels that it may be in.

Beside the steering of every look-alike: `POST /_channel {"id", "member", "archived"}` adds or changes a channel,
`POST /_revoke {"token"}` ends a token, `POST /_pace {"seconds"}` sets how long a channel rests after a message.

Effects: `message` and `update`, with channel, ts, text, blocks, metadata, and what Slack would have made of them:
`mentions` and `links`.
"""

import base64
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from tests.lookalikes import block_kit
from tests.lookalikes.stage import Answer, LookAlike, Request, serve

TOKEN = "xoxb-look-alike"
CHANNEL = "C0LOOKALIKE"
MOST_TEXT = 40_000
MOST_METADATA = 8_000
"""Bytes of JSON. Slack says `metadata_too_large` and not from where on; this is a guess."""
TEAM, BOT_USER, BOT, APP = "T0LOOKALIKE", "U0FIRSTLINE", "B0FIRSTLINE", "A0FIRSTLINE"


@dataclass
class Channel:
    """A channel as the bot meets it."""

    id: str
    member: bool = True
    archived: bool = False
    private: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)
    """Oldest first."""
    posted_at: float = -math.inf


class Refusal(Exception):
    """`ok: false` with this error, and further fields."""

    def __init__(self, error: str, status: int = 200, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(error)
        self.answer = Answer(status, {"ok": False, "error": error, **more}, headers or {})


class Slack(LookAlike):
    """One workspace. `base_url` is what slack_sdk is to be given."""

    name = "slack"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self._last_ts = 0
        self._begin()

    @property
    def base_url(self) -> str:
        """Where the methods are."""
        return f"{self.url}/api/"

    def reset(self) -> None:
        """Forget everything: one channel, one token."""
        with self.lock:
            super().reset()
            self._begin()

    def messages(self, channel: str = CHANNEL) -> list[dict[str, Any]]:
        """What stands in a channel, oldest first."""
        with self.lock:
            return list(self.channels[channel].messages)

    def say(self, text: str, channel: str = CHANNEL, **fields: Any) -> str:
        """Somebody else writes; the message's ts."""
        with self.lock:
            ts = fields.pop("ts", None) or self._next_ts()
            fresh = {"type": "message", "user": "U0SOMEBODY", "text": text, "ts": ts, **fields}
            self.channels[channel].messages.append(fresh)
            return str(ts)

    def perform(self, request: Request) -> Answer:
        """Answer a method, or one of the further controls."""
        controls: dict[str, Callable[..., None]] = {
            "/_channel": self._set_channel,
            "/_revoke": self._revoke,
            "/_pace": self._set_pace,
        }
        if request.path not in controls:
            return super().perform(request)
        with self.lock:
            controls[request.path](**request.json)
        return Answer(body={})

    def answer(self, request: Request) -> Answer:
        """Call a method of the Web API."""
        methods = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.info": self._info,
            "conversations.join": self._join,
        }
        try:
            name = request.path.removeprefix("/api/")
            if name not in methods:
                raise Refusal("unknown_method", req_method=name)
            arguments = _arguments(request)
            self._authorize(request, arguments)
            said = {"ok": True, **methods[name](arguments)}
            return Answer(body=said, headers={"X-OAuth-Scopes": ",".join(sorted(self.scopes))})
        except Refusal as refusal:
            return refusal.answer

    def _begin(self) -> None:
        self.channels = {CHANNEL: Channel(CHANNEL)}
        self.tokens = {TOKEN}
        self.revoked: set[str] = set()
        # What the app may do, as every answer tells. No call is refused for want of one.
        self.scopes = {"chat:write", "channels:history"}
        self.pace = 0.0

    def _set_channel(self, id: str, member: bool = True, archived: bool = False) -> None:
        channel = self.channels.setdefault(id, Channel(id))
        channel.member, channel.archived = member, archived

    def _revoke(self, token: str = TOKEN) -> None:
        self.revoked.add(token)

    def _set_pace(self, seconds: float) -> None:
        self.pace = seconds

    def _authorize(self, request: Request, arguments: dict[str, Any]) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or arguments.pop("token", "")
        if not token:
            raise Refusal("not_authed")
        if token in self.revoked:
            raise Refusal("token_revoked")
        if token not in self.tokens:
            raise Refusal("invalid_auth")

    def _auth_test(self, _: dict[str, Any]) -> dict[str, Any]:
        who = {"team": "Example", "user": "firstline", "team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT}
        return {"url": "https://example.slack.com/", **who, "is_enterprise_install": False}

    def _post_message(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel(arguments)
        text, blocks, metadata = _content(arguments)
        self._rest(channel)
        message: dict[str, Any] = {
            "type": "message",
            "user": BOT_USER,
            "bot_id": BOT,
            "app_id": APP,
            "ts": self._next_ts(),
        }
        message |= {"text": text, "team": TEAM, **({"blocks": blocks} if blocks else {})}
        message |= {"metadata": metadata} if metadata else {}
        message |= {"thread_ts": arguments["thread_ts"]} if arguments.get("thread_ts") else {}
        channel.messages.append(message)
        self._note("message", channel, message, arguments)
        return {"channel": channel.id, "ts": message["ts"], "message": message}

    def _update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel(arguments)
        message = next((each for each in channel.messages if each["ts"] == arguments.get("ts")), None)
        if message is None:
            raise Refusal("message_not_found")
        if message.get("bot_id") != BOT:
            raise Refusal("cant_update_message")
        text, blocks, metadata = _content(arguments)
        message |= {"text": text, "edited": {"user": BOT_USER, "ts": self._next_ts()}, "blocks": blocks}
        message |= {"metadata": metadata} if metadata else {}
        self._note("update", channel, message, arguments)
        return {"channel": channel.id, "ts": message["ts"], "text": text, "message": message}

    def _history(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel(arguments)
        limit = int(arguments.get("limit") or 100)
        if not 1 <= limit <= 999:
            raise Refusal("invalid_limit")
        latest, oldest = _cursor(arguments) or arguments.get("latest") or "9" * 17, arguments.get("oldest") or "0"
        top = [each for each in channel.messages if each.get("thread_ts", each["ts"]) == each["ts"]]
        within = [each for each in top if _number(oldest) < _number(each["ts"]) < _number(latest)]
        newest_first = sorted(within, key=lambda each: _number(each["ts"]), reverse=True)
        page = newest_first[:limit]
        more = len(newest_first) > limit
        shown = page if arguments.get("include_all_metadata") in ("1", "true", True) else [_bare(each) for each in page]
        further = {"response_metadata": {"next_cursor": _as_cursor(page[-1]["ts"])}} if more else {}
        return {"messages": shown, "has_more": more, "pin_count": 0, **further}

    def _info(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self.channels.get(str(arguments.get("channel")))
        if channel is None:
            raise Refusal("channel_not_found")
        shown = {"id": channel.id, "name": channel.id.lower(), "is_channel": True, "is_private": channel.private}
        return {"channel": {**shown, "is_archived": channel.archived, "is_member": channel.member}}

    def _join(self, arguments: dict[str, Any]) -> dict[str, Any]:
        shown = self._info(arguments)
        if shown["channel"]["is_archived"]:
            raise Refusal("is_archived")
        self.channels[shown["channel"]["id"]].member = True
        return self._info(arguments)

    def _channel(self, arguments: dict[str, Any]) -> Channel:
        channel = self.channels.get(str(arguments.get("channel")))
        if channel is None:
            raise Refusal("channel_not_found")
        if channel.archived:
            raise Refusal("is_archived")
        if not channel.member:
            raise Refusal("not_in_channel")
        return channel

    def _rest(self, channel: Channel) -> None:
        """One message a `pace`, and 429 with a Retry-After in whole seconds before."""
        left = self.pace - (time.monotonic() - channel.posted_at)
        if left > 0:
            raise Refusal("ratelimited", 429, {"Retry-After": str(math.ceil(left))})
        channel.posted_at = time.monotonic()

    def _next_ts(self) -> str:
        self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def _note(self, effect: str, channel: Channel, message: dict[str, Any], arguments: dict[str, Any]) -> None:
        blocks = message.get("blocks") or []
        seen = {"mentions": block_kit.mentions(blocks, message["text"]), "links": block_kit.links(blocks)}
        asked = {name: arguments.get(name) for name in ("unfurl_links", "unfurl_media", "parse", "link_names")}
        shown = {name: message.get(name) for name in ("ts", "text", "blocks", "metadata")}
        self.note(effect, channel=channel.id, **shown, **seen, **asked)


def _arguments(request: Request) -> dict[str, Any]:
    """From a JSON body, a form, or the address."""
    try:
        if request.headers.get("content-type", "").startswith("application/json") and request.body:
            read = json.loads(request.body)
            if not isinstance(read, dict):
                raise Refusal("json_not_object")
            return read
        return {**request.query, **dict(parse_qsl(request.body.decode()))}
    except ValueError as error:
        raise Refusal("invalid_json") from error


def _content(arguments: dict[str, Any]) -> tuple[str, list[Any], dict[str, Any] | None]:
    """Text, blocks and metadata as they would be posted."""
    text, blocks = arguments.get("text") or "", _parsed(arguments.get("blocks"), "invalid_blocks_format") or []
    if not isinstance(text, str) or (not text.strip() and not blocks):
        raise Refusal("no_text")
    if block_kit.units(text) > MOST_TEXT:
        raise Refusal("msg_too_long")
    if found := block_kit.faults(blocks):
        raise Refusal(
            "invalid_blocks", errors=found, response_metadata={"messages": [f"[ERROR] {each}" for each in found]}
        )
    if block_kit.too_long(blocks):
        raise Refusal("msg_blocks_too_long")
    return text, blocks, _metadata(_parsed(arguments.get("metadata"), "invalid_metadata_format"))


def _metadata(metadata: Any) -> dict[str, Any] | None:
    if not metadata:
        return None
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise Refusal("invalid_metadata_schema")
    if not isinstance(metadata["event_type"], str) or not isinstance(metadata["event_payload"], dict):
        raise Refusal("invalid_metadata_schema")
    if len(json.dumps(metadata)) > MOST_METADATA:
        raise Refusal("metadata_too_large")
    return metadata


def _parsed(value: Any, otherwise: str) -> Any:
    """Forms carry blocks and metadata as JSON."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise Refusal(otherwise) from error


def _cursor(arguments: dict[str, Any]) -> str | None:
    given = arguments.get("cursor")
    if not given:
        return None
    try:
        kind, _, ts = base64.b64decode(given, validate=True).decode().partition(":")
    except ValueError as error:
        raise Refusal("invalid_cursor") from error
    if kind != "next_ts":
        raise Refusal("invalid_cursor")
    return ts


def _as_cursor(ts: str) -> str:
    return base64.b64encode(f"next_ts:{ts}".encode()).decode()


def _number(ts: Any) -> float:
    try:
        return float(ts)
    except (TypeError, ValueError) as error:
        raise Refusal("invalid_ts_oldest") from error


def _bare(message: dict[str, Any]) -> dict[str, Any]:
    """Without the payload of its metadata, as long as nobody asks for all of it."""
    metadata = message.get("metadata")
    return {**message, "metadata": {"event_type": metadata["event_type"]}} if metadata else message


if __name__ == "__main__":
    serve(Slack)
