"""Every error a room may let out. Adapters translate foreign exceptions into these, `from` the original."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from desk.party import Access

LONGEST_WAIT = 3600.0
"""No more is believed: an odd clock over there must not stop us for a year."""


class FirstlineError(Exception):
    """Anything Firstline raises on purpose."""


class Refused(FirstlineError):
    """The caller may not do this, or what it sent cannot be read (401, 403, 400, 413, 422)."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Ignored(FirstlineError):
    """Understood, and of no use to us: answered 200 and forgotten."""


class Temporary(FirstlineError):
    """May work later. `retry_after` is the other side's wish in seconds, if it had one."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Blocked(Temporary):
    """The other side asked to be left alone for a while, so it was not even called. No attempt is used up."""


class Outage(Temporary):
    """Trouble that may be the whole party's (no answer, 5xx, 401, an unclear 429) and not this ticket's alone: a probe
    tells (`workers/parties`).

    `refused`: it does not accept who we are. `certain`: it said itself that all of the account is meant, so no probe is
    needed. `untouched`: it did nothing of what was asked, so no attempt is used up.
    """

    def __init__(
        self,
        message: str,
        party: str,
        access: Access,
        retry_after: float | None = None,
        *,
        refused: bool = False,
        certain: bool = False,
        untouched: bool = False,
    ) -> None:
        super().__init__(message, retry_after)
        self.party, self.access = party, access
        self.refused, self.certain, self.untouched = refused, certain, untouched


class PartyAway(Blocked):
    """The party is known to be away, so it was not even called."""

    def __init__(self, message: str, party: str, access: Access) -> None:
        super().__init__(message)
        self.party, self.access = party, access


class ModelAway(Blocked):
    """A language model does not answer, and nothing about this ticket is the reason. `seconds`: for how long now."""

    def __init__(self, message: str, retry_after: float | None = None, *, seconds: float = 0.0) -> None:
        super().__init__(message, retry_after)
        self.seconds = seconds


class WrongKeys(Blocked):
    """No key in FIRSTLINE_KEYS opens what is sealed. The keys are wrong, not the ticket: work waits until they are
    right."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after=60.0)


class Permanent(FirstlineError):
    """Will not work however often it is tried; a person has to look."""


class BadSetting(FirstlineError):
    """A setting is missing or odd. The message names the variable and says what to do."""


def retry_after(header: str | None, now: datetime | None = None) -> float | None:
    """Seconds to wait, as another party says it in the header Retry-After (RFC 9110, 10.2.3), at most an hour: whole,
    fractional, or until a date; None when it says nothing that can be read."""
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
