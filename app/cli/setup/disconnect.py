"""`firstline disconnect`: remove what `connect` made at a party, then forget the party."""

import click

from app import bootstrap
from app.cli.output import account_option, json_option, print_json, say
from app.cli.setup.progress import print_step, raise_if_stopped
from app.installation import address, existing, open_database
from desk.errors import Refused
from desk.platform.settings import read_settings
from integration.connecting import ConnectionTarget, Disconnected, require_connection
from integration.connecting import disconnect as carry_out
from integration.provider import Provider
from integration.resources import list_resources
from integration.setup_steps import StepResult, StepState


@click.command()
@click.argument("party")
@account_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--only-here", is_flag=True, help="Remove nothing at the other side.")
@json_option
def disconnect(party: str, account: str | None, yes: bool, only_here: bool, as_json: bool) -> None:
    """Remove what `connect` made at a PARTY, and forget how to reach it and its secrets.

    What people made there by hand stays. When the other side does not answer, the connection stays too, and the exit
    code is 75: run it again, or with --only-here.
    """
    settings = read_settings()
    provider = _find_provider(party)
    with open_database(settings) as db:
        target = ConnectionTarget(db, existing(db, account or settings.account), provider, address(settings))
        require_connection(target)
        if not yes:
            click.confirm(_question(target, only_here), abort=True, err=True)
        _follow(target, only_here, as_json)


def _find_provider(party: str) -> Provider:
    providers = {provider.name: provider for provider in bootstrap.PROVIDERS}
    if party not in providers:
        raise click.UsageError(f"there is no party {party!r}, but {' and '.join(sorted(providers))}")
    return providers[party]


def _question(target: ConnectionTarget, only_here: bool) -> str:
    with target.db.account(target.account) as tx:
        count = len(list_resources(tx, target.provider.name))
    act = "Leave" if only_here else "Remove"
    things = f"{act} the {count} things that were made at {target.provider.title}, and forget" if count else "Forget"
    return f"{things} how {target.account} reaches it, with its secrets?"


def _follow(target: ConnectionTarget, only_here: bool, as_json: bool) -> None:
    """Show it while it is done. Raises Temporary when it was cut off, Refused when something is left."""
    party, steps, end = target.provider.name, [], None
    for finding in carry_out(target, only_here=only_here):
        if isinstance(finding, Disconnected):
            end = finding
            continue
        print_step(finding, quiet=as_json)
        steps += [] if finding.state is StepState.WAITING else [finding]
    if as_json:
        print_json({"party": party, "disconnected": end is not None, "steps": steps})
    _say_end(party, steps, end, as_json)


def _say_end(party: str, steps: list[StepResult], end: Disconnected | None, as_json: bool) -> None:
    raise_if_stopped(steps)
    if not as_json:
        say(f"{party} is disconnected.")
    if end and end.left:
        raise Refused(f"left at {party}, to be removed there by hand: {', '.join(end.left)}")
