"""What a look at one thing finds."""

from dataclasses import dataclass
from enum import StrEnum


class HealthState(StrEnum):
    """How one thing stands, worst last."""

    FINE = "fine"
    MISSING = "missing"
    """Not there (yet); what is there works without it, or will once it comes."""
    STOPPED = "stopped"
    """It should run, and does not."""
    WRONG = "wrong"
    """There, and it cannot work like this."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One thing that was looked at, and what to do where it is not fine. `group` is the heading it is shown under."""

    name: str
    state: HealthState
    what: str
    remedy: str = ""
    group: str = ""


def fine(name: str, what: str) -> HealthCheck:
    """Nothing to do."""
    return HealthCheck(name, HealthState.FINE, what)


def missing(name: str, what: str, remedy: str) -> HealthCheck:
    """See `State.MISSING`."""
    return HealthCheck(name, HealthState.MISSING, what, remedy)


def stopped(name: str, what: str, remedy: str) -> HealthCheck:
    """See `State.STOPPED`."""
    return HealthCheck(name, HealthState.STOPPED, what, remedy)


def wrong(name: str, what: str, remedy: str) -> HealthCheck:
    """See `State.WRONG`."""
    return HealthCheck(name, HealthState.WRONG, what, remedy)


def duration_in_words(seconds: float) -> str:
    """How long, as people say it: `40 s`, `12 min`, `3 h`, `5 days`."""
    for size, word in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {word}"
    return f"{max(seconds, 0):.0f} s"
