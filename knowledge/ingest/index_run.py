"""How the pages of one run come into the index: recognised, or parsed, cut, embedded and written.

One page that cannot be parsed, embedded or kept is reported, stays in the index as it was, and stops no other; one that
is for other readers from now on leaves the search.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.exc import DataError

from desk.errors import FirstlineError
from desk.pages import Page, PageSource, UnchangedPage, UnreadablePage
from desk.platform.database import Database, Transaction
from desk.ports import Embedder
from knowledge.index import passed_over, store
from knowledge.index.document import PreparedDocument
from knowledge.ingest import deletion_guard
from knowledge.ingest.deletion_guard import DeletionRule, HeldDeletion
from knowledge.ingest.embed_ahead import EmbedAhead, EmbeddedBatch
from knowledge.ingest.prepare import page_fingerprint, prepare_page
from knowledge.ingest.sanitize import is_storable
from knowledge.parsing.parse import NotParsed

FEW_FILES = 5
"""So many files of types that are not read are named in the report; of more their types must do."""

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
    unread_types: Mapping[str, int] = field(default_factory=dict)
    """Files of types that the source does not read, counted by their endings."""


@dataclass(slots=True)
class IndexRun:
    """The pages of one run on their way into the index, and what became of them."""

    db: Database
    account: str
    source: PageSource
    embedder: Embedder
    progress: Progress | None
    total: int | None
    pages_done: int = 0
    removed: int = 0
    passages: int = 0
    embedded: int = 0
    skipped: list[UnreadablePage] = field(default_factory=list)
    unpublished_ids: list[str] = field(default_factory=list)
    pages_hidden: bool = False
    pages_named: int = 0
    held: HeldDeletion | None = None
    outcomes: dict[str, str] = field(default_factory=dict)
    """`added`, `changed` or `unchanged`, by the ids of what is not written yet."""
    audiences: dict[str, str] = field(default_factory=dict)
    """For whom the source says that the pages are, by their ids."""
    counts: Counter[str] = field(default_factory=Counter)
    unread_types: Counter[str] = field(default_factory=Counter)
    unread_files: list[UnreadablePage] = field(default_factory=list)
    embed_ahead: EmbedAhead = field(init=False)

    def stamp(self, page_id: str) -> str | None:
        """What the source called the version of the page that the index holds."""
        if not is_storable(page_id):
            return None
        with self.db.account(self.account) as tx:
            indexed_stamp = store.page_stamp(tx, self.source.name, page_id, self.embedder.name)
            return indexed_stamp or passed_over.passed_over_stamp(tx, self.source.name, page_id)

    def find_changed(self, batch: Sequence[Page | UnchangedPage | UnreadablePage]) -> list[Page]:
        """Mark as seen what need not be written; the pages that must be."""
        batch = self._without_unread_types(batch)
        self.pages_named += len(batch)
        pages = {page.id: page for page in batch if isinstance(page, Page)}
        fingerprints = {page_id: page_fingerprint(page) for page_id, page in pages.items()}
        with self.db.account(self.account) as tx:
            unchanged_ids = store.mark_unchanged(tx, self.source.name, fingerprints, self.embedder.name)
            changed = [page for page in pages.values() if page.id not in unchanged_ids]
            unchanged = [page for page in batch if page.id not in pages or page.id in unchanged_ids]
            new_stamps = {page.id: page.stamp for page in unchanged if isinstance(page, Page) and page.stamp}
            empty_stamps = _empty_stamps(unchanged)
            named_ids = [page.id for page in unchanged if _stays(page, pages) and page.id not in empty_stamps]
            store.mark_seen(tx, self.source.name, named_ids)
            passed_over.mark_passed_over_seen(tx, self.source.name, named_ids)
            passed_over.pass_over(tx, self.source.name, empty_stamps)
            store.update_stamps(tx, self.source.name, new_stamps)
        hiding_ids = [page.id for page in unchanged if isinstance(page, UnreadablePage) and page.hides]
        self.pages_hidden = self.pages_hidden or bool(hiding_ids and self._find_indexed(hiding_ids))
        for page in unchanged:
            if isinstance(page, UnreadablePage):
                self._skip(page)
            self.counts["unchanged"] += not isinstance(page, UnreadablePage)
            self._report_progress(page.id)
        return changed

    def _without_unread_types(
        self, batch: Sequence[Page | UnchangedPage | UnreadablePage]
    ) -> Sequence[Page | UnchangedPage | UnreadablePage]:
        """Files of other types are counted, and are no pages; a few of them are named too."""
        unread = [page for page in batch if isinstance(page, UnreadablePage) and page.file_type]
        self.unread_types.update(page.file_type for page in unread)
        self.unread_files += unread[: FEW_FILES + 1 - len(self.unread_files)]
        return (
            [page for page in batch if not (isinstance(page, UnreadablePage) and page.file_type)] if unread else batch
        )

    def index_batch(self, batch: Sequence[Page]) -> None:
        """Begin to index one batch of pages; `flush` ends what was begun."""
        self.audiences |= {page.id: page.audience for page in batch}
        indexed_pages = self._find_indexed([page.id for page in batch])
        pending: dict[str, PreparedDocument] = {}
        for page in batch:
            if document := self._prepare_page(page):
                pending[page.id] = document
            if sum(len(document.passages) for document in pending.values()) >= PASSAGES_AT_ONCE:
                self._start_batch(pending.values(), indexed_pages)
                pending = {}
            self._report_progress(page.id)
        self._start_batch(pending.values(), indexed_pages)

    def find_unpublished(self) -> list[str]:
        """What the index still holds of pages that the source says are not for readers."""
        return list(self._find_indexed(self.unpublished_ids)) if self.unpublished_ids else []

    def flush(self) -> None:
        """Write what is still being embedded."""
        self._write_batch(self.embed_ahead.collect())

    def report(self, seconds: float) -> IndexReport:
        """The figures of the run."""
        return IndexReport(
            added=self.counts["added"],
            changed=self.counts["changed"],
            unchanged=self.counts["unchanged"],
            removed=self.removed,
            skipped=(*self.skipped, *(self.unread_files if len(self.unread_files) <= FEW_FILES else ())),
            passages=self.passages,
            passages_embedded=self.embedded,
            seconds=seconds,
            held=self.held,
            unread_types=dict(self.unread_types),
        )

    def deletion_to_hold(
        self, started_at: datetime, documents_before: int, deletion_rule: DeletionRule
    ) -> HeldDeletion | None:
        """What has gone and must be confirmed. While something hides pages nobody knows how much has gone."""
        if self.pages_hidden:
            return deletion_rule.earlier
        if deletion_rule.confirmed:
            return None
        with self.db.account(self.account) as tx:
            vanished = deletion_guard.count_documents(tx, self.source.name, started_at)
        return deletion_guard.deletion_to_confirm(
            vanished, documents_before, emptied=not self.pages_named, earlier=deletion_rule.earlier
        )

    def _find_indexed(self, page_ids: Sequence[str]) -> dict[str, store.IndexedPage]:
        with self.db.account(self.account) as tx:
            return store.find_pages(tx, self.source.name, page_ids, self.embedder.name)

    def _skip(self, page: UnreadablePage) -> None:
        self.skipped.append(page)
        if page.unpublished:
            self.unpublished_ids.append(page.id)
        if page.beneath:
            with self.db.account(self.account) as tx:
                deletion_guard.keep_subtree(tx, self.source.name, page.beneath)

    def _skip_and_keep(self, page_id: str, why: str) -> None:
        """A page that turned out to be unreadable here: what is known of it stays, for the readers it was for."""
        indexed = self._find_indexed([page_id]).get(page_id)
        has_other_readers = indexed is not None and indexed.audience != self.audiences[page_id]
        with self.db.account(self.account) as tx:
            if has_other_readers:
                store.hide_page(tx, self.source.name, page_id)
            store.mark_seen(tx, self.source.name, [page_id])
        hidden = f". It is for {self.audiences[page_id]} readers now: its old text is not found any more"
        self._skip(UnreadablePage(page_id, f"{why}{hidden if has_other_readers else ''}"))

    def _prepare_page(self, page: Page) -> PreparedDocument | None:
        try:
            document = prepare_page(page, self.embedder)
        except NotParsed as error:
            self._skip_and_keep(page.id, str(error))
            return None
        except FirstlineError:
            raise
        except Exception as error:
            log.exception("page not read", account=self.account, source=self.source.name, page=page.id)
            self._skip_and_keep(page.id, f"cannot be read: a fault in Firstline ({type(error).__name__})")
            return None
        if document is None:
            self.skipped.append(UnreadablePage(page.id, "has no text"))
        return document

    def _start_batch(self, batch: Iterable[PreparedDocument], indexed_pages: dict[str, store.IndexedPage]) -> None:
        """Have a batch embedded, and meanwhile write the one before it."""
        changed: list[PreparedDocument] = []
        metadata_only: list[PreparedDocument] = []
        for document in batch:
            indexed = indexed_pages.get(document.external_id)
            self.outcomes[document.external_id] = _outcome(indexed, document)
            text_unchanged = indexed is not None and indexed.indexed and indexed.version == document.version
            (metadata_only if text_unchanged else changed).append(document)
        self._write_documents(
            metadata_only, lambda tx, documents: store.update_documents(tx, self.source.name, documents)
        )
        if changed:
            self._write_batch(self.embed_ahead.submit_batch(changed, self._existing_vectors(changed)))

    def _existing_vectors(self, documents: Sequence[PreparedDocument]) -> dict[bytes, str]:
        hashes = {passage.content_hash for document in documents for passage in document.passages}
        with self.db.account(self.account) as tx:
            return store.find_vectors(tx, self.embedder.name, list(hashes))

    def _write_batch(self, batch: EmbeddedBatch | None) -> None:
        if batch is None:
            return
        for page_id, why in batch.failed.items():
            self._skip_and_keep(page_id, why)
        write_documents = partial(store.write_documents, vectors=batch.vectors, embedder=self.embedder)
        written = self._write_documents(
            batch.documents, lambda tx, documents: write_documents(tx, self.source.name, documents)
        )
        self.embedded += batch.new_vectors
        self.passages += sum(len(document.passages) for document in written)

    def _write_documents(
        self, documents: Sequence[PreparedDocument], write_documents: WriteDocuments
    ) -> Sequence[PreparedDocument]:
        """Write them in one transaction; if one of them cannot be kept, each in its own, and that one is reported."""
        if not documents:
            return []
        try:
            with self.db.account(self.account) as tx:
                write_documents(tx, documents)
        except (DataError, UnicodeError) as error:
            if len(documents) > 1:
                return [
                    written for document in documents for written in self._write_documents([document], write_documents)
                ]
            self._skip_and_keep(documents[0].external_id, f"cannot be kept ({type(error).__name__})")
            return []
        self.counts.update(self.outcomes.pop(document.external_id) for document in documents)
        return documents

    def _report_progress(self, page_id: str) -> None:
        self.pages_done += 1
        if self.progress:
            self.progress(self.pages_done, self.total, page_id)


def _empty_stamps(batch: Sequence[Page | UnchangedPage | UnreadablePage]) -> dict[str, str]:
    """Of what was looked at and holds nothing."""
    return {page.id: page.stamp for page in batch if isinstance(page, UnreadablePage) and page.stamp}


def _stays(page: Page | UnchangedPage | UnreadablePage, pages: Mapping[str, Page]) -> bool:
    return page.id not in pages and not (isinstance(page, UnreadablePage) and page.unpublished)


def _outcome(indexed: store.IndexedPage | None, document: PreparedDocument) -> str:
    if indexed is None:
        return "added"
    return "unchanged" if indexed.version == document.version else "changed"
