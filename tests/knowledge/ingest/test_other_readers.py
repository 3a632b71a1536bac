"""A page that is for others from now on leaves the search of those it was for, whatever becomes of its new text."""

from desk.passage import SearchScope
from desk.platform.database import Database
from knowledge.ingest.index_source import index_source
from knowledge.parsing.parse import MOST_CHARACTERS
from knowledge.search.library import PostgresLibrary
from tests.knowledge.conftest import ListSource, MakePage, WordEmbedder


def test_a_page_that_has_other_readers_now_is_not_found_though_its_new_text_cannot_be_parsed(
    database: Database, account: str, embedder: WordEmbedder, page: MakePage
) -> None:
    code = "The garage code of the house is under the third stone."

    def found(audience: str) -> list[str]:
        scope = SearchScope(frozenset({audience}), "en")
        hits = PostgresLibrary(database, embedder).search(account, "garage code of the house", scope, limit=1)
        return [hit.passage.text for hit in hits]

    index_source(database, account, ListSource(page("garage", code)), embedder)
    too_long = code + " More of it." * (MOST_CHARACTERS // 10)
    index_source(database, account, ListSource(page("garage", too_long)), embedder)
    assert found("public") == [code], "as long as it is for the same readers it stays as it was"
    [skipped] = index_source(
        database, account, ListSource(page("garage", too_long, audience="internal")), embedder
    ).skipped
    assert "for internal readers now" in skipped.why
    assert (found("public"), found("internal")) == ([], [])
    index_source(database, account, ListSource(page("garage", code, audience="internal")), embedder)
    assert (found("public"), found("internal")) == ([], [code])
