"""An outside service as an account meets it: which way it is used, and how it stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Access(StrEnum):
    """Which way a party is used. Either can be away while the other works."""

    READ = "read"
    WRITE = "write"


class PartyState(StrEnum):
    """How a party stands. All workers know it, and ask only one that is up."""

    UP = "up"
    WAITING = "waiting"
    """It does not answer, or asks for quiet. Its work waits, and goes on by itself."""
    BROKEN = "broken"
    """It refuses who we are: until it is connected anew, or heals. Its work waits as well."""


@dataclass(frozen=True, slots=True)
class PartyAccess:
    """One way of using one party."""

    party: str
    access: Access


@dataclass(frozen=True, slots=True)
class PartyStatus:
    """How a party stands for one account, one way, and since when."""

    party: str
    access: Access
    state: PartyState
    since: datetime
    reason: str = ""
