"""The index follows its sources, and does no work twice."""

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext

import pytest
from sqlalchemy import func, select, text

from desk.errors import Permanent, Temporary
from desk.pages import Page, Stamps, UnchangedPage, UnreadablePage
from desk.platform.database import Database, Transaction
from desk.ports import Embedder
from knowledge.index import document, store
from knowledge.index.catalogue import count_documents, list_documents, list_passages, list_sources
from knowledge.index.document import PreparedDocument
from knowledge.ingest import index_run, index_source, prepare
from knowledge.ingest.deletion_guard import DeletionRule
from knowledge.ingest.index_run import IndexReport
from knowledge.ingest.index_source import index_source as index
from knowledge.ingest.index_source import remove_source
from knowledge.ingest.sync_lock import sync_lock
from knowledge.tables import documents, library_states, passages, terms
from tests.knowledge.conftest import ListSource, MakePage, WordEmbedder


def counts(report: IndexReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.removed


def true_terms(db: Database, account: str) -> dict[int, int]:
    """How many passages hold each term, counted from the passages themselves."""
    counted: dict[int, int] = {}
    with db.account(account) as tx:
        for sparse in tx.execute(select(passages.c.sparse)).scalars():
            for dimension in sparse.indices():
                counted[dimension] = counted.get(dimension, 0) + 1
    return counted


def kept_terms(db: Database, account: str) -> dict[int, int]:
    with db.account(account) as tx:
        return {row.dimension: row.passages for row in tx.execute(select(terms.c.dimension, terms.c.passages))}


def test_a_first_run_adds_and_a_second_embeds_nothing(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    pages = source(page("a", "# Refunds\n\nWithin 30 days."), page("b", "# Plans\n\nThree of them."))
    assert counts(index(database, account, pages, embedder)) == (2, 0, 0, 0)
    embedded = len(embedder.embedded)
    report = index(database, account, pages, embedder)
    assert counts(report) == (0, 0, 2, 0)
    assert (report.passages, report.passages_embedded, len(embedder.embedded)) == (0, 0, embedded)


def test_only_the_changed_passage_of_a_changed_page_is_embedded(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    body = "# T\n\n## One\n\nFirst text.\n\n## Two\n\n{}"
    index(database, account, source(page("a", body.format("Second text."))), embedder)
    embedder.embedded.clear()
    report = index(database, account, source(page("a", body.format("New text."))), embedder)
    assert counts(report) == (0, 1, 0, 0)
    assert embedder.embedded == ["T > Two\nNew text."]


def test_a_page_that_moved_is_not_embedded_again(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    index(database, account, source(page("old/a", "# T\n\nText.")), embedder)
    report = index(database, account, source(page("new/a", "# T\n\nText.")), embedder)
    assert counts(report) == (1, 0, 0, 1)
    assert report.passages_embedded == 0


def test_other_bytes_around_the_same_text_keep_version_and_passages(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    index(database, account, source(page("a", "# T\n\nText.")), embedder)
    with database.account(account) as tx:
        before = list_documents(tx)[0], tx.execute(select(passages.c.id)).scalar_one()
    report = index(database, account, source(page("a", "# T\n\n\nText. \n", url="https://a.example/new")), embedder)
    with database.account(account) as tx:
        after = list_documents(tx)[0], tx.execute(select(passages.c.id)).scalar_one()
    assert counts(report) == (0, 0, 1, 0)
    assert (after[0].version, after[0].updated_at, after[1]) == (before[0].version, before[0].updated_at, before[1])
    assert after[0].url == "https://a.example/new"


def test_a_page_that_vanished_leaves_the_index_in_the_same_run(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    index(database, account, source(page("a", "Stays here."), page("b", "Goes away.")), embedder)
    assert counts(index(database, account, source(page("a", "Stays here.")), embedder)) == (0, 0, 1, 1)
    with database.account(account) as tx:
        assert [document.external_id for document in list_documents(tx)] == ["a"]
        assert tx.execute(select(func.count()).select_from(passages)).scalar_one() == 1


def test_a_page_that_was_emptied_leaves_the_index_and_is_reported(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    index(database, account, source(page("a", "Text."), page("b", "Other.")), embedder)
    report = index(database, account, source(page("a", "<!-- -->"), page("b", "Other.")), embedder)
    assert report.skipped == (UnreadablePage("a", "has no text"),)
    assert report.removed == 1


def test_a_page_that_cannot_be_read_keeps_what_is_known_of_it(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    index(database, account, source(page("a", "Text.")), embedder)
    report = index(
        database, account, source(UnreadablePage("a", "is binary"), UnreadablePage("x", "is binary")), embedder
    )
    assert counts(report) == (0, 0, 0, 0)
    assert [skipped.id for skipped in report.skipped] == ["a", "x"]
    with database.account(account) as tx:
        assert count_documents(tx) == 1


def test_a_source_that_fails_half_way_leaves_the_index_as_it_was(
    database: Database,
    account: str,
    embedder: WordEmbedder,
    source: type[ListSource],
    page: MakePage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(index_source, "PAGES_AT_ONCE", 1)
    index(database, account, source(page("a", "Text."), page("b", "Other.")), embedder)
    with pytest.raises(Permanent):
        index(database, account, source(page("a", "New text."), Permanent("gone"), page("b", "Other.")), embedder)
    with database.account(account) as tx:
        assert count_documents(tx) == 2
        assert {row[0]["text"] for row in tx.execute(select(passages.c.blocks)).scalars()} == {"Text.", "Other."}
    assert counts(index(database, account, source(page("a", "New text."), page("b", "Other.")), embedder)) == (
        0,
        1,
        1,
        0,
    )


def test_a_source_is_told_the_stamps_of_what_is_indexed_and_need_not_give_it_again(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    index(database, account, source(page("a", "Text.", stamp="v1"), page("b", "Other.")), embedder)
    again = source(UnchangedPage("a"), page("b", "Other.", stamp="v2"), page("c", "Third."))
    assert counts(index(database, account, again, embedder)) == (1, 0, 2, 0)
    assert again.stamps == {"a": "v1", "b": None, "c": None}
    index(database, account, (last := source(page("b", "Other."), UnchangedPage("a"))), embedder)
    assert last.stamps == {"a": "v1", "b": "v2"}
    other = type(embedder)()
    other.name = "words-too"
    index(database, account, (fresh := source(page("a", "Text.", stamp="v1"), page("b", "Other."))), other)
    assert fresh.stamps == {"a": None, "b": None}


def test_pages_moved_to_another_collection_are_found_there_without_being_embedded_again(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    index(database, account, source(page("a", "Text.", collection="old")), embedder)
    report = index(database, account, source(page("a", "Text.", collection="new")), embedder)
    assert (counts(report), report.passages_embedded) == ((0, 1, 0, 0), 0)
    with database.account(account) as tx:
        assert tx.execute(select(passages.c.collection)).scalars().all() == ["new"]


def test_nothing_vanishes_behind_a_known_page_that_leads_to_others_and_cannot_be_read(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    index(database, account, source(page("hub", "Text."), page("leaf", "Other.")), embedder)
    report = index(database, account, source(UnreadablePage("hub", "answers 500", hides=True)), embedder)
    assert (counts(report), [each.id for each in report.skipped]) == ((0, 0, 0, 0), ["hub"])
    stranger = source(page("hub", "Text."), UnreadablePage("new", "answers 500", hides=True))
    assert counts(index(database, account, stranger, embedder)) == (0, 0, 1, 1)


def test_a_run_that_dies_while_embedding_leaves_the_old_text(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    class Away(WordEmbedder):
        def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
            raise Temporary("away")

    index(database, account, source(page("a", "Old text.")), embedder)
    with pytest.raises(Temporary):
        index(database, account, source(page("a", "New text.")), Away())
    with database.account(account) as tx:
        assert tx.execute(select(passages.c.blocks)).scalar_one()[0]["text"] == "Old text."
    assert counts(index(database, account, source(page("a", "New text.")), embedder)) == (0, 1, 0, 0)


def test_term_counts_are_right_after_adding_changing_and_removing(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    index(database, account, source(page("a", "Red blue green."), page("b", "Red yellow.")), embedder)
    index(database, account, source(page("a", "Red red black."), page("c", "Yellow pink.")), embedder)
    assert kept_terms(database, account) == true_terms(database, account)
    with database.account(account) as tx:
        assert tx.execute(select(library_states.c.passages)).scalar_one() == 2


def test_the_state_changes_with_the_index_and_only_then(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    def revision() -> int:
        with database.account(account) as tx:
            return int(tx.execute(select(library_states.c.revision)).scalar_one())

    index(database, account, source(page("a", "Text.")), embedder)
    first = revision()
    index(database, account, source(page("a", "Text.")), embedder)
    assert revision() == first
    index(database, account, source(), embedder, leave=DeletionRule(confirmed=True))
    assert revision() > first


def test_sources_do_not_touch_each_other(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    index(database, account, source(page("a", "Text."), name="one"), embedder)
    index(database, account, source(page("a", "Text."), name="two"), embedder)
    with database.account(account) as tx:
        assert [each.name for each in list_sources(tx)] == ["one", "two"]
    assert remove_source(database, account, "one") == 1
    with database.account(account) as tx:
        assert [each.name for each in list_sources(tx)] == ["two"]


def test_two_runs_of_one_source_do_not_meet(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    with sync_lock(database, account, "list"), pytest.raises(Temporary, match="another run"):
        index(database, account, source(page("a", "Text.")), embedder)
    with sync_lock(database, account, "other"):
        assert index(database, account, source(page("a", "Text.")), embedder).added == 1


def test_runs_of_several_sources_at_once_keep_the_counts_right(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    errors: list[Exception] = []

    def run(name: str) -> None:
        try:
            for turn in range(3):
                pages = [page(f"p{n}", f"Common words here, {name} {n} {turn}.") for n in range(20)]
                index(database, account, source(*pages, name=name), embedder)
        except Exception as error:  # noqa: BLE001 - any error of a thread is shown by the test
            errors.append(error)

    threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert kept_terms(database, account) == true_terms(database, account)


def test_even_without_the_lock_two_runs_at_once_leave_one_right_copy(
    database: Database,
    account: str,
    embedder: WordEmbedder,
    source: type[ListSource],
    page: MakePage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(index_source, "sync_lock", lambda *names: nullcontext())
    monkeypatch.setattr(index_source, "PAGES_AT_ONCE", 1)

    class Overtaken(ListSource):
        def pages(self, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
            yield page("a", "Text.")
            index(database, account, source(page("a", "Text."), page("b", "Other.")), embedder)
            yield page("b", "Other.")

    assert counts(index(database, account, Overtaken(), embedder)) == (0, 0, 2, 0)
    assert kept_terms(database, account) == true_terms(database, account)
    with database.account(account) as tx:
        assert count_documents(tx) == 2


def test_progress_is_told_page_by_page(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    told: list[tuple[int, int | None, str]] = []
    pages = source(page("a", "Text."), UnreadablePage("b", "is binary"), page("c", ""))
    index(database, account, pages, embedder, lambda *event: told.append(event))
    assert told == [(1, 3, "b"), (2, 3, "a"), (3, 3, "c")]  # what need not be written comes first


def test_a_new_recipe_cuts_everything_anew_without_embedding(
    database: Database,
    account: str,
    embedder: WordEmbedder,
    source: type[ListSource],
    page: MakePage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index(database, account, source(page("a", "Text.")), embedder)
    monkeypatch.setattr("knowledge.index.store.CHUNKING_VERSION", document.CHUNKING_VERSION + 1)
    report = index(database, account, source(page("a", "Text.")), embedder)
    assert (counts(report), report.passages, report.passages_embedded) == ((0, 0, 1, 0), 1, 0)


def test_a_second_embedder_is_filled_beside_the_first(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    other: Embedder = type(embedder)()
    other.name = "other"
    index(database, account, source(page("a", "Text.")), embedder)
    index(database, account, source(page("a", "Text.")), other)
    with database.account(account) as tx:
        rows = tx.execute(select(passages.c.embedder).order_by(passages.c.embedder)).scalars()
        assert list(rows) == ["other", "words"]
    index(database, account, source(), other, leave=DeletionRule(confirmed=True))
    assert kept_terms(database, account) == {}


def test_a_page_of_a_megabyte_and_one_of_two_thousand_words_are_indexed(
    database: Database, account: str, source: type[ListSource], page: MakePage
) -> None:
    class Quick(WordEmbedder):
        name, dimensions, window = "quick", 4, 256

        def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
            return [[1.0, 0.0, 0.0, 0.0] for _ in texts]

    body = " ".join(f"word{n % 5000}" for n in range(110_000))
    assert len(body) > 900_000
    lonely = "\n".join(f"- u{n}" for n in range(2000))
    report = index(
        database, account, source(page("big", body), page("many", lonely), page("line", "z" * 50_000)), Quick()
    )
    assert (report.added, report.skipped) == (3, ())
    assert report.passages > 400


def test_a_passage_is_listed_as_it_was_written(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    index(database, account, source(page("a", "# T\n\n## H\n\nText.", url="https://a.example")), embedder)
    with database.account(account) as tx:
        document_id = tx.execute(select(passages.c.document_id)).scalar_one()
        [found] = list_passages(tx, document_id, embedder.name, limit=10)
        assert (found.title, found.headings, found.text, found.url) == ("T", ("H",), "Text.", "https://a.example")


def test_one_account_does_not_see_the_library_of_another(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    index(database, account, source(page("a", "Text.")), embedder)
    with database.account("someone-else") as tx:
        for table in ("documents", "passages", "terms", "library_states"):
            assert tx.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_a_page_in_which_a_new_recipe_finds_no_text_leaves_the_index(
    database: Database,
    account: str,
    embedder: WordEmbedder,
    source: type[ListSource],
    page: MakePage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index(database, account, source(page("a", "Text."), page("b", "Other.")), embedder)
    monkeypatch.setattr("knowledge.index.store.CHUNKING_VERSION", document.CHUNKING_VERSION + 1)
    monkeypatch.setattr(index_run, "prepare_page", lambda page, _: None)
    report = index(database, account, source(page("a", "Text."), page("b", "Other.")), embedder)
    assert (counts(report), len(report.skipped)) == ((0, 0, 0, 2), 2)


def test_the_same_text_in_pages_of_two_batches_is_embedded_once(
    database: Database,
    account: str,
    embedder: WordEmbedder,
    source: type[ListSource],
    page: MakePage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(index_run, "PASSAGES_AT_ONCE", 1)
    pages = [page(f"p{n}", "# Title\n\nThe very same text.") for n in range(5)]
    report = index(database, account, source(*pages), embedder)
    assert (report.passages, report.passages_embedded, len(embedder.embedded)) == (5, 1, 1)


# --- one broken page


class Picky:
    """The fake embedder, but it does not take texts with one of its words. Remembers how often it was asked."""

    def __init__(self, embedder: WordEmbedder, error: Callable[[], Exception], *words: str) -> None:
        self.name, self.dimensions, self.window = embedder.name, embedder.dimensions, embedder.window
        self.count_tokens, self.calls = embedder.count_tokens, 0
        self._embedder, self._error, self._words = embedder, error, words

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        self.calls += 1
        if any(word in text for word in self._words for text in texts):
            raise self._error()
        return self._embedder.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        return self._embedder.embed_query(text)


def kept(database: Database, account: str) -> dict[str, str]:
    with database.account(account) as tx:
        rows = tx.execute(select(documents.c.external_id, passages.c.blocks).join(passages)).all()
        return {row.external_id: row.blocks[0]["text"] for row in rows}


@pytest.mark.parametrize("at_once", [1, 64], ids=["a-batch-each", "one-batch"])
@pytest.mark.parametrize(
    ("error", "why"),
    [
        (lambda: Permanent("too strange"), "cannot be embedded: too strange"),
        (lambda: Temporary("had trouble (500)"), "cannot be embedded: had trouble (500)"),
        (lambda: ValueError("secret"), "cannot be embedded: ValueError"),
    ],
    ids=["permanent", "temporary", "foreign"],
)
def test_a_text_that_cannot_be_embedded_is_reported_and_keeps_what_is_known_of_it(
    database: Database,
    account: str,
    embedder: WordEmbedder,
    source: type[ListSource],
    page: MakePage,
    monkeypatch: pytest.MonkeyPatch,
    at_once: int,
    error: Callable[[], Exception],
    why: str,
) -> None:
    monkeypatch.setattr(index_run, "PASSAGES_AT_ONCE", at_once)
    index(database, account, source(page("b", "Old text."), page("c", "Other.")), embedder)
    picky = Picky(embedder, error, "cursed")
    pages = source(
        *(page(f"a{n}", f"Text {n}.") for n in range(3)), page("b", "A cursed text."),
        page("x", "Text 1.\n\nMy cursed."), page("y", "Text 1."), page("c", "Other, changed."),
    )  # fmt: skip
    report = index(database, account, pages, picky)
    assert counts(report) == (4, 1, 0, 0)
    assert report.skipped == (UnreadablePage("b", why), UnreadablePage("x", why))
    assert kept(database, account)["b"] == "Old text."
    assert kept(database, account)["c"] == "Other, changed."
    assert "x" not in kept(database, account)
    assert kept_terms(database, account) == true_terms(database, account)
    assert counts(index(database, account, pages, embedder)) == (1, 1, 5, 0)  # another day it takes it


def test_an_embedder_that_takes_no_text_at_all_ends_the_run_and_is_not_asked_for_each_page(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    picky = Picky(embedder, lambda: Temporary("away"), "e")
    with pytest.raises(Temporary, match="away"):
        index(database, account, source(*(page(f"p{n}", f"The text {n}.") for n in range(50))), picky)
    assert picky.calls == 2


def test_a_vector_that_is_none_costs_its_page_alone(
    database: Database, account: str, source: type[ListSource], page: MakePage
) -> None:
    class Odd(WordEmbedder):
        def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
            vectors = super().embed_documents(texts)
            return [
                [math.nan] * 384 if "cursed" in text else vector for text, vector in zip(texts, vectors, strict=True)
            ]

    report = index(database, account, source(page("a", "A cursed text."), page("b", "Text.")), Odd())
    assert (report.added, [each.id for each in report.skipped]) == (1, ["a"])


def test_a_page_that_breaks_our_parser_or_the_database_is_reported_and_the_rest_is_read(
    database: Database,
    account: str,
    embedder: WordEmbedder,
    source: type[ListSource],
    page: MakePage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index(database, account, source(page("a", "Old text."), page("b", "Older.")), embedder)
    real_prepare, real_put = prepare.prepare_page, store.write_documents

    def broken(given: Page, embedder: Embedder) -> object:
        return [][0] if given.id == "a" else real_prepare(given, embedder)

    def odd(
        tx: Transaction,
        name: str,
        prepared: Sequence[PreparedDocument],
        vectors: Mapping[bytes, str],
        embedder: Embedder,
    ) -> None:
        if any(document.external_id == "b" for document in prepared):
            vectors = dict.fromkeys(vectors, "[1e99]")
        real_put(tx, name, prepared, vectors, embedder)

    monkeypatch.setattr(index_run, "prepare_page", broken)
    monkeypatch.setattr(store, "write_documents", odd)
    pages = [page("a", "New."), page("b", "Newer."), *(page(f"p{n}", f"Text {n}.") for n in range(3))]
    report = index(database, account, source(*pages), embedder)
    assert counts(report) == (3, 0, 0, 0)
    assert {each.id: each.why for each in report.skipped} == {
        "a": "cannot be read: a fault in Firstline (IndexError)",
        "b": "cannot be kept (DataError)",
    }
    assert {kept(database, account)[name] for name in "ab"} == {"Old text.", "Older."}


ODD = {"nul": "a\0b", "half": "a\ud800b", "long": "x" * 5000}


def test_pages_with_odd_names_are_reported_and_odd_words_of_others_are_cleaned(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], page: MakePage
) -> None:
    pages = [page(name, "Text.") for name in ODD.values()]
    pages += [page(f"fine-{name}", f"Text {odd[:3]}.", url=odd, locale=odd, stamp=odd) for name, odd in ODD.items()]
    report = index(database, account, source(*pages), embedder)
    assert (report.added, len(report.skipped)) == (3, 3)
    assert {each.why for each in report.skipped} == {
        "has an id that holds characters that no text has",
        "has an id of more than 1,500 bytes",
    }
    assert index(database, account, source(*pages), embedder).unchanged == 3
