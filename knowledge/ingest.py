"""Bring the index in step with a source.

First the source is read to its end: what has not changed is only marked as seen, the rest is laid aside on disk. A
source that fails half-way thus leaves the index as it was. Then the changed pages are cut, the vectors of unchanged
passages are taken over, the others are made with no transaction open, and whole documents are written; one batch is
embedded while the one before it is written and the next is cut. A run that is killed leaves each document in its old
or its new form, and the next one goes on from there. What a complete run has not seen is gone from the source, and
leaves the index; unless a page that leads to others could not be read, or so much has gone that it must be confirmed
(see `vanished.py`).
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy import func, select

from desk.db import Database
from desk.ports import Embedder, Page, PageSource, Unchanged, Unreadable
from knowledge import near, shelf, vanished
from knowledge.ahead import Ahead, Embedded
from knowledge.prepare import ReadyDocument, fingerprint, prepare
from knowledge.scale import gauge
from knowledge.spool import Spool
from knowledge.turn import one_run
from knowledge.vanished import Held

PAGES_AT_ONCE = 256
CHARACTERS_AT_ONCE = 4_000_000
PASSAGES_AT_ONCE = 64
REMOVED_AT_ONCE = 100
BROUGHT_NEAR_AT_ONCE = 250

Progress = Callable[[int, int | None, str], None]
"""Called with (pages done, pages in all if known, id of the page)."""

Item = TypeVar("Item", bound=Page | Unchanged | Unreadable)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """What one run did, in documents. `skipped` are the pages that could not be read or hold no text; `passages` were
    written, and for `passages_embedded` of them there was no vector yet. `held`: what has gone, and stays until it is
    confirmed."""

    added: int
    changed: int
    unchanged: int
    removed: int
    skipped: tuple[Unreadable, ...]
    passages: int
    passages_embedded: int
    seconds: float
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """How much may leave the index: anything at all when `confirmed`. `earlier`: what the run before held back."""

    confirmed: bool = False
    earlier: Held | None = None


USUAL = Leave()


def index(
    db: Database,
    account: str,
    source: PageSource,
    embedder: Embedder,
    progress: Progress | None = None,
    leave: Leave = USUAL,
) -> Report:
    """Index the source from end to end. Raises what the source raises, and Temporary when another run is at it."""
    began = time.monotonic()
    with one_run(db, account, source.name):
        run = _Run(db, account, source, embedder, progress, source.count() if progress else None)
        stamp, before = _start(db, account, source.name)
        pages = source.pages(run.stamp)
        with Spool() as changed:
            for batch in _batches(pages):
                changed.add(run.sift(batch))
            with Ahead(embedder) as run.ahead:
                for written in _batches(changed.pages):
                    run.take(written)
                run.land()
        run.held = run.what_stays(stamp, before, leave)
        if not run.hidden and not run.held:
            run.removed = _remove(db, account, source.name, stamp)
        round_off(db, account, embedder.name)
    report = run.report(time.monotonic() - began)
    figures = {name: getattr(report, name) for name in ("added", "changed", "unchanged", "removed", "passages")}
    log.info("indexed", account=account, source=source.name, skipped=len(report.skipped), **figures)
    return report


def remove(db: Database, account: str, source: str) -> int:
    """Take all documents of a source out of the index; how many there were. Raises Temporary as `index` does."""
    with one_run(db, account, source):
        return _remove(db, account, source, None)


def _remove(db: Database, account: str, source: str, unseen_since: datetime | None) -> int:
    removed = 0
    while True:
        with db.account(account) as tx:
            gone = shelf.remove(tx, source, unseen_since, REMOVED_AT_ONCE)
        removed += gone
        if gone < REMOVED_AT_ONCE:
            return removed


def round_off(db: Database, account: str, embedder: str) -> None:
    """Bring a library that has outgrown the exact search into the vector indexes, and gauge its cosines. Killed, the
    next run goes on."""
    more = True
    while more:
        with db.account(account) as tx:
            more = near.bring_near(tx, embedder, BROUGHT_NEAR_AT_ONCE)
            if not more:
                gauge(tx, embedder)


def _start(db: Database, account: str, source: str) -> tuple[datetime, int]:
    """The database's clock, which also stamps what is seen; and how many documents of the source there are."""
    with db.account(account) as tx:
        now: datetime = tx.execute(select(func.now())).scalar_one()
        return now, vanished.count(tx, source)


@dataclass(slots=True)
class _Run:
    db: Database
    account: str
    source: PageSource
    embedder: Embedder
    progress: Progress | None
    total: int | None
    done: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    passages: int = 0
    embedded: int = 0
    skipped: list[Unreadable] = field(default_factory=list)
    hidden: bool = False
    named: int = 0
    held: Held | None = None
    ahead: Ahead = field(init=False)

    def stamp(self, page_id: str) -> str | None:
        """What the source called the version of the page that the index holds."""
        with self.db.account(self.account) as tx:
            return shelf.stamp(tx, self.source.name, page_id, self.embedder.name)

    def sift(self, batch: Sequence[Page | Unchanged | Unreadable]) -> list[Page]:
        """Mark as seen what need not be written; the pages that must be."""
        self.named += len(batch)
        pages = {page.id: page for page in batch if isinstance(page, Page)}
        marks = {page_id: fingerprint(page) for page_id, page in pages.items()}
        with self.db.account(self.account) as tx:
            same = shelf.recognise(tx, self.source.name, marks, self.embedder.name)
            changed = [page for page in pages.values() if page.id not in same]
            untouched = [page for page in batch if page.id not in pages or page.id in same]
            restamped = {page.id: page.stamp for page in untouched if isinstance(page, Page) and page.stamp}
            shelf.mark_seen(tx, self.source.name, [page.id for page in untouched if page.id not in pages])
            shelf.restamp(tx, self.source.name, restamped)
        hiding = [page.id for page in untouched if isinstance(page, Unreadable) and page.hides]
        self.hidden = self.hidden or bool(hiding and self._known(hiding))
        for page in untouched:
            if isinstance(page, Unreadable):
                self.skipped.append(page)
            self.unchanged += not isinstance(page, Unreadable)
            self._tell(page.id)
        return changed

    def take(self, batch: Sequence[Page]) -> None:
        """Begin to index one batch of pages; `land` ends what was begun."""
        known = self._known([page.id for page in batch])
        waiting: dict[str, ReadyDocument] = {}
        for page in batch:
            if ready := self._prepare(page):
                waiting[page.id] = ready
            if sum(len(ready.passages) for ready in waiting.values()) >= PASSAGES_AT_ONCE:
                self._begin(waiting.values(), known)
                waiting = {}
            self._tell(page.id)
        self._begin(waiting.values(), known)

    def land(self) -> None:
        """Write what is still being embedded."""
        self._write(self.ahead.last())

    def report(self, seconds: float) -> Report:
        """The figures of the run."""
        return Report(
            added=self.added,
            changed=self.changed,
            unchanged=self.unchanged,
            removed=self.removed,
            skipped=tuple(self.skipped),
            passages=self.passages,
            passages_embedded=self.embedded,
            seconds=seconds,
            held=self.held,
        )

    def what_stays(self, stamp: datetime, before: int, leave: Leave) -> Held | None:
        """What has gone and must be confirmed. While something hides pages nobody knows how much has gone."""
        if self.hidden:
            return leave.earlier
        if leave.confirmed:
            return None
        with self.db.account(self.account) as tx:
            gone = vanished.count(tx, self.source.name, stamp)
        return vanished.too_many(gone, before, emptied=not self.named, earlier=leave.earlier)

    def _known(self, page_ids: Sequence[str]) -> dict[str, shelf.Known]:
        with self.db.account(self.account) as tx:
            return shelf.known(tx, self.source.name, page_ids, self.embedder.name)

    def _prepare(self, page: Page) -> ReadyDocument | None:
        ready = prepare(page, self.embedder)
        if ready is None:
            self.skipped.append(Unreadable(page.id, "has no text"))
        return ready

    def _begin(self, waiting: Iterable[ReadyDocument], known: dict[str, shelf.Known]) -> None:
        """Have a batch embedded, and meanwhile write the one before it."""
        fresh: list[ReadyDocument] = []
        moved: list[ReadyDocument] = []
        for ready in waiting:
            old = known.get(ready.external_id)
            self.added += old is None
            self.changed += old is not None and old.version != ready.version
            self.unchanged += old is not None and old.version == ready.version
            same = old is not None and old.indexed and old.version == ready.version
            (moved if same else fresh).append(ready)
        if moved:
            with self.db.account(self.account) as tx:
                shelf.move(tx, self.source.name, moved)
        if fresh:
            self._write(self.ahead.send(fresh, self._vectors(fresh)))

    def _vectors(self, documents: Sequence[ReadyDocument]) -> dict[bytes, str]:
        hashes = {passage.content_hash for ready in documents for passage in ready.passages}
        with self.db.account(self.account) as tx:
            return shelf.vectors(tx, self.embedder.name, list(hashes))

    def _write(self, batch: Embedded | None) -> None:
        if batch is None:
            return
        with self.db.account(self.account) as tx:
            shelf.put(tx, self.source.name, batch.documents, batch.vectors, self.embedder)
        self.embedded += batch.made
        self.passages += sum(len(ready.passages) for ready in batch.documents)

    def _tell(self, page_id: str) -> None:
        self.done += 1
        if self.progress:
            self.progress(self.done, self.total, page_id)


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
