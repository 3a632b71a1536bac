"""The entries of the source *Written here*: a question and its answer, each a document."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update

from desk.platform.database import Transaction, from_row
from desk.text.language import detect_language
from knowledge.sources.configured_sources import ConfiguredSource, find_source, save_source
from knowledge.tables import written_entries

KIND = "written-here"
SOURCE = "Written here"
"""What its source is called among the account's sources."""


@dataclass(frozen=True, slots=True)
class EntryText:
    """What a person writes of an entry."""

    question: str
    answer: str
    audience: str

    @property
    def locale(self) -> str:
        """The language that it is in."""
        return detect_language(f"{self.question}\n{self.answer}")


@dataclass(frozen=True, slots=True)
class WrittenEntry:
    """One entry as it stands. `version` counts its changes, `changed_by` made the last."""

    id: str
    question: str
    answer: str
    audience: str
    locale: str
    updated_at: datetime
    version: int
    changed_by: str | None

    @property
    def text(self) -> EntryText:
        """What a person can change."""
        return EntryText(self.question, self.answer, self.audience)


def add_entry(tx: Transaction, entry_id: str, text: EntryText) -> None:
    """Keep an entry. The source is set up with the first."""
    if find_source(tx, SOURCE) is None:
        save_source(tx, ConfiguredSource(SOURCE, KIND, {}))
    tx.execute(insert(written_entries).values(account_id=tx.account, id=entry_id, **_columns(text)))


def find_entry(tx: Transaction, entry_id: str) -> WrittenEntry | None:
    """One entry, or None."""
    row = tx.execute(select(written_entries).where(_has_id(tx, entry_id))).one_or_none()
    return from_row(WrittenEntry, row) if row else None


def update_entry(tx: Transaction, entry_id: str, version: int, text: EntryText, changed_by: str) -> bool:
    """Change an entry; False where it is gone, or no longer of this version."""
    is_seen = and_(_has_id(tx, entry_id), written_entries.c.version == version)
    marks = {"version": version + 1, "changed_by": changed_by, "updated_at": func.now()}
    return tx.execute(update(written_entries).where(is_seen).values(_columns(text) | marks)).rowcount == 1


def delete_entry(tx: Transaction, entry_id: str, version: int) -> bool:
    """Forget an entry; False where it is gone, or no longer of this version."""
    is_seen = and_(_has_id(tx, entry_id), written_entries.c.version == version)
    return tx.execute(delete(written_entries).where(is_seen)).rowcount == 1


def list_entries(tx: Transaction) -> Sequence[WrittenEntry]:
    """All entries, oldest first."""
    query = select(written_entries).where(written_entries.c.account_id == tx.account)
    rows = tx.execute(query.order_by(written_entries.c.created_at, written_entries.c.id))
    return [from_row(WrittenEntry, row) for row in rows]


def count_entries(tx: Transaction) -> int:
    """How many there are."""
    query = select(func.count()).select_from(written_entries).where(written_entries.c.account_id == tx.account)
    return int(tx.execute(query).scalar_one())


def _columns(text: EntryText) -> dict[str, str]:
    return asdict(text) | {"locale": text.locale}


def _has_id(tx: Transaction, entry_id: str) -> ColumnElement[bool]:
    return and_(written_entries.c.account_id == tx.account, written_entries.c.id == entry_id)
