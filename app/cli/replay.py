"""`firstline replay`: parked items back to work, one or many. The one command that hands work to the broker."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import click

from app.bootstrap import make_celery
from app.cli.output import account_option, say
from app.installation import open_installation
from desk.errors import Refused, Temporary
from desk.platform.database import Database
from desk.platform.settings import Settings
from workers import operations
from workers.audit import COMMAND_LINE
from workers.operations import Enqueue
from workers.queue import parked
from workers.queue.parked import ParkedFilter
from workers.tasks import handle_item, publish

AGO = re.compile(r"(\d{1,6})\s*([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def moment(ctx: click.Context, option: click.Parameter, value: str | None) -> datetime | None:
    """ISO 8601, in UTC unless it says otherwise; or how long ago: `90s`, `30m`, `1h`, `2d`."""
    if value is None:
        return None
    try:
        if ago := AGO.fullmatch(value.strip()):
            return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        parsed = datetime.fromisoformat(value.strip())
    except (ValueError, OverflowError) as error:
        raise click.BadParameter("write it as 2026-03-31, 2026-03-31T14:30, 30m, 1h or 2d") from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


@click.command()
@click.argument("item", required=False)
@click.option("--reason", metavar="TEXT", help="All whose reason contains this, in any case.")
@click.option("--since", callback=moment, metavar="TIME", help="All parked since: 2026-03-31T14:30 (UTC), 30m, 1h, 2d.")
@click.option("--all", "everything", is_flag=True, help="All that are parked.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@account_option
def replay(
    item: str | None, reason: str | None, since: datetime | None, everything: bool, yes: bool, account: str | None
) -> None:
    """Have a parked ITEM worked on again, or all that fit --reason and --since, or --all. Several are counted and asked
    about first. A ticket that people have answered meanwhile is left to them."""
    is_bulk = everything or reason is not None or since is not None
    if is_bulk == bool(item):
        raise click.UsageError("name one ITEM, or say which: --reason, --since or --all")
    if reason is not None and not reason.strip():
        raise click.UsageError("--reason is empty; --all means all")
    with open_installation(account) as (settings, db, account_id):
        enqueue = _make_enqueue(settings)
        if item:
            _replay_one(db, account_id, item, enqueue)
        else:
            parked_filter = ParkedFilter(words=reason.strip() if reason else None, since=since)
            _replay_many(db, account_id, parked_filter, enqueue, yes)


def _replay_one(db: Database, account: str, item: str, enqueue: Enqueue) -> None:
    requeued = (
        operations.requeue(db, account, ParkedFilter(item_id=item), enqueue, by=COMMAND_LINE) if _is_id(item) else None
    )
    if not requeued or not requeued.count:
        raise Refused(f"item {item} is not parked; `firstline items --state parked` lists those that are")
    say("Handed to a worker." if requeued.at_once else "Put back; the workers take it up when they run.")


def _replay_many(db: Database, account: str, parked_filter: ParkedFilter, enqueue: Enqueue, yes: bool) -> None:
    with db.account(account) as tx:
        count = parked.count_parked(tx, parked_filter).count
    if not count:
        say("No parked item fits.")
        return
    if not yes and not click.confirm(f"Have {_items_in_words(count)} worked on again?"):
        raise Refused("nothing was put back")
    requeued = operations.requeue(db, account, parked_filter, enqueue, by=COMMAND_LINE)
    next_step = "the workers take them up" if requeued.at_once else "the workers take them up when they run"
    say(f"{_items_in_words(requeued.count)} put back; {next_step}.")


def _make_enqueue(settings: Settings) -> Enqueue:
    """Hands an item to the broker. Raises Temporary when there is none now, and then the sweeper does it later."""
    if settings.redis_url is not None:
        make_celery(settings)

    def enqueue(account: str, item_id: str) -> None:
        if settings.redis_url is None:
            raise Temporary("no broker runs")
        publish(handle_item, account, item_id)

    return enqueue


def _items_in_words(count: int) -> str:
    return f"{count} parked item{'s' * (count != 1)}"


def _is_id(item: str) -> bool:
    try:
        return bool(UUID(item))
    except ValueError:
        return False
