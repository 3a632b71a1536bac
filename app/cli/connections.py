"""Commands on the outside parties of an account: connect, disconnect, connections."""

import json
from typing import Any

import click
from pydantic import BaseModel, ValidationError

from app.awaited import in_short
from app.cli.output import account_option, json_option, out, print_json, print_rows
from app.installation import address, open_account
from desk.errors import Refused
from desk.settings import read_settings
from integration import connections
from integration.slack.client import SlackConnection
from integration.zendesk.connection import ZendeskConnection
from workers.parties import standing

PARTIES: dict[str, type[BaseModel]] = {"zendesk": ZendeskConnection, "slack": SlackConnection}


@click.group()
def connect() -> None:
    """Connect an account to Zendesk or Slack. Secrets are sealed in the database."""


@connect.command()
@click.option("--base-url", required=True, help="https://SUBDOMAIN.zendesk.com")
@click.option("--email", required=True, help="The agent whose API token it is.")
@click.option("--api-token", prompt=True, hide_input=True, help="Asked for when left out.")
@click.option("--webhook-secret", "webhook_secrets", multiple=True, help="Of each webhook; may be given often.")
@click.option("--account-id", "zendesk_account_id", default="", help="Zendesk's own number of the account.")
@click.option("--service-user", "service_user_id", default="", help="The token's user, where no person works as it.")
@click.option("--group", "escalation_group_id", default="", help="The group that escalated tickets go to.")
@click.option(
    "--priority",
    "escalation_priority",
    default="",
    type=click.Choice(["", "normal", "high", "urgent"]),
    help="The priority that escalated tickets get.",
)
@click.option(
    "--status-after-reply",
    default="",
    type=click.Choice(["", "open", "pending", "hold", "solved"]),
    help="The status after an automatic reply.",
)
@account_option
def zendesk(account: str | None, webhook_secrets: tuple[str, ...], **config: Any) -> None:
    """Connect Zendesk. docs/zendesk.md says how to make the token and the webhook."""
    _connect(account, "zendesk", config | {"webhook_secrets": list(webhook_secrets)})
    settings = read_settings()
    out.print(f"Connected. The webhook's address: {address(settings)}/webhooks/zendesk/{account or settings.account}")


@connect.command()
@click.option("--channel", "channel_id", required=True, help="The channel's id, such as C0123456789.")
@click.option("--bot-token", prompt=True, hide_input=True, help="Asked for when left out.")
@click.option("--base-url", help="Another address of Slack's API (a proxy).")
@account_option
def slack(account: str | None, **config: Any) -> None:
    """Connect Slack: escalations are posted to a channel. The bot needs chat:write and channels:history."""
    _connect(account, "slack", {name: value for name, value in config.items() if value})
    out.print("Connected. Invite the bot to the channel, if it is not there yet.")


@click.command()
@click.argument("party", type=click.Choice(sorted(PARTIES)))
@account_option
def disconnect(party: str, account: str | None) -> None:
    """Forget how to reach a PARTY, and its secrets."""
    with open_account(account) as tx:
        if not connections.disconnect(tx, party):
            raise Refused(f"{party} is not connected")
    out.print(f"{party} is disconnected.")


@click.command("connections")
@account_option
@json_option
def list_connections(account: str | None, as_json: bool) -> None:
    """List what an account is connected to, without the secrets, and what work has to wait for."""
    with open_account(account) as tx:
        found = {name: connections.load(tx, name, model) for name, model in PARTIES.items()}
        away = {each.party: in_short(each) for each in standing.away(tx)}
    rows = [
        (name, getattr(c.config, "base_url", ""), c.updated_at, c.blocked_until, away.get(name, "up"))
        for name, c in found.items()
        if c
    ]
    if as_json:
        keys = ("party", "address", "since", "blocked_until", "state")
        print_json([dict(zip(keys, row, strict=True)) for row in rows])
        return
    print_rows(
        ("party", "address", "since", "left alone until", "state"), rows, empty="None; `firstline connect --help`."
    )


def _connect(account: str | None, party: str, config: dict[str, Any]) -> None:
    try:
        made = PARTIES[party].model_validate(config)
    except ValidationError as error:
        faults = json.loads(error.json(include_url=False, include_input=False))
        raise Refused("; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in faults)) from error
    with open_account(account) as tx:
        connections.connect(tx, party, made)
