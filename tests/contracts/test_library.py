"""What every `desk.ports.Library` keeps to, its fake too: the promises that the pipeline and the last look build on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from desk.passage import Hit, SearchScope
from desk.platform.database import Database
from desk.ports import Library
from knowledge.embedders.minilm import MiniLM
from knowledge.ingest.index_source import index_source
from knowledge.search.library import PostgresLibrary
from knowledge.sources.folder import Folder
from tests.fakes import FakeLibrary, a_citation, a_hit, a_passage

PUBLIC, STAFF = frozenset({"public"}), frozenset({"public", "internal"})
QUESTION = "How long is an invoice kept?"
SENTENCES = {"public": "An invoice is kept for ten years.", "internal": "An invoice is kept in the cellar."}


def remembered(database: Database, account: str, folder: Path) -> Library:
    """The fake, holding a sentence for everybody and one for staff."""
    return FakeLibrary([a_hit(a_passage(text, audience=audience)) for audience, text in SENTENCES.items()])


def in_postgres(database: Database, account: str, folder: Path) -> Library:
    """The real one, holding the same."""
    for audience, text in SENTENCES.items():
        (folder / f"{audience}.md").write_text(f"---\naudience: {audience}\n---\n{text}\n", encoding="utf-8")
    embedder = MiniLM()
    index_source(database, account, Folder(folder), embedder)
    return PostgresLibrary(database, embedder)


@pytest.fixture(params=[remembered, in_postgres])
def library(request: pytest.FixtureRequest, database: Database, account: str, tmp_path: Path) -> Library:
    """Each implementer."""
    make: Callable[[Database, str, Path], Library] = request.param
    return make(database, account, tmp_path)


def search(library: Library, account: str, audiences: frozenset[str] = STAFF, limit: int = 5) -> list[Hit]:
    return library.search(account, QUESTION, SearchScope(audiences, "en"), limit=limit)


def test_what_an_audience_may_not_see_is_not_found(library: Library, account: str) -> None:
    assert {hit.passage.text for hit in search(library, account)} == set(SENTENCES.values())
    assert [hit.passage.text for hit in search(library, account, PUBLIC)] == [SENTENCES["public"]]
    assert search(library, account, frozenset()) == []


def test_no_more_is_found_than_was_asked_for(library: Library, account: str) -> None:
    assert len(search(library, account, limit=1)) == 1


def test_every_hit_can_be_cited_and_is_current(library: Library, account: str) -> None:
    for hit in search(library, account):
        assert hit.passage.blocks
        assert -1.01 <= hit.cosine <= 1.01
        assert 0 <= hit.share <= 1
        assert library.outdated(account, [a_citation(hit.passage)]) == []


def test_the_revision_is_a_word_that_stays_while_nothing_changes(library: Library, account: str) -> None:
    first = library.revision(account)
    search(library, account)
    assert first
    assert library.revision(account) == first
