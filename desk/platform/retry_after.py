"""What another party says of when to come again: the header Retry-After (RFC 9110, 10.2.3)."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 3600.0
"""No more is believed: an odd clock over there must not stop us for a year."""


def retry_after(header: str | None, now: datetime | None = None) -> float | None:
    """Seconds to wait, at most an hour: whole, fractional, or until a date; None when it says nothing that can be
    read."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            date = parsedate_to_datetime(header)
        except (ValueError, TypeError):
            return None
        seconds = (date.replace(tzinfo=date.tzinfo or UTC) - (now or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else None
