"""The entries of the source *Written here*: a question and its answer, each a document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select

from desk.platform.database import Transaction, from_row
from knowledge.sources.configured_sources import ConfiguredSource, find_source, save_source
from knowledge.tables import written_entries

KIND = "written-here"
SOURCE = "Written here"
"""What its source is called among the account's sources."""


@dataclass(frozen=True, slots=True)
class WrittenEntry:
    """One entry as it stands."""

    id: str
    question: str
    answer: str
    audience: str
    locale: str
    updated_at: datetime


def add_entry(tx: Transaction, entry_id: str, question: str, answer: str, audience: str, locale: str) -> None:
    """Keep an entry. The source is set up with the first."""
    if find_source(tx, SOURCE) is None:
        save_source(tx, ConfiguredSource(SOURCE, KIND, {}))
    values = {"question": question, "answer": answer, "audience": audience, "locale": locale}
    tx.execute(insert(written_entries).values(account_id=tx.account, id=entry_id, **values))


def list_entries(tx: Transaction) -> Sequence[WrittenEntry]:
    """All entries, oldest first."""
    query = select(written_entries).where(written_entries.c.account_id == tx.account)
    rows = tx.execute(query.order_by(written_entries.c.created_at, written_entries.c.id))
    return [from_row(WrittenEntry, row) for row in rows]


def count_entries(tx: Transaction) -> int:
    """How many there are."""
    query = select(func.count()).select_from(written_entries).where(written_entries.c.account_id == tx.account)
    return int(tx.execute(query).scalar_one())
