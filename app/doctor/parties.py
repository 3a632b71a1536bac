"""The outside parties that work waits for, for `app/doctor/diagnose.py`: what is known of them, without asking them
again."""

from collections.abc import Iterator

from desk.health_check import HealthCheck, fine, wrong
from desk.party import Access, PartyState, PartyStatus
from desk.platform.accounts import list_accounts
from desk.platform.database import Database, Transaction
from workers.parties import standing
from workers.queue import inbox, outbox


def party_checks(db: Database) -> Iterator[HealthCheck]:
    """Of every account: who is away and since when, and how much waits."""
    for account in list_accounts(db):
        with db.account(account.id) as tx:
            parties_away = standing.parties_away(tx)
            counts = {status.party: _count_waiting(tx, status.party) for status in parties_away}
        if not parties_away:
            yield fine(f"parties of {account.id}", "work waits for none")
        for party in parties_away:
            yield _check_party(account.id, party, counts[party.party])


def in_short(party: PartyStatus) -> str:
    """`broken since 2026-03-02 12:04`, and which way where it is not read any more only."""
    suffix = "" if party.access is Access.READ else " for writing"
    return f"{party.state.value}{suffix} since {party.since.astimezone():%Y-%m-%d %H:%M}"


def _check_party(account: str, party: PartyStatus, waiting: int) -> HealthCheck:
    what = f"{in_short(party)}: {party.reason}; {waiting} messages and deliveries wait for it"
    remedy = "it is asked again by itself, and what waits goes on when it is back"
    if party.state is PartyState.BROKEN:
        remedy = f"firstline connect {party.party}; what waits then goes on by itself"
    return wrong(f"work for {party.party} of {account}", what, remedy)


def _count_waiting(tx: Transaction, party: str) -> int:
    waiting_tickets = [*inbox.items_waiting_for(tx, party), *outbox.deliveries_waiting_for(tx, party)]
    return sum(waiting_ticket.count for waiting_ticket in waiting_tickets)
