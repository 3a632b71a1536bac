"""What a look at one thing finds."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How one thing stands."""

    FINE = "fine"
    MISSING = "missing"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what to do where it is not fine."""

    name: str
    state: State
    found: str
    remedy: str = ""


def fine(name: str, found: str) -> Check:
    """Nothing to do."""
    return Check(name, State.FINE, found)


def missing(name: str, found: str, remedy: str) -> Check:
    """Not there (yet); what is there works without it, or will once it comes."""
    return Check(name, State.MISSING, found, remedy)


def wrong(name: str, found: str, remedy: str) -> Check:
    """There, and it cannot work like this."""
    return Check(name, State.WRONG, found, remedy)
