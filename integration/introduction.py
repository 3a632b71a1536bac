"""What a party says when it is met for the first time."""

from collections.abc import Mapping
from dataclasses import dataclass

from desk.health_check import HealthCheck


@dataclass(frozen=True, slots=True)
class Introduction:
    """Who we are there, and what we may and may not do. `who` has names for people: user, role, account; bot, team,
    channel."""

    who: Mapping[str, str]
    checks: tuple[HealthCheck, ...]
