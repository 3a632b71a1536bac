"""The outside parties that work waits for, for `app/doctor/diagnose.py`: what is known of them, without asking them
again."""

from collections.abc import Iterator

from desk.health_check import HealthCheck, fine, wrong
from desk.party import Access, PartyState, PartyStatus
from desk.platform.accounts import list_accounts
from desk.platform.database import Database
from workers.parties import standing
from workers.queue import inbox, outbox


def party_checks(db: Database) -> Iterator[HealthCheck]:
    """Of every account: who is away and since when, and how much waits."""
    for account in list_accounts(db):
        with db.account(account.id) as tx:
            away = standing.parties_away(tx)
            counts = {
                each.party: sum(
                    w.count
                    for w in [*inbox.items_waiting_for(tx, each.party), *outbox.deliveries_waiting_for(tx, each.party)]
                )
                for each in away
            }
        if not away:
            yield fine(f"parties of {account.id}", "work waits for none")
        for each in away:
            yield _check(account.id, each, counts[each.party])


def in_short(each: PartyStatus) -> str:
    """`broken since 2026-03-02 12:04`, and which way where it is not read any more only."""
    way = "" if each.access is Access.READ else " for writing"
    return f"{each.state.value}{way} since {each.since.astimezone():%Y-%m-%d %H:%M}"


def _check(account: str, each: PartyStatus, waiting: int) -> HealthCheck:
    what = f"{in_short(each)}: {each.reason}; {waiting} messages and deliveries wait for it"
    remedy = "it is asked again by itself, and what waits goes on when it is back"
    if each.state is PartyState.BROKEN:
        remedy = f"firstline connect {each.party}; what waits then goes on by itself"
    return wrong(f"work for {each.party} of {account}", what, remedy)
