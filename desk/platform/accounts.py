"""The accounts of an installation, and whether each is paused."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, DateTime, Table, Text, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from desk.errors import Refused
from desk.platform.database import Database, Transaction, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("paused_at", DateTime(timezone=True)),
    Column("paused_by", Text),
)

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Account:
    """One customer installation."""

    id: str
    title: str
    created_at: datetime
    paused_at: datetime | None
    paused_by: str | None


def add_account(db: Database, account_id: str, title: str | None = None) -> bool:
    """Make an account; False if it is there already. Raises Refused for a name that is no slug."""
    if not SLUG.fullmatch(account_id):
        raise Refused(f"{account_id!r} cannot name an account: use a-z, 0-9 and -, at most 63 characters", status=422)
    statement = insert(accounts).values(account_id=account_id, title=title or account_id).on_conflict_do_nothing()
    with db.account(account_id) as tx:
        return tx.execute(statement.returning(accounts.c.account_id)).one_or_none() is not None


def list_accounts(db: Database) -> list[Account]:
    """All accounts, by id."""
    with db.across() as connection:
        return [Account(*row) for row in connection.execute(text("SELECT * FROM firstline_accounts()"))]


def get_account(tx: Transaction) -> Account | None:
    """The transaction's own account, or None if nobody made it."""
    columns = (
        accounts.c.account_id,
        accounts.c.title,
        accounts.c.created_at,
        accounts.c.paused_at,
        accounts.c.paused_by,
    )
    row = tx.execute(select(*columns)).one_or_none()
    return Account(row.account_id, row.title, row.created_at, row.paused_at, row.paused_by) if row else None


def set_paused(tx: Transaction, paused: bool, by: str) -> None:
    """From now on nothing public leaves, or it may again."""
    values = {"paused_at": func.now() if paused else None, "paused_by": by if paused else None}
    tx.execute(update(accounts).values(values))


def is_paused(tx: Transaction) -> bool:
    """True while nothing public may leave."""
    return tx.execute(select(accounts.c.paused_at)).scalar_one_or_none() is not None
