"""An outside service as one value: everything that it can do for an account, and what it takes to connect one.

Each party's folder has its own in `provider.py`; `app/bootstrap.py` lists them, and whatever asks who there is (the
worker, the webhooks, `connect`, `doctor`, `sources add`, the API) goes by that list.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from desk.health_check import HealthCheck
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.ports import Alerts, Channel, PartyProbe
from integration.introduction import Introduction
from integration.webhooks import Inbound
from knowledge.sources.source_kind import SourceKind


@dataclass(frozen=True, slots=True)
class ConnectOption:
    """An option of `firstline connect`. What values it takes, the field of the connection's model says."""

    field: str
    help: str
    flag: str | None = None
    """Where it is not the field's own name."""
    first: bool = False
    """Needed the first time."""
    secret: bool = False
    """Asked for without being shown; needed the first time."""

    @property
    def option(self) -> str:
        """As it is typed."""
        return self.flag or f"--{self.field.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Provider:
    """What is None or empty, the service does not do."""

    name: str
    title: str
    connection: type[BaseModel]
    """What is kept, sealed, of how an account reaches it."""
    about: str
    """What `firstline connect NAME --help` says."""
    options: Sequence[ConnectOption]
    introduce: Callable[[Database, str, Any], Introduction]
    """With an account and its connection: who are we there, and what may we do?"""
    examine: Callable[[Database, str], Iterable[HealthCheck]]
    """The same of the account's connection as it is kept, for `firstline doctor`; nothing where there is none."""
    test_event: Callable[[str, str, Any], HealthCheck] | None = None
    """With our address, an account and its connection: a test event to our own webhook."""
    probe: Callable[[Database], PartyProbe] | None = None
    channel: Callable[[Database, PolicyBook], Channel] | None = None
    alerts: Callable[[Database], Alerts] | None = None
    inbound: Callable[[], Inbound] | None = None
    catch_up: Callable[[Database, str], Sequence[str]] | None = None
    """Reads, for an account, what no webhook told of."""
    sources: Mapping[str, SourceKind] = field(default_factory=dict)
