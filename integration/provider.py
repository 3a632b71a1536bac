"""An outside service as one value: everything that it can do for an account, and what it takes to connect one.

Each party's folder has its own in `provider.py`; `app/bootstrap.py` lists them, and whatever asks who there is (the
worker, the webhooks, `connect`, `doctor`, `sources add`, the API) goes by that list.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint
from pydantic import BaseModel

from desk.health_check import HealthCheck
from desk.platform.database import Database
from desk.platform.settings import Settings
from desk.policy.policy import PolicyBook
from desk.ports import Alerts, Channel, PartyProbe
from integration.introduction import Introduction
from integration.setup_steps import SetupStep
from integration.web.enqueue import Enqueue
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
    ask: str = ""
    """What a terminal asks, where it is not the field's own name."""
    alias: str | None = None
    """Another way to type it."""
    on_page: str = ""
    """What a page takes for it, as a pattern; empty where it is a command's alone. A page is used by people who may not
    reach all that the machine reaches, so it takes no addresses."""
    fixed: bool = False
    """Says which account it is at the other side: a page changes it by disconnecting first."""
    applies: Callable[[Mapping[str, Any]], bool] = lambda given: True
    """With what else is given the first time: is it needed at all?"""

    @property
    def option(self) -> str:
        """As it is typed."""
        return self.flag or f"--{self.field.replace('_', '-')}"

    @property
    def question(self) -> str:
        """As a terminal asks for it."""
        return self.ask or self.field.replace("_", " ").capitalize()


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
    steps: Callable[[Database, str, str, Any], Sequence[SetupStep]] | None = None
    """With an account, our address and its connection: what is made at the other side, and removed by `disconnect`."""
    test_call: Callable[[Database, str, str, Any], HealthCheck | None] | None = None
    """With the same: the other side itself calls our webhook, where we made it."""
    manifest: Callable[[], str] | None = None
    """What an app of ours is made from at the other side; `--manifest` prints it."""
    test_message: Callable[[Database, str, Any], HealthCheck] | None = None
    """With an account and its connection: post a message that people see; `--test-message` asks for it."""
    probe: Callable[[Database], PartyProbe] | None = None
    channel: Callable[[Database, PolicyBook], Channel] | None = None
    alerts: Callable[[Database], Alerts] | None = None
    inbound: Callable[[], Inbound] | None = None
    catch_up: Callable[[Database, str], Sequence[str]] | None = None
    """Reads, for an account, what no webhook told of."""
    pages: Callable[[Database, Enqueue, Settings], Blueprint] | None = None
    """Pages of ours that stand inside it; the second is called with (account, intervention id) after the commit."""
    sources: Mapping[str, SourceKind] = field(default_factory=dict)
