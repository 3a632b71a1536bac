"""Proof that a message came from who it says: HMAC-SHA256 with a shared secret, and a time window against replays."""

import base64
import hashlib
import hmac
import secrets as random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

WINDOW = timedelta(minutes=5)

_PLACEHOLDER_SECRET = random.token_hex(32)
"""Compared with where there is no secret, so that an unknown account costs as much time as a wrong signature."""


def base64_hmac(secret: str, message: bytes) -> str:
    """The signature in base64. The secret is used as text."""
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def is_signed(message: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Was the message signed with one of the secrets? All are tried, in constant time each."""
    given_signature = signature.encode("utf-8", "replace")
    usable_secrets = [secret for secret in secrets if secret]
    matches = [
        hmac.compare_digest(base64_hmac(secret, message).encode(), given_signature)
        for secret in usable_secrets or [_PLACEHOLDER_SECRET]
    ]
    return any(matches) and bool(usable_secrets)


def is_fresh(timestamp: str, now: datetime) -> bool:
    """Is this ISO 8601 time, with its zone, within the window around now?"""
    try:
        sent_at = datetime.fromisoformat(timestamp)
        return sent_at.tzinfo is not None and abs(sent_at.astimezone(UTC) - now) <= WINDOW
    except (ValueError, OverflowError):
        return False
