"""The line to Slack's Web API: one account's token and channel, one try a call, and what its errors mean.

slack_sdk's own retries are off: the outbox tries again. When Slack asks for quiet, the account's whole installation
keeps it (`integration/connections.py`).
"""

import logging
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from typing import Any

from pydantic import BaseModel, Field
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from desk.errors import Blocked, FirstlineError, Outage, Permanent, Temporary, retry_after
from desk.party import Access
from desk.platform.database import Database
from integration.connections import Connection, block_until, load_connection

PARTY = "slack"
TIMEOUT_SECONDS = 10
USUAL_QUIET = 5.0
"""Seconds to leave Slack alone when it says 429 and not for how long."""
PACE = 10.0
"""A wish for quiet of up to so many seconds is the ordinary pace of a channel; a longer one is an outage."""

PASSING = {
    "fatal_error",
    "internal_error",
    "message_limit_exceeded",
    "rate_limited",
    "ratelimited",
    "request_timeout",
    "service_unavailable",
    "team_added_to_org",
}
"""Errors of the Web API that pass by themselves (`chat.postMessage`, table of errors)."""

REFUSED_LAYOUT = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}

_SIGN_IN = "Slack does not accept the bot token: install the app again and connect Slack with its present token"
_INVITE = "the app is not in the alert channel: invite it there (/invite), or connect Slack with another channel's id"
ADVICE = {
    "account_inactive": _SIGN_IN,
    "channel_not_found": "Slack knows no such channel, or the app was never invited to it: check the channel's id "
    "(C..., not #name) and invite the app",
    "invalid_auth": _SIGN_IN,
    "is_archived": "the alert channel is archived: bring it back, or connect Slack with another channel's id",
    "not_authed": _SIGN_IN,
    "not_in_channel": _INVITE,
    "restricted_action": "the workspace does not let the app post in the alert channel: ask its owner to allow it",
    "token_expired": _SIGN_IN,
    "token_revoked": _SIGN_IN,
}


UNCHANGEABLE = {"message_not_found", "cant_update_message", "edit_window_closed"}
"""Errors of `chat.update` for a message that is gone, or that may not be changed any more."""


class MessageGone(Permanent):
    """The message cannot be changed: it is not there, or no longer open to changes."""


class NoText(Permanent):
    """There was nothing to post; all else was in order."""


class LayoutRefused(Permanent):
    """Slack will not show these blocks; nothing was posted."""


class SlackConnection(BaseModel):
    """How an account reaches Slack. `channel_id` as in `C0123456789`: names (`#support`) can be posted to, but not
    searched, so they are not taken."""

    bot_token: str = Field(repr=False, min_length=1)
    channel_id: str = Field(pattern=r"^[CDG][A-Z0-9]{2,30}$")
    base_url: str = Field(default="https://slack.com/api/", pattern=r"^https?://[^\s/]")


@dataclass(frozen=True, slots=True)
class SlackClient:
    """A connection that is open for calls. Made by `open_line`."""

    db: Database
    account: str
    channel_id: str
    client: WebClient

    def ask(self, method: Callable[..., SlackResponse], **arguments: Any) -> Mapping[str, Any]:
        """Call a method of `self.client` once; the answer, whose `ok` is true. Raises Temporary, which may be an
        Outage, or Permanent."""
        writes = method.__name__.startswith("chat_")
        return self.call(Access.WRITE if writes else Access.READ, method, **arguments)

    def call(self, access: Access, method: Callable[..., SlackResponse], **arguments: Any) -> Mapping[str, Any]:
        """The same for a method whose name does not tell whether it writes."""
        try:
            data = method(**arguments).data
        except SlackApiError as error:
            raise self._translate_error(error.response, access) from error
        except SlackClientError as error:
            raise Permanent(f"Slack cannot be called: {error}") from error
        except (OSError, HTTPException) as error:
            raise Outage(f"Slack did not answer ({type(error).__name__})", PARTY, access) from error
        except (ValueError, TypeError, AttributeError, LookupError) as error:  # the SDK on JSON that is no object
            raise Temporary("what Slack answered cannot be read") from error
        if not isinstance(data, dict):
            raise Temporary("what Slack answered cannot be read")
        return data

    def keep_quiet(self, seconds: float) -> None:
        """Tell all workers of the account to leave Slack alone for so long."""
        with self.db.account(self.account) as tx:
            block_until(tx, PARTY, seconds)

    def _translate_error(self, response: SlackResponse, access: Access) -> FirstlineError:
        code, status = _error_code(response), response.status_code
        wait_seconds = seconds_to_wait(response.headers)
        if status == 429 or code in {"ratelimited", "rate_limited"}:
            return self._rate_limited(USUAL_QUIET if wait_seconds is None else wait_seconds, access)
        if status >= 500 or status == 408 or code in PASSING:
            return Outage(f"Slack is out of order ({status} {code})", PARTY, access, wait_seconds)
        if status == 200 and not code:
            return Temporary("what Slack answered cannot be read")
        if code in UNCHANGEABLE:
            return MessageGone(f"the alert cannot be changed in Slack ({code})")
        if code == "no_text":
            return NoText("Slack posts no message without words (no_text)")
        if code in REFUSED_LAYOUT:
            return LayoutRefused(f"Slack does not take the message's layout ({code})")
        if code in ADVICE or code == "missing_scope" or status == 401:
            advice = _advice_text(code, status, response)
            return Outage(advice, PARTY, access, refused=True, untouched=True)
        return Permanent(_advice_text(code, status, response))

    def _rate_limited(self, wait_seconds: float, access: Access) -> Temporary:
        """Slack did nothing, and all of the account's messages go to one channel: all of them wait."""
        message = "Slack asks for fewer messages"
        if wait_seconds > PACE:
            return Outage(message, PARTY, access, wait_seconds, certain=True, untouched=True)
        self.keep_quiet(wait_seconds)
        return Blocked(message, wait_seconds)


def open_line(db: Database, account: str, base_url: str | None = None, timeout: int = TIMEOUT_SECONDS) -> SlackClient:
    """The account's line to Slack; `base_url` stands in for the connection's own, `timeout` is in seconds.

    Raises Permanent when Slack is not connected, and Temporary, without a call, while it asked to be left alone.
    """
    connection = _require_connection(db, account)
    if wait := connection.wait():
        raise Blocked("Slack asked for quiet", wait)
    return open_line_as(db, account, connection.config, base_url, timeout)


def open_connected_line(db: Database, account: str, base_url: str | None, timeout: int) -> SlackClient:
    """The same, whether or not Slack asked to be left alone: for the one that asks whether it is back."""
    return open_line_as(db, account, _require_connection(db, account).config, base_url, timeout)


def open_line_as(
    db: Database,
    account: str,
    config: SlackConnection,
    base_url: str | None = None,
    timeout: int = TIMEOUT_SECONDS,
) -> SlackClient:
    """The same for a connection that need not be kept yet."""
    client = WebClient(
        token=config.bot_token,
        base_url=base_url or config.base_url,
        timeout=timeout,
        ssl=_ssl_context(),
        logger=_silent_logger(),
        retry_handlers=[],
    )
    return SlackClient(db, account, config.channel_id, client)


def _require_connection(db: Database, account: str) -> Connection[SlackConnection]:
    connection = connection_of(db, account)
    if connection is None:
        raise Permanent("Slack is not connected for this account: connect it with a bot token and a channel's id")
    return connection


def connection_of(db: Database, account: str) -> Connection[SlackConnection] | None:
    """How the account reaches Slack, or None."""
    with db.account(account) as tx:
        return load_connection(tx, PARTY, SlackConnection)


def seconds_to_wait(headers: Mapping[str, Any]) -> float | None:
    """What Retry-After says, in seconds; the SDK gives headers in any case and of any type."""
    header_value = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    return retry_after(None if header_value is None else str(header_value))


def _advice_text(code: str, status: int, response: SlackResponse) -> str:
    if code == "missing_scope":
        needed = _response_field(response, "needed")[:200] or "chat:write, channels:history"
        return f"the app may not do this (missing_scope): add {needed} to its scopes and install it again"
    if code in ADVICE:
        return f"{ADVICE[code]} ({code})"
    return f"Slack refused: {code or 'no reason given'} ({status})"


def _response_field(response: SlackResponse, name: str) -> str:
    """A field of Slack's refusal; nothing where the answer was no JSON object. The SDK checks neither."""
    field_value = response.data.get(name) if isinstance(response.data, dict) else None
    return field_value if isinstance(field_value, str) else ""


def _error_code(response: SlackResponse) -> str:
    """Slack's word for the error; nothing where the answer was no JSON: the SDK then puts a part of it there."""
    code = _response_field(response, "error")
    return code if re.fullmatch(r"[a-z0-9_]{1,60}", code) else ""


@cache
def _ssl_context() -> ssl.SSLContext:
    """Made once: the certificates of the system take several milliseconds to read."""
    return ssl.create_default_context()


@cache
def _silent_logger() -> logging.Logger:
    """At level DEBUG the SDK writes whole requests, that is what customers wrote, into the log."""
    logger = logging.getLogger("firstline.slack_sdk")
    logger.setLevel(logging.CRITICAL)
    return logger
