"""How the website source gets from page to page: sitemaps, redirects, proper addresses, limits."""

import gzip
from collections.abc import Iterator

import pytest

from desk.errors import Permanent, Temporary
from tests.knowledge.websites import Reader, small, stamps_of
from tests.lookalikes.website import Website as Site

pytestmark = pytest.mark.loopback


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


# --- sitemaps --------------------------------------------------------------------------------------------------------


def test_a_sitemap_says_what_there_is_and_links_are_not_followed(site: Site) -> None:
    site.page("/a", "A.", "/unlisted")
    site.page("/b", "B.")
    site.page("/unlisted", "Not in the sitemap.")
    site.sitemap("/sitemap.xml", "/a", "/b", "http://elsewhere.example/c")
    assert Reader(site, "/sitemap.xml").paths() == ["/a", "/b"]


def test_an_index_of_zipped_sitemaps_is_read_and_one_that_lists_itself_ends(site: Site) -> None:
    site.sitemap("/sitemap.xml", "/one.xml.gz", "/two.xml", "/sitemap.xml", index=True)
    site.sitemap("/one.xml.gz", "/a", zipped=True)
    site.sitemap("/two.xml", "/b", "/a")
    for path in ("/a", "/b"):
        site.page(path, "There.")
    assert Reader(site, "/sitemap.xml").paths() == ["/a", "/b"]


def test_sitemaps_of_robots_txt_are_read_beside_the_links(site: Site) -> None:
    site.put("/robots.txt", "Sitemap: /map.xml\nSitemap: /forgotten.xml\n", content_type="text/plain")
    site.sitemap("/map.xml", "/alone")
    site.page("/alone", "Nothing leads here.")
    reader = small(site)
    assert reader.paths() == ["/", "/alone", "/hub", "/plain", "/leaf"]
    assert reader.unread() == {"/forgotten.xml": "named in robots.txt, answers 404"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<!doctype html><html><body>Please wait</body></html>", 200),
        ('<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></urlset>', 200),
        ("<urlset><url><loc>http://elsewhere.example/</loc></url></urlset>", 200),
        ("<urlset><url><loc>/a</loc>", 200),
        ('<!DOCTYPE u [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>', 200),
        ("", 200),
        ("gone", 404),
        ("broken", 500),
    ],
)
def test_a_sitemap_that_is_none_any_more_deletes_nothing(site: Site, body: str, status: int) -> None:
    site.put("/sitemap.xml", body, status, content_type="application/xml")
    with pytest.raises((Temporary, Permanent)):
        Reader(site, "/sitemap.xml").read()


def test_a_zip_bomb_for_a_sitemap_is_not_unpacked_to_its_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("knowledge.sources.website.sitemap.MOST_BYTES", 20_000)
    site.sitemap("/sitemap.xml.gz", *[f"/{number}" for number in range(5000)], zipped=True)
    with pytest.raises(Permanent, match="larger than 20,000 bytes unpacked"):
        Reader(site, "/sitemap.xml.gz").read()


# --- canonical pages, redirects --------------------------------------------------------------------------------------


def test_a_page_that_names_its_proper_address_is_read_there_once(site: Site) -> None:
    site.page("/", "Start.", "/a?sort=up", "/a?sort=down")
    for query in ("up", "down"):
        site.page(f"/a?sort={query}", "Sorted.", head='<link rel="canonical" href="/a">')
    site.page("/a", "Proper.")
    assert Reader(site).paths() == ["/", "/a"]


@pytest.mark.parametrize("proper", ["/nowhere", "/", "http://elsewhere.example/a", "http://[", "/b"])
def test_a_page_is_not_lost_by_a_proper_address_that_leads_nowhere(site: Site, proper: str) -> None:
    site.page("/", "Start.", "/a")
    site.page("/a", "Here.", head=f'<link rel="canonical" href="{proper}">')
    site.put("/b", "", 302, location="/a")
    assert Reader(site).paths() == ["/", "/a"]


@pytest.mark.parametrize("proper", ["/nowhere", "/docs/"])
def test_a_template_that_gives_all_pages_one_proper_address_is_not_believed(site: Site, proper: str) -> None:
    paths = [f"/docs/{number}" for number in range(8)]
    site.page("/", "Start.", "/docs/", *paths)
    site.page("/docs/", "All documents.")
    for path in paths:
        site.page(path, f"About {path}.", head=f'<link rel="canonical" href="{proper}">')
    assert sorted(Reader(site).paths()) == ["/", "/docs/", *paths]


def test_of_two_pages_that_name_each_other_one_is_read(site: Site) -> None:
    site.page("/", "Start.", "/a")
    site.page("/a", "A.", head='<link rel="canonical" href="/b">')
    site.page("/b", "B.", head='<link rel="canonical" href="/a">')
    assert Reader(site).paths() == ["/", "/a"]


def test_redirects_within_the_site_are_followed_by_header_and_by_page(site: Site) -> None:
    site.page("/", "Start.", "/old", "/older")
    site.put("/old", "", 301, location="/new?utm_medium=x")
    site.put("/older", '<meta http-equiv="refresh" content="0; url=/new">')
    site.page("/new", "New.")
    assert Reader(site).paths() == ["/", "/new"]


def test_a_start_that_leads_into_the_site_is_the_page_it_leads_to(site: Site) -> None:
    site.put("/", "", 302, location="/en/")
    site.page("/en/", "Start.", "/en/a", "/")
    site.page("/en/a", "A.")
    assert Reader(site).paths() == ["/en/", "/en/a"]


def test_redirects_in_a_circle_and_without_end_are_told_of(site: Site) -> None:
    site.page("/", "Start.", "/a", "/n1", "/self")
    site.put("/a", "", 302, location="/b")
    site.put("/b", "", 302, location="/a")
    site.put("/self", "", 302, location="/self")
    for number in range(1, 12):
        site.put(f"/n{number}", "", 302, location=f"/n{number + 1}")
    reader = Reader(site)
    assert reader.unread() == {
        "/a": "redirects in a circle",
        "/n1": "redirects too often",
        "/self": "redirects in a circle",
    }
    assert "/n8" not in site.asked()


def test_a_login_on_another_host_is_told_of_and_not_followed(site: Site) -> None:
    with Site() as other:
        site.page("/", "Start.", "/members")
        site.put("/members", "", 302, location=f"{other.url}/login")
        assert Reader(site).unread() == {"/members": f"redirects to another site, {other.url}"}
        assert other.requests == []


def test_a_sign_in_page_is_not_read_for_each_page_behind_it(site: Site) -> None:
    site.page("/", "Start.", "/members/a", "/members/b")
    for page in ("a", "b"):
        site.put(f"/members/{page}", "", 302, location=f"/login?return_to=%2Fmembers%2F{page}")
    reader = Reader(site)
    assert reader.paths() == ["/"]
    assert set(reader.unread().values()) == {"asks its reader to sign in"}
    assert not any(path.startswith("/login") for path in site.asked())


@pytest.mark.parametrize(
    "location", ["http://login.example/", "//other.example", "http://[::1", "", "ftp://x.example/"]
)
def test_a_start_that_leads_elsewhere_is_an_error_that_says_so(site: Site, location: str) -> None:
    site.put("/", "", 302, location=location)
    with pytest.raises(Permanent, match="leads to"):
        Reader(site).read()


# --- limits ----------------------------------------------------------------------------------------------------------


def test_a_calendar_without_end_ends_at_the_depth(site: Site) -> None:
    site.page("/", "Start.", "/c?day=1")
    for day in range(1, 40):
        site.page(f"/c?day={day}", f"Day {day}.", f"/c?day={day + 1}")
    reader = Reader(site, max_depth=5)
    assert reader.paths() == ["/", *(f"/c?day={day}" for day in range(1, 6))]
    assert reader.unread() == {"/c?day=6": "lies beyond `max_pages` or `max_depth`"}


def test_what_lies_beyond_the_limit_stays_in_the_index(site: Site) -> None:
    reader = small(site)
    site.page("/leaf", "Only the hub leads here.", "/last")
    site.page("/last", "The last.")
    known = stamps_of(reader.read())
    few = Reader(site, max_pages=1)
    assert few.paths(known) == ["/"]
    assert list(few.unread(known)) == ["/hub", "/plain", "/leaf", "/last"]


def test_a_page_that_is_too_large_is_told_of_and_read_no_further(site: Site) -> None:
    site.page("/", "Start.", "/huge")
    site.page("/huge", "x" * 3_000_000)
    assert Reader(site, max_bytes=10_000).unread() == {"/huge": "is larger than 10,000 bytes"}


def test_a_page_that_unfolds_is_not_unpacked_beyond_the_limit(site: Site) -> None:
    site.page("/", "Start.", "/bomb", "/small")
    site.put("/bomb", gzip.compress(b"<p>" + b"0" * 30_000_000), content_encoding="gzip")
    site.put("/small", gzip.compress(b"<p>Small.</p>"), content_encoding="gzip")
    reader = Reader(site)
    assert reader.unread() == {"/bomb": "is larger than 2,000,000 bytes"}
    assert reader.paths() == ["/", "/small"]
