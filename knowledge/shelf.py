"""The index's rows: what `ingest.py` reads and writes, each call within one transaction of the account."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from pgvector import SparseVector
from sqlalchemy import ColumnElement, and_, case, delete, exists, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from desk.db import Transaction
from desk.ports import Embedder
from desk.ticket import new_id
from knowledge.lexical import SPARSE_DIMENSIONS, language_of
from knowledge.prepare import RECIPE, ReadyDocument
from knowledge.tables import documents, library_states, passages, terms

# Sorted, so that two transactions never wait for each other; one statement, however many terms.
_COUNT_TERMS = text("""
    INSERT INTO terms (account_id, embedder, dimension, passages)
    SELECT :account, :embedder, dimension, difference
    FROM unnest(CAST(:dimensions AS integer[]), CAST(:differences AS integer[])) AS counted (dimension, difference)
    ORDER BY dimension
    ON CONFLICT (account_id, embedder, dimension) DO UPDATE SET passages = terms.passages + excluded.passages
""")


@dataclass(frozen=True, slots=True)
class Known:
    """What the index holds of a page. `indexed`: its passages are there, for this embedder, cut by this recipe."""

    id: str
    version: str
    fingerprint: bytes
    indexed: bool


def known(tx: Transaction, source: str, external_ids: Sequence[str], embedder: str) -> dict[str, Known]:
    """Those of the pages that are in the index, by the id their source gives them."""
    indexed = _indexed(embedder).label("indexed")
    columns = (documents.c.external_id, documents.c.id, documents.c.version, documents.c.fingerprint, indexed)
    rows = tx.execute(select(*columns).where(_of(tx, source), documents.c.external_id.in_(external_ids)))
    return {row.external_id: Known(row.id, row.version, row.fingerprint, row.indexed) for row in rows}


def stamp(tx: Transaction, source: str, external_id: str, embedder: str) -> str | None:
    """The stamp of what the index holds of a page; None when it has none, or is not indexed whole."""
    row = select(documents.c.stamp).where(_of(tx, source), documents.c.external_id == external_id, _indexed(embedder))
    return tx.execute(row).scalar_one_or_none()


def mark_seen(tx: Transaction, source: str, external_ids: Sequence[str]) -> None:
    """These pages are still in their source."""
    if external_ids:
        there = and_(_of(tx, source), documents.c.external_id.in_(external_ids))
        tx.execute(update(documents).where(there).values(seen_at=func.now()))


def restamp(tx: Transaction, source: str, stamps: Mapping[str, str | None]) -> None:
    """These pages have the same bytes under another stamp."""
    for external_id, given in stamps.items():
        there = and_(_of(tx, source), documents.c.external_id == external_id, documents.c.stamp.is_distinct_from(given))
        tx.execute(update(documents).where(there).values(stamp=given))


def vectors(tx: Transaction, embedder: str, content_hashes: Sequence[bytes]) -> dict[bytes, list[float]]:
    """Those of the texts that have a vector already, in whichever document."""
    columns = (passages.c.content_hash, passages.c.vector)
    same = and_(
        passages.c.account_id == tx.account,
        passages.c.embedder == embedder,
        passages.c.content_hash.in_(content_hashes),
    )
    rows = tx.execute(select(*columns).ext(distinct_on(passages.c.content_hash)).where(same))
    return {row.content_hash: row.vector for row in rows}


def put(
    tx: Transaction, source: str, ready: Sequence[ReadyDocument], made: dict[bytes, list[float]], embedder: Embedder
) -> None:
    """Write whole documents: their rows, their passages instead of the old ones, and the counts of their terms."""
    _lock(tx, embedder.name)
    ids = {document.external_id: _put_document(tx, source, document) for document in ready}
    counted = _take_out(tx, list(ids.values()), embedder.name)[embedder.name]
    rows = []
    for document in ready:
        rows += _passage_rows(tx, document, ids[document.external_id], made, embedder)
        for passage in document.passages:
            counted.add(passage.weights, 1)
    tx.execute(insert(passages), rows)
    _settle(tx, embedder.name, counted)


def move(tx: Transaction, source: str, document: ReadyDocument) -> None:
    """Write the row of a document whose text is as it was: a new address, or other bytes around the same text."""
    _put_document(tx, source, document)


def remove(tx: Transaction, source: str, before: datetime | None, most: int) -> int:
    """Take out up to `most` documents of the source, those not seen since `before` if it is given; how many."""
    going = _of(tx, source)
    if before:
        going = and_(going, documents.c.seen_at < before)
    ids = list(tx.execute(select(documents.c.id).where(going).limit(most)).scalars())
    if not ids:
        return 0
    _lock(tx)
    for embedder, counted in _take_out(tx, ids).items():
        _settle(tx, embedder, counted)
    tx.execute(delete(documents).where(documents.c.id.in_(ids)))
    return len(ids)


class _Count:
    """How the number of passages, and of passages with each term, changes."""

    def __init__(self) -> None:
        self.passages = 0
        self.terms: Counter[int] = Counter()

    def add(self, dimensions: Iterable[int], sign: int) -> None:
        """Count one passage in or out."""
        self.passages += sign
        for dimension in dimensions:
            self.terms[dimension] += sign


def _indexed(embedder: str) -> ColumnElement[bool]:
    """Are the passages of a row of `documents` there, for this embedder and cut by this recipe?"""
    return exists().where(
        passages.c.document_id == documents.c.id,
        passages.c.embedder == embedder,
        passages.c.recipe == RECIPE,
        passages.c.version == documents.c.version,
    )


def _of(tx: Transaction, source: str) -> ColumnElement[bool]:
    return and_(documents.c.account_id == tx.account, documents.c.source == source)


def _lock(tx: Transaction, embedder: str | None = None) -> None:
    """Writers of one account take turns, so that counts are right and nobody waits in a circle."""
    if embedder:
        row = upsert(library_states).values(account_id=tx.account, embedder=embedder)
        tx.execute(row.on_conflict_do_nothing())
    rows = select(library_states.c.embedder).where(library_states.c.account_id == tx.account)
    tx.execute(rows.order_by(library_states.c.embedder).with_for_update())


def _put_document(tx: Transaction, source: str, document: ReadyDocument) -> str:
    values = {
        "url": document.url,
        "title": document.title,
        "locale": document.locale,
        "audience": document.audience,
        "collection": document.collection,
        "stamp": document.stamp,
        "version": document.version,
        "fingerprint": document.fingerprint,
        "seen_at": func.now(),
    }
    row = upsert(documents).values(
        account_id=tx.account, id=new_id(), source=source, external_id=document.external_id, **values
    )
    changed_at = case((documents.c.version == row.excluded.version, documents.c.updated_at), else_=func.now())
    written = row.on_conflict_do_update(
        index_elements=["account_id", "source", "external_id"], set_={**values, "updated_at": changed_at}
    ).returning(documents.c.id)
    document_id: str = tx.execute(written).scalar_one()
    return document_id


def _take_out(tx: Transaction, document_ids: Sequence[str], embedder: str | None = None) -> defaultdict[str, _Count]:
    """Delete the documents' passages, of one embedder or of all, and count what goes, by embedder."""
    theirs: ColumnElement[bool] = passages.c.document_id.in_(document_ids)
    if embedder:
        theirs = and_(theirs, passages.c.embedder == embedder)
    counts: defaultdict[str, _Count] = defaultdict(_Count)
    for row in tx.execute(delete(passages).where(theirs).returning(passages.c.embedder, passages.c.sparse)):
        counts[row.embedder].add(row.sparse.indices(), -1)
    return counts


def _passage_rows(
    tx: Transaction, document: ReadyDocument, document_id: str, made: dict[bytes, list[float]], embedder: Embedder
) -> list[dict[str, object]]:
    return [
        {
            "account_id": tx.account,
            "id": new_id(),
            "document_id": document_id,
            "version": document.version,
            "ordinal": ordinal,
            "headings": list(passage.headings),
            "blocks": [asdict(block) for block in passage.blocks],
            "language": language_of(document.locale),
            "audience": document.audience,
            "collection": document.collection,
            "embedder": embedder.name,
            "recipe": RECIPE,
            "content_hash": passage.content_hash,
            "dimensions": embedder.dimensions,
            "vector": made[passage.content_hash],
            "sparse": SparseVector(passage.weights, SPARSE_DIMENSIONS),
        }
        for ordinal, passage in enumerate(document.passages)
    ]


def _settle(tx: Transaction, embedder: str, counted: _Count) -> None:
    """Write the changed counts, and that the library is not what it was."""
    changed = sorted((dimension, n) for dimension, n in counted.terms.items() if n)
    values = {
        "account": tx.account,
        "embedder": embedder,
        "dimensions": [dimension for dimension, _ in changed],
        "differences": [n for _, n in changed],
    }
    tx.execute(_COUNT_TERMS, values)
    tx.execute(
        update(library_states)
        .where(library_states.c.account_id == tx.account, library_states.c.embedder == embedder)
        .values(
            passages=library_states.c.passages + counted.passages,
            revision=library_states.c.revision + 1,
            changed_at=func.now(),
        )
    )
    gone = and_(terms.c.account_id == tx.account, terms.c.embedder == embedder, terms.c.passages <= 0)
    lost = [dimension for dimension, n in changed if n < 0]
    if lost:
        tx.execute(delete(terms).where(gone, terms.c.dimension.in_(lost)))
