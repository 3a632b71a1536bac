"""What a document said on a given day can be searched again, and a text that did not change is kept once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from desk.pages import Page
from desk.passage import SearchScope
from desk.platform.database import Database
from knowledge.index.document_versions import forget_versions, list_document_versions
from knowledge.ingest.index_source import index_source, remove_source
from knowledge.search.library import PostgresLibrary
from knowledge.tables import document_versions, documents, passages, past_texts
from tests.knowledge.conftest import ListSource, MakePage, WordEmbedder

OPENING = "We are open from nine to five on weekdays."
LATER = "We are open from ten to six on weekdays."


class Shelf:
    """A library of one source that is read again and again, on a clock of its own."""

    def __init__(self, database: Database, account: str, embedder: WordEmbedder) -> None:
        self.database, self.account, self.embedder = database, account, embedder
        self.library = PostgresLibrary(database, embedder)

    def read(self, *pages: Page) -> datetime:
        """Bring the index in step; the moment after it."""
        index_source(self.database, self.account, ListSource(*pages), self.embedder)
        with self.database.account(self.account) as tx:
            moment: datetime = tx.execute(select(func.clock_timestamp())).scalar_one()
        return moment

    def found(self, query: str, at: datetime | None, audience: str = "public") -> list[str]:
        """The texts that are found."""
        scope = SearchScope(frozenset({audience}), "en", at=at)
        return [hit.passage.text for hit in self.library.search(self.account, query, scope, limit=5)]

    def count(self, table: str) -> int:
        """How many rows of the account."""
        with self.database.account(self.account) as tx:
            return int(tx.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


@pytest.fixture
def shelf(database: Database, account: str, embedder: WordEmbedder) -> Shelf:
    return Shelf(database, account, embedder)


def test_the_answer_of_each_day_is_found(shelf: Shelf, page: MakePage) -> None:
    before = datetime.now(UTC) - timedelta(days=1)
    first = shelf.read(page("hours", OPENING))
    second = shelf.read(page("hours", LATER))
    third = shelf.read(page("other", "Bring your own cup."))
    assert shelf.found("When are you open on weekdays?", first) == [OPENING]
    assert shelf.found("When are you open on weekdays?", second) == [LATER]
    assert OPENING not in shelf.found("When are you open on weekdays?", third)
    assert LATER not in shelf.found("When are you open on weekdays?", third)
    assert shelf.found("When are you open on weekdays?", before) == []


def test_the_past_is_found_by_meaning_and_words_as_the_present_is(shelf: Shelf, page: MakePage) -> None:
    now = shelf.read(page("hours", OPENING), page("cups", "Bring your own cup."))
    scope = SearchScope(frozenset({"public"}), "en")
    present = shelf.library.search(shelf.account, "open on weekdays", scope, limit=5)
    past = shelf.library.search(
        shelf.account, "open on weekdays", SearchScope(frozenset({"public"}), "en", at=now), limit=5
    )
    assert [(hit.passage.text, hit.cosine, hit.lexical, hit.share) for hit in past] == [
        (hit.passage.text, hit.cosine, hit.lexical, hit.share) for hit in present
    ]


def test_who_might_not_read_a_page_then_does_not_find_it_now(shelf: Shelf, page: MakePage) -> None:
    closed = shelf.read(page("hours", OPENING, audience="partners"))
    opened = shelf.read(page("hours", OPENING))
    assert shelf.found("open on weekdays", closed) == []
    assert shelf.found("open on weekdays", closed, "partners") == [OPENING]
    assert shelf.found("open on weekdays", opened) == [OPENING]


def test_a_text_that_did_not_change_is_stored_once(shelf: Shelf, page: MakePage) -> None:
    body = "# Cups\n\nBring your own cup.\n\n# Hours\n\n{hours}"
    first = shelf.read(page("p", body.format(hours=OPENING)))
    for hours in (LATER, OPENING, LATER):
        shelf.read(page("p", body.format(hours=hours)))
    assert (shelf.count("passages"), shelf.count("past_texts"), shelf.count("document_versions")) == (2, 1, 4)
    assert "Bring your own cup." in shelf.found("my own cup", first)


def test_reading_what_has_not_changed_writes_no_version(shelf: Shelf, page: MakePage) -> None:
    for _ in range(3):
        shelf.read(page("hours", OPENING))
    assert shelf.count("document_versions") == 1


def test_versions_are_forgotten_after_their_time_and_their_texts_with_them(shelf: Shelf, page: MakePage) -> None:
    first = shelf.read(page("hours", OPENING))
    second = shelf.read(page("hours", LATER))
    with shelf.database.account(shelf.account) as tx:
        assert forget_versions(tx, first) == 0
        assert forget_versions(tx, second) == 1
    assert (shelf.count("past_texts"), shelf.count("document_versions")) == (0, 1)
    assert shelf.found("open on weekdays", second) == [LATER]


def test_a_source_that_somebody_takes_out_leaves_nothing(shelf: Shelf, page: MakePage) -> None:
    shelf.read(page("hours", OPENING))
    moment = shelf.read(page("hours", LATER))
    remove_source(shelf.database, shelf.account, "list")
    assert (shelf.count("past_texts"), shelf.count("document_versions")) == (0, 0)
    assert shelf.found("open on weekdays", moment) == []


def test_a_documents_versions_are_listed_the_newest_first(shelf: Shelf, page: MakePage) -> None:
    shelf.read(page("hours", OPENING))
    shelf.read(page("hours", LATER))
    with shelf.database.account(shelf.account) as tx:
        document_id = tx.execute(select(documents.c.id)).scalar_one()
        newest, oldest = list_document_versions(tx, document_id)
    assert (newest.valid_until, oldest.valid_until) == (None, newest.valid_from)


def test_the_past_is_found_by_its_words_under_another_embedder(shelf: Shelf, page: MakePage) -> None:
    first = shelf.read(page("hours", OPENING))
    shelf.read(page("hours", LATER))
    with shelf.database.account(shelf.account) as tx:
        for table in (passages, past_texts):
            tx.execute(text(f"UPDATE {table.name} SET embedder = 'old'"))
        tx.execute(document_versions.update().values(title="hours"))
    assert shelf.found("open on weekdays", first) == [OPENING]
