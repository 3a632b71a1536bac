"""What the library holds, for pages and commands that show it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, cast, func, select

from desk.db import Database, Transaction
from desk.passage import Passage
from knowledge.rows import passage_of
from knowledge.tables import documents, passages


@dataclass(frozen=True, slots=True)
class Document:
    """A document in the index. `updated_at`: when its text last changed here; `seen_at`: last met in its source."""

    id: str
    source: str
    external_id: str
    title: str
    url: str | None
    locale: str
    audience: str
    version: str
    updated_at: datetime
    seen_at: datetime


def sources_of(db: Database, account: str) -> list[str]:
    """The names of all sources with documents in the index."""
    with db.account(account) as tx:
        return list(tx.execute(select(documents.c.source).distinct().order_by(documents.c.source)).scalars())


def count_documents(tx: Transaction) -> int:
    """How many documents the account has."""
    count: int = tx.execute(select(func.count()).select_from(documents)).scalar_one()
    return count


def list_documents(tx: Transaction, limit: int = 100, offset: int = 0) -> list[Document]:
    """Documents by title."""
    columns = [documents.c[name] for name in Document.__dataclass_fields__]
    query = select(*columns).order_by(documents.c.title, documents.c.id).limit(limit).offset(offset)
    return [Document(**row._mapping) for row in tx.execute(query)]


def find_passage(tx: Transaction, passage_id: str) -> Passage | None:
    """A passage by its id, if it is still in the index. `passage_id` must be a UUID."""
    own = [passages.c[name] for name in ("id", "document_id", "version", "headings", "audience")]
    query = (
        select(
            *own, cast(passages.c.blocks, Text).label("blocks"), documents.c.title, documents.c.url, documents.c.locale
        )
        .join(documents, documents.c.id == passages.c.document_id)
        .where(passages.c.id == passage_id)
    )
    row = tx.execute(query).one_or_none()
    return passage_of(row) if row else None
