"""Connecting an account to an outside party, and taking it back: what a command and a page both call.

Both functions yield what they find and make while they do it, and at the end what came of it; who lays it out decides
nothing. Between two of them no transaction is open. Whoever stops listening cuts it off, which harms nothing: what was
made is remembered.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from desk.errors import Refused, Temporary
from desk.health_check import HealthCheck, HealthState
from desk.platform.database import Database, Transaction
from integration import connections
from integration.introduction import Introduction
from integration.provider import Provider
from integration.resources import Ledger, forget_resources, former_address, list_resources, remember_address
from integration.setup_steps import SetupStep, StepResult, StepState, seconds_to_wait, set_up, take_back
from workers import record


@dataclass(frozen=True, slots=True)
class ConnectionTarget:
    """Whose connection to whom. `base_url` is where people reach us."""

    db: Database
    account: str
    provider: Provider
    base_url: str

    @property
    def webhook(self) -> str | None:
        """Where the party calls us, if it does."""
        if self.provider.inbound is None:
            return None
        return f"{self.base_url}/webhooks/{self.provider.name}/{self.account}"

    @property
    def ledger(self) -> Ledger:
        """What is the account's there."""
        return Ledger(self.db, self.account, self.provider.name)

    def known(self) -> BaseModel | None:
        """How the party is reached now."""
        with self.db.account(self.account) as tx:
            connection = connections.load_connection(tx, self.provider.name, self.provider.connection)
        return connection.config if connection else None

    def keep(self, config: BaseModel) -> None:
        """From now on it is reached like this."""
        with self.db.account(self.account) as tx:
            connections.save_connection(tx, self.provider.name, config)

    def steps(self, config: BaseModel) -> Sequence[SetupStep]:
        """What is made at the other side, if anything."""
        make_steps = self.provider.steps
        return make_steps(self.db, self.account, self.base_url, config) if make_steps else ()


@dataclass(frozen=True, slots=True)
class ConnectWishes:
    """How it is to be done."""

    no_check: bool = False
    """Ask the other side nothing, and so make nothing there."""
    only_here: bool = False
    dry_run: bool = False
    test_message: bool = False


@dataclass(frozen=True, slots=True)
class Connected:
    """What came of it: the names of what is other than before, never a value."""

    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disconnected:
    """`left`: what could not be removed at the other side, and is forgotten here."""

    left: tuple[str, ...]


Progress = Introduction | StepResult | HealthCheck


def connect(
    target: ConnectionTarget, values: Mapping[str, Any], wishes: ConnectWishes
) -> Iterator[Progress | Connected]:
    """Ask the party who we are there, keep what was given, make what is needed, and test it. Raises Refused and
    Temporary; nothing is kept then."""
    current = target.known()
    config = connections.amend_config(current, target.provider.connection, values)
    _refuse_another(target, current, config)
    if not wishes.no_check:
        yield from _introduce(target, config)
    if not wishes.dry_run:
        target.keep(config)
    if not (wishes.no_check or wishes.only_here):
        yield from set_up(target.steps(config), target.ledger, dry_run=wishes.dry_run)
    kept_config = (None if wishes.dry_run else target.known()) or config
    yield from _tests(target, kept_config, wishes)
    yield Connected(_changed_fields(current, kept_config))


def disconnect(target: ConnectionTarget, *, only_here: bool = False) -> Iterator[StepResult | Disconnected]:
    """Remove what is ours at the party, then forget the party. Ends early, with the connection kept, at trouble that
    passes. Raises Refused when there is no connection."""
    config = require_connection(target)
    left = []
    for result in () if only_here else take_back(target.steps(config), target.ledger):
        yield result
        if result.state is StepState.STOPPED:
            return
        if result.state is StepState.REFUSED:
            left.append(result.name)
    with target.db.account(target.account) as tx:
        forget_resources(tx, target.provider.name)
        connections.delete_connection(tx, target.provider.name)
        _remember_whose_tickets(tx, target.provider.name, config)
    yield Disconnected(tuple(left))


def _remember_whose_tickets(tx: Transaction, name: str, config: BaseModel) -> None:
    if (address := getattr(config, "base_url", None)) and record.knows_channel(tx, name):
        remember_address(tx, name, address)


def require_connection(target: ConnectionTarget) -> BaseModel:
    """How the party is reached now. Raises Refused when it is not."""
    config = target.known()
    if config is None:
        raise Refused(f"{target.provider.name} is not connected")
    return config


def _refuse_another(target: ConnectionTarget, current: BaseModel | None, config: BaseModel) -> None:
    """What is ours at one account of the party would be lost sight of by going to another, and its tickets would be
    taken for those of the other, which have the same numbers."""
    name = target.provider.name
    with target.db.account(target.account) as tx:
        before = getattr(current, "base_url", None) if current else former_address(tx, name)
        after = getattr(config, "base_url", None)
        if before is None or before == after:
            return
        has_resources, has_tickets = bool(list_resources(tx, name)), record.knows_channel(tx, name)
    if has_resources:
        raise Refused(f"{name} is connected to {before}, with what was made there: `firstline disconnect {name}` first")
    if has_tickets:
        raise Refused(f"tickets of {before} are known here by their numbers: connect {after} in another account")


def _introduce(target: ConnectionTarget, config: BaseModel) -> Iterator[Introduction | StepResult]:
    """A rate limit is waited out once."""
    introduce = target.provider.introduce
    try:
        yield introduce(target.db, target.account, config)
        return
    except Temporary as error:
        if not (wait := seconds_to_wait(error)):
            raise
        yield StepResult("introduction", StepState.WAITING, f"{error}; going on in {wait:.0f} s")
        time.sleep(wait)
    yield introduce(target.db, target.account, config)


def _tests(target: ConnectionTarget, config: BaseModel, wishes: ConnectWishes) -> Iterator[HealthCheck]:
    """An event of our own, and when that came round, one that the other side sends; a message, where it is wished."""
    provider = target.provider
    if wishes.test_message and provider.test_message:
        yield provider.test_message(target.db, target.account, config)
    if provider.test_event is None or wishes.no_check or wishes.dry_run:
        return
    test_event = provider.test_event(target.base_url, target.account, config)
    yield test_event
    if provider.test_call is None or test_event.state is not HealthState.FINE:
        return
    if test_call := provider.test_call(target.db, target.account, target.base_url, config):
        yield test_call


def _changed_fields(current: BaseModel | None, config: BaseModel) -> tuple[str, ...]:
    """At first all that has a value."""
    before, after = current.model_dump() if current else {}, config.model_dump()
    return tuple(name for name, value in after.items() if (value if current is None else before.get(name) != value))
