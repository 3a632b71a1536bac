"""Entries for the knowledge that agents propose, until a lead has looked at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, insert, select, update

from desk.platform.database import Transaction
from desk.ticket import new_id
from workers.tables import proposed_entries


class ProposalState(StrEnum):
    """What a lead decided."""

    PROPOSED = "proposed"
    """Nothing yet."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ProposedEntry:
    """A question and its answer, without personal data."""

    id: str
    channel: str
    ticket_id: str
    question: str
    answer: str
    proposed_by: str
    created_at: datetime


def propose_entry(tx: Transaction, channel: str, ticket_id: str, question: str, answer: str, proposed_by: str) -> str:
    """Keep a proposal; its id."""
    values = {
        "account_id": tx.account,
        "id": new_id(),
        "channel": channel,
        "ticket_id": ticket_id,
        "question": tx.seal(question),
        "answer": tx.seal(answer),
        "proposed_by": tx.seal(proposed_by),
    }
    return str(tx.execute(insert(proposed_entries).values(values).returning(proposed_entries.c.id)).scalar_one())


def list_proposed(tx: Transaction, most: int = 100) -> Sequence[ProposedEntry]:
    """What waits for a lead, oldest first."""
    c = proposed_entries.c
    rows = tx.execute(
        select(proposed_entries).where(c.state == ProposalState.PROPOSED).order_by(c.created_at).limit(most)
    )
    return [
        ProposedEntry(
            id=row.id,
            channel=row.channel,
            ticket_id=row.ticket_id,
            question=tx.open(row.question),
            answer=tx.open(row.answer),
            proposed_by=tx.open(row.proposed_by),
            created_at=row.created_at,
        )
        for row in rows
    ]


def decide_proposal(
    tx: Transaction, proposal_id: str, state: ProposalState, decided_by: str, entry_id: str | None = None
) -> bool:
    """Note what a lead decided; False if somebody has decided already, and then nothing else of this may stay.
    `entry_id`: what it became in the knowledge."""
    c = proposed_entries.c
    values = {"state": state, "decided_by": tx.seal(decided_by), "decided_at": func.now(), "entry_id": entry_id}
    is_open = (c.id == proposal_id, c.state == ProposalState.PROPOSED)
    return tx.execute(update(proposed_entries).where(*is_open).values(values)).rowcount == 1
