"""`firstline connections`: what an account is connected to."""

import click

from app import bootstrap
from app.cli.output import account_option, json_option, print_json, print_rows
from app.doctor.parties import in_short
from app.installation import open_account
from integration import connections
from workers.parties import standing


@click.command("connections")
@account_option
@json_option
def list_connections(account: str | None, as_json: bool) -> None:
    """List what an account is connected to, without the secrets, and what work has to wait for."""
    with open_account(account) as tx:
        connections_by_party = {
            provider.name: connections.load_connection(tx, provider.name, provider.connection)
            for provider in bootstrap.PROVIDERS
        }
        away = {status.party: in_short(status) for status in standing.parties_away(tx)}
    rows = [
        (name, getattr(known.config, "base_url", ""), known.updated_at, known.blocked_until, away.get(name, "up"))
        for name, known in connections_by_party.items()
        if known
    ]
    if as_json:
        keys = ("party", "address", "since", "blocked_until", "state")
        print_json([dict(zip(keys, row, strict=True)) for row in rows])
        return
    columns = ("party", "address", "since", "left alone until", "state")
    print_rows(columns, rows, empty="None; `firstline connect --help`.")
