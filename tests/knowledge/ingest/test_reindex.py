"""From one embedder to another: found at every moment, kept in step, resumed after a kill, and tidied up at the end."""

import time
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from desk.errors import Permanent, Temporary
from desk.passage import SearchScope
from desk.platform.database import Database
from knowledge.index.embedding_versions import list_versions
from knowledge.ingest import reindex
from knowledge.ingest.index_source import index_source, remove_source
from knowledge.search.library import PostgresLibrary
from knowledge.tables import documents, passages, terms
from tests.knowledge.sized import PUBLIC, QUESTION, Sized, active_name, found, kept, settle


class Killed(BaseException):
    """As if the process were gone."""


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two documents a step, and what is over goes at once."""
    monkeypatch.setattr(reindex, "DOCUMENTS_AT_ONCE", 2)
    monkeypatch.setattr(reindex, "GRACE_SECONDS", 0)


def test_the_first_embedder_of_an_account_is_active(database: Database, account: str, filled: Any, old: Sized) -> None:
    with database.account(account) as tx:
        assert [(each.embedder, each.dimensions, each.active) for each in list_versions(tx)] == [("old", 384, True)]
    assert settle(database, account, old) == "old"
    assert len(old.batches) == 1, "nothing to bring over, nothing to embed"


def test_an_empty_library_is_begun_with_the_wanted_one(database: Database, account: str, new: Sized) -> None:
    assert settle(database, account, new) == "new"
    assert found(database, account, new) == []


def test_every_page_is_found_at_every_moment_of_a_switch(
    database: Database, account: str, filled: Any, old: Sized, new: Sized
) -> None:
    seen: list[tuple[int, str | None]] = []

    def look() -> None:
        seen.append((len(found(database, account, new, old)), active_name(database, account)))

    new.before = look
    assert settle(database, account, new, old) == "new"
    look()
    assert [count for count, _ in seen] == [7] * 5
    assert [name for _, name in seen] == ["old"] * 4 + ["new"]


def test_no_source_is_read_for_a_switch_and_the_next_sync_writes_nothing(
    database: Database, account: str, filled: Any, old: Sized, new: Sized
) -> None:
    settle(database, account, new, old)
    embedded = len(new.batches)
    report = index_source(database, account, filled(), new)
    assert (report.unchanged, report.passages, len(new.batches)) == (7, 0, embedded)


def test_the_new_passages_are_those_that_the_source_would_give(
    database: Database, account: str, other_account: str, filled: Any, old: Sized, page: Any, source: Any
) -> None:
    body = (
        "# Long\n\nTo reset it:\n\n1. Press one.\n2. Press two.\n\n## "
        + "Heading " * 19
        + "\n\n"
        + "Word goes on. " * 60
    )
    odd = source(page("odd", body), page("table", "# T\n\n| A | B |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"), name="odd")
    new = Sized("new", 16, window=40)
    index_source(database, account, odd, old)
    index_source(database, other_account, filled(), new)
    index_source(database, other_account, odd, new)
    settle(database, account, new, old)
    columns = ("ordinal", "headings", "blocks", "language", "audience", "content_hash", "recipe", "vector", "sparse")
    rows: list[list[Any]] = []
    for each in (account, other_account):
        with database.account(each) as tx:
            shown = [documents.c.external_id, *(passages.c[name] for name in columns)]
            query = select(*shown).join(documents).where(passages.c.embedder == "new")
            rows.append([tuple(map(str, row)) for row in tx.execute(query.order_by("external_id", "ordinal"))])
    assert rows[0] == rows[1]
    assert len(rows[0]) > 12


def test_the_old_passages_terms_and_state_go_at_the_end(
    database: Database, account: str, filled: Any, old: Sized, new: Sized, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindex, "GRACE_SECONDS", 3600)
    settle(database, account, new, old)
    assert kept(database, account) == {"old": 7, "new": 7}, "a search that began with the old one still finds"
    monkeypatch.setattr(reindex, "GRACE_SECONDS", 0)
    settle(database, account, new)
    assert kept(database, account) == {"new": 7}
    with database.account(account) as tx:
        assert set(tx.execute(select(terms.c.embedder)).scalars()) == {"new"}
        assert [each.embedder for each in list_versions(tx)] == ["new"]


def test_a_search_that_began_before_the_switch_ends_with_the_old_one(
    database: Database, account: str, filled: Any, old: Sized, new: Sized, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindex, "GRACE_SECONDS", 3600)
    embed = old.embed_query

    def slowly(query: str) -> list[float]:
        settle(database, account, new, old)
        return embed(query)

    monkeypatch.setattr(old, "embed_query", slowly)
    assert len(found(database, account, new, old)) == 7
    assert active_name(database, account) == "new"


def test_what_changes_vanishes_or_comes_meanwhile_is_right_afterwards(
    database: Database, account: str, filled: Any, old: Sized, new: Sized
) -> None:
    """A sync runs between two steps, with the embedder that is still active."""

    def sync() -> None:
        new.before = lambda: None
        pages = filled(p0="# Page 0\n\nThe refund was changed.", p8="# Page 8\n\nThe refund is fresh.")
        pages.items = [each for each in pages.items if each.id != "p3"]
        index_source(database, account, pages, old)
        assert len(found(database, account, new, old)) == 7

    new.before = sync
    assert settle(database, account, new, old) == "new"
    texts = {hit.passage.text for hit in found(database, account, new)}
    assert {"The refund was changed.", "The refund is fresh."} <= texts
    assert len(texts) == 7
    assert not any("number 3" in text or "number 0" in text for text in texts)


@pytest.mark.parametrize("batch", [1, 3, 4])
def test_a_switch_that_is_killed_goes_on_where_it_was(
    database: Database, account: str, filled: Any, old: Sized, new: Sized, batch: int
) -> None:
    new.faults[batch] = Killed()
    with pytest.raises(Killed):
        settle(database, account, new, old)
    assert active_name(database, account) == "old"
    assert len(found(database, account, new, old)) == 7
    done = kept(database, account).get("new", 0)
    assert done == 2 * (batch - 1)
    new.batches.clear()
    assert settle(database, account, new, old) == "new"
    assert sum(map(len, new.batches)) == 7 - done
    assert len(found(database, account, new)) == 7


def test_an_embedder_that_is_away_leaves_the_old_one_at_work(
    database: Database, account: str, filled: Any, old: Sized, new: Sized
) -> None:
    for fault in (Temporary("is away"), Permanent("refused the key")):
        new.batches.clear()
        new.faults[2] = fault
        with capture_logs() as logs:
            assert settle(database, account, new, old) == "old"
        assert ("library not switched", str(fault)) in [(each["event"], each.get("why")) for each in logs]
    index_source(database, account, filled(p0="# Page 0\n\nThe refund was changed."), old)
    assert "The refund was changed." in {hit.passage.text for hit in found(database, account, new, old)}


def test_a_provider_that_wants_a_pause_gets_it(
    database: Database, account: str, filled: Any, old: Sized, new: Sized, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []
    monkeypatch.setattr(time, "sleep", paused.append)
    new.faults = {2: Temporary("enough", retry_after=20), 3: Temporary("enough", retry_after=5)}
    assert settle(database, account, new, old) == "new"
    assert paused == [20, 5]
    new.batches.clear()
    new.faults = dict.fromkeys(range(1, 99), Temporary("enough", retry_after=20))
    other = Sized("other", 32)
    other.faults = new.faults
    assert settle(database, account, other, new) == "new", "not for ever"
    assert len(paused) == 2 + reindex.WAITS
    other.batches.clear()
    other.faults = {1: Temporary("enough", retry_after=3600)}
    assert settle(database, account, other, new) == "new"
    assert len(paused) == 2 + reindex.WAITS


def test_going_back_half_way_leaves_all_as_it_was(
    database: Database, account: str, filled: Any, old: Sized, new: Sized
) -> None:
    new.faults[3] = Temporary("is away")
    settle(database, account, new, old)
    assert kept(database, account) == {"old": 7, "new": 4}
    assert settle(database, account, old, new) == "old"
    assert kept(database, account) == {"old": 7}
    assert len(found(database, account, old)) == 7
    assert len(old.batches) == 1, "nothing was embedded again"


def test_there_and_back_again_within_the_grace_keeps_the_vectors(
    database: Database, account: str, filled: Any, old: Sized, new: Sized, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindex, "GRACE_SECONDS", 3600)
    settle(database, account, new, old)
    assert settle(database, account, old, new) == "old"
    assert len(old.batches) == 1
    assert len(found(database, account, old)) == 7
    index_source(database, account, filled(p0="# Page 0\n\nThe refund was changed."), old)
    assert len(found(database, account, old)) == 7


def test_a_third_embedder_half_way_takes_over(
    database: Database, account: str, filled: Any, old: Sized, new: Sized
) -> None:
    new.faults[2] = Temporary("is away")
    settle(database, account, new, old)
    third = Sized("third", 32)
    assert settle(database, account, third, old, new) == "third"
    settle(database, account, third)
    assert kept(database, account) == {"third": 7}


def test_a_run_that_still_writes_for_the_old_one_is_stopped(
    database: Database, account: str, filled: Any, old: Sized, new: Sized, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It read its source before the switch and embeds while the switch happens."""
    monkeypatch.setattr(reindex, "GRACE_SECONDS", 3600)
    old.before = lambda: settle(database, account, new, old)
    with pytest.raises(Temporary, match="no longer kept for old"):
        index_source(database, account, filled(p0="# Page 0\n\nThe refund was changed."), old)
    assert len(found(database, account, new)) == 7
    index_source(database, account, filled(p0="# Page 0\n\nThe refund was changed."), new)
    assert "The refund was changed." in {hit.passage.text for hit in found(database, account, new)}


def test_two_accounts_switch_each_for_itself(
    database: Database, account: str, other_account: str, filled: Any, old: Sized, new: Sized
) -> None:
    index_source(database, other_account, filled(), old)
    settle(database, account, new, old)
    assert (active_name(database, account), active_name(database, other_account)) == ("new", "old")
    library = PostgresLibrary(database, new, {"old": old}.get)
    for each, revision in ((account, "new@"), (other_account, "old@")):
        assert len(library.search(each, QUESTION, SearchScope(PUBLIC, "en"), limit=20)) == 7
        assert library.revision(each).startswith(revision)
    assert kept(database, other_account) == {"old": 7}


def test_two_switches_at_once_do_the_work_once(
    database: Database, account: str, filled: Any, old: Sized, new: Sized
) -> None:
    inner: list[str] = []

    def again() -> None:
        new.before = lambda: None
        inner.append(settle(database, account, new, old))

    new.before = again
    assert settle(database, account, new, old) == "new"
    assert inner == ["old"], "the second leaves it to the first"
    assert sum(map(len, new.batches)) == 7


def test_a_library_that_shrinks_to_nothing_can_be_switched(
    database: Database, account: str, filled: Any, old: Sized, new: Sized
) -> None:
    remove_source(database, account, "list")
    assert settle(database, account, new, old) == "new"
    index_source(database, account, filled(), new)
    assert len(found(database, account, new)) == 7


def test_progress_is_told_and_can_be_asked_for(
    database: Database, account: str, filled: Any, old: Sized, new: Sized
) -> None:
    steps: list[tuple[int, int]] = []
    reindex.settle_embedder(database, account, new, lambda name: old, lambda done, of: steps.append((done, of)))
    assert steps == [(2, 7), (4, 7), (6, 7), (7, 7)]
    with database.account(account) as tx:
        assert reindex.reindex_in_progress(tx, "new") is None
        assert reindex.reindex_in_progress(tx, "third") == reindex.ReindexProgress("new", "third", 0, 7)
