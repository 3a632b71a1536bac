"""Entries for the knowledge that agents propose, until a lead has looked at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from desk.platform.database import Transaction
from desk.ticket import new_id
from workers.tables import proposed_entries


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
    rows = tx.execute(select(proposed_entries).where(c.state == "proposed").order_by(c.created_at).limit(most))
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
