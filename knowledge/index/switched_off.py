"""Pages that a person has switched off: kept, synced and shown, and never searched.

A switched-off page is remembered by the name that its source gives it, so that it stays off when it changes, when it
goes and comes back, and in the index of another embedder. Its passages are for an audience that nobody asks for, so
the search leaves them out before it chooses candidates.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from desk.platform.database import Transaction
from knowledge.index.term_counts import TermCounts, write_counts
from knowledge.index.vector_index import lock_library
from knowledge.tables import documents, passages, switched_off_pages

NOBODY = "(switched off)"
"""The audience of passages that are not searched."""


def switch_off(tx: Transaction, document_id: str, by: str) -> bool:
    """From this moment on the document is not searched; False where it is off already, or gone."""
    lock_library(tx)  # a sync that writes the page just now comes before, or sees that it is off
    columns = (documents.c.account_id, documents.c.source, documents.c.external_id)
    row = tx.execute(select(*columns).where(documents.c.id == document_id)).one_or_none()
    if row is None:
        return False
    statement = insert(switched_off_pages).values({**row._mapping, "switched_off_by": by}).on_conflict_do_nothing()
    if tx.execute(statement.returning(switched_off_pages.c.source)).one_or_none() is None:
        return False
    _set_audience(tx, document_id, NOBODY)
    return True


def keep_off(tx: Transaction, source: str, external_id: str, by: str) -> None:
    """A page that is about to be deleted is not searched, should it be written once more."""
    names = {"account_id": tx.account, "source": source, "external_id": external_id}
    tx.execute(insert(switched_off_pages).values(**names, switched_off_by=by).on_conflict_do_nothing())


def switch_on(tx: Transaction, document_id: str) -> bool:
    """The document is searched again; False where it was on, or is gone."""
    lock_library(tx)
    conditions = (documents.c.id == document_id, is_switched_off())
    audience = tx.execute(select(documents.c.audience).where(*conditions)).scalar_one_or_none()
    if audience is None:
        return False
    names = select(documents.c.source, documents.c.external_id).where(documents.c.id == document_id).subquery()
    is_page = and_(
        switched_off_pages.c.account_id == tx.account,
        switched_off_pages.c.source == names.c.source,
        switched_off_pages.c.external_id == names.c.external_id,
    )
    tx.execute(delete(switched_off_pages).where(is_page))
    _set_audience(tx, document_id, audience)
    return True


def find_switched_off(tx: Transaction, document_ids: Collection[str]) -> frozenset[str]:
    """Those of the documents that are off."""
    query = select(documents.c.id).where(documents.c.id.in_(document_ids), is_switched_off())
    return frozenset(tx.execute(query).scalars())


def is_switched_off() -> ColumnElement[bool]:
    """Is the page of a row of `documents` off?"""
    return select(switched_off_pages.c.source).where(is_of_document()).exists()


def is_of_document() -> ColumnElement[Any]:
    """Is a row of `switched_off_pages` about a row of `documents`?"""
    return and_(
        switched_off_pages.c.account_id == documents.c.account_id,
        switched_off_pages.c.source == documents.c.source,
        switched_off_pages.c.external_id == documents.c.external_id,
    )


def _set_audience(tx: Transaction, document_id: str, audience: str) -> None:
    is_of = and_(passages.c.account_id == tx.account, passages.c.document_id == document_id)
    tx.execute(update(passages).where(is_of).values(audience=audience))
    for embedder in lock_library(tx):
        write_counts(tx, embedder, TermCounts())
