"""`firstline connect`: ask a party who we are there, keep what was given, send a test event round."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args, get_origin

import click
from pydantic import BaseModel

from app import bootstrap
from app.cli.output import account_option, json_option, print_json, say, say_check
from app.installation import address, existing, open_database
from desk.health_check import HealthCheck
from desk.platform.database import Database
from desk.platform.settings import Settings, read_settings
from integration import connections
from integration.introduction import Introduction
from integration.provider import ConnectOption, Provider

ASKED = "May be given without a value, and is asked for then; needed the first time."


@dataclass(frozen=True, slots=True)
class ConnectionTarget:
    """Whose connection is made, and where."""

    db: Database
    account: str
    settings: Settings

    def known(self, party: str, model: type[BaseModel]) -> BaseModel | None:
        """How the party is reached now."""
        with self.db.account(self.account) as tx:
            connection = connections.load_connection(tx, party, model)
        return connection.config if connection else None

    def keep(self, party: str, config: BaseModel) -> None:
        """From now on it is reached like this."""
        with self.db.account(self.account) as tx:
            connections.save_connection(tx, party, config)


@dataclass(frozen=True, slots=True)
class ConnectResult:
    """What came of it. `met` is None when nobody was asked."""

    party: str
    account: str
    changed: tuple[str, ...]
    met: Introduction | None = None
    test_event: HealthCheck | None = None
    webhook: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The same for scripts."""
        fields = {"party": self.party, "account": self.account, "changed": self.changed, "webhook": self.webhook}
        who = dict(self.met.who) if self.met else None
        return {**fields, "who": who, "checks": self.checks, "test_event": self.test_event}

    @property
    def checks(self) -> Sequence[HealthCheck]:
        """All that was found."""
        return [*(self.met.checks if self.met else ()), *([self.test_event] if self.test_event else [])]


class Providers(click.Group):
    """One command for each outside service, made from what connecting it asks for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All that there are."""
        return [provider.name for provider in bootstrap.PROVIDERS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command that connects this one."""
        provider = next((candidate for candidate in bootstrap.PROVIDERS if candidate.name == cmd_name), None)
        if provider is None:
            return None
        command = click.Command(cmd_name, params=[_build_option(provider, option) for option in provider.options])
        command.help, command.callback = provider.about, partial(_connect_provider, provider)
        for option in (json_option, account_option, no_check):
            option(command)
        return command


no_check = click.option("--no-check", is_flag=True, help="Keep it without asking the other side.")


@click.group(cls=Providers)
def connect() -> None:
    """Connect an account to an outside service. The other side is asked first; secrets are sealed in the database.

    Connecting again changes only what is given; an empty value ('') clears it.
    """


def _build_option(provider: Provider, option: ConnectOption) -> click.Option:
    """What values it takes, the field's type says: one of several words, or many values."""
    value_type = provider.connection.model_fields[option.field].annotation
    if option.secret:
        return click.Option(
            [option.option, option.field], help=ASKED, prompt=True, prompt_required=False, hide_input=True
        )
    choices = (
        click.Choice([str(choice) for choice in get_args(value_type)]) if get_origin(value_type) is Literal else None
    )
    return click.Option(
        [option.option, option.field], help=option.help, type=choices, multiple=get_origin(value_type) is list
    )


def _connect_provider(provider: Provider, account: str | None, no_check: bool, as_json: bool, **values: Any) -> None:
    with _open_target(account) as target:
        current = target.known(provider.name, provider.connection)
        config = connections.amend_config(current, provider.connection, _given_values(provider, current, values))
        introduction = None if no_check else provider.introduce(target.db, target.account, config)
        target.keep(provider.name, config)
        base_url = address(target.settings)
        test_event = (
            None if no_check or provider.test_event is None else provider.test_event(base_url, target.account, config)
        )
        webhook = f"{base_url}/webhooks/{provider.name}/{target.account}" if provider.inbound else None
        _print_result(
            ConnectResult(
                provider.name, target.account, _changed_fields(current, config), introduction, test_event, webhook
            ),
            as_json,
        )


@contextmanager
def _open_target(account: str | None) -> Iterator[ConnectionTarget]:
    settings = read_settings()
    with open_database(settings) as db:
        yield ConnectionTarget(db, existing(db, account or settings.account), settings)


def _given_values(provider: Provider, current: BaseModel | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """What was given. The first time some of it must be, and what is secret is asked for."""
    given_values = {name: _without_empty(value) for name, value in values.items() if value not in (None, ())}
    if current is None:
        if missing_options := [
            option.option for option in provider.options if option.first and option.field not in given_values
        ]:
            raise click.UsageError(f"the first time, {' and '.join(missing_options)} must be given")
        for option in provider.options:
            if option.secret and option.field not in given_values:
                label = option.field.replace("_", " ").capitalize()
                given_values[option.field] = click.prompt(label, hide_input=True, err=True)
    return given_values


def _without_empty(value: Any) -> Any:
    """Many values without the empty ones: a single empty one clears them."""
    return [entry for entry in value if entry] if isinstance(value, tuple) else value


def _changed_fields(current: BaseModel | None, config: BaseModel) -> tuple[str, ...]:
    """The names of what is other than before; never a value."""
    before, after = current.model_dump() if current else {}, config.model_dump()
    return tuple(name for name, value in after.items() if current is None or before.get(name) != value)


def _print_result(result: ConnectResult, as_json: bool) -> None:
    if as_json:
        print_json(result.as_json())
        return
    if result.met:
        say(", ".join(f"{name} {value}" for name, value in result.met.who.items() if value))
    for check in result.checks:
        say_check(check)
    say(f"Connected: {', '.join(result.changed)} kept." if result.changed else "Connected as before.")
    if result.webhook:
        say(f"The webhook's address: {result.webhook}")
