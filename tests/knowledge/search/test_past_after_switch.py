"""What a document said on a day is found after the switch to an embedder that cuts otherwise, unchanged parts too."""

from datetime import datetime

import pytest
from sqlalchemy import func, select

from desk.passage import SearchScope
from desk.platform.database import Database
from knowledge.ingest import reindex
from knowledge.ingest.index_source import index_source
from knowledge.ingest.reindex import settle_embedder
from knowledge.search.library import PostgresLibrary
from tests.knowledge.conftest import ListSource, MakePage, WordEmbedder

CUPS = "Bring your own cup to the garden, and leave it in the tray by the door when you go home again."
OPENING = "We are open from nine to five on weekdays, and nobody is there on the first day of each month."
LATER = "We are open from ten to six on weekdays, and nobody is there on the first day of each month."


class Narrow(WordEmbedder):
    name = "narrow"
    window = 30


class Wide(WordEmbedder):
    name = "wide"
    window = 400


EMBEDDERS: dict[str, WordEmbedder] = {"narrow": Narrow(), "wide": Wide()}


class House:
    """A page that is read with one embedder, and a library that goes over to another."""

    def __init__(self, database: Database, account: str, page: MakePage) -> None:
        self.database, self.account, self.page = database, account, page

    def read(self, hours: str | None, embedder: str = "narrow") -> datetime:
        """Bring the index in step with the page, or with its absence; the moment after it."""
        pages = [self.page("p", f"# House\n\n{CUPS}\n\n{hours}")] if hours else []
        source = ListSource(*pages, self.page("other", "Somebody waters the plants."))
        index_source(self.database, self.account, source, EMBEDDERS[embedder])
        with self.database.account(self.account) as tx:
            moment: datetime = tx.execute(select(func.clock_timestamp())).scalar_one()
        return moment

    def switch(self, to: str) -> None:
        """Make that embedder the active one, and take out what has been retired for long enough."""
        for _ in range(2):
            assert settle_embedder(self.database, self.account, EMBEDDERS[to], EMBEDDERS.get).name == to

    def found(self, at: datetime, embedder: str) -> str:
        """All that is found of both parts of the page."""
        library = PostgresLibrary(self.database, EMBEDDERS[embedder])
        scope = SearchScope(frozenset({"public"}), "en", at=at)
        queries = ("my own cup for the garden", "open from nine to five")
        hits = [hit for query in queries for hit in library.search(self.account, query, scope, limit=5)]
        return "\n".join(hit.passage.text for hit in hits)


@pytest.fixture
def house(database: Database, account: str, page: MakePage) -> House:
    return House(database, account, page)


def test_unchanged_parts_of_the_past_outlive_the_old_embedder(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindex, "GRACE_SECONDS", 0)
    monkeypatch.setattr(reindex, "REMOVED_AT_ONCE", 1)
    first = house.read(OPENING)
    house.read(LATER)
    house.switch("wide")
    found = house.found(first, "wide")
    assert "nine to five" in found
    assert "own cup" in found


def test_a_page_that_goes_while_the_old_embedder_is_still_there_is_found_in_the_past(house: House) -> None:
    first = house.read(OPENING)
    house.read(LATER)
    house.switch("wide")
    house.read(None, "wide")
    assert "own cup" in house.found(first, "wide")


def test_a_page_that_changes_before_the_switch_back_is_found_in_the_past(house: House) -> None:
    first = house.read(OPENING)
    house.read(LATER)
    house.switch("wide")
    house.read("Nobody says when.", "wide")
    house.switch("narrow")
    assert "own cup" in house.found(first, "narrow")
