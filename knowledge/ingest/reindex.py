"""From one embedder to another without a gap.

The account's library is searched with the embedder that is active, whatever the setting says. `settle_embedder` fills
the one that the setting names beside it, out of the passages that are there: no source is read again for it, and one
that cannot be read does not hold it up. Sources go on to be indexed with the active one meanwhile. Once every document
that can be found has its passages for the new one too, one transaction makes that one active; no run may write for the
old one from then on (`embedding_versions.check_version`), and after a while it is taken out. Killed anywhere, the next
`settle_embedder` goes on.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, groupby
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Row, and_, delete, exists, func, select, update

from desk.errors import Permanent, Temporary
from desk.passage import REPEATED
from desk.platform.database import Database, Transaction
from desk.ports import Embedder
from knowledge.index import store, vector_index
from knowledge.index.document import PreparedDocument
from knowledge.index.document_versions import keep_named_texts, rename_texts
from knowledge.index.embedding_versions import active_version, is_version
from knowledge.index.rows import blocks_from_column
from knowledge.ingest.index_source import finish_index
from knowledge.ingest.prepare import chunk_sections
from knowledge.ingest.sync_lock import SyncRunning, sync_lock
from knowledge.parsing.structure import Section
from knowledge.tables import documents, library_states, passages, terms

DOCUMENTS_AT_ONCE = 16
TEXTS_AT_ONCE = 128
REMOVED_AT_ONCE = 1_000
ROUNDS = 5
"""How often documents that changed meanwhile are gone after before the next `settle_embedder` has to."""

WAITS, LONGEST_WAIT = 10, 60.0
"""How often in a row, and how long (seconds), it waits for a provider that wants to be left alone for a while."""

GRACE_SECONDS = 600
"""How long the old embedder's passages stay: a search that began with it has long ended."""

TURN = "\0embedder"
"""What stands for the switch where runs take turns; no source is called so."""

Progress = Callable[[int, int], None]
"""Called with (documents done, documents in all)."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReindexProgress:
    """A switch that has begun or will: `done` of `all` documents are there for the new embedder."""

    old: str
    new: str
    done: int
    all: int


def settle_embedder(
    db: Database,
    account: str,
    wanted: Embedder,
    find: Callable[[str], Embedder | None],
    progress: Progress | None = None,
) -> Embedder:
    """Bring the library over to the embedder that is wanted, as far as it goes; the one to index sources with now.

    `find` gives the embedder of a name, None if it can no longer be had. What the wanted one raises (it is away, its
    key is refused) is logged, and the library stays with the old one. Raises Temporary if that cannot be had either,
    or when the database is away.
    """
    _try_to_switch(db, account, wanted, progress)
    with db.account(account) as tx:
        active = active_version(tx)
    if active is None or active.embedder == wanted.name:
        return wanted
    if (active_embedder := find(active.embedder)) is None:
        raise Temporary(f"the library is still kept for {active.embedder}, which can no longer be had", retry_after=60)
    return active_embedder


def _try_to_switch(db: Database, account: str, wanted: Embedder, progress: Progress | None) -> None:
    try:
        with sync_lock(db, account, TURN):
            _switch_library(db, account, wanted, progress)
            _retire_unwanted(db, account, wanted.name)
    except SyncRunning:
        log.info("library is being switched by another run", account=account, to=wanted.name)
    except (Temporary, Permanent) as error:
        log.warning("library not switched", account=account, to=wanted.name, why=str(error))


def reindex_in_progress(tx: Transaction, wanted: str) -> ReindexProgress | None:
    """How far the library is on its way to the embedder that is wanted; None if it is there."""
    active = active_version(tx)
    if active is None or active.embedder == wanted:
        return None
    count_query = select(func.count()).select_from(documents)
    to_reindex = count_query.where(_has_passages_for(active.embedder))
    total = tx.execute(to_reindex).scalar_one()
    reindexed = tx.execute(to_reindex.where(_has_passages_for(wanted))).scalar_one()
    return ReindexProgress(active.embedder, wanted, reindexed, total)


def _switch_library(db: Database, account: str, new_embedder: Embedder, progress: Progress | None) -> None:
    with db.account(account) as tx:
        vector_index.lock_library(tx)
        tx.execute(update(library_states).where(is_version(tx, new_embedder.name)).values(retired_at=None))
        switch = reindex_in_progress(tx, new_embedder.name)
    if switch is None:
        return
    names = {"account": account, "old": switch.old, "new": switch.new}
    log.info("switching embedder", **names, done=switch.done, documents=switch.all)
    for _ in range(ROUNDS):
        _reindex_documents(db, account, switch, new_embedder, progress)
        finish_index(db, account, new_embedder.name)
        with db.account(account) as tx:
            if _activate_new(tx, switch):
                log.info("switched embedder", **names)
                return


def _reindex_documents(
    db: Database, account: str, switch: ReindexProgress, new_embedder: Embedder, progress: Progress | None
) -> None:
    """One walk through all documents that are missing."""
    last_id, documents_done = None, switch.done
    while True:
        with db.account(account) as tx:
            rows = _find_unfinished(tx, switch, last_id)
            prepared = {row.id: _rechunk(tx, row, switch.old, new_embedder) for row in rows}
        if not prepared:
            return
        vectors = _embed_passages(new_embedder, list(prepared.values()))
        with db.account(account) as tx:
            store.write_passages(tx, prepared, vectors, new_embedder)
        last_id, documents_done = rows[-1].id, documents_done + len(rows)
        if progress:
            progress(min(documents_done, switch.all), switch.all)


def _embed_passages(embedder: Embedder, prepared: Sequence[PreparedDocument]) -> dict[bytes, str]:
    """The vectors of all passages as Postgres reads them, by content hash."""
    texts = {passage.content_hash: passage.embedded for document in prepared for passage in document.passages}
    hashes = list(texts)
    vectors: dict[bytes, str] = {}
    for start in range(0, len(hashes), TEXTS_AT_ONCE):
        batch = hashes[start : start + TEXTS_AT_ONCE]
        vectors |= zip(
            batch, map(str, _embed_with_waits(embedder, [texts[content_hash] for content_hash in batch])), strict=True
        )
    return vectors


def _embed_with_waits(embedder: Embedder, texts: Sequence[str]) -> list[list[float]]:
    """Wait where the provider says how long: whole libraries go over its limits, and there is no hurry."""
    for _ in range(WAITS):
        try:
            return embedder.embed_documents(texts)
        except Temporary as error:
            if error.retry_after is None or error.retry_after > LONGEST_WAIT:
                raise
            time.sleep(error.retry_after)
    return embedder.embed_documents(texts)


def _find_unfinished(tx: Transaction, switch: ReindexProgress, last_id: str | None) -> list[Row[Any]]:
    query = select(documents).where(_has_passages_for(switch.old), ~_has_passages_for(switch.new))
    if last_id:
        query = query.where(documents.c.id > last_id)
    return list(tx.execute(query.order_by(documents.c.id).limit(DOCUMENTS_AT_ONCE)))


def _has_passages_for(embedder: str) -> ColumnElement[bool]:
    """Are there passages of what a row of `documents` says now, for this embedder?"""
    return exists().where(
        passages.c.document_id == documents.c.id,
        passages.c.embedder == embedder,
        passages.c.version == documents.c.version,
    )


def _rechunk(tx: Transaction, document: Row[Any], old_name: str, new_embedder: Embedder) -> PreparedDocument:
    """The document as the new embedder wants it cut, out of the passages that were cut for the old one."""
    columns = (passages.c.headings, passages.c.blocks, passages.c.recipe)
    has_old_passages = and_(passages.c.document_id == document.id, passages.c.embedder == old_name)
    query = select(*columns).where(has_old_passages, passages.c.version == document.version)
    rows = list(tx.execute(query.order_by(passages.c.ordinal)))
    document_fields = {
        name: getattr(document, name) for name in PreparedDocument.__dataclass_fields__ if name in documents.c
    }
    new_passages = chunk_sections(document.title, list(_join_sections(rows)), document.locale, new_embedder)
    return PreparedDocument(**document_fields, passages=new_passages, recipe=min(row.recipe for row in rows))


def _join_sections(rows: list[Row[Any]]) -> Iterator[Section]:
    """The passages under one heading joined again."""
    for headings, passage_rows in groupby(rows, key=lambda row: tuple(row.headings)):
        blocks = chain.from_iterable(blocks_from_column(part.blocks) for part in passage_rows)
        # What is repeated (a heading too long to stand before each passage, a list's lead) is put there anew.
        yield Section(headings, tuple(block for block in blocks if block.group != REPEATED))


def _activate_new(tx: Transaction, switch: ReindexProgress) -> bool:
    """Make the new one active, if nothing is missing; writers wait meanwhile."""
    vector_index.lock_library(tx, switch.new)
    if _find_unfinished(tx, switch, None):
        return False
    is_old, is_new = is_version(tx, switch.old), is_version(tx, switch.new)
    tx.execute(update(library_states).where(is_old).values(active=False, retired_at=func.now()))
    tx.execute(update(library_states).where(is_new).values(active=True, retired_at=None))
    rename_texts(tx, switch.new)
    return True


def _retire_unwanted(db: Database, account: str, wanted_name: str) -> None:
    """Retire what is neither active nor wanted, and take out what has been retired for long enough."""
    with db.account(account) as tx:
        vector_index.lock_library(tx)
        unwanted = and_(library_states.c.account_id == account, library_states.c.embedder != wanted_name)
        unwanted = and_(unwanted, ~library_states.c.active, library_states.c.retired_at.is_(None))
        tx.execute(update(library_states).where(unwanted).values(retired_at=func.now()))
        long_ago = func.now() - timedelta(seconds=GRACE_SECONDS)
        is_expired = and_(library_states.c.account_id == account, library_states.c.retired_at <= long_ago)
        names = list(tx.execute(select(library_states.c.embedder).where(is_expired)).scalars())
    for name in names:
        _delete_library(db, account, name)


def _delete_library(db: Database, account: str, embedder: str) -> None:
    of_embedder = and_(passages.c.account_id == account, passages.c.embedder == embedder)
    removed = REMOVED_AT_ONCE
    while removed == REMOVED_AT_ONCE:
        with db.account(account) as tx:
            batch_ids = list(tx.execute(select(passages.c.id).where(of_embedder).limit(REMOVED_AT_ONCE)).scalars())
            keep_named_texts(tx, batch_ids)
            removed = tx.execute(delete(passages).where(passages.c.id.in_(batch_ids))).rowcount
    with db.account(account) as tx:
        vector_index.lock_library(tx)
        tx.execute(delete(terms).where(terms.c.account_id == account, terms.c.embedder == embedder))
        tx.execute(delete(library_states).where(is_version(tx, embedder)))
    log.info("old embedder taken out", account=account, embedder=embedder)
