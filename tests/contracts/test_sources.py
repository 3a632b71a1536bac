"""What every kind of source promises: `desk.ports.PageSource`.

To hold a source to it, write a function that makes a `Stage` of it, and add its line to `STAGES` in `source_stages.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from desk.errors import Permanent, Temporary
from desk.pages import Page, Stamps, UnchangedPage, UnreadablePage
from desk.platform.database import Database
from knowledge.index.catalogue import list_documents, list_passages
from knowledge.ingest import index_source
from knowledge.ingest.deletion_guard import HeldDeletion
from knowledge.ingest.index_run import IndexReport
from knowledge.ingest.index_source import index_source as index
from knowledge.sources.configured_sources import ConfiguredSource, PageDefaults
from knowledge.sources.page_metadata import SourceWithMetadata
from tests.contracts.source_stages import STAGES, Stage
from tests.knowledge.conftest import WordEmbedder

pytestmark = pytest.mark.loopback  # some of the outsides are look-alikes

Got = list[Page | UnchangedPage | UnreadablePage]


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest, database: Database, account: str, tmp_path: Path) -> Iterator[Stage]:
    """Each source with its three pages."""
    with contextmanager(STAGES[request.param])(database, account, tmp_path) as made:
        yield made


def unknown(page_id: str) -> None:
    """The stamps of an index that holds nothing."""


def read(stage: Stage, stamps: Stamps = unknown) -> Got:
    return list(stage.source.pages(stamps))


def stamps_of(found: Got) -> Stamps:
    return {page.id: page.stamp for page in found if isinstance(page, Page)}.get


def texts(database: Database, account: str) -> list[str]:
    """What the index holds, document by document."""
    with database.account(account) as tx:
        documents = list_documents(tx)
        return sorted(
            " ".join(passage.text for passage in list_passages(tx, document.id, WordEmbedder.name, 100))
            for document in documents
        )


def holds(found: list[str], *words: str) -> bool:
    """Does each text hold one of the words, and each word stand in one text?"""
    return len(found) == len(words) and all(any(word in text for text in found) for word in words)


def counts(report: IndexReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.removed


def test_a_source_has_a_name_and_may_know_how_many_pages_there_are(stage: Stage) -> None:
    assert stage.source.name
    assert stage.source.count() in (None, 3, 3 + stage.leaves_out)


def test_it_gives_each_page_once_and_the_same_every_time(stage: Stage) -> None:
    first = read(stage)
    assert first == read(stage)
    published = [page for page in first if not (isinstance(page, UnreadablePage) and page.unpublished)]
    assert all(isinstance(page, Page) for page in published)
    assert len({page.id for page in first}) == len(first)
    assert len(published) == 3


def test_its_ids_stay_when_a_text_changes(stage: Stage) -> None:
    before = {page.id for page in read(stage)}
    stage.change_second()
    assert {page.id for page in read(stage)} == before


def test_drafts_are_left_out(stage: Stage, database: Database, account: str) -> None:
    index(database, account, stage.source, WordEmbedder())
    assert holds(texts(database, account), "first", "second", "third")
    assert not any("draft" in text for text in texts(database, account))


def test_a_page_that_has_not_changed_since_its_stamp_is_not_read_again(stage: Stage) -> None:
    if not stage.has_stamps:
        assert all(page.stamp is None for page in read(stage) if isinstance(page, Page))
        return
    known = stamps_of(read(stage))
    published = [page for page in read(stage, known) if not (isinstance(page, UnreadablePage) and page.unpublished)]
    assert {type(page) for page in published} == {UnchangedPage}
    stage.change_second()
    again = read(stage, known)
    assert [type(page) for page in again].count(UnchangedPage) == 2
    [changed] = [page for page in again if isinstance(page, Page)]
    assert "altered" in changed.body
    assert changed.stamp != known(changed.id)


def test_a_second_run_changes_nothing_and_embeds_nothing(stage: Stage, database: Database, account: str) -> None:
    assert counts(index(database, account, stage.source, WordEmbedder())) == (3, 0, 0, 0)
    embedder = WordEmbedder()
    assert counts(index(database, account, stage.source, embedder)) == (0, 0, 3, 0)
    assert embedder.embedded == []


def test_what_changed_and_what_vanished_is_seen_in_the_next_run(stage: Stage, database: Database, account: str) -> None:
    index(database, account, stage.source, WordEmbedder())
    stage.change_second()
    assert counts(index(database, account, stage.source, WordEmbedder())) == (0, 1, 2, 0)
    assert holds(texts(database, account), "first", "altered", "third")


def test_a_page_that_vanished_leaves_the_index(stage: Stage, database: Database, account: str) -> None:
    index(database, account, stage.source, WordEmbedder())
    stage.remove_third()
    assert counts(index(database, account, stage.source, WordEmbedder())) == (0, 0, 2, 1)
    assert holds(texts(database, account), "first", "second")


def test_a_source_that_is_emptied_keeps_its_documents(stage: Stage, database: Database, account: str) -> None:
    index(database, account, stage.source, WordEmbedder())
    stage.empty()
    with suppress(Temporary, Permanent):  # a website cannot answer with nothing and be well
        report = index(database, account, stage.source, WordEmbedder())
        assert (report.removed, report.held) == (0, HeldDeletion(3, 3))
    assert holds(texts(database, account), "first", "second", "third")


def test_a_page_that_cannot_be_read_is_reported_and_what_is_known_of_it_stays(
    stage: Stage, database: Database, account: str
) -> None:
    if stage.spoil_third is None:
        pytest.skip("cannot happen to this kind of source")
    index(database, account, stage.source, WordEmbedder())
    stage.spoil_third()
    report = index(database, account, stage.source, WordEmbedder())
    assert counts(report) == (0, 0, 2, 0)
    [spoiled] = [page for page in report.skipped if not page.unpublished]
    assert spoiled.why
    assert holds(texts(database, account), "first", "second", "third")


def test_trouble_before_the_end_is_an_error_of_ours_and_changes_nothing(
    stage: Stage, database: Database, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_source, "PAGES_AT_ONCE", 1)
    index(database, account, stage.source, WordEmbedder())
    stage.change_second()
    with stage.break_off(), pytest.raises((Temporary, Permanent)):
        index(database, account, stage.source, WordEmbedder())
    assert holds(texts(database, account), "first", "second", "third")
    assert counts(index(database, account, stage.source, WordEmbedder())) == (0, 1, 2, 0)


def test_what_its_row_says_of_its_pages_holds_for_unchanged_ones_too(
    stage: Stage, database: Database, account: str
) -> None:
    def audiences(marks: PageDefaults) -> set[str]:
        row = ConfiguredSource(stage.source.name, "any", {}, marks)
        index(database, account, SourceWithMetadata(stage.source, row), WordEmbedder())
        with database.account(account) as tx:
            return {document.audience for document in list_documents(tx)}

    before = audiences(PageDefaults())
    assert audiences(PageDefaults(audience="pilots")) == {"pilots"} != before
    assert audiences(PageDefaults()) == before
