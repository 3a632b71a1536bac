"""How the pages of one run come into the index: recognised, or parsed, cut, embedded and written.

One page that cannot be parsed, embedded or kept is reported, stays in the index as it was, and stops no other.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.exc import DataError

from desk.errors import FirstlineError
from desk.pages import Page, PageSource, UnchangedPage, UnreadablePage
from desk.platform.database import Database, Transaction
from desk.ports import Embedder
from knowledge.index import store
from knowledge.index.document import PreparedDocument
from knowledge.ingest import deletion_guard
from knowledge.ingest.deletion_guard import DeletionRule, HeldDeletion
from knowledge.ingest.embed_ahead import EmbedAhead, EmbeddedBatch
from knowledge.ingest.prepare import page_fingerprint, prepare_page
from knowledge.ingest.sanitize import is_storable
from knowledge.parsing.parse import NotParsed

PASSAGES_AT_ONCE = 64

Progress = Callable[[int, int | None, str], None]
"""Called with (pages done, pages in all if known, id of the page)."""

WriteDocuments = Callable[[Transaction, Sequence[PreparedDocument]], None]
"""Writes documents within a transaction."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one run did, in documents. `skipped` are the pages that could not be read or hold no text; `passages` were
    written, and for `passages_embedded` of them there was no vector yet. `held`: what has gone, and stays until it is
    confirmed."""

    added: int
    changed: int
    unchanged: int
    removed: int
    skipped: tuple[UnreadablePage, ...]
    passages: int
    passages_embedded: int
    seconds: float
    held: HeldDeletion | None = None


@dataclass(slots=True)
class IndexRun:
    """The pages of one run on their way into the index, and what became of them."""

    db: Database
    account: str
    source: PageSource
    embedder: Embedder
    progress: Progress | None
    total: int | None
    done: int = 0
    removed: int = 0
    passages: int = 0
    embedded: int = 0
    skipped: list[UnreadablePage] = field(default_factory=list)
    hidden: bool = False
    named: int = 0
    held: HeldDeletion | None = None
    fates: dict[str, str] = field(default_factory=dict)
    """`added`, `changed` or `unchanged`, by the ids of what is not written yet."""
    counts: Counter[str] = field(default_factory=Counter)
    ahead: EmbedAhead = field(init=False)

    def stamp(self, page_id: str) -> str | None:
        """What the source called the version of the page that the index holds."""
        if not is_storable(page_id):
            return None
        with self.db.account(self.account) as tx:
            return store.page_stamp(tx, self.source.name, page_id, self.embedder.name)

    def sift(self, batch: Sequence[Page | UnchangedPage | UnreadablePage]) -> list[Page]:
        """Mark as seen what need not be written; the pages that must be."""
        self.named += len(batch)
        pages = {page.id: page for page in batch if isinstance(page, Page)}
        marks = {page_id: page_fingerprint(page) for page_id, page in pages.items()}
        with self.db.account(self.account) as tx:
            same = store.mark_unchanged(tx, self.source.name, marks, self.embedder.name)
            changed = [page for page in pages.values() if page.id not in same]
            untouched = [page for page in batch if page.id not in pages or page.id in same]
            restamped = {page.id: page.stamp for page in untouched if isinstance(page, Page) and page.stamp}
            store.mark_seen(tx, self.source.name, [page.id for page in untouched if page.id not in pages])
            store.update_stamps(tx, self.source.name, restamped)
        hiding = [page.id for page in untouched if isinstance(page, UnreadablePage) and page.hides]
        self.hidden = self.hidden or bool(hiding and self._known(hiding))
        for page in untouched:
            if isinstance(page, UnreadablePage):
                self._skip(page)
            self.counts["unchanged"] += not isinstance(page, UnreadablePage)
            self._tell(page.id)
        return changed

    def take(self, batch: Sequence[Page]) -> None:
        """Begin to index one batch of pages; `land` ends what was begun."""
        known = self._known([page.id for page in batch])
        waiting: dict[str, PreparedDocument] = {}
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

    def report(self, seconds: float) -> IndexReport:
        """The figures of the run."""
        return IndexReport(
            added=self.counts["added"],
            changed=self.counts["changed"],
            unchanged=self.counts["unchanged"],
            removed=self.removed,
            skipped=tuple(self.skipped),
            passages=self.passages,
            passages_embedded=self.embedded,
            seconds=seconds,
            held=self.held,
        )

    def what_stays(self, stamp: datetime, before: int, leave: DeletionRule) -> HeldDeletion | None:
        """What has gone and must be confirmed. While something hides pages nobody knows how much has gone."""
        if self.hidden:
            return leave.earlier
        if leave.confirmed:
            return None
        with self.db.account(self.account) as tx:
            gone = deletion_guard.count_documents(tx, self.source.name, stamp)
        return deletion_guard.deletion_to_confirm(gone, before, emptied=not self.named, earlier=leave.earlier)

    def _known(self, page_ids: Sequence[str]) -> dict[str, store.IndexedPage]:
        with self.db.account(self.account) as tx:
            return store.find_pages(tx, self.source.name, page_ids, self.embedder.name)

    def _skip(self, page: UnreadablePage) -> None:
        self.skipped.append(page)
        if page.beneath:
            with self.db.account(self.account) as tx:
                deletion_guard.keep_subtree(tx, self.source.name, page.beneath)

    def _spoilt(self, page_id: str, why: str) -> None:
        """A page that turned out to be unreadable here: what is known of it stays."""
        self._skip(UnreadablePage(page_id, why))
        with self.db.account(self.account) as tx:
            store.mark_seen(tx, self.source.name, [page_id])

    def _prepare(self, page: Page) -> PreparedDocument | None:
        try:
            ready = prepare_page(page, self.embedder)
        except NotParsed as error:
            self._spoilt(page.id, str(error))
            return None
        except FirstlineError:
            raise
        except Exception as error:
            log.exception("page not read", account=self.account, source=self.source.name, page=page.id)
            self._spoilt(page.id, f"cannot be read: a fault in Firstline ({type(error).__name__})")
            return None
        if ready is None:
            self.skipped.append(UnreadablePage(page.id, "has no text"))
        return ready

    def _begin(self, waiting: Iterable[PreparedDocument], known: dict[str, store.IndexedPage]) -> None:
        """Have a batch embedded, and meanwhile write the one before it."""
        fresh: list[PreparedDocument] = []
        moved: list[PreparedDocument] = []
        for ready in waiting:
            old = known.get(ready.external_id)
            self.fates[ready.external_id] = _fate(old, ready)
            same = old is not None and old.indexed and old.version == ready.version
            (moved if same else fresh).append(ready)
        self._put(moved, lambda tx, some: store.update_documents(tx, self.source.name, some))
        if fresh:
            self._write(self.ahead.send(fresh, self._vectors(fresh)))

    def _vectors(self, documents: Sequence[PreparedDocument]) -> dict[bytes, str]:
        hashes = {passage.content_hash for ready in documents for passage in ready.passages}
        with self.db.account(self.account) as tx:
            return store.find_vectors(tx, self.embedder.name, list(hashes))

    def _write(self, batch: EmbeddedBatch | None) -> None:
        if batch is None:
            return
        for page_id, why in batch.failed.items():
            self._spoilt(page_id, why)
        put = partial(store.write_documents, made=batch.vectors, embedder=self.embedder)
        written = self._put(batch.documents, lambda tx, some: put(tx, self.source.name, some))
        self.embedded += batch.made
        self.passages += sum(len(ready.passages) for ready in written)

    def _put(self, documents: Sequence[PreparedDocument], put: WriteDocuments) -> Sequence[PreparedDocument]:
        """Write them in one transaction; if one of them cannot be kept, each in its own, and that one is reported."""
        if not documents:
            return []
        try:
            with self.db.account(self.account) as tx:
                put(tx, documents)
        except (DataError, UnicodeError) as error:
            if len(documents) > 1:
                return [ready for each in documents for ready in self._put([each], put)]
            self._spoilt(documents[0].external_id, f"cannot be kept ({type(error).__name__})")
            return []
        self.counts.update(self.fates.pop(ready.external_id) for ready in documents)
        return documents

    def _tell(self, page_id: str) -> None:
        self.done += 1
        if self.progress:
            self.progress(self.done, self.total, page_id)


def _fate(old: store.IndexedPage | None, ready: PreparedDocument) -> str:
    if old is None:
        return "added"
    return "unchanged" if old.version == ready.version else "changed"
