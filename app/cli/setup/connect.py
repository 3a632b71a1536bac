"""`firstline connect`: parse what is given, have `integration/connecting.py` do it, and show it while it is done."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import click

from app import bootstrap
from app.cli.output import account_option, json_option, print_json, say
from app.cli.setup.connect_options import WISHES, command_options, given_values
from app.cli.setup.progress import print_check, print_step, raise_if_stopped
from app.installation import address, existing, open_database
from desk.health_check import HealthCheck
from desk.platform.settings import read_settings
from integration.connecting import Connected, ConnectionTarget, ConnectWishes, Progress
from integration.connecting import connect as carry_out
from integration.introduction import Introduction
from integration.provider import Provider
from integration.setup_steps import StepResult, StepState


@dataclass
class Report:
    """What came, in its order; it is shown as it comes unless `quiet`."""

    target: ConnectionTarget
    wishes: ConnectWishes
    quiet: bool
    met: Introduction | None = None
    """None when nobody was asked."""
    tests: list[HealthCheck] = field(default_factory=list)
    steps: list[StepResult] = field(default_factory=list)
    changed: tuple[str, ...] = ()

    def follow(self, progress: Iterable[Progress | Connected]) -> None:
        """Take and show each."""
        for finding in progress:
            if isinstance(finding, Introduction):
                self._meet(finding)
            elif isinstance(finding, StepResult):
                print_step(finding, quiet=self.quiet)
                self.steps += [] if finding.state is StepState.WAITING else [finding]
            elif isinstance(finding, HealthCheck):
                self.tests.append(finding)
                print_check(finding, quiet=self.quiet)
            else:
                self.changed = finding.changed

    def print_end(self) -> None:
        """What came of it all."""
        if self.quiet:
            print_json(self.as_json())
        elif self.wishes.dry_run:
            say("Nothing was changed: this was a dry run.")
        else:
            say(f"Connected: {', '.join(self.changed)} kept." if self.changed else "Connected as before.")
            if self.target.webhook:
                say(f"The webhook's address: {self.target.webhook}")

    def as_json(self) -> dict[str, Any]:
        """The same for scripts."""
        party, account = self.target.provider.name, self.target.account
        fields = {"party": party, "account": account, "changed": self.changed, "webhook": self.target.webhook}
        who = dict(self.met.who) if self.met else None
        checks = [*(self.met.checks if self.met else ()), *self.tests]
        test_event = next((check for check in self.tests if check.name == "test event"), None)
        more = {"checks": checks, "test_event": test_event, "steps": self.steps, "dry_run": self.wishes.dry_run}
        return {**fields, "who": who, **more}

    def _meet(self, introduction: Introduction) -> None:
        self.met = introduction
        if not self.quiet:
            say(", ".join(f"{name} {value}" for name, value in introduction.who.items() if value))
        for check in introduction.checks:
            print_check(check, quiet=self.quiet)


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
        command = click.Command(cmd_name, params=command_options(provider))
        command.help, command.callback = provider.about, partial(_connect_provider, provider)
        return json_option(account_option(command))


@click.group(cls=Providers)
def connect() -> None:
    """Connect an account to an outside service. The other side is asked first; secrets are sealed in the database, and
    what is needed at the other side is made there.

    Connecting again changes only what is given; an empty value ('') clears it.
    """


def _connect_provider(provider: Provider, account: str | None, as_json: bool, **values: Any) -> None:
    wishes = ConnectWishes(**{name: values.pop(name, False) for name in WISHES})
    settings = read_settings()
    with open_database(settings) as db:
        target = ConnectionTarget(db, existing(db, account or settings.account), provider, address(settings))
        report = Report(target, wishes, quiet=as_json)
        report.follow(carry_out(target, given_values(provider, target.known(), values), wishes))
        report.print_end()
        raise_if_stopped(report.steps)
