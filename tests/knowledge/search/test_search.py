"""Search finds by meaning and by words, and never shows what is not the asker's to see."""

import pytest
from sqlalchemy import update

from desk.passage import Citation, Hit, SearchScope
from desk.platform.database import Database
from desk.ports import Library
from knowledge.ingest.deletion_guard import DeletionRule
from knowledge.ingest.index_source import index_source
from knowledge.search.library import PostgresLibrary
from knowledge.tables import documents
from tests.knowledge.conftest import ListSource, MakePage, WordEmbedder

PUBLIC = frozenset({"public"})
GONE = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def library(database: Database, embedder: WordEmbedder) -> Library:
    return PostgresLibrary(database, embedder)


@pytest.fixture
def shelf(database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage) -> str:
    """An account with three documents."""
    pages = source(
        page("refunds", "# Refunds\n\nAnnual plans are refunded within 30 days.\n\n- by card\n- by transfer"),
        page("errors", "# Errors\n\nError SW-4012 means the calendar is full."),
        page("rates", "# Rates\n\nThe interface takes 60 calls a minute.", audience="partner"),
    )
    index_source(database, account, pages, embedder)
    return account


def search(
    library: Library, account: str, query: str, audiences: frozenset[str] = PUBLIC, locale: str = "en"
) -> list[Hit]:
    return library.search(account, query, SearchScope(audiences, locale), limit=5)


def test_the_passage_comes_back_as_it_was_written(library: Library, shelf: str) -> None:
    hit = search(library, shelf, "refunded annual plans")[0]
    assert (hit.passage.title, hit.passage.text) == (
        "Refunds",
        "Annual plans are refunded within 30 days.\nby card\nby transfer",
    )
    assert [block.group for block in hit.passage.blocks] == [0, 1, 1]
    assert isinstance(hit.passage.id, str)
    assert isinstance(hit.passage.document_id, str)


def test_scores_mean_what_they_say(library: Library, shelf: str) -> None:
    hits = search(library, shelf, "refunded annual plans")
    assert hits == sorted(hits, key=lambda hit: -hit.fused)
    assert hits[0].lexical == pytest.approx(1.0)
    assert hits[0].share == pytest.approx(1.0)
    assert all(-1.01 <= hit.cosine <= 1.01 and 0 <= hit.share <= 1 for hit in hits)


def test_the_share_falls_with_words_that_no_document_has(library: Library, shelf: str) -> None:
    known, unknown = (search(library, shelf, q)[0].share for q in ("annual plans", "annual zebra plans"))
    assert known == pytest.approx(1.0)
    assert 0 < unknown < 0.75


def test_a_code_is_found_by_its_letters(library: Library, shelf: str) -> None:
    assert search(library, shelf, "what is SW-4012")[0].passage.title == "Errors"


@pytest.mark.parametrize(
    "query", ["", "  \n", "\0", "?!", "\ud800", "the of and", "x" * 100_000, "'; DROP TABLE passages; --"]
)
def test_odd_questions_are_answered_with_some_list(library: Library, shelf: str, query: str) -> None:
    hits = search(library, shelf, query)
    assert all(hit.share == 0 and hit.lexical == 0 for hit in hits)


def test_an_empty_question_finds_nothing(library: Library, shelf: str) -> None:
    assert search(library, shelf, " \0 ") == []


def test_an_empty_library_finds_nothing(library: Library, account: str) -> None:
    assert search(library, account, "refund") == []
    assert library.revision(account) == "words@0"


def test_only_the_named_collections_are_searched(
    library: Library, database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    pages = source(page("a", "Sails are dear.", collection="boats"), page("b", "Sails are cheap.", collection="kites"))
    index_source(database, account, pages, embedder)

    def found(*collections: str) -> set[str]:
        scope = SearchScope(PUBLIC, "en", frozenset(collections))
        hits = library.search(account, "sails", scope, limit=5)
        return {hit.passage.text for hit in hits}

    assert found("boats") == {"Sails are dear."}
    assert found("boats", "kites") == {"Sails are dear.", "Sails are cheap."}
    assert found() == set()
    assert len(search(library, account, "sails")) == 2


def test_only_the_named_audiences_are_searched(library: Library, shelf: str) -> None:
    assert "Rates" not in {hit.passage.title for hit in search(library, shelf, "interface calls a minute")}
    assert search(library, shelf, "interface calls a minute", frozenset({"partner"}))[0].passage.title == "Rates"
    assert {hit.passage.audience for hit in search(library, shelf, "calls", frozenset({"public", "partner"}))} == {
        "public",
        "partner",
    }
    assert search(library, shelf, "calls", frozenset()) == []


def test_the_askers_language_comes_first_and_any_other_only_without_it(
    library: Library, database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    index_source(
        database, account, source(page("en", "Refund policy."), page("de", "Refund Regeln.", locale="de-AT")), embedder
    )
    assert [hit.passage.locale for hit in search(library, account, "refund", locale="de-DE")] == ["de-AT"]
    assert [hit.passage.locale for hit in search(library, account, "refund", locale="en-US")] == ["en"]
    assert len(search(library, account, "refund", locale="fr")) == 2


def test_a_rare_audience_is_found_in_full_among_many_rows(
    library: Library, database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    """A filter put behind the vector index would leave too few."""
    pages = [page(f"p{n}", f"Refund number {n}.", audience="vip" if n % 40 == 0 else "public") for n in range(400)]
    index_source(database, account, source(*pages), embedder)
    hits = library.search(account, "refund number", SearchScope(frozenset({"vip"}), "en"), limit=10)
    assert len(hits) == 10
    assert {hit.passage.audience for hit in hits} == {"vip"}


def test_a_small_account_is_found_in_full_beside_a_large_one(
    library: Library, database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    from desk.platform.accounts import add_account

    neighbour = f"{account}-b"
    add_account(database, neighbour)
    index_source(database, neighbour, source(*(page(f"p{n}", f"Refund number {n}.") for n in range(400))), embedder)
    index_source(database, account, source(*(page(f"p{n}", f"Refund money {n}.") for n in range(10))), embedder)
    hits = library.search(account, "refund number", SearchScope(PUBLIC, "en"), limit=10)
    assert len(hits) == 10
    assert all("money" in hit.passage.text for hit in hits)


def citation(hit: Hit) -> Citation:
    return Citation(hit.passage.document_id, hit.passage.version, hit.passage.id, (0,))


def test_citations_are_outdated_when_the_document_changed_or_is_gone(
    library: Library, database: Database, shelf: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    refunds = citation(search(library, shelf, "refunded annual plans")[0])
    errors = citation(search(library, shelf, "SW-4012")[0])
    assert library.outdated(shelf, [refunds, errors]) == []
    index_source(
        database, shelf, source(page("refunds", "# Refunds\n\nAnnual plans are refunded within 14 days.")), embedder
    )
    assert library.outdated(shelf, [refunds, errors]) == [refunds, errors]


def test_citations_of_nothing_are_outdated(library: Library, shelf: str) -> None:
    odd = [Citation(GONE, "v", "p", (0,)), Citation("no id", "v", "p", (0,))]
    assert library.outdated(shelf, odd) == odd
    assert library.outdated(shelf, []) == []


def test_a_document_that_became_internal_is_outdated(
    library: Library, database: Database, shelf: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    refunds = citation(search(library, shelf, "refunded annual plans")[0])
    body = "# Refunds\n\nAnnual plans are refunded within 30 days.\n\n- by card\n- by transfer"
    index_source(database, shelf, source(page("refunds", body, audience="internal")), embedder)
    assert library.outdated(shelf, [refunds]) == [refunds]


def test_a_passage_of_an_older_version_is_never_shown(library: Library, database: Database, shelf: str) -> None:
    with database.account(shelf) as tx:
        tx.execute(update(documents).values(version="newer"))
    assert search(library, shelf, "refunded annual plans") == []


def test_the_revision_names_the_state_of_the_index(
    library: Library, database: Database, shelf: str, embedder: WordEmbedder, source: type[ListSource]
) -> None:
    before = library.revision(shelf)
    assert before.startswith("words@")
    index_source(database, shelf, source(), embedder, leave=DeletionRule(confirmed=True))
    assert library.revision(shelf) != before
