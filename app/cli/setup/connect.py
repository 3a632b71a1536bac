"""`firstline connect`: ask a party who we are there, keep what was given, send a test event round."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args, get_origin

import click
from pydantic import BaseModel

from app import bootstrap
from app.cli.output import account_option, json_option, out, print_json, say
from app.installation import address, existing, open_database
from desk.health_check import HealthCheck, HealthState
from desk.platform.database import Database
from desk.platform.settings import Settings, read_settings
from integration import connections
from integration.introduction import Introduction
from integration.provider import ConnectOption, Provider

COLOURS = {
    HealthState.FINE: "green",
    HealthState.MISSING: "yellow",
    HealthState.STOPPED: "red",
    HealthState.WRONG: "red",
}
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
            found = connections.load_connection(tx, party, model)
        return found.config if found else None

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
        plain = {"party": self.party, "account": self.account, "changed": self.changed, "webhook": self.webhook}
        who = dict(self.met.who) if self.met else None
        return {**plain, "who": who, "checks": self.checks, "test_event": self.test_event}

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
        provider = next((each for each in bootstrap.PROVIDERS if each.name == cmd_name), None)
        if provider is None:
            return None
        command = click.Command(cmd_name, params=[_option(provider, each) for each in provider.options])
        command.help, command.callback = provider.about, partial(_connect, provider)
        for option in (json_option, account_option, no_check):
            option(command)
        return command


no_check = click.option("--no-check", is_flag=True, help="Keep it without asking the other side.")


@click.group(cls=Providers)
def connect() -> None:
    """Connect an account to an outside service. The other side is asked first; secrets are sealed in the database.

    Connecting again changes only what is given; an empty value ('') clears it.
    """


def _option(provider: Provider, asked: ConnectOption) -> click.Option:
    """What values it takes, the field's type says: one of several words, or many values."""
    kind = provider.connection.model_fields[asked.field].annotation
    if asked.secret:
        return click.Option(
            [asked.option, asked.field], help=ASKED, prompt=True, prompt_required=False, hide_input=True
        )
    choices = click.Choice([str(each) for each in get_args(kind)]) if get_origin(kind) is Literal else None
    return click.Option([asked.option, asked.field], help=asked.help, type=choices, multiple=get_origin(kind) is list)


def _connect(provider: Provider, account: str | None, no_check: bool, as_json: bool, **values: Any) -> None:
    with _place(account) as place:
        known = place.known(provider.name, provider.connection)
        config = connections.amend_config(known, provider.connection, _given(provider, known, values))
        met = None if no_check else provider.introduce(place.db, place.account, config)
        place.keep(provider.name, config)
        where = address(place.settings)
        test = None if no_check or provider.test_event is None else provider.test_event(where, place.account, config)
        webhook = f"{where}/webhooks/{provider.name}/{place.account}" if provider.inbound else None
        _tell(ConnectResult(provider.name, place.account, _changed(known, config), met, test, webhook), as_json)


@contextmanager
def _place(account: str | None) -> Iterator[ConnectionTarget]:
    settings = read_settings()
    with open_database(settings) as db:
        yield ConnectionTarget(db, existing(db, account or settings.account), settings)


def _given(provider: Provider, known: BaseModel | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """What was given. The first time some of it must be, and what is secret is asked for."""
    given = {name: _whole(value) for name, value in values.items() if value not in (None, ())}
    if known is None:
        if lacking := [each.option for each in provider.options if each.first and each.field not in given]:
            raise click.UsageError(f"the first time, {' and '.join(lacking)} must be given")
        for each in provider.options:
            if each.secret and each.field not in given:
                words = each.field.replace("_", " ").capitalize()
                given[each.field] = click.prompt(words, hide_input=True, err=True)
    return given


def _whole(value: Any) -> Any:
    """Many values without the empty ones: a single empty one clears them."""
    return [each for each in value if each] if isinstance(value, tuple) else value


def _changed(known: BaseModel | None, config: BaseModel) -> tuple[str, ...]:
    """The names of what is other than before; never a value."""
    before, after = known.model_dump() if known else {}, config.model_dump()
    return tuple(name for name, value in after.items() if known is None or before.get(name) != value)


def _tell(made: ConnectResult, as_json: bool) -> None:
    if as_json:
        print_json(made.as_json())
        return
    if made.met:
        say(", ".join(f"{name} {value}" for name, value in made.met.who.items() if value))
    for check in made.checks:
        out.print(f"{check.state.value:<8}", style=COLOURS[check.state], end=" ")
        say(f"{check.name}: {check.what}")
        if check.remedy:
            say(f"         → {check.remedy}")
    say(f"Connected: {', '.join(made.changed)} kept." if made.changed else "Connected as before.")
    if made.webhook:
        say(f"The webhook's address: {made.webhook}")
