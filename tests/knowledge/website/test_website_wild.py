"""Sites as they are met: odd sitemaps, one page under several addresses, pages that ask not to be kept."""

import gzip
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from desk.errors import Permanent, Temporary
from desk.pages import UnreadablePage
from desk.platform.database import Database
from knowledge.ingest.index_source import index_source
from knowledge.sources.website import address_guard
from knowledge.sources.website.charset import decode_body
from knowledge.sources.website.sitemap import read_sitemap
from tests.knowledge.conftest import WordEmbedder
from tests.knowledge.websites import Reader, small, stamps_of
from tests.lookalikes.website import Website as Site

pytestmark = pytest.mark.loopback


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'
A = b"<urlset><url><loc>/a</loc></url></urlset>"

ODD_SITEMAPS = {
    "packed": gzip.compress(XML + A),
    "packed twice": gzip.compress(gzip.compress(XML + A)),
    "byte order mark": b"\xef\xbb\xbf" + XML + A,
    "two byte order marks": b"\xef\xbb\xbf\xef\xbb\xbf" + XML + A,
    "packed byte order mark": gzip.compress(b"\xef\xbb\xbf" + XML + A),
    "blank lines before": b"\r\n\n  " + XML + A,
    "utf-16": (XML + A).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "no declaration": A,
    "capitals": b"<URLSET><URL><LOC>/a</LOC></URL></URLSET>",
    "mixed case": b"<urlSet><Url><Loc>/a</Loc></Url></urlSet>",
    "prefix that is declared nowhere": b"<sm:urlset><sm:url><sm:loc>/a</sm:loc></sm:url></sm:urlset>",
    "cdata": b"<urlset><url><loc><![CDATA[/a]]></loc></url></urlset>",
    "bare ampersand elsewhere": b"<urlset><url><title>Q & A</title><loc>/a</loc></url></urlset>",
    "entity of html": b"<urlset><url><title>a&nbsp;b</title><loc>/a</loc></url></urlset>",
    "control character": b"<urlset><url><title>\x02</title><loc>/a</loc></url></urlset>",
    "harmless document type": b'<!DOCTYPE urlset SYSTEM "s.dtd">' + A,
    "style sheet": XML + b'<?xml-stylesheet href="/s.xsl"?>' + A,
    "comment": b"<!-- made by hand -->" + A,
    "rss": b"<rss version='2.0'><channel><link>/home</link><item><link>/a</link></item></channel></rss>",
    "rdf": b"<rdf:RDF xmlns:rdf='r'><item><title>A</title><link>/a</link></item></rdf:RDF>",
    "atom": b"<feed xmlns='http://www.w3.org/2005/Atom'><link href='/home'/><entry><link rel='edit' href='/e'/>"
    b"<link href='/a'/></entry></feed>",
    "dates that make no sense": b"<urlset><url><lastmod>soon</lastmod><loc> /a\n</loc></url></urlset>",
    "picture": b"<urlset><url><loc>/a</loc><image:image><image:loc>/p.png</image:loc></image:image></url></urlset>",
}


@pytest.mark.parametrize("content", ODD_SITEMAPS.values(), ids=ODD_SITEMAPS)
def test_a_sitemap_is_read_as_it_is_met(content: bytes) -> None:
    assert read_sitemap(content).pages == ("/a",)


def test_a_bare_ampersand_in_an_address_is_read_as_it_is_meant() -> None:
    found = read_sitemap(b"<urlset><url><loc>https://h.example/a?b=1&c=2&amp;d=3</loc></url></urlset>")
    assert found.pages == ("https://h.example/a?b=1&c=2&d=3",)


@pytest.mark.parametrize(
    "address", ["/map/a", "a", "./a", "//{host}/map/a", "{root}/map/a", "../map/a", "HTTP://{host}/map/a"]
)
def test_addresses_in_a_sitemap_may_be_relative(site: Site, address: str) -> None:
    written = address.format(host=site.url.partition("//")[2], root=site.url)
    site.put("/map/index.xml", f"<sitemapindex><sitemap><loc>{written}.xml</loc></sitemap></sitemapindex>")
    site.put("/map/a.xml", f"<urlset><url><loc>{written}</loc></url></urlset>", content_type="text/html")
    site.page("/map/a", "There.")
    assert Reader(site, "/map/index.xml").paths() == ["/map/a"]


def test_sitemaps_that_list_one_another_end(site: Site) -> None:
    site.sitemap("/sitemap.xml", "/b.xml", index=True)
    site.sitemap("/b.xml", "/sitemap.xml", "/c.xml", "/b.xml", index=True)
    site.sitemap("/c.xml", "/a")
    site.page("/a", "There.")
    assert Reader(site, "/sitemap.xml").paths() == ["/a"]


@pytest.mark.parametrize("body", ["<urlset><url>", "<html>Please wait</html>", "", b"\x1f\x8bbroken"])
def test_a_broken_sitemap_beside_a_good_one_is_named_and_nothing_is_taken_for_gone(site: Site, body: str) -> None:
    site.sitemap("/sitemap.xml", "/good.xml", "/bad.xml", index=True)
    site.sitemap("/good.xml", "/a")
    site.put("/bad.xml", body)
    site.page("/a", "There.")
    reader = Reader(site, "/sitemap.xml")
    assert reader.paths() == ["/a"]
    faults = [each for each in reader.read() if isinstance(each, UnreadablePage)]
    assert [(reader.short(each.id), each.beneath) for each in faults] == [("/bad.xml", f"{site.url}/")]


def test_sitemaps_of_robots_txt_do_not_stand_in_each_other_s_way(site: Site) -> None:
    site.put("/robots.txt", "Sitemap: /bad.xml\nsitemap: good.xml\nSITEMAP: /gone.xml\n", content_type="text/plain")
    site.put("/bad.xml", "no", 500)
    site.sitemap("/good.xml", "/a")
    for path in ("/", "/a"):
        site.page(path, "There.")
    reader = Reader(site)
    assert reader.paths() == ["/", "/a"]
    assert set(reader.unread()) == {"/bad.xml", "/gone.xml"}


def test_the_usual_sitemap_is_tried_where_robots_txt_names_none(site: Site) -> None:
    site.page("/", "Start.")
    site.page("/alone", "Nothing leads here.")
    site.sitemap("/sitemap.xml", "/alone")
    assert Reader(site).paths() == ["/", "/alone"]
    site.put("/robots.txt", "Sitemap: /other.xml")
    site.sitemap("/other.xml", "/")
    assert Reader(site).paths() == ["/"]


@pytest.mark.parametrize(("body", "status"), [("<html>All our pages</html>", 200), ("", 403), ("", 410), ("x", 200)])
def test_no_usual_sitemap_is_no_trouble(site: Site, body: str, status: int) -> None:
    site.page("/", "Start.")
    site.put("/sitemap.xml", body, status)
    reader = Reader(site)
    assert reader.paths() == ["/"]
    assert reader.unread() == {}


@pytest.mark.parametrize("status", [500, 429])
def test_a_usual_sitemap_that_fails_is_named_and_nothing_is_taken_for_gone(site: Site, status: int) -> None:
    site.page("/", "Start.")
    site.put("/sitemap.xml", "", status)
    faults = [each for each in Reader(site).read() if isinstance(each, UnreadablePage)]
    assert [(each.id, each.beneath) for each in faults] == [(f"{site.url}/sitemap.xml", f"{site.url}/")]


def test_one_page_under_several_addresses_is_read_once(site: Site) -> None:
    site.page("/", "Start.", "/a", "/a/", "/a/index.html", "/a?print=1", "/a?utm_source=x", "/print/a", "/b")
    body = "<html><body>{around}<main><h1>A</h1><p>The ladle lasts nine years.</p></main></body></html>"
    for path in ("/a", "/a/", "/a/index.html", "/a?print=1"):
        site.put(path, body.format(around="<nav><a href='/'>Home</a></nav>"))
    site.put("/print/a", body.format(around=""))
    site.page("/b", "Another.")
    reader = Reader(site)
    found = reader.read()
    assert [reader.short(page.id) for page in found] == ["/", "/a", "/b"]
    assert reader.paths(stamps_of(found)) == ["/", "/a", "/b"]


def test_pages_that_say_the_same_in_two_languages_are_two(site: Site) -> None:
    site.page("/", "Start.", "/en", "/de")
    for lang in ("en", "de"):
        site.put(f"/{lang}", f'<html lang="{lang}"><h1>SW-4012</h1><p>404</p></html>')
    assert Reader(site).paths() == ["/", "/en", "/de"]


@pytest.mark.parametrize(
    ("head", "headers"),
    [
        ('<meta name="robots" content="noindex">', {}),
        ('<META NAME="Robots" CONTENT="NOINDEX, FOLLOW">', {}),
        ('<meta content="none" name="robots">', {}),
        ('<meta name="googlebot" content="noindex">', {}),
        ('<meta name="firstline" content="nofollow noindex">', {}),
        ("", {"x_robots_tag": "noindex"}),
        ("", {"x_robots_tag": "max-snippet: 20, noindex"}),
        ("", {"x_robots_tag": "None"}),
        ("", {"x_robots_tag": "googlebot: noindex"}),
        ("", {"x_robots_tag": "bingbot: none"}),
    ],
)
def test_a_page_that_asks_not_to_be_kept_is_named_and_leaves(
    site: Site, database: Database, account: str, embedder: WordEmbedder, head: str, headers: dict[str, Any]
) -> None:
    site.page("/", "Start.", "/sled", "/b")
    site.page("/b", "Another.")
    site.page("/sled", "The sled costs 640.")
    reader = Reader(site)
    assert index_source(database, account, reader, embedder).added == 3
    site.page("/sled", "The sled costs 640.", head=head, **headers)
    report = index_source(database, account, reader, embedder)
    assert report.removed == 1
    assert [(reader.short(each.id), each.why) for each in report.skipped] == [
        ("/sled", "asks not to be kept (noindex)")
    ]


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", "application/json", ""])
def test_a_page_is_known_by_its_beginning_whatever_its_type_says(site: Site, kind: str) -> None:
    site.page("/", "Start.", "/a")
    site.put("/a", "\n<!DOCTYPE html><html><h1>A</h1><p>There.</p></html>", content_type=kind)
    assert Reader(site).paths() == ["/", "/a"]


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ('<meta charset="shift_jis"><p>返金 ①髙</p>'.encode("cp932"), "text/html", "返金 ①髙"),
        ('<html lang="ja"><p>返金の方法はこちら</p>'.encode("cp932"), "text/html", "返金の方法"),
        ('<html lang="ja"><p>返金の方法はこちら</p>'.encode("euc_jp"), "text/html", "返金の方法"),
        ('<html lang="zh-CN"><p>退款说明</p>'.encode("gb18030"), "text/html", "退款说明"),
        ('<meta charset="gb2312"><p>退款說明</p>'.encode("gb18030"), "text/html", "退款說明"),
        ('<html lang=ru><p>Возврат денег</p>'.encode("cp1251"), "text/html", "Возврат денег"),
        ('<html lang="th"><p>คืนเงิน</p>'.encode("cp874"), "text/html; charset=tis-620", "คืนเงิน"),
        ('<meta charset="windows-1251"><p>Возврат</p>'.encode("cp1251"), "text/html; charset=ISO-8859-1", "Возврат"),
        ('<meta charset="shift_jis"><p>返金</p>'.encode("cp932"), "text/html; charset=utf-8", "返金"),
        ("<p>It’s – 5 €</p>".encode("cp1252"), "text/html", "It’s – 5 €"),
        ("<p>It’s – 5 €</p>".encode("cp1252"), "text/html; charset=iso-8859-1", "It’s – 5 €"),
        ("<p>İade koşulları</p>".encode("cp1254"), "text/html; charset=iso-8859-9", "İade koşulları"),
        ("<p>환불 뷁</p>".encode("cp949"), "text/html; charset=euc-kr", "환불 뷁"),
        ("<p>It’s</p>".encode(), "text/html; charset=windows-1252", "It’s"),
    ],
)  # fmt: skip
def test_a_page_is_read_in_what_it_is_written_in(content: bytes, kind: str, text: str) -> None:
    assert text in decode_body(content, kind)


def test_name_servers_that_do_not_answer_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address_guard, "NAME_SECONDS", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(0.5))
    began = time.monotonic()
    with pytest.raises(Temporary, match="name servers do not answer"):
        address_guard.public_addresses("help.example", 443, private=False)
    assert time.monotonic() - began < 0.4


def test_a_sitemap_that_declares_entities_is_refused() -> None:
    with pytest.raises(Permanent, match="document type"):
        read_sitemap(b'<!DOCTYPE u [<!ENTITY a "aaaa">]>' + A)


def test_odd_characters_in_a_page_stop_no_other(
    site: Site, database: Database, account: str, embedder: WordEmbedder
) -> None:
    reader = small(site)
    site.page("/", "Welcome.", "/hub", "/plain", "/nul", "/half", "/%00")
    site.put("/nul", b"<title>a\0b</title><p>The quartz\0 drum</p>")
    site.put("/half", b"<title>\xed\xa0\x80</title><p>The quartz \xed\xa0\x80 cover</p>")
    site.page("/%00", "Under a NUL.")
    report = index_source(database, account, reader, embedder)
    assert report.added + len(report.skipped) == 7
    assert report.added >= 5
