"""Commands on the work that read and write Postgres alone: items, pause, resume."""

import click

from app.cli.output import account_option, json_option, print_json, print_rows, say
from app.installation import open_account
from desk.ticket import ItemState
from workers import operations, overview
from workers.audit import COMMAND_LINE


@click.command()
@click.option("--state", type=click.Choice([state.value for state in ItemState]), help="Only items in this state.")
@click.option("--most", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many, newest first.")
@account_option
@json_option
def items(state: str | None, most: int, account: str | None, as_json: bool) -> None:
    """List inbox items: what came in, what was decided, and what happened since."""
    with open_account(account) as tx:
        inbox_items = overview.list_items(tx, ItemState(state) if state else None, most)
    if as_json:
        print_json(inbox_items)
        return
    rows = [
        (
            item.id,
            item.channel,
            item.ticket_id,
            item.state,
            item.attempts,
            item.decided,
            item.happened or item.error,
            item.received_at,
        )
        for item in inbox_items
    ]
    columns = ("item", "channel", "ticket", "state", "tries", "decided", "happened", "received")
    print_rows(columns, rows, empty=f"No {state} items." if state else "No items.")


@click.command()
@account_option
def pause(account: str | None) -> None:
    """Stop everything public from leaving, from this second on. Drafts and notes go on."""
    with open_account(account) as tx:
        operations.set_paused(tx, True, by=COMMAND_LINE)
    say("Paused: nothing public leaves. `firstline resume` ends it.")


@click.command()
@account_option
def resume(account: str | None) -> None:
    """Let replies leave again."""
    with open_account(account) as tx:
        operations.set_paused(tx, False, by=COMMAND_LINE)
    say("Resumed: replies may leave again.")
