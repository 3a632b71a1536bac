"""`firstline connect`: ask a party who we are there, keep what was given, send a test event round."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
from pydantic import BaseModel

from app.cli.output import account_option, json_option, out, print_json, say
from app.installation import address, existing, open_database
from desk.health_check import HealthCheck, HealthState
from desk.platform.database import Database
from desk.platform.settings import Settings, read_settings
from integration import connections
from integration.introduction import Introduction
from integration.slack import connect as to_slack
from integration.slack.client import PARTY as SLACK
from integration.slack.client import SlackConnection
from integration.zendesk.api.connection import PARTY as ZENDESK
from integration.zendesk.api.connection import ZendeskConnection
from integration.zendesk.setup import connect as to_zendesk

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


no_check = click.option("--no-check", is_flag=True, help="Keep it without asking the other side.")


@click.group()
def connect() -> None:
    """Connect an account to Zendesk or Slack. The other side is asked first; secrets are sealed in the database.

    Connecting again changes only what is given; an empty value ('') clears it.
    """


@connect.command()
@click.option("--base-url", help="https://SUBDOMAIN.zendesk.com; needed the first time.")
@click.option("--email", help="The agent whose API token it is; needed the first time.")
@click.option("--api-token", prompt=True, prompt_required=False, hide_input=True, help=ASKED)
@click.option(
    "--webhook-secret", "webhook_secrets", multiple=True, help="Of each webhook; may be given often, replaces all."
)
@click.option("--account-id", "zendesk_account_id", help="Zendesk's own number of the account.")
@click.option("--service-user", "service_user_id", help="The token's user, where no person works as it.")
@click.option("--group", "escalation_group_id", help="The group that escalated tickets go to.")
@click.option(
    "--priority",
    "escalation_priority",
    type=click.Choice(["", "normal", "high", "urgent"]),
    help="The priority that escalated tickets get.",
)
@click.option(
    "--status-after-reply",
    type=click.Choice(["", "open", "pending", "hold", "solved"]),
    help="The status after an automatic reply.",
)
@no_check
@account_option
@json_option
def zendesk(account: str | None, no_check: bool, as_json: bool, webhook_secrets: tuple[str, ...], **given: Any) -> None:
    """Connect Zendesk. docs/zendesk.md says how to make the token and the webhook."""
    if webhook_secrets:
        given["webhook_secrets"] = [secret for secret in webhook_secrets if secret]
    with _place(account) as place:
        known = place.known(ZENDESK, ZendeskConnection)
        first = {"base_url": "--base-url", "email": "--email"}
        config = connections.amend_config(known, ZendeskConnection, _given(known, given, first, "api_token"))
        met = None if no_check else to_zendesk.introduce_zendesk(config)
        place.keep(ZENDESK, config)
        where = address(place.settings)
        test = None if no_check else to_zendesk.send_test_event(where, place.account, config)
        webhook = f"{where}/webhooks/zendesk/{place.account}"
        _tell(ConnectResult(ZENDESK, place.account, _changed(known, config), met, test, webhook), as_json)


@connect.command()
@click.option("--channel", "channel_id", help="The channel's id, such as C0123456789; needed the first time.")
@click.option("--bot-token", prompt=True, prompt_required=False, hide_input=True, help=ASKED)
@click.option("--base-url", help="Another address of Slack's API (a proxy).")
@no_check
@account_option
@json_option
def slack(account: str | None, no_check: bool, as_json: bool, **given: Any) -> None:
    """Connect Slack: escalations are posted to a channel. The bot needs chat:write and channels:history."""
    with _place(account) as place:
        known = place.known(SLACK, SlackConnection)
        first = {"channel_id": "--channel"}
        config = connections.amend_config(known, SlackConnection, _given(known, given, first, "bot_token"))
        met = None if no_check else to_slack.introduce_slack(place.db, place.account, config)
        place.keep(SLACK, config)
        _tell(ConnectResult(SLACK, place.account, _changed(known, config), met), as_json)


@contextmanager
def _place(account: str | None) -> Iterator[ConnectionTarget]:
    settings = read_settings()
    with open_database(settings) as db:
        yield ConnectionTarget(db, existing(db, account or settings.account), settings)


def _given(known: BaseModel | None, values: Mapping[str, Any], first: Mapping[str, str], secret: str) -> dict[str, Any]:
    """What was given. `first`: what the first time cannot do without, by field and option; the secret is asked for."""
    given = {field: value for field, value in values.items() if value is not None}
    if known is None:
        if lacking := [option for field, option in first.items() if field not in given]:
            raise click.UsageError(f"the first time, {' and '.join(lacking)} must be given")
        if secret not in given:
            given[secret] = click.prompt(secret.replace("_", " ").capitalize(), hide_input=True, err=True)
    return given


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
