"""What models have cost today: Postgres adds up as runs are saved (`m0008_backlog.py`)."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from desk.platform.database import Transaction
from workers.tables import daily_spend


def dollars_today(tx: Transaction) -> float:
    """What models have cost since midnight, UTC. Postgres adds up as runs are saved (`m0008_backlog.py`)."""
    query = select(daily_spend.c.dollars).where(daily_spend.c.day == datetime.now(UTC).date())
    return float(tx.execute(query).scalar_one_or_none() or 0.0)


def add_spending(tx: Transaction, dollars: float) -> None:
    """Count what a model was paid for without a run: for an answer to an agent."""
    if dollars <= 0:
        return
    values = {"account_id": tx.account, "day": datetime.now(UTC).date(), "dollars": dollars}
    statement = insert(daily_spend).values(values)
    total = daily_spend.c.dollars + statement.excluded.dollars
    tx.execute(statement.on_conflict_do_update(index_elements=["account_id", "day"], set_={"dollars": total}))
