"""Sources as they were set up, read one after the other, each with its outcome."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest
from pydantic import BaseModel, Field

from desk.errors import Permanent, Refused, Temporary
from desk.pages import Page, PageSource, UnreadablePage
from desk.platform.database import Database
from desk.ports import Embedder
from knowledge.index.catalogue import SourceStatus, list_documents, list_sources
from knowledge.ingest import sync
from knowledge.ingest.index_source import index_source
from knowledge.ingest.sync import SyncContext, SyncOutcome
from knowledge.ingest.sync_lock import SyncRunning, sync_lock
from knowledge.sources import configured_sources
from knowledge.sources.configured_sources import ConfiguredSource, PageDefaults
from knowledge.sources.source_kind import SourceKind
from tests.knowledge.conftest import ListSource, MakePage, WordEmbedder


class ShelfSettings(BaseModel):
    """Which of the lists below."""

    shelf: str = Field(max_length=20)


class Shelves:
    """A kind of source that reads lists, by the name in their settings. Remembers what was opened."""

    def __init__(self, make: Callable[..., PageSource]) -> None:
        self.lists: dict[str, list[object]] = {}
        self.opened: list[str] = []
        self._make = make

    def open(self, db: Database, account: str, name: str, settings: ShelfSettings) -> PageSource:
        self.opened.append(name)
        if settings.shelf not in self.lists:
            raise Permanent("there is no such shelf")
        return self._make(*self.lists[settings.shelf], name=name)

    @property
    def kinds(self) -> Mapping[str, SourceKind]:
        return {"shelf": SourceKind("a shelf", ShelfSettings, "shelf", self.open)}


class House:
    """An account with shelves."""

    def __init__(self, db: Database, account: str, shelves: Shelves, embedder: Embedder) -> None:
        self.db, self.account, self.shelves = db, account, shelves
        self.reading = SyncContext(db, account, shelves.kinds, embedder)

    def add(self, name: str, *pages: object, **marks: str) -> ConfiguredSource:
        self.shelves.lists[name] = list(pages)
        source = ConfiguredSource(name, "shelf", {"shelf": name}, PageDefaults(**marks))
        with self.db.account(self.account) as tx:
            configured_sources.save_source(tx, source)
        return source

    def sync(self, *names: str) -> list[sync.SyncOutcome]:
        return list(sync.sync_all(self.reading, sync.find_sources(self.db, self.account, names)))

    def confirm(self, name: str) -> list[SyncOutcome]:
        reading = replace(self.reading, confirmed=True)
        return list(sync.sync_all(reading, sync.find_sources(self.db, self.account, [name])))

    def documents(self) -> dict[str, str]:
        with self.db.account(self.account) as tx:
            return {document.external_id: document.source for document in list_documents(tx)}

    def row(self, name: str) -> SourceStatus:
        with self.db.account(self.account) as tx:
            return {each.name: each for each in list_sources(tx)}[name]


@pytest.fixture
def house(database: Database, account: str, embedder: WordEmbedder, source: type[ListSource]) -> House:
    return House(database, account, Shelves(source), embedder)


def test_each_source_is_read_and_its_figures_are_kept(house: House, page: MakePage) -> None:
    house.add("one", page("a", "Text."), UnreadablePage("x", "is \0 binary"))
    house.add("two", page("b", "Other."))
    assert [outcome.fault for outcome in house.sync()] == [None, None]
    assert house.documents() == {"a": "one", "b": "two"}
    row = house.row("one")
    assert row.tried_at
    assert row.synced_at
    assert row.tried_at <= row.synced_at
    assert row.report
    assert (row.report["added"], row.report["skipped"]) == (1, 1)
    assert row.report["unread"] == [{"id": "x", "why": "is  binary"}]
    assert row.error is None


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (Permanent("the shelf fell down"), "the shelf fell down"),
        (Temporary("nobody is there"), "nobody is there"),
        (OSError(28, "No space left on device"), "this machine: No space left on device"),
        (KeyError("nobody thought of this"), "a fault in Firstline (KeyError)"),
        (Permanent("\0\udcff" + "x" * 5000), "\ufffd" + "x" * 999),
    ],
    ids=["permanent", "temporary", "disk", "fault", "strange"],
)
def test_a_source_that_fails_keeps_its_documents_and_the_others_are_read(
    house: House, page: MakePage, error: Exception, kept: str
) -> None:
    house.add("one", page("a", "Text."), page("b", "More."))
    house.add("two", page("c", "Other."))
    house.sync()
    house.add("one", page("a", "New."), error)
    house.add("two", page("c", "Other."), page("d", "Added."))
    failed, read = house.sync()
    assert failed.report is None
    assert failed.fault
    assert read.report
    assert read.report.added == 1
    assert set(house.documents()) == {"a", "b", "c", "d"}
    assert house.row("one").error == kept
    before = house.row("one")
    assert before.synced_at
    assert before.tried_at
    assert before.tried_at > before.synced_at
    house.add("one", page("a", "New."))
    house.sync("one")
    assert house.row("one").error is None
    assert set(house.documents()) == {"a", "c", "d"}


def test_what_cannot_be_opened_is_an_outcome_too(house: House, page: MakePage) -> None:
    house.add("one", page("a", "Text."))
    with house.db.account(house.account) as tx:
        configured_sources.save_source(tx, ConfiguredSource("gone", "shelf", {"shelf": "gone"}))
        configured_sources.save_source(tx, ConfiguredSource("odd", "fax", {}))
        configured_sources.save_source(tx, ConfiguredSource("wrong", "shelf", {"shelf": "x" * 21}))
    told = {outcome.name: str(outcome.fault) for outcome in house.sync()}
    assert told["gone"] == "there is no such shelf"
    assert told["odd"] == "this installation has no kind of source 'fax'"
    assert told["wrong"] == "its settings are no longer right: shelf: String should have at most 20 characters"
    assert told["one"] == "None"


def test_a_name_that_nobody_gave_is_refused(house: House, page: MakePage) -> None:
    house.add("one", page("a", "Text."))
    with pytest.raises(Refused, match="no source two; there are: one"):
        house.sync("two")


def test_marks_fill_what_pages_do_not_say_and_open_no_page_to_more_readers(house: House, page: MakePage) -> None:
    pages = (page("a", "Text."), page("b", "Text.", locale="fr", collection="own", audience="internal"))
    house.add("one", *pages, locale="de", collection="shelf")
    house.sync()

    def said() -> dict[str, tuple[str, str, str]]:
        with house.db.account(house.account) as tx:
            return {each.external_id: (each.locale, each.audience, each.collection) for each in list_documents(tx)}

    assert said() == {"a": ("de", "public", "shelf"), "b": ("fr", "internal", "own")}
    house.add("one", *pages, audience="partners")
    house.sync()
    assert said() == {"a": ("en", "partners", ""), "b": ("fr", "internal", "own")}


def test_a_source_is_told_its_own_stamps_and_with_other_settings_none(
    house: House, page: MakePage, source: type[ListSource]
) -> None:
    made: list[ListSource] = []

    def make(*pages: Page, name: str) -> ListSource:
        made.append(source(*pages, name=name))
        return made[-1]

    house.shelves._make = make
    house.add("one", page("a", "Text.", stamp="v1"), page("b", "Text."))
    house.sync()
    house.sync()
    house.add("one", page("a", "Text.", stamp="v1"), page("b", "Text."), collection="new")
    house.sync()
    assert [each.stamps["a"] for each in made] == [None, "v1", None]


def test_while_another_run_is_at_it_a_source_is_left_alone(house: House, page: MakePage) -> None:
    house.add("one", page("a", "Text."))
    house.sync()
    house.add("one", page("b", "Other."))
    with sync_lock(house.db, house.account, "one"):
        [outcome] = house.sync()
        with pytest.raises(Temporary):
            sync.remove_source(house.db, house.account, "one")
    assert isinstance(outcome.fault, SyncRunning)
    assert house.row("one").error is None
    assert house.documents() == {"a": "one"}


def test_a_source_that_is_removed_takes_its_documents_along(house: House, page: MakePage) -> None:
    house.add("one", page("a", "Text."))
    house.add("two", page("b", "Other."))
    house.sync()
    assert sync.remove_source(house.db, house.account, "one") == 1
    assert house.documents() == {"b": "two"}
    assert [each.name for each in sync.find_sources(house.db, house.account)] == ["two"]


def test_a_source_that_is_removed_while_it_is_read_leaves_nothing_behind(house: House, page: MakePage) -> None:
    class Dropped(list[object]):
        def __iter__(self) -> Iterator[object]:
            with house.db.account(house.account) as tx:
                configured_sources.delete_source(tx, "one")
            return super().__iter__()

    house.add("one")
    house.shelves.lists["one"] = Dropped([page("a", "Text.")])
    [outcome] = house.sync()
    assert str(outcome.fault) == "was removed while it was being read"
    assert house.documents() == {}


def test_sources_of_one_account_are_not_those_of_another(house: House, page: MakePage, other_account: str) -> None:
    house.add("one", page("a", "Text."))
    assert sync.find_sources(house.db, other_account) == []
    with house.db.account(other_account) as tx:
        assert configured_sources.find_source(tx, "one") is None
        configured_sources.save_source(tx, ConfiguredSource("one", "shelf", {"shelf": "theirs"}))
        assert configured_sources.delete_source(tx, "one")
    assert house.sync("one")[0].fault is None


def test_late_are_those_with_an_error_and_those_nobody_has_read_for_long(house: House, page: MakePage) -> None:
    house.add("fine", page("a", "Text."))
    house.add("broken", Permanent("fell down"))
    house.sync()
    house.add("new", page("b", "Text."))

    def late(seconds: float) -> dict[str, str | None]:
        with house.db.account(house.account) as tx:
            return {each.name: each.error for each in configured_sources.overdue_sources(tx, seconds)}

    assert late(3600) == {"broken": "fell down"}
    assert late(-1) == {"broken": "fell down", "fine": None, "new": None}


def test_documents_of_a_source_that_was_never_set_up_become_its_own(house: House, page: MakePage) -> None:
    index_source(house.db, house.account, house.shelves._make(page("a", "Text."), name="one"), house.reading.embedder)
    assert house.row("one").kind is None
    house.add("one", page("a", "Text."))
    [outcome] = house.sync()
    assert outcome.report
    assert (outcome.report.unchanged, outcome.report.passages_embedded) == (1, 0)
    assert house.row("one").kind == "shelf"


# --- Much that has gone at once


def many(page: MakePage, *numbers: int) -> list[Page]:
    return [page(f"p{number}", f"Text {number}.") for number in numbers]


def test_more_than_half_of_a_source_stays_until_it_is_confirmed_and_what_is_new_is_taken_in(
    house: House, page: MakePage
) -> None:
    house.add("one", *many(page, *range(10)))
    house.sync()
    house.add("one", page("p0", "New text."), *many(page, 1, 2, 3), page("new", "Added."))
    [outcome] = house.sync()
    assert outcome.report
    assert (outcome.report.added, outcome.report.changed, outcome.report.removed) == (1, 1, 0)
    said = (
        "6 of its 10 documents have gone from it at once, and stay; if that is meant, type "
        "`firstline sources sync one --confirm`"
    )
    assert str(outcome.fault) == house.row("one").error == said
    assert isinstance(outcome.fault, Permanent)
    assert house.row("one").held_back
    assert len(house.documents()) == 11
    [confirmed] = house.confirm("one")
    assert confirmed.report
    assert (confirmed.fault, confirmed.report.removed) == (None, 6)
    assert set(house.documents()) == {"p0", "p1", "p2", "p3", "new"}
    assert (house.row("one").error, house.row("one").held_back) == (None, False)


def test_an_emptied_source_keeps_even_a_single_document(house: House, page: MakePage) -> None:
    house.add("one of mine", page("a", "Text."))
    house.sync()
    house.add("one of mine")
    for _ in range(2):
        [outcome] = house.sync()
        assert "its only document has gone" in str(outcome.fault)
        assert "`firstline sources sync 'one of mine' --confirm`" in str(outcome.fault)
    assert set(house.documents()) == {"a"}
    house.confirm("one of mine")
    assert house.documents() == {}
    assert house.sync()[0].fault is None


def test_up_to_half_and_a_few_leave_at_once(house: House, page: MakePage) -> None:
    house.add("large", *many(page, *range(10)))
    house.add("small", *(page(f"s{number}", "Text.") for number in range(4)))
    house.sync()
    house.add("large", *many(page, *range(5)))
    house.add("small", page("s0", "Text."))
    assert [outcome.fault for outcome in house.sync()] == [None, None]
    assert set(house.documents()) == {"p0", "p1", "p2", "p3", "p4", "s0"}


def test_what_is_added_meanwhile_does_not_let_go_what_is_held_back(house: House, page: MakePage) -> None:
    house.add("one", *many(page, *range(6)))
    house.sync()
    house.add("one", *many(page, *range(100, 120)))
    house.sync()
    [again] = house.sync()
    assert "all its 6 documents" in str(again.fault)
    house.add("one", *many(page, *range(100, 120)), Temporary("nobody is there"))
    house.sync()
    assert (house.row("one").error, house.row("one").held_back) == ("nobody is there", False)
    house.add("one", *many(page, *range(100, 120)))
    assert "all its 6 documents" in str(house.sync()[0].fault)
    assert len(house.documents()) == 26


def test_what_comes_back_is_no_longer_held_back(house: House, page: MakePage) -> None:
    house.add("one", *many(page, *range(10)))
    house.sync()
    house.add("one")
    assert house.sync()[0].fault
    house.add("one", *many(page, *range(8)))
    [back] = house.sync()
    assert back.report
    assert (back.fault, back.report.removed, back.report.unchanged) == (None, 2, 8)


def test_pages_behind_one_that_cannot_be_read_stay_held_back(house: House, page: MakePage) -> None:
    house.add("one", *many(page, *range(10)))
    house.sync()
    house.add("one", *many(page, 0))
    house.sync()
    house.add("one", UnreadablePage("p0", "answers 500", hides=True))
    assert "9 of its 10" in str(house.sync()[0].fault)
    assert len(house.documents()) == 10


def test_what_is_for_other_readers_now_leaves_at_once_however_much_it_is(house: House, page: MakePage) -> None:
    class Shown(ShelfSettings):
        to_all: bool = True

    kind = replace(house.shelves.kinds["shelf"], settings=Shown, readers=frozenset({"to_all"}))
    house.reading = replace(house.reading, kinds={"shelf": kind})
    house.add("one", *many(page, *range(6)))
    house.sync()
    with house.db.account(house.account) as tx:
        configured_sources.save_source(tx, ConfiguredSource("one", "shelf", {"shelf": "one", "to_all": False}))
    house.shelves.lists["one"] = [page("inside", "Text.")]
    [outcome] = house.sync()
    assert outcome.report
    assert (outcome.fault, outcome.report.removed) == (None, 6)


def test_doctor_hears_of_what_is_held_back_and_not_that_it_could_not_be_read(house: House, page: MakePage) -> None:
    house.add("one", page("a", "Text."))
    house.add("two", page("b", "Text."))
    house.sync()
    house.add("one")
    house.add("two", Temporary("away"))
    house.sync()
    with house.db.account(house.account) as tx:
        assert {each.name: each.held_back for each in configured_sources.overdue_sources(tx, 3600)} == {
            "one": True,
            "two": False,
        }
