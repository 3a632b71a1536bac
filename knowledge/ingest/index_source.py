"""Bring the index in step with a source.

First the source is read to its end: what has not changed is only marked as seen, the rest is laid aside on disk. A
source that fails half-way thus leaves the index as it was. Then the changed pages are cut, the vectors of unchanged
passages are taken over, the others are made with no transaction open, and whole documents are written; one batch is
embedded while the one before it is written and the next is cut. A run that is killed leaves each document in its old
or its new form, and the next one goes on from there. What a complete run has not seen is gone from the source, and
leaves the index; unless a page that leads to others could not be read, or so much has gone that it must be confirmed
(see `deletion_guard.py`). What the source names as not published leaves it in any case.
"""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy import func, select

from desk.pages import Page, PageSource, UnchangedPage, UnreadablePage
from desk.platform.database import Database
from desk.ports import Embedder
from knowledge.index import store, vector_index
from knowledge.index.cosine_calibration import calibrate
from knowledge.index.document_versions import forget_source
from knowledge.index.passed_over import forget_passed_over
from knowledge.ingest import deletion_guard
from knowledge.ingest.deletion_guard import DeletionRule
from knowledge.ingest.embed_ahead import EmbedAhead
from knowledge.ingest.index_run import IndexReport, IndexRun, Progress
from knowledge.ingest.page_buffer import PageBuffer
from knowledge.ingest.sanitize import sanitize_pages
from knowledge.ingest.sync_lock import sync_lock

PAGES_AT_ONCE = 256
CHARACTERS_AT_ONCE = 4_000_000
REMOVED_AT_ONCE = 100
BROUGHT_NEAR_AT_ONCE = 250

Item = TypeVar("Item", bound=Page | UnchangedPage | UnreadablePage)

log = structlog.get_logger(__name__)


DEFAULT_DELETION = DeletionRule()


def index_source(
    db: Database,
    account: str,
    source: PageSource,
    embedder: Embedder,
    progress: Progress | None = None,
    leave: DeletionRule = DEFAULT_DELETION,
) -> IndexReport:
    """Index the source from end to end. Raises what the source raises, and Temporary when another run is at it."""
    started = time.monotonic()
    with sync_lock(db, account, source.name):
        run = IndexRun(db, account, source, embedder, progress, source.count() if progress else None)
        started_at, documents_before = _start_time_and_count(db, account, source.name)
        _index_pages(run, sanitize_pages(source.pages(run.stamp)), embedder)
        unpublished = _delete_unpublished(run)
        documents_before -= unpublished
        run.held = run.deletion_to_hold(started_at, documents_before, leave)
        run.removed = unpublished
        if not run.pages_hidden and not run.held:
            run.removed += _delete_documents(db, account, source.name, started_at)
            _forget_passed_over(db, account, source.name, started_at)
        finish_index(db, account, embedder.name)
    report = run.report(time.monotonic() - started)
    figures = {name: getattr(report, name) for name in ("added", "changed", "unchanged", "removed", "passages")}
    log.info("indexed", account=account, source=source.name, skipped=len(report.skipped), **figures)
    return report


def _index_pages(run: IndexRun, pages: Iterable[Page | UnchangedPage | UnreadablePage], embedder: Embedder) -> None:
    """All pages are read before the first is embedded."""
    with PageBuffer() as changed_pages:
        for batch in _batches(pages):
            changed_pages.add(run.find_changed(batch))
        with EmbedAhead(embedder) as run.embed_ahead:
            for batch_to_write in _batches(changed_pages.pages):
                run.index_batch(batch_to_write)
            run.flush()


def remove_source(db: Database, account: str, source: str) -> int:
    """Take all documents of a source out of the index, with all that they said before; how many there were.
    Raises Temporary as `index` does."""
    with sync_lock(db, account, source):
        removed = _delete_documents(db, account, source, None)
        with db.account(account) as tx:
            forget_source(tx, source)
            forget_passed_over(tx, source, None)
        return removed


def _delete_unpublished(run: IndexRun) -> int:
    """Take out what the source itself says is not for readers (any more): that needs no confirmation."""
    removed = 0
    for page_id in run.find_unpublished():
        with run.db.account(run.account) as tx:
            removed += store.delete_page(tx, run.source.name, page_id)
    return removed


def _delete_documents(db: Database, account: str, source: str, unseen_since: datetime | None) -> int:
    removed = 0
    while True:
        with db.account(account) as tx:
            deleted = store.delete_documents(tx, source, unseen_since, REMOVED_AT_ONCE)
        removed += deleted
        if deleted < REMOVED_AT_ONCE:
            return removed


def _forget_passed_over(db: Database, account: str, source: str, unseen_since: datetime | None) -> None:
    with db.account(account) as tx:
        forget_passed_over(tx, source, unseen_since)


def finish_index(db: Database, account: str, embedder: str) -> None:
    """Bring a library that has outgrown the exact search into the vector indexes, and gauge its cosines. Killed, the
    next run goes on."""
    has_more = True
    while has_more:
        with db.account(account) as tx:
            has_more = vector_index.add_to_vector_index(tx, embedder, BROUGHT_NEAR_AT_ONCE)
            if not has_more:
                calibrate(tx, embedder)


def _start_time_and_count(db: Database, account: str, source: str) -> tuple[datetime, int]:
    """The database's clock, which also stamps what is seen; and how many documents of the source there are."""
    with db.account(account) as tx:
        started_at: datetime = tx.execute(select(func.now())).scalar_one()
        return started_at, deletion_guard.count_documents(tx, source)


def _batches(pages: Iterable[Item]) -> Iterator[list[Item]]:
    """Few transactions, and little memory: by number, and by the size of the bodies."""
    batch: list[Item] = []
    size = 0
    for page in pages:
        batch.append(page)
        size += len(page.body) if isinstance(page, Page) else 0
        if len(batch) >= PAGES_AT_ONCE or size >= CHARACTERS_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
