"""The index's rows: what `ingest/` reads and writes, each call within one transaction of the account."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID, distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from desk.platform.database import Transaction
from desk.ports import Embedder
from desk.ticket import new_id
from knowledge.index.bm25 import stemming_language
from knowledge.index.document import CHUNKING_VERSION, PreparedDocument
from knowledge.index.document_versions import close_versions, keep_texts, record_versions
from knowledge.index.embedding_versions import check_version
from knowledge.index.switched_off import NOBODY, find_switched_off
from knowledge.index.term_counts import TermCounts, write_counts
from knowledge.index.vector_index import LibrarySize, lock_library
from knowledge.tables import SPARSE_DIMENSIONS, documents, passages

_MARK_UNCHANGED_SQL = text("""
    UPDATE documents SET seen_at = now()
    FROM unnest(CAST(:names AS text[]), CAST(:marks AS bytea[])) AS given (name, mark)
    WHERE account_id = :account AND source = :source AND external_id = given.name AND fingerprint = given.mark
    RETURNING external_id, CAST(id AS text) AS id, version
""")

# Vectors go as text: to make it costs less than the types' own way.
_INSERT_PASSAGE = insert(passages).values(
    vector=cast(bindparam("vector_text", type_=Text), passages.c.vector.type),
    sparse=cast(bindparam("sparse_text", type_=Text), passages.c.sparse.type),
)

_PAGE_COLUMNS = ("url", "title", "locale", "audience", "collection", "stamp", "version", "fingerprint")
"""What a document's row takes from its page."""


@dataclass(frozen=True, slots=True)
class IndexedPage:
    """What the index holds of a page. `indexed`: its passages are there, for this embedder, cut by this recipe."""

    id: str
    version: str
    audience: str
    indexed: bool


def find_pages(tx: Transaction, source: str, external_ids: Sequence[str], embedder: str) -> dict[str, IndexedPage]:
    """Those of the pages that are in the index, by the id their source gives them."""
    columns = (documents.c.external_id, documents.c.id, documents.c.version, documents.c.audience)
    rows = tx.execute(select(*columns).where(_in_source_with_ids(tx, source, external_ids))).all()
    indexed = _completely_indexed(tx, [row.id for row in rows], embedder)
    return {
        row.external_id: IndexedPage(row.id, row.version, row.audience, (row.id, row.version) in indexed)
        for row in rows
    }


def _completely_indexed(tx: Transaction, document_ids: Sequence[str], embedder: str) -> set[tuple[str, str]]:
    """Those of the documents, with their versions, whose passages are there, for this embedder and cut by this recipe.
    A statement of its own: as a condition on each document it reads the whole library for each until the first
    ANALYZE."""
    in_documents = and_(
        passages.c.document_id == any_(bindparam("ids", list(document_ids), type_=ARRAY(UUID(as_uuid=False)))),
        passages.c.account_id == tx.account,
        passages.c.embedder == embedder,
        passages.c.recipe == CHUNKING_VERSION,
        passages.c.ordinal == 0,
    )
    query = select(passages.c.document_id, passages.c.version).where(in_documents)
    return {(row.document_id, row.version) for row in tx.execute(query)}


def page_stamp(tx: Transaction, source: str, external_id: str, embedder: str) -> str | None:
    """The stamp of what the index holds of a page; None when it has none, or is not indexed whole."""
    query = select(documents.c.stamp).where(
        _in_source(tx, source), documents.c.external_id == external_id, _is_indexed(embedder)
    )
    return tx.execute(query).scalar_one_or_none()


def mark_unchanged(tx: Transaction, source: str, marks: Mapping[str, bytes], embedder: str) -> set[str]:
    """Those of the pages, given by their ids with their fingerprints, that are indexed whole as they are. They are
    marked as seen; the others are not, for such a page may turn out to hold no text."""
    values = {"account": tx.account, "source": source, "names": list(marks), "marks": list(marks.values())}
    rows = tx.execute(_MARK_UNCHANGED_SQL, values).all()
    indexed = _completely_indexed(tx, [row.id for row in rows], embedder)
    if incomplete_ids := [row.id for row in rows if (row.id, row.version) not in indexed]:
        tx.execute(update(documents).where(documents.c.id.in_(incomplete_ids)).values(seen_at=func.to_timestamp(0)))
    return {row.external_id for row in rows if (row.id, row.version) in indexed}


def mark_seen(tx: Transaction, source: str, external_ids: Sequence[str]) -> None:
    """These pages are still in their source."""
    if external_ids:
        tx.execute(update(documents).where(_in_source_with_ids(tx, source, external_ids)).values(seen_at=func.now()))


def update_stamps(tx: Transaction, source: str, stamps: Mapping[str, str | None]) -> None:
    """These pages have the same bytes under another stamp."""
    for external_id, stamp in stamps.items():
        has_other_stamp = and_(
            _in_source(tx, source), documents.c.external_id == external_id, documents.c.stamp.is_distinct_from(stamp)
        )
        tx.execute(update(documents).where(has_other_stamp).values(stamp=stamp))


def find_vectors(tx: Transaction, embedder: str, content_hashes: Sequence[bytes]) -> dict[bytes, str]:
    """Those of the texts that have a vector already, in whichever document; vectors as Postgres writes them."""
    columns = (passages.c.content_hash, cast(passages.c.vector, Text).label("vector"))
    has_hash = and_(
        passages.c.account_id == tx.account,
        passages.c.embedder == embedder,
        passages.c.content_hash.in_(content_hashes),
    )
    rows = tx.execute(select(*columns).ext(distinct_on(passages.c.content_hash)).where(has_hash))
    return {row.content_hash: row.vector for row in rows}


def write_documents(
    tx: Transaction, source: str, prepared: Sequence[PreparedDocument], vectors: Mapping[bytes, str], embedder: Embedder
) -> None:
    """Write whole documents: their rows, their passages instead of the old ones, and the counts of their terms.
    `vectors`: by content hash, the vectors as Postgres reads them."""
    size = lock_library(tx, embedder.name)[embedder.name]
    check_version(tx, embedder)
    ids = _upsert_documents(tx, source, prepared)
    prepared_by_id = {ids[document.external_id]: document for document in prepared}
    _replace_passages(tx, prepared_by_id, vectors, embedder, size)
    record_versions(tx, source, prepared_by_id, embedder.name)


def write_passages(
    tx: Transaction, prepared: Mapping[str, PreparedDocument], vectors: Mapping[bytes, str], embedder: Embedder
) -> None:
    """Write the passages of documents whose rows are there, by their ids, but of those that have changed since."""
    size = lock_library(tx, embedder.name)[embedder.name]
    check_version(tx, embedder)
    rows = tx.execute(select(documents.c.id, documents.c.version).where(documents.c.id.in_(list(prepared))))
    current = {row.id: prepared[row.id] for row in rows if prepared[row.id].version == row.version}
    if current:
        _replace_passages(tx, current, vectors, embedder, size)


def _replace_passages(
    tx: Transaction,
    prepared: Mapping[str, PreparedDocument],
    vectors: Mapping[bytes, str],
    embedder: Embedder,
    size: LibrarySize,
) -> None:
    new_passages = sum(len(document.passages) for document in prepared.values())
    staying = [passage.content_hash for document in prepared.values() for passage in document.passages]
    keep_texts(tx, list(prepared), embedder.name, staying)
    term_counts = _delete_passages(tx, list(prepared), embedder.name)[embedder.name]
    rows: list[dict[str, object]] = []
    switched_off = find_switched_off(tx, prepared)
    for document_id, document in prepared.items():
        own_values = {"document_id": document_id} | ({"audience": NOBODY} if document_id in switched_off else {})
        for row, passage in zip(_passage_rows(document), document.passages, strict=True):
            rows.append(row | own_values | {"vector_text": vectors[passage.content_hash]})
            term_counts.add(passage.weights, 1)
    common_values = {"account_id": tx.account, "embedder": embedder.name, "dimensions": embedder.dimensions}
    tx.execute(_INSERT_PASSAGE.values(**common_values, near=size.wants_index(new_passages)), rows)
    write_counts(tx, embedder.name, term_counts)


def update_documents(tx: Transaction, source: str, prepared: Sequence[PreparedDocument]) -> None:
    """Write the rows of documents whose text is as it was: a new address, or other bytes around the same text."""
    _upsert_documents(tx, source, prepared)


def delete_documents(tx: Transaction, source: str, unseen_since: datetime | None, limit: int) -> int:
    """Take out up to `limit` documents of the source, those `unseen_since` if that is given; how many."""
    to_delete = _in_source(tx, source)
    if unseen_since:
        to_delete = and_(to_delete, documents.c.seen_at < unseen_since)
    ids = list(tx.execute(select(documents.c.id).where(to_delete).limit(limit)).scalars())
    _take_out(tx, ids)
    tx.execute(delete(documents).where(documents.c.id.in_(ids)))
    return len(ids)


def hide_page(tx: Transaction, source: str, external_id: str) -> list[str]:
    """From this moment on the page is not found, until it is indexed anew; the id of its document, if it has one."""
    lock_library(tx)  # a sync that writes the page just now comes before
    query = select(documents.c.id).where(_in_source(tx, source), documents.c.external_id == external_id)
    ids = list(tx.execute(query).scalars())
    _take_out(tx, ids)
    return ids


def delete_page(tx: Transaction, source: str, external_id: str) -> int:
    """Take one page out; 1 if it was there."""
    ids = hide_page(tx, source, external_id)
    tx.execute(delete(documents).where(documents.c.id.in_(ids)))
    return len(ids)


def _take_out(tx: Transaction, document_ids: Sequence[str]) -> None:
    """Delete the documents' passages, for all embedders."""
    if not document_ids:
        return
    lock_library(tx)
    keep_texts(tx, document_ids, None)
    close_versions(tx, document_ids)
    for embedder, term_counts in _delete_passages(tx, document_ids).items():
        write_counts(tx, embedder, term_counts)


def _is_indexed(embedder: str) -> ColumnElement[bool]:
    """Are the passages of a row of `documents` there, for this embedder and cut by this recipe?"""
    passages_of_document = select(passages.c.id).where(
        passages.c.document_id == documents.c.id,
        passages.c.embedder == embedder,
        passages.c.recipe == CHUNKING_VERSION,
        passages.c.version == documents.c.version,
    )
    # `offset`, so that it stays a look-up, and becomes no join
    return exists(passages_of_document.correlate(documents).offset(0))


def _in_source(tx: Transaction, source: str) -> ColumnElement[bool]:
    return and_(documents.c.account_id == tx.account, documents.c.source == source)


def _in_source_with_ids(tx: Transaction, source: str, external_ids: Sequence[str]) -> ColumnElement[bool]:
    # One array: a list of parameters would be another statement for each length.
    array = bindparam("external_ids", list(external_ids), type_=ARRAY(Text))
    return and_(_in_source(tx, source), documents.c.external_id == any_(array))


def _upsert_documents(tx: Transaction, source: str, prepared: Sequence[PreparedDocument]) -> dict[str, str]:
    """Their ids by the ids that their source gives them; each must be there once."""
    statement = upsert(documents).values(account_id=tx.account, source=source, seen_at=func.now())
    set_: dict[str, ColumnElement[Any]] = {name: statement.excluded[name] for name in (*_PAGE_COLUMNS, "seen_at")}
    is_same = documents.c.version == statement.excluded.version
    set_["updated_at"] = case((is_same, documents.c.updated_at), else_=func.now())
    upsert_documents = statement.on_conflict_do_update(
        index_elements=["account_id", "source", "external_id"], set_=set_
    ).returning(documents.c.external_id, documents.c.id)
    names = ("external_id", *_PAGE_COLUMNS)
    rows = [{"id": new_id()} | {name: getattr(document, name) for name in names} for document in prepared]
    return {row.external_id: row.id for row in tx.execute(upsert_documents, rows)}


def _delete_passages(
    tx: Transaction, document_ids: Sequence[str], embedder: str | None = None
) -> defaultdict[str, TermCounts]:
    """Delete the documents' passages, of one embedder or of all, and count what goes, by embedder."""
    to_delete: ColumnElement[bool] = passages.c.document_id.in_(document_ids)
    if embedder:
        to_delete = and_(to_delete, passages.c.embedder == embedder)
    counts: defaultdict[str, TermCounts] = defaultdict(TermCounts)
    for row in tx.execute(delete(passages).where(to_delete).returning(passages.c.embedder, passages.c.sparse)):
        counts[row.embedder].add(row.sparse.indices(), -1)
    return counts


def _passage_rows(document: PreparedDocument) -> Iterator[dict[str, object]]:
    """All but what the account, the embedder and the index say."""
    for ordinal, passage in enumerate(document.passages):
        yield {
            "id": new_id(),
            "version": document.version,
            "ordinal": ordinal,
            "headings": list(passage.headings),
            "blocks": [asdict(block) for block in passage.blocks],
            "language": stemming_language(document.locale),
            "audience": document.audience,
            "collection": document.collection,
            "recipe": document.recipe,
            "content_hash": passage.content_hash,
            "sparse_text": sparsevec_literal(passage.weights),
        }


def sparsevec_literal(weights: Mapping[int, float]) -> str:
    """As `sparsevec` reads it, which counts dimensions from 1 and wants them in order."""
    terms_in_order = ",".join(f"{dimension + 1}:{weight:.9g}" for dimension, weight in sorted(weights.items()))
    return f"{{{terms_in_order}}}/{SPARSE_DIMENSIONS}"
