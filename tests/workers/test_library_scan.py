"""Pages that contradict or double one another are listed for the lead, once, until somebody puts them aside."""

from dataclasses import dataclass
from typing import cast

import pytest

from desk.pages import Markup, Page
from desk.platform.database import Database
from integration.console.library_scan import read_scan
from knowledge.ingest.index_source import index_source
from tests.knowledge.conftest import ListSource, WordEmbedder
from workers.dependencies import Dependencies
from workers.insights.library_scan import FindingKind, dismiss_finding, list_findings
from workers.tasks import scan_account

REFUND = "You can ask for your money back within 30 days of the delivery of the parcel."
LATER = "You can ask for your money back within 14 days of the delivery of the parcel."
OTHER = "Our shop in the harbour street opens at nine on weekdays and sells lamps and chairs."


@dataclass
class Shelf:
    """A library that is read and scanned."""

    db: Database
    account: str

    def read(self, **pages: str) -> None:
        source = ListSource(*(Page(name, body, Markup.TEXT) for name, body in pages.items()))
        index_source(self.db, self.account, source, WordEmbedder())

    def scan(self) -> list[tuple[FindingKind, str, frozenset[str]]]:
        scan_account(cast("Dependencies", self), self.account)
        with self.db.account(self.account) as tx:
            return [(each.kind, each.about, frozenset(each.texts)) for each in list_findings(tx)]

    def dismiss(self) -> bool:
        with self.db.account(self.account) as tx:
            return dismiss_finding(tx, list_findings(tx)[0].key, "Lea")


@pytest.fixture
def shelf(database: Database, account: str) -> Shelf:
    return Shelf(database, account)


def test_two_pages_that_say_it_otherwise_are_a_contradiction(shelf: Shelf) -> None:
    shelf.read(one=REFUND, two=LATER, three=OTHER)
    [(kind, about, texts)] = shelf.scan()
    assert (kind, texts) == (FindingKind.CONTRADICTION, frozenset({REFUND, LATER}))
    assert about


def test_two_pages_that_say_the_same_double_one_another(shelf: Shelf) -> None:
    shelf.read(one=REFUND, two=REFUND, three=OTHER)
    assert [(kind, about) for kind, about, _ in shelf.scan()] == [(FindingKind.DOUBLE, "")]


def test_what_is_mended_is_listed_no_more(shelf: Shelf) -> None:
    shelf.read(one=REFUND, two=LATER)
    assert len(shelf.scan()) == 1
    shelf.read(one=LATER, three=OTHER)
    assert shelf.scan() == []


def test_what_somebody_put_aside_stays_aside_on_later_nights(shelf: Shelf) -> None:
    shelf.read(one=REFUND, two=LATER)
    assert len(shelf.scan()) == 1
    assert shelf.dismiss()
    assert shelf.scan() == []


def test_an_empty_library_has_nothing_to_find(shelf: Shelf) -> None:
    assert shelf.scan() == []


def test_the_lead_sees_both_pages_and_what_each_says(shelf: Shelf) -> None:
    shelf.read(one=REFUND, two=LATER)
    shelf.scan()
    with shelf.db.account(shelf.account) as tx:
        [pair] = read_scan(tx)
        assert read_scan(tx, frozenset({"public"})) == ()
    assert {document.external_id for document in pair.documents} == {"one", "two"}
    assert set(pair.texts) == {REFUND, LATER}
