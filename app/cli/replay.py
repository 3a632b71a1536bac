"""`firstline replay`: the one command that hands work to the broker."""

from uuid import UUID

import click

from app.bootstrap import make_celery
from app.cli.output import account_option, say
from app.database import make_database
from app.installation import existing, installation
from desk.errors import Refused, Temporary
from desk.settings import Settings, read_settings
from workers import interventions
from workers.tasks import handle_item, publish


@click.command()
@click.argument("item")
@account_option
def replay(item: str, account: str | None) -> None:
    """Have a parked ITEM worked on again."""
    settings = read_settings()
    with installation(settings) as ready:
        db = make_database(ready)
        try:
            account = existing(db, account or settings.account)
            with db.account(account) as tx:
                if not _is_id(item) or not interventions.requeue(tx, item, by="cli"):
                    raise Refused(f"item {item} is not parked; `firstline items --state parked` lists those that are")
        finally:
            db.close()
        at_once = publish_item(ready, account, item)
    say("Handed to a worker." if at_once else "Put back; the workers take it up when they run.")


def publish_item(settings: Settings, account: str, item_id: str) -> bool:
    """Hand an item to the broker; False when there is none now, and then the sweeper does it later."""
    if settings.redis_url is None:
        return False
    make_celery(settings)
    try:
        publish(handle_item, account, item_id)
    except Temporary:
        return False
    return True


def _is_id(item: str) -> bool:
    try:
        return bool(UUID(item))
    except ValueError:
        return False
