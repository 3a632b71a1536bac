"""What the work depends on, built once by `app/bootstrap.py` and carried by the Celery app."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from desk.errors import Permanent
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.ports import Alerts, Channel, Embedder, LanguageModel, Library, PartyProbe

CatchUp = Callable[[str], Sequence[str]]
"""Reads, for an account, what a channel changed since last time into the inbox; the item ids to enqueue."""


class SyncSources(Protocol):
    """Brings the index in step with the sources of an account."""

    def __call__(self, account: str, name: str | None = None) -> None:
        """All of them: what cannot be read is logged and noted on the source. Or the one of this name; then it raises
        why it could not be read: Temporary while another run is at it, Refused when there is no such source."""
        ...


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What one process works with. `models`: best first; seconds are wall time."""

    db: Database
    channels: Mapping[str, Channel]
    models: tuple[LanguageModel, ...]
    library: Library
    policies: PolicyBook
    embedder: Embedder
    sync: SyncSources
    product_version: str
    alerts: Alerts | None = None
    parties: Mapping[str, PartyProbe] = field(default_factory=dict)
    """The outside services that work may have to wait for, by name."""
    catch_ups: Sequence[CatchUp] = ()
    address: str | None = None
    """Where people reach the console, for links."""
    claim_seconds: float = 120.0
    enqueue_again_seconds: float = 45.0
    max_attempts: int = 6

    def channel(self, name: str) -> Channel:
        """The channel of this name. Raises Permanent when this installation has none."""
        try:
            return self.channels[name]
        except KeyError as error:
            raise Permanent(f"this installation has no channel {name!r}") from error
