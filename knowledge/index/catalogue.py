"""What the library holds, for pages and commands that show it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, or_, select

from desk.pages import describe_unread_types
from desk.passage import Passage
from desk.platform.database import Transaction
from knowledge.index.rows import passage_from_row
from knowledge.index.switched_off import is_of_document
from knowledge.sources.configured_sources import is_held_back
from knowledge.tables import documents, passages, sources, switched_off_pages


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
    collection: str
    version: str
    updated_at: datetime
    seen_at: datetime
    switched_off_at: datetime | None = None
    """Since when it is not searched, by a person's hand."""
    switched_off_by: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents to list; None means any. `title` is a part of the title, in any case; of the audiences in
    `hidden` nothing is listed."""

    source: str | None = None
    audience: str | None = None
    locale: str | None = None
    collection: str | None = None
    title: str = ""
    hidden: frozenset[str] = frozenset()


ALL_DOCUMENTS = DocumentFilter()


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """What a list of documents can be narrowed by: each value that any document has, in order."""

    sources: tuple[str, ...]
    audiences: tuple[str, ...]
    locales: tuple[str, ...]
    collections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source, how many documents it has in the index, and how its last reading went; see the table `sources`.
    `kind` is None for a name that only documents have; `report` is what the last whole run counted."""

    name: str
    kind: str | None
    documents: int
    tried_at: datetime | None = None
    synced_at: datetime | None = None
    error: str | None = None
    report: Mapping[str, object] | None = None

    @property
    def held_back(self) -> bool:
        """True if it was read, and what is gone from it stays until a person confirms it."""
        return bool(self.error) and is_held_back(self.report)

    @property
    def unread(self) -> str:
        """Files that the last whole reading left out because of their types, in words."""
        counts = (self.report or {}).get("unread_types")
        return describe_unread_types(counts) if isinstance(counts, Mapping) else ""


def count_documents(tx: Transaction, shelf: DocumentFilter = ALL_DOCUMENTS) -> int:
    """How many documents the account has."""
    count: int = tx.execute(select(func.count()).select_from(documents).where(*_filter_conditions(shelf))).scalar_one()
    return count


def list_documents(
    tx: Transaction, limit: int = 100, offset: int = 0, shelf: DocumentFilter = ALL_DOCUMENTS
) -> list[Document]:
    """Documents by title."""
    query = _select_documents().where(*_filter_conditions(shelf)).order_by(documents.c.title, documents.c.id)
    return [Document(**row._mapping) for row in tx.execute(query.limit(limit).offset(offset))]


def get_documents(tx: Transaction, document_ids: Collection[str]) -> dict[str, Document]:
    """Those of the documents that are in the index, by id. The ids must be UUIDs."""
    rows = tx.execute(_select_documents().where(documents.c.id.in_(document_ids)))
    return {row.id: Document(**row._mapping) for row in rows}


def filter_choices(tx: Transaction, hidden: frozenset[str] = frozenset()) -> FilterChoices:
    """What the account's documents can be narrowed by."""

    def values(name: str) -> tuple[str, ...]:
        column = documents.c[name]
        query = select(column).distinct().where(*_filter_conditions(DocumentFilter(hidden=hidden))).order_by(column)
        return tuple(tx.execute(query).scalars())

    return FilterChoices(values("source"), values("audience"), values("locale"), values("collection"))


def list_sources(tx: Transaction, hidden: frozenset[str] = frozenset()) -> list[SourceStatus]:
    """Every source, and every name that documents have without one, in order."""
    conditions = _filter_conditions(DocumentFilter(hidden=hidden))
    rows = tx.execute(
        select(documents.c.source, func.count().label("n")).where(*conditions).group_by(documents.c.source)
    )
    counts = {row.source: row.n for row in rows}
    columns = [sources.c[name] for name in ("name", "kind", "tried_at", "synced_at", "error", "report")]
    configured = {
        row.name: SourceStatus(documents=counts.get(row.name, 0), **row._mapping)
        for row in tx.execute(select(*columns))
    }
    unconfigured = {name: SourceStatus(name, None, count) for name, count in counts.items() if name not in configured}
    return sorted((configured | unconfigured).values(), key=lambda source: source.name)


def list_passages(tx: Transaction, document_id: str, embedder: str, limit: int, offset: int = 0) -> list[Passage]:
    """A document's passages in reading order, as they are indexed for this embedder."""
    query = _select_passages().where(passages.c.document_id == document_id, passages.c.embedder == embedder)
    return [passage_from_row(row) for row in tx.execute(query.order_by(passages.c.ordinal).limit(limit).offset(offset))]


def count_passages(tx: Transaction, document_id: str, embedder: str) -> int:
    """How many passages a document has in the index of this embedder."""
    conditions = (passages.c.document_id == document_id, passages.c.embedder == embedder)
    count: int = tx.execute(select(func.count()).select_from(passages).where(*conditions)).scalar_one()
    return count


def get_passages(tx: Transaction, passage_ids: Collection[str]) -> dict[str, Passage]:
    """Those of the passages that are there, by their ids."""
    rows = tx.execute(_select_passages().where(passages.c.id.in_(passage_ids)))
    return {row.id: passage_from_row(row) for row in rows}


def page_of_passage(tx: Transaction, passage_id: str) -> tuple[str, int] | None:
    """The document of a passage and where in it the passage stands, from 0. `passage_id` must be a UUID."""
    row = tx.execute(
        select(passages.c.document_id, passages.c.ordinal).where(passages.c.id == passage_id)
    ).one_or_none()
    return (row.document_id, row.ordinal) if row else None


def documents_named(tx: Transaction, name: str) -> list[Document]:
    """The documents called so: by id, by the id or address that their source gives, or by title in any case."""
    has_name = or_(
        cast(documents.c.id, Text) == name,
        documents.c.external_id == name,
        documents.c.url == name,
        func.lower(documents.c.title) == name.lower(),
    )
    query = _select_documents().where(has_name).order_by(documents.c.title, documents.c.id)
    return [Document(**row._mapping) for row in tx.execute(query)]


def _select_documents() -> Select[Any]:
    off = ("switched_off_at", "switched_off_by")
    columns = [documents.c[name] for name in Document.__dataclass_fields__ if name not in off]
    off_columns = [switched_off_pages.c[name] for name in off]
    return select(*columns, *off_columns).select_from(documents).outerjoin(switched_off_pages, is_of_document())


def _filter_conditions(document_filter: DocumentFilter) -> list[ColumnElement[bool]]:
    wanted_values = {name: getattr(document_filter, name) for name in ("source", "audience", "locale", "collection")}
    conditions = [documents.c[name] == value for name, value in wanted_values.items() if value is not None]
    if document_filter.title:
        conditions.append(documents.c.title.icontains(document_filter.title, autoescape=True))
    if document_filter.hidden:
        conditions.append(documents.c.audience.not_in(document_filter.hidden))
    return conditions


def _select_passages() -> Select[Any]:
    passage_columns = [passages.c[name] for name in ("id", "document_id", "version", "ordinal", "headings", "audience")]
    document_columns = [documents.c[name] for name in ("title", "url", "locale", "source", "external_id")]
    query = select(*passage_columns, *document_columns, cast(passages.c.blocks, Text).label("blocks"))
    return query.join(documents, documents.c.id == passages.c.document_id)
