"""What people decided about a ticket through us: whose it is, and that Firstline leaves it alone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update

from desk.platform.database import Transaction
from workers.tables import ticket_states


@dataclass(frozen=True, slots=True)
class TicketClaim:
    """Whose ticket it is, of those who work on it through us."""

    actor_id: str
    name: str
    since: datetime


def is_switched_off(tx: Transaction, channel: str, ticket_id: str) -> bool:
    """Did a person turn Firstline off for this ticket?"""
    return switched_off_and_claimed(tx, channel, ticket_id)[0]


def switched_off_and_claimed(tx: Transaction, channel: str, ticket_id: str) -> tuple[bool, bool]:
    """Did a person turn Firstline off for this ticket, and has one claimed it?"""
    c = ticket_states.c
    query = select(c.switched_off, c.claimed_by).where(c.channel == channel, c.ticket_id == ticket_id)
    row = tx.execute(query).one_or_none()
    return (bool(row.switched_off), row.claimed_by is not None) if row else (False, False)


def set_switched_off(tx: Transaction, channel: str, ticket_id: str, switched_off: bool) -> bool:
    """Turn Firstline off for a ticket, or on; False where it was so already."""
    c = ticket_states.c
    is_other = and_(c.channel == channel, c.ticket_id == ticket_id, c.switched_off != switched_off)
    return tx.execute(update(ticket_states).where(is_other).values(switched_off=switched_off)).rowcount == 1


def get_claim(tx: Transaction, channel: str, ticket_id: str) -> TicketClaim | None:
    """Who has claimed a ticket."""
    c = ticket_states.c
    query = select(c.claimed_by, c.claimed_name, c.claimed_at).where(c.channel == channel, c.ticket_id == ticket_id)
    row = tx.execute(query).one_or_none()
    return TicketClaim(row.claimed_by, tx.open(row.claimed_name), row.claimed_at) if row and row.claimed_by else None


def claim_ticket(tx: Transaction, channel: str, ticket_id: str, actor_id: str, name: str) -> bool:
    """Make a ticket somebody's; False where it is another's."""
    c = ticket_states.c
    is_free = and_(
        c.channel == channel, c.ticket_id == ticket_id, or_(c.claimed_by.is_(None), c.claimed_by == actor_id)
    )
    since = func.coalesce(c.claimed_at, func.clock_timestamp())
    values = {"claimed_by": actor_id, "claimed_name": tx.seal(name), "claimed_at": since}
    return tx.execute(update(ticket_states).where(is_free).values(values)).rowcount == 1


def release_ticket(tx: Transaction, channel: str, ticket_id: str, actor_id: str | None) -> bool:
    """Make a ticket nobody's again; False where it is not theirs. With None, whosever it is."""
    c = ticket_states.c
    is_whose = c.claimed_by == actor_id if actor_id else c.claimed_by.is_not(None)
    is_theirs = and_(c.channel == channel, c.ticket_id == ticket_id, is_whose)
    values = {"claimed_by": None, "claimed_name": None, "claimed_at": None}
    return tx.execute(update(ticket_states).where(is_theirs).values(values)).rowcount == 1
