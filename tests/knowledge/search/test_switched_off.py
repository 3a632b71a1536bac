"""A page that is switched off is not searched from that moment, whatever its source does."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from desk.passage import Citation, SearchScope
from desk.platform.database import Database
from knowledge.index.catalogue import get_documents, list_documents
from knowledge.index.switched_off import switch_off, switch_on
from knowledge.ingest.index_source import index_source, remove_source
from knowledge.search.library import PostgresLibrary
from tests.knowledge.conftest import ListSource, WordEmbedder, make_page

SCOPE = SearchScope(frozenset({"public"}), "en")
OFF = make_page("off", "# Refunds\n\nRefunds take five days.", title="Refunds")
ON = make_page("on", "# Returns\n\nRefunds need the receipt.", title="Returns")


@pytest.fixture
def library(database: Database, account: str, embedder: WordEmbedder) -> PostgresLibrary:
    index_source(database, account, ListSource(OFF, ON), embedder)
    return PostgresLibrary(database, embedder)


@pytest.fixture
def document_id(database: Database, account: str, library: PostgresLibrary) -> str:
    """Of the page that is switched off."""
    with database.account(account) as tx:
        document = next(each for each in list_documents(tx) if each.external_id == "off")
        assert switch_off(tx, document.id, "ada@firstline.example")
    return document.id


def found(library: PostgresLibrary, account: str) -> set[str]:
    return {hit.passage.title for hit in library.search(account, "How long do refunds take?", SCOPE, limit=9)}


@pytest.mark.usefixtures("document_id")
def test_it_is_not_found_and_others_are(library: PostgresLibrary, account: str) -> None:
    assert found(library, account) == {"Returns"}


@pytest.mark.usefixtures("document_id")
@pytest.mark.parametrize("body", ["# Refunds\n\nRefunds take five days.", "# Refunds\n\nRefunds take six days."])
def test_the_next_sync_keeps_it_off_changed_or_not(
    library: PostgresLibrary, database: Database, account: str, embedder: WordEmbedder, body: str
) -> None:
    index_source(database, account, ListSource(replace(OFF, body=body), ON), embedder)
    assert found(library, account) == {"Returns"}


@pytest.mark.usefixtures("document_id")
def test_it_is_off_still_when_it_has_gone_and_come_back(
    library: PostgresLibrary, database: Database, account: str, embedder: WordEmbedder
) -> None:
    remove_source(database, account, "list")
    index_source(database, account, ListSource(OFF, ON), embedder)
    assert found(library, account) == {"Returns"}


@pytest.mark.usefixtures("document_id")
def test_it_is_off_in_the_index_of_another_embedder(database: Database, account: str, library: PostgresLibrary) -> None:
    other = WordEmbedder()
    other.name = "other words"
    index_source(database, account, ListSource(OFF, ON), other)
    with database.account(account) as tx:
        audiences = tx.execute(text("SELECT DISTINCT audience FROM passages WHERE embedder = 'other words' ORDER BY 1"))
        assert [row.audience for row in audiences] == ["(switched off)", "public"]


def test_switched_on_again_it_is_found(
    library: PostgresLibrary, database: Database, account: str, document_id: str
) -> None:
    with database.account(account) as tx:
        assert switch_on(tx, document_id)
        assert not switch_on(tx, document_id)
    assert found(library, account) == {"Refunds", "Returns"}


def test_a_draft_that_cites_it_no_longer_leaves_and_the_revision_is_another(
    library: PostgresLibrary, database: Database, account: str
) -> None:
    with database.account(account) as tx:
        document = next(each for each in list_documents(tx) if each.external_id == "off")
    citation, before = Citation(document.id, document.version, "p", (0,)), library.revision(account)
    assert library.outdated(account, [citation]) == []
    with database.account(account) as tx:
        switch_off(tx, document.id, "ada@firstline.example")
        assert not switch_off(tx, document.id, "bob@firstline.example")
    assert library.outdated(account, [citation]) == [citation]
    assert library.revision(account) != before


def test_the_catalogue_says_since_when_and_by_whom(database: Database, account: str, document_id: str) -> None:
    with database.account(account) as tx:
        document = get_documents(tx, [document_id])[document_id]
    assert document.switched_off_by == "ada@firstline.example"
    assert document.switched_off_at is not None


def test_another_accounts_page_is_not_touched(
    database: Database, other_account: str, document_id: str, embedder: WordEmbedder
) -> None:
    index_source(database, other_account, ListSource(OFF, ON), embedder)
    library = PostgresLibrary(database, embedder)
    assert found(library, other_account) == {"Refunds", "Returns"}
    with database.account(other_account) as tx:
        assert not switch_on(tx, document_id)
        assert not switch_off(tx, document_id, "x")
