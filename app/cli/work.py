"""Commands on the work: ask, items, replay, pause, resume, policy."""

from pathlib import Path

import click

from app.bootstrap import make_database, make_toolbox
from app.cli.output import account_option, json_option, out, print_json, print_rows
from app.cli.receipts import print_receipt
from app.installation import installation, open_account, publish_item
from app.rehearsal import dry_run
from desk.errors import Refused
from desk.policy import parse_policy
from desk.receipt import make_receipt
from desk.reply import compose_reply
from desk.settings import read_settings
from desk.ticket import Action, ItemState
from workers import inbox, interventions


@click.command()
@click.argument("question")
@click.option("--subject", default="", help="The ticket's subject line.")
@account_option
@json_option
def ask(question: str, subject: str, account: str | None, as_json: bool) -> None:
    """Show what would become of a QUESTION, and why. A dry run: nothing is stored or sent."""
    settings = read_settings()
    account = account or settings.account
    with installation(settings) as ready:
        tools = make_toolbox(ready, make_database(ready))
        run = dry_run(tools, account, question, subject)
        reply = compose_reply(run.draft, run.hits, tools.policies.get(account).policy, run.message_id)
        tools.db.close()
    if as_json:
        print_json({"receipt": make_receipt(run), "reply": reply})
        return
    print_receipt(make_receipt(run))
    if run.draft.statements:
        out.rule("Reply" if run.decision.action is Action.AUTO_REPLY else "Draft, for a person to look at")
        out.print(reply.text, markup=False)


@click.command()
@click.option("--state", type=click.Choice([state.value for state in ItemState]), help="Only items in this state.")
@click.option("--most", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many, newest first.")
@account_option
@json_option
def items(state: str | None, most: int, account: str | None, as_json: bool) -> None:
    """List inbox items: what came in, and what became of it."""
    with open_account(account) as tx:
        found = inbox.listing(tx, ItemState(state) if state else None, most)
    if as_json:
        print_json(found)
        return
    rows = [(i.id, i.channel, i.ticket_id, i.state, i.attempts, i.outcome or i.error, i.received_at) for i in found]
    print_rows(
        ("item", "channel", "ticket", "state", "tries", "what became of it", "received"), rows, empty="No items."
    )


@click.command()
@click.argument("item")
@account_option
def replay(item: str, account: str | None) -> None:
    """Have a parked ITEM worked on again."""
    settings = read_settings()
    account = account or settings.account
    with installation(settings) as ready:
        db = make_database(ready)
        with db.account(account) as tx:
            if not interventions.requeue(tx, item, by="cli"):
                raise Refused(f"item {item} is not parked; `firstline items --state parked` lists those that are")
        db.close()
        at_once = publish_item(ready, account, item)
    out.print("Handed to a worker." if at_once else "Put back; the workers take it up when they run.")


@click.command()
@account_option
def pause(account: str | None) -> None:
    """Stop everything public from leaving, from this second on. Drafts and notes go on."""
    _set_paused(account, True)
    out.print("Paused: nothing public leaves. `firstline resume` ends it.")


@click.command()
@account_option
def resume(account: str | None) -> None:
    """Let replies leave again."""
    _set_paused(account, False)
    out.print("Resumed: replies may leave again.")


@click.group()
def policy() -> None:
    """The policy: what may be done alone."""


@policy.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
def check(file: Path | None) -> None:
    """Check a policy FILE (default: FIRSTLINE_POLICY) and say what it allows."""
    path = file or read_settings().policy
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"cannot read {path}: {error}") from error
    found = parse_policy(text, str(path))
    rows = [(name, each.level, f"{each.threshold:.2f}", each.audience) for name, each in found.categories.items()]
    print_rows(("category", "level", "threshold", "audience"), rows, empty="No categories.")
    out.print(f"Fine. Version {found.version}, {len(found.sensitive_topics)} sensitive topics.")


def _set_paused(account: str | None, paused: bool) -> None:
    with open_account(account) as tx:
        interventions.set_paused(tx, paused, by="cli")


COMMANDS = (ask, items, replay, pause, resume, policy)
