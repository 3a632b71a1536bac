"""Each thing is said once, and neighbours stand together."""

import pytest

from desk.passage import Hit, Passage, SearchScope
from desk.platform.database import Database
from knowledge.ingest.index_source import index_source
from knowledge.search.library import PostgresLibrary
from knowledge.search.merge import merge_hits
from tests.fakes import a_hit, a_passage
from tests.knowledge.conftest import ListSource, MakePage, WordEmbedder

TEXT = "Annual plans are refunded in full within 30 days of the purchase when you write to the billing desk first."


def hit(name: str, text: str = "", document: str = "", ordinal: int = 0, **values: object) -> Hit:
    words = text or f"{name} speaks of {name} alone"
    passage = a_passage(words, id=name, document_id=document or f"doc-{name}", ordinal=ordinal, **values)
    assert isinstance(passage, Passage)
    return a_hit(passage)


def names(hits: list[Hit]) -> list[str]:
    return [each.passage.id for each in hits]


def test_different_passages_keep_their_order() -> None:
    assert names(merge_hits([hit("a"), hit("b"), hit("c")], 10)) == ["a", "b", "c"]


def test_neighbours_stand_together_in_the_order_of_their_document() -> None:
    hits = [hit("p3", document="d", ordinal=3), hit("x"), hit("p2", document="d", ordinal=2), hit("y"),
            hit("p4", document="d", ordinal=4), hit("p7", document="d", ordinal=7)]  # fmt: skip
    assert names(merge_hits(hits, 10)) == ["p2", "p3", "p4", "x", "y", "p7"]


def test_neighbours_stay_the_passages_that_a_citation_can_name() -> None:
    hits = [hit("p1", document="d", ordinal=1), hit("p0", document="d", ordinal=0)]
    assert sorted(merge_hits(hits, 10), key=lambda each: each.passage.id) == sorted(
        hits, key=lambda each: each.passage.id
    )


def test_passages_of_two_versions_are_no_neighbours() -> None:
    hits = [hit("new", document="d", ordinal=1, version="v2"), hit("x"), hit("old", document="d", ordinal=0)]
    assert names(merge_hits(hits, 10)) == ["new", "x", "old"]


def test_of_passages_that_say_the_same_the_best_is_kept_and_another_moves_up() -> None:
    hits = [hit("a", TEXT), hit("copy", TEXT.replace("first", "")), hit("b")]
    assert names(merge_hits(hits, 2)) == ["a", "b"]


def test_a_public_passage_is_kept_before_one_for_few() -> None:
    hits = [hit("partner", TEXT, audience="partner"), hit("b"), hit("c"), hit("public", TEXT)]
    assert names(merge_hits(hits, 2)) == ["public", "b"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("30", "14"),
        ("are refunded", "are not refunded"),
        ("are refunded", "aren't refunded"),
        ("30 days", "30 hours"),
        ("in full", "in part"),
        ("30 days", "30 of 60 days"),
    ],
)
def test_passages_that_contradict_each_other_both_stay(old: str, new: str) -> None:
    assert len(merge_hits([hit("a", TEXT), hit("b", TEXT.replace(old, new))], 5)) == 2


def test_the_same_words_about_another_thing_both_stay() -> None:
    assert len(merge_hits([hit("a", TEXT, title="Basic plan"), hit("b", TEXT, title="Team plan")], 5)) == 2
    assert len(merge_hits([hit("a", TEXT, title="Refunds"), hit("b", TEXT, title="Refunds | Help")], 5)) == 1


def test_passages_without_words_are_not_taken_for_the_same() -> None:
    assert len(merge_hits([hit("a", "!!!"), hit("b", "???")], 5)) == 2


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_no_more_come_back_than_were_asked_for(limit: int) -> None:
    assert len(merge_hits([hit(name) for name in "abcde"], limit)) == limit


def test_search_gives_one_of_a_page_that_stands_in_two_sources_and_none_outside_the_audience(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    index_source(database, account, source(page("a", TEXT, title="Refunds"), name="guide"), embedder)
    index_source(database, account, source(page("b", TEXT, title="Refunds"), name="site"), embedder)
    index_source(
        database, account, source(page("c", TEXT, title="Refunds", audience="internal"), name="wiki"), embedder
    )
    library = PostgresLibrary(database, embedder)

    def found(*audiences: str) -> list[str]:
        hits = library.search(account, "annual plans refunded", SearchScope(frozenset(audiences), "en"), limit=5)
        return [each.passage.audience for each in hits]

    assert found("public") == ["public"]
    assert found("public", "internal") == ["public"]
    assert found("internal") == ["internal"]


def test_search_puts_the_parts_of_a_long_page_in_their_order(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    parts = [f"## Part {n}\n\nMooring number {n} is by the old pier." for n in range(4)]
    index_source(database, account, source(page("a", "\n\n".join(parts), title="Moorings")), embedder)
    library = PostgresLibrary(database, embedder)
    hits = library.search(account, "mooring number 2", SearchScope(frozenset({"public"}), "en"), limit=4)
    assert [each.passage.ordinal for each in hits] == [0, 1, 2, 3]
    assert "number 2" in max(hits, key=lambda each: each.fused).passage.text
