"""What Zendesk says of its rate limits: when to leave it alone, and whether a 429 means the account or one ticket.

Limits: https://developer.zendesk.com/api-reference/introduction/rate-limits/
"""

import json
from collections.abc import Mapping
from typing import Any

from desk.errors import Blocked, Outage, Temporary, retry_after
from desk.party import Access

PARTY = "zendesk"
WINDOW = 60.0
"""Zendesk counts by the minute."""
RESERVE = 0.05
"""The share of a minute's requests that is left to the account's other integrations."""
ACCOUNT_CODE = "APIRateLimitExceeded"
TICKET_WORDS = "updating this ticket"
"""Of "Rate limit for ticket updates exceeded, please wait before updating this ticket again": 30 updates of one ticket
by one user in ten minutes."""


def limit_of(response: Any, access: Access) -> Temporary:
    """What a 429 means, for whoever got it to raise. Zendesk did nothing of what was asked.

    Zendesk means the account when none of its requests remains, or when it says so by its error code; one ticket when
    it says that, or when requests remain and no code is given. When the signs contradict each other or there are none,
    a probe tells.
    """
    retry_after_seconds = retry_after(response.headers.get("Retry-After"))
    wait = WINDOW if retry_after_seconds is None else max(retry_after_seconds, 1.0)
    remaining, code = _remaining_requests(response.headers), _error_code(response.text)
    if TICKET_WORDS in response.text or (remaining and code != ACCOUNT_CODE):
        return Blocked("Zendesk wants this ticket to be left alone for a while (429)", retry_after=wait)
    is_certain = remaining == 0 or (remaining is None and code == ACCOUNT_CODE)
    message = "Zendesk's rate limit is reached (429)"
    return Outage(message, PARTY, access, retry_after=wait, certain=is_certain, untouched=True)


def quiet_for(headers: Mapping[str, str]) -> float:
    """Seconds to leave Zendesk alone, 0 while there is room for more in this minute."""
    try:
        remaining = int(headers.get("x-rate-limit-remaining", ""))
        limit = int(headers.get("x-rate-limit", "0"))
    except ValueError:
        return 0.0
    if remaining >= max(1, int(limit * RESERVE)):
        return 0.0
    reset_seconds = retry_after(headers.get("ratelimit-reset"))
    return WINDOW if reset_seconds is None else min(max(reset_seconds, 1.0), WINDOW)


def _remaining_requests(headers: Mapping[str, str]) -> int | None:
    """How many of the account's requests are left in this minute, where Zendesk says it."""
    remaining = headers.get("x-rate-limit-remaining") or headers.get("ratelimit-remaining") or ""
    return int(remaining) if remaining.isascii() and remaining.isdigit() else None


def _error_code(body: str) -> str:
    """The error's name in a JSON answer; nothing where there is none."""
    try:
        payload = json.loads(body)
    except ValueError:
        return ""
    error = payload.get("error") if isinstance(payload, dict) else None
    return error if isinstance(error, str) else ""
