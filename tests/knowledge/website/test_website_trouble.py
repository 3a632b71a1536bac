"""What the website source does when pages are as they were, when a site fails, and with bad pages."""

import hashlib
import threading
from collections.abc import Iterator

import pytest

from desk.errors import Blocked, Permanent, Temporary
from desk.pages import Page, UnchangedPage, UnreadablePage
from desk.platform.database import Database
from knowledge.index.catalogue import list_documents
from knowledge.ingest.deletion_guard import DeletionRule, HeldDeletion
from knowledge.ingest.index_run import IndexReport
from knowledge.ingest.index_source import index_source
from tests.knowledge.conftest import WordEmbedder
from tests.knowledge.websites import Reader, small, stamps_of
from tests.lookalikes.website import Resource
from tests.lookalikes.website import Website as Site

pytestmark = pytest.mark.loopback


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


# --- not read again --------------------------------------------------------------------------------------------------


def test_unchanged_pages_are_not_sent_again_and_what_only_they_lead_to_is_kept(site: Site) -> None:
    reader = small(site)
    known = stamps_of(reader.read())
    site.page("/leaf", "Changed.")
    again = reader.read(known)
    assert [type(each) for each in again] == [UnchangedPage, UnchangedPage, UnchangedPage, Page]
    assert [reader.short(each.id) for each in again] == ["/", "/hub", "/plain", "/leaf"]
    asked = [each.headers.get("if-none-match") for each in site.requests[-3:]]
    assert all(asked)


def test_a_site_without_validators_is_known_again_by_its_bytes(site: Site) -> None:
    for path, links in (("/", ("/a",)), ("/a", ("/b",)), ("/b", ())):
        shown = "".join(f'<a href="{link}">{link}</a>' for link in links)
        site.put(path, f"<p>At {path} {shown}</p>", validators=False)
    reader = Reader(site)
    known = stamps_of(reader.read())
    assert reader.read(known) == [UnchangedPage(f"{site.url}{path}") for path in ("/", "/a", "/b")]


def test_a_page_of_very_many_links_has_no_stamp(site: Site) -> None:
    links = [f"/{hashlib.sha256(str(number).encode()).hexdigest()}" for number in range(1000)]
    site.page("/", "Start.", *links)
    [page] = [each for each in Reader(site, max_pages=1).read() if isinstance(each, Page)]
    assert page.stamp is None


# --- trouble ---------------------------------------------------------------------------------------------------------


def counts(report: IndexReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.removed


def titles(database: Database, account: str) -> list[str]:
    with database.account(account) as tx:
        return sorted(document.title for document in list_documents(tx))


def test_a_page_that_vanished_leaves_the_index(site: Site, database: Database, account: str) -> None:
    reader = small(site)
    assert counts(index_source(database, account, reader, WordEmbedder())) == (4, 0, 0, 0)
    site.remove("/plain")
    assert counts(index_source(database, account, reader, WordEmbedder())) == (0, 0, 3, 1)
    assert titles(database, account) == ["/", "/hub", "/leaf"]


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 502}, {"cut": "before"}])
def test_a_hub_that_fails_keeps_its_place_and_what_only_it_leads_to(
    site: Site, database: Database, account: str, fault: dict[str, object]
) -> None:
    reader = small(site)
    index_source(database, account, reader, WordEmbedder())
    site.fail(path="/hub", times=2, **fault)
    report = index_source(database, account, reader, WordEmbedder())
    assert counts(report) == (0, 0, 3, 0)
    assert [reader.short(each.id) for each in report.skipped] == ["/hub"]
    assert titles(database, account) == ["/", "/hub", "/leaf", "/plain"]


def test_a_page_that_fails_once_is_asked_again(site: Site) -> None:
    reader = small(site)
    site.fail(path="/hub", status=503, headers={"Retry-After": "4"})
    site.fail(path="/plain", status=500)
    assert len(reader.paths()) == 4
    assert reader.pauses == [4.0, 1.0]


def test_a_site_that_fails_half_way_changes_nothing(site: Site, database: Database, account: str) -> None:
    reader = small(site)
    site.page("/hub", "The hub.", "/leaf", *(f"/p{number}" for number in range(12)))
    for number in range(12):
        site.page(f"/p{number}", f"Page {number}.")
    index_source(database, account, reader, WordEmbedder())
    site.page("/", "Another welcome.", "/hub", "/plain")
    site.remove("/plain")
    site.fail(path="/p", status=503, times=1000)
    reader.pause = lambda _: site.put("/", "", 503)  # by the second try the whole site is down
    with pytest.raises(Temporary):
        index_source(database, account, reader, WordEmbedder())
    assert len(titles(database, account)) == 16


def test_many_broken_pages_in_a_site_that_is_there_are_told_of(site: Site) -> None:
    site.page("/", "Start.", *(f"/broken{number}" for number in range(25)), "/last")
    site.page("/last", "Last.")
    for number in range(25):
        site.put(f"/broken{number}", "", 500)
    reader = Reader(site)
    assert reader.paths() == ["/", "/last"]
    assert len(reader.unread()) == 25


def test_a_start_that_fails_ends_the_run(site: Site) -> None:
    reader = small(site)
    site.put("/", "", 500)
    with pytest.raises(Temporary):
        reader.read()


def test_a_start_that_is_gone_ends_the_run(site: Site) -> None:
    reader = small(site)
    site.remove("/")
    with pytest.raises(Permanent, match="404"):
        reader.read()


def test_a_notice_instead_of_the_start_deletes_nothing(site: Site) -> None:
    reader = small(site)
    site.page("/", "Welcome.", "/hub", "/plain", "/1", "/2", "/3")
    known = stamps_of(reader.read())
    site.page("/", "Back soon.")
    with pytest.raises(Temporary, match="lost all its links"):
        reader.read(known)


@pytest.mark.parametrize(
    "body", ["", " \n", "<html><head><title>Help</title></head><body><div id=app></div></body></html>"]
)
def test_a_start_that_is_an_empty_page_ends_the_run(site: Site, body: str) -> None:
    reader = small(site)
    known = stamps_of(reader.read())
    site.put("/", body)
    with pytest.raises(Temporary, match="empty page"):
        reader.read(known)


def test_an_empty_start_does_no_harm_where_a_sitemap_lists_the_pages(site: Site) -> None:
    small(site)
    site.put("/", "<div id=app></div>")
    site.put("/robots.txt", f"Sitemap: {site.url}/map.xml", content_type="text/plain")
    site.sitemap("/map.xml", "/hub", "/leaf")
    assert Reader(site).paths() == ["/", "/hub", "/leaf"]


def test_a_hub_that_has_lost_its_links_does_not_take_most_of_the_site_along(
    site: Site, database: Database, account: str
) -> None:
    leaves = [f"/leaf{number}" for number in range(6)]
    site.page("/", "Welcome.", "/hub")
    site.page("/hub", "The hub.", *leaves)
    for leaf in leaves:
        site.page(leaf, f"At {leaf}.")
    reader = Reader(site)
    index_source(database, account, reader, WordEmbedder())
    site.page("/hub", "We are moving house.")
    report = index_source(database, account, reader, WordEmbedder())
    assert (counts(report), report.held) == ((0, 1, 1, 0), HeldDeletion(6, 8))
    assert len(titles(database, account)) == 8
    site.page("/hub", "The hub again.", *leaves[1:])
    assert counts(index_source(database, account, reader, WordEmbedder(), leave=DeletionRule(earlier=report.held))) == (
        0,
        1,
        6,
        1,
    )


def test_a_site_of_which_nothing_can_be_read_is_an_error(site: Site) -> None:
    site.page("/", "Start.", head='<meta name="robots" content="noindex">')
    with pytest.raises(Permanent, match="no page"):
        Reader(site).read()


def test_a_site_that_wants_a_rest_is_left_alone(site: Site) -> None:
    site.page("/", "Start.", *[f"/{number}" for number in range(9)])
    for number in range(9):
        site.put(f"/{number}", "", 429, retry_after="120")
    reader = Reader(site)
    with pytest.raises(Blocked) as told:
        reader.read()
    assert told.value.retry_after == 120
    assert site.asked() == ["/", "/0", "/0", "/1", "/1", "/2", "/2"]
    assert reader.pauses == [60.0, 60.0, 60.0]


def test_one_page_that_wants_a_rest_is_waited_for_and_ends_nothing(site: Site) -> None:
    reader = small(site)
    site.put("/hub", "", 429, retry_after="7")
    assert reader.paths() == ["/", "/plain"]
    assert reader.pauses == [7.0]
    assert reader.unread() == {"/hub": "127.0.0.1 has had enough requests for now (429)"}


def test_all_rests_together_are_bounded(site: Site) -> None:
    links = [f"/{number}" for number in range(40)]
    site.page("/", "Start.", *links)
    for number, link in enumerate(links):
        if number % 2:
            site.page(link, "There.")
        else:
            site.put(link, "", 429, retry_after="3600")
    reader = Reader(site)
    assert len(reader.paths()) == 21
    assert sum(reader.pauses) == 600


class Drip:
    """A body without end, a byte at a time."""

    def __init__(self) -> None:
        self.ended = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        while not self.ended.wait(0.05):
            yield b"."


def test_a_page_that_drips_is_not_waited_for(site: Site) -> None:
    drip = Drip()
    site.page("/", "Start.", "/slow", "/quick")
    site.page("/quick", "Quick.")
    site.resources["/slow"] = Resource(b"", stream=drip, headers={"Content-Type": "text/html"})
    reader = Reader(site, ways={"page_seconds": 0.5})
    try:
        found = reader.read()
    finally:
        drip.ended.set()
    assert [reader.short(each.id) for each in found] == ["/", "/slow", "/quick"]
    assert found[1] == UnreadablePage(f"{site.url}/slow", "127.0.0.1 did not answer in time", hides=True)


def test_a_forbidden_page_is_told_of_and_a_missing_one_is_gone(site: Site) -> None:
    site.page("/", "Start.", "/forbidden", "/missing", "/gone")
    site.put("/forbidden", "", 403)
    site.put("/gone", "", 410)
    reader = Reader(site)
    assert reader.unread() == {"/forbidden": "answers 403"}
    assert reader.paths() == ["/"]


# --- bad pages -------------------------------------------------------------------------------------------------------


BAD = {
    "nested": b"<div>" * 20_000 + b"deep",
    "surrogates": "<p>\ud800 half</p>".encode("utf-8", "surrogatepass"),
    "open": b"<a href='" * 5000,
    "declaration": b"<![if foo <!DOCTYPE [<!",
    "comment": b"<!--" * 5000,
    "empty": b"",
    "latin": "<p>Stra\xdfe</p>".encode("latin-1"),
    "nul": b"<p>\0\0\0</p>",
    "utf16": "\ufeff<p>Sixteen</p>".encode("utf-16-le"),
    "links": b"<a href='http://[::1'>x</a><a href='http://\xff\xfe/'>y</a><a href='http://a:99999/'>z</a>",
}


def test_bad_pages_are_read_or_told_of_and_no_neighbour_is_lost(site: Site, database: Database, account: str) -> None:
    site.page("/", "Start.", *(f"/{name}" for name in BAD), "/good")
    site.page("/good", "A good page.")
    for name, body in BAD.items():
        site.put(f"/{name}", body)
    report = index_source(database, account, Reader(site), WordEmbedder())
    assert report.added >= 5
    assert "/good" in titles(database, account)
    assert {each.id.removeprefix(site.url) for each in report.skipped} >= {"/nul", "/empty"}


def test_the_text_is_read_by_what_its_bytes_are(site: Site) -> None:
    site.page("/", "Start.", "/a", "/b", "/c")
    site.put("/a", "<p>Stra\xdfe</p>".encode("latin-1"), content_type="text/html; charset=utf-8")
    site.put("/b", "<p>Die Straße</p>", content_type="text/html; charset=iso-8859-1")
    site.put("/c", '<meta charset="shift_jis"><p>返金</p>'.encode("shift_jis"), content_type="text/html")
    bodies = [page.body for page in Reader(site).read() if isinstance(page, Page)]
    assert [("Straße" in body or "返金" in body) for body in bodies] == [False, True, True, True]
