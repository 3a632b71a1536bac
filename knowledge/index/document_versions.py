"""What documents said before: each version with the time at which it was valid.

A version names its texts by their hashes. A text that is still in the index is not stored again; one that leaves it is
kept once, with its vector, until the last version that names it is forgotten. What a closed version names stands as the
embedder of its time cut it, and is kept when that embedder goes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from desk.platform.database import Transaction
from desk.ticket import new_id
from knowledge.index.document import PreparedDocument
from knowledge.index.embedding_versions import active_version
from knowledge.tables import document_versions, passages, past_texts

_VERSION_COLUMNS = ("external_id", "version", "title", "url", "locale", "audience", "collection")

_CLOSE_CHANGED_SQL = text("""
    UPDATE document_versions AS old SET valid_until = now()
    FROM unnest(CAST(:names AS text[]), CAST(:versions AS text[])) AS given (name, version)
    WHERE old.account_id = :account AND old.source = :source AND old.external_id = given.name
      AND old.valid_until IS NULL AND old.version <> given.version
""")

_KEEP_TEXTS_SQL = text("""
    INSERT INTO past_texts (account_id, id, embedder, content_hash, headings, blocks, vector, sparse)
    SELECT DISTINCT ON (content_hash) account_id, id, embedder, content_hash, headings, blocks, vector, sparse
    FROM passages
    WHERE account_id = :account AND embedder = :embedder AND document_id = ANY(CAST(:documents AS uuid[]))
      AND NOT (content_hash = ANY(CAST(:staying AS bytea[])))
    ORDER BY content_hash
    ON CONFLICT (account_id, content_hash, embedder) DO UPDATE SET left_at = now()
""")

_KEEP_NAMED_SQL = text("""
    INSERT INTO past_texts (account_id, id, embedder, content_hash, headings, blocks, vector, sparse)
    SELECT DISTINCT ON (embedder, content_hash) account_id, id, embedder, content_hash, headings, blocks, vector, sparse
    FROM passages
    WHERE account_id = :account AND id = ANY(CAST(:passages AS uuid[])) AND content_hash IN (
        SELECT unnest(text_hashes) FROM document_versions WHERE account_id = :account AND valid_until IS NOT NULL)
    ORDER BY embedder, content_hash
    ON CONFLICT (account_id, content_hash, embedder) DO UPDATE SET left_at = now()
""")

_RENAME_TEXTS_SQL = text("""
    UPDATE document_versions AS version SET text_hashes = cut.hashes
    FROM (SELECT document_id, version, array_agg(content_hash ORDER BY ordinal) AS hashes
          FROM passages WHERE account_id = :account AND embedder = :embedder GROUP BY document_id, version) AS cut
    WHERE version.account_id = :account AND version.valid_until IS NULL
      AND version.document_id = cut.document_id AND version.version = cut.version
""")


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """One version of a document and the time at which it was valid; `valid_until` is None for what it says now."""

    id: str
    version: str
    title: str
    valid_from: datetime
    valid_until: datetime | None


def record_versions(tx: Transaction, source: str, prepared: Mapping[str, PreparedDocument], embedder: str) -> None:
    """The documents, by their ids, say this from now on. Nothing is recorded of a library that is not searched."""
    if not _is_active(tx, embedder):
        return
    documents = list(prepared.values())
    given = {"names": [each.external_id for each in documents], "versions": [each.version for each in documents]}
    tx.execute(_CLOSE_CHANGED_SQL, {"account": tx.account, "source": source, **given})
    columns = document_versions.c
    statement = insert(document_versions).values(account_id=tx.account, source=source)
    statement = statement.on_conflict_do_update(
        index_elements=["account_id", "source", "external_id"],
        index_where=columns.valid_until.is_(None),
        set_={name: statement.excluded[name] for name in ("text_hashes", "url", "document_id")},
    )
    tx.execute(statement, [_version_row(document_id, document) for document_id, document in prepared.items()])


def keep_texts(
    tx: Transaction, document_ids: Sequence[str], embedder: str | None, staying: Sequence[bytes] = ()
) -> None:
    """Before the passages of these documents go: keep their texts, but for those that come back at once,
    and forget those that are back."""
    active = active_version(tx)
    if active is None:
        return
    if embedder != active.embedder:
        keep_named_texts(tx, _passages_of_others(tx, document_ids, active.embedder))
    if embedder not in (None, active.embedder):
        return
    values = {"documents": list(document_ids), "staying": list(staying), "embedder": active.embedder}
    tx.execute(_KEEP_TEXTS_SQL, {"account": tx.account, **values})
    if staying:
        is_back = and_(past_texts.c.content_hash.in_(staying), past_texts.c.embedder == active.embedder)
        tx.execute(delete(past_texts).where(is_back))


def keep_named_texts(tx: Transaction, passage_ids: Sequence[str]) -> None:
    """Before these passages of embedders that are no longer active go: keep the texts that closed versions name."""
    if passage_ids:
        tx.execute(_KEEP_NAMED_SQL, {"account": tx.account, "passages": list(passage_ids)})


def close_versions(tx: Transaction, document_ids: Sequence[str]) -> None:
    """The documents say nothing any more."""
    columns = document_versions.c
    is_current = and_(columns.document_id.in_(document_ids), columns.valid_until.is_(None))
    tx.execute(update(document_versions).where(is_current).values(valid_until=func.now()))


def rename_texts(tx: Transaction, embedder: str) -> None:
    """The library is cut for another embedder: what documents say now stands in its passages."""
    tx.execute(_RENAME_TEXTS_SQL, {"account": tx.account, "embedder": embedder})


def list_document_versions(tx: Transaction, document_id: str, most: int = 50) -> list[DocumentVersion]:
    """What a document said, the newest first."""
    columns = document_versions.c
    query = select(columns.id, columns.version, columns.title, columns.valid_from, columns.valid_until)
    rows = tx.execute(query.where(columns.document_id == document_id).order_by(columns.valid_from.desc()).limit(most))
    return [DocumentVersion(**row._mapping) for row in rows]


def forget_versions(tx: Transaction, before: datetime) -> int:
    """Forget what was valid to the last before that time, and the texts that nothing names any more; how many
    versions."""
    old_versions = document_versions.c.valid_until < bindparam("before")
    old_texts = past_texts.c.left_at < bindparam("before")
    own = {"before": before}
    forgotten = tx.execute(delete(document_versions).where(old_versions), own).rowcount
    tx.execute(delete(past_texts).where(old_texts), own)
    return forgotten


def forget_source(tx: Transaction, source: str) -> None:
    """Somebody took the source out: nothing that it said stays."""
    columns = document_versions.c
    is_of_source = and_(columns.account_id == tx.account, columns.source == source)
    hashes = select(func.unnest(columns.text_hashes)).where(is_of_source)
    others = select(func.unnest(columns.text_hashes)).where(columns.account_id == tx.account, columns.source != source)
    is_unnamed = and_(past_texts.c.content_hash.in_(hashes), past_texts.c.content_hash.not_in(others))
    tx.execute(delete(past_texts).where(is_unnamed))
    tx.execute(delete(document_versions).where(is_of_source))


def _passages_of_others(tx: Transaction, document_ids: Sequence[str], active: str) -> list[str]:
    """The passages of these documents that are not the active embedder's."""
    c = passages.c
    is_of_other = and_(c.account_id == tx.account, c.document_id.in_(document_ids), c.embedder != active)
    return list(tx.execute(select(c.id).where(is_of_other)).scalars())


def _is_active(tx: Transaction, embedder: str) -> bool:
    active = active_version(tx)
    return active is not None and active.embedder == embedder


def _version_row(document_id: str, document: PreparedDocument) -> dict[str, object]:
    hashes = [passage.content_hash for passage in document.passages]
    values = {name: getattr(document, name) for name in _VERSION_COLUMNS}
    return {"id": new_id(), "document_id": document_id, "text_hashes": hashes, **values}
