"""A library that has outgrown the exact search is searched by the vector indexes, and finds the same."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text

from desk.pages import Page
from desk.passage import SearchScope
from desk.platform.database import Database, Transaction
from knowledge.index import vector_index
from knowledge.ingest import index_source
from knowledge.ingest.deletion_guard import DeletionRule
from knowledge.ingest.index_source import index_source as index
from knowledge.ingest.index_source import remove_source
from knowledge.search.hybrid import (
    PLANNED_ONCE,
    count_statement,
    find_candidates,
    index_search_statement,
    search_parameters,
)
from knowledge.tables import library_states, passages
from tests.knowledge.conftest import ListSource, MakePage, WordEmbedder

LIMIT = 50
QUESTIONS = [f"w{n} w{n + 3} w{n * 7 % 300}" for n in range(0, 300, 12)]


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few passages are a large library here."""
    monkeypatch.setattr("knowledge.index.vector_index.EXACT_UP_TO", LIMIT)
    monkeypatch.setattr(index_source, "BROUGHT_NEAR_AT_ONCE", 20)


@pytest.fixture
def many(source: type[ListSource], page: MakePage) -> Callable[..., ListSource]:
    """A source of so many pages, one in four for partners, some in German, some in a collection."""

    def make(count: int, name: str = "list") -> ListSource:
        def one(n: int) -> Page:
            audience = "partner" if n % 4 == 0 else "public"
            locale, collection = "de" if n % 5 == 1 else "en", "boats" if n % 3 == 1 else ""
            body = f"w{n % 7} w{n % 11} w{n % 30} w{n}"
            return page(f"p{n}", body, audience=audience, locale=locale, collection=collection)

        return source(*map(one, range(count)), name=name)

    return make


PUBLIC = SearchScope(frozenset({"public"}), "en")


def near_rows(db: Database, account: str) -> tuple[int, int, bool]:
    """Passages in the vector indexes, passages in all, and whether the state says that all are."""
    with db.account(account) as tx:
        near = func.count().filter(passages.c.near).label("near")
        counted = tx.execute(select(near, func.count().label("whole")).select_from(passages)).one()
        return counted.near, counted.whole, bool(tx.execute(select(library_states.c.near)).scalar_one())


def best_ten(
    db: Database, account: str, embedder: WordEmbedder, query: str, exact: bool, scope: SearchScope = PUBLIC
) -> set[str]:
    """The ten best of the candidates by cosine, from the one search or the other."""
    with db.account(account) as tx:
        tx.execute(text("SET LOCAL enable_seqscan = off"))
        tx.execute(text("SET LOCAL enable_sort = " + ("on" if exact else "off")))
        question = search_parameters(tx, query, embedder, scope, embedder.embed_query(query))
        search = index_search_statement(question.size, question.in_collections, spoken=True, large=not exact)
        rows = tx.execute(search, question.values).all()
    return {row.id for row in sorted(rows, key=lambda row: (-row.cosine, row.id))[:10]}


def plan(db: Database, account: str, embedder: WordEmbedder) -> str:
    with db.account(account) as tx:
        tx.execute(text("SET LOCAL enable_seqscan = off"))
        tx.execute(text("SET LOCAL enable_sort = off"))
        question = search_parameters(tx, "w1 w2", embedder, PUBLIC, embedder.embed_query("w1 w2"))
        extent = tx.execute(count_statement(False), question.values).one()
        search = index_search_statement(question.size, False, extent.spoken, extent.large)
        return "\n".join(tx.execute(text(f"EXPLAIN {search.text}"), question.values).scalars())


def test_a_small_library_stands_in_no_vector_index(
    database: Database, account: str, embedder: WordEmbedder, many: Callable[..., ListSource]
) -> None:
    index(database, account, many(LIMIT), embedder)
    assert near_rows(database, account) == (0, LIMIT, False)
    assert "passages_near" not in plan(database, account, embedder)


def test_a_library_that_outgrows_the_limit_is_brought_into_the_vector_indexes(
    database: Database, account: str, embedder: WordEmbedder, many: Callable[..., ListSource]
) -> None:
    index(database, account, many(LIMIT), embedder)
    index(database, account, many(3 * LIMIT), embedder)
    assert near_rows(database, account) == (3 * LIMIT, 3 * LIMIT, True)
    asked_of = plan(database, account, embedder)
    assert "passages_near_384" in asked_of
    assert "passages_near_sparse" in asked_of


def test_passages_that_come_later_are_in_at_once(
    database: Database, account: str, embedder: WordEmbedder, many: Callable[..., ListSource]
) -> None:
    index(database, account, many(2 * LIMIT), embedder)
    index(database, account, many(5, name="other"), embedder)
    assert near_rows(database, account) == (2 * LIMIT + 5, 2 * LIMIT + 5, True)


def test_the_vector_indexes_find_what_scoring_everything_finds(
    database: Database, account: str, embedder: WordEmbedder, many: Callable[..., ListSource]
) -> None:
    index(database, account, many(600), embedder)
    for scope in (
        PUBLIC,
        replace(PUBLIC, audiences=frozenset({"partner"})),
        replace(PUBLIC, locale="de"),
        replace(PUBLIC, collections=frozenset({"boats"})),
    ):
        shares: list[float] = []
        for query in QUESTIONS:
            exact = best_ten(database, account, embedder, query, exact=True, scope=scope)
            assert len(exact) == 10
            shares.append(len(exact & best_ten(database, account, embedder, query, exact=False, scope=scope)) / 10)
        assert sum(shares) / len(shares) >= 0.98, scope


@pytest.mark.parametrize("size", [LIMIT, 3 * LIMIT])
def test_how_a_search_is_planned_changes_nothing_of_what_it_finds(
    database: Database, account: str, embedder: WordEmbedder, many: Callable[..., ListSource], size: int
) -> None:
    index(database, account, many(size), embedder)
    for locale in ("en", "de", "fr"):
        found = []
        for settings in ({}, PLANNED_ONCE):
            with database.account(account, settings) as tx:
                hits = find_candidates(
                    tx, "w1 w2", embedder, replace(PUBLIC, locale=locale), embedder.embed_query("w1 w2")
                )
            found.append(sorted((one.row.id, one.cosine, one.words, one.share) for one in hits))
        assert found[0] == found[1] != []


def test_a_filter_that_keeps_few_of_a_large_library_is_answered_exactly(
    database: Database, account: str, embedder: WordEmbedder, many: Callable[..., ListSource]
) -> None:
    index(database, account, many(3 * LIMIT), embedder)

    def large(*audiences: str, collections: frozenset[str] | None = None) -> bool:
        with database.account(account) as tx:
            scope = SearchScope(frozenset(audiences), "en", collections)
            question = search_parameters(tx, "w1", embedder, scope, embedder.embed_query("w1"))
            return bool(tx.execute(count_statement(question.in_collections), question.values).one().large)

    assert large("public", "partner")
    assert not large("partner")
    assert not large("public", "partner", collections=frozenset({"boats"}))
    assert not large()


def test_a_library_half_brought_in_is_searched_exactly_and_the_next_run_goes_on(
    database: Database,
    account: str,
    embedder: WordEmbedder,
    many: Callable[..., ListSource],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(Exception):
        pass

    parts: list[int] = []

    def one_part(tx: Transaction, name: str, most: int) -> bool:
        if parts:
            raise Killed
        parts.append(most)
        return bring_near(tx, name, most)

    bring_near = vector_index.add_to_vector_index
    index(database, account, many(LIMIT), embedder)
    with monkeypatch.context() as patch:
        patch.setattr(vector_index, "add_to_vector_index", one_part)
        with pytest.raises(Killed):
            index(database, account, many(2 * LIMIT), embedder)
    near, whole, all_near = near_rows(database, account)
    assert 0 < near < whole == 2 * LIMIT
    assert not all_near
    assert "passages_near" not in plan(database, account, embedder)
    index(database, account, many(2 * LIMIT), embedder)
    assert near_rows(database, account) == (2 * LIMIT, 2 * LIMIT, True)


def test_a_library_that_shrinks_is_searched_exactly_again_and_may_grow_again(
    database: Database, account: str, embedder: WordEmbedder, many: Callable[..., ListSource]
) -> None:
    index(database, account, many(2 * LIMIT), embedder)
    index(database, account, many(20), embedder, leave=DeletionRule(confirmed=True))
    assert "passages_near" not in plan(database, account, embedder)
    with database.account(account) as tx:
        found = find_candidates(tx, "w1 w2", embedder, PUBLIC, embedder.embed_query("w1 w2"))
    assert len(found) == len([n for n in range(20) if n % 4 and n % 5 != 1])
    index(database, account, many(2 * LIMIT), embedder)
    assert near_rows(database, account) == (2 * LIMIT, 2 * LIMIT, True)
    assert remove_source(database, account, "list") == 2 * LIMIT
    assert near_rows(database, account)[1] == 0


def test_another_account_is_as_it_was(
    database: Database, account: str, other_account: str, embedder: WordEmbedder, many: Callable[..., ListSource]
) -> None:
    index(database, other_account, many(LIMIT), embedder)
    index(database, account, many(3 * LIMIT), embedder)
    assert near_rows(database, other_account) == (0, LIMIT, False)
    ours = best_ten(database, account, embedder, "w1 w2", exact=False)
    assert len(ours) == 10
    with database.account(account) as tx:
        assert set(tx.execute(select(passages.c.id)).scalars()) >= ours
