"""The parts that a website is read with: addresses, robots' directives, sitemaps, signs, charsets, stamps."""

import pytest

from desk.errors import Permanent
from knowledge.sources.website import revisit
from knowledge.sources.website.charset import decode_body
from knowledge.sources.website.crawl_frontier import CrawlFrontier
from knowledge.sources.website.html_metadata import read_html_metadata
from knowledge.sources.website.http_fetch import HttpResponse
from knowledge.sources.website.revisit import PageVisit
from knowledge.sources.website.robots_txt import Robots, directives
from knowledge.sources.website.sitemap import read_sitemap
from knowledge.sources.website.urls import Site, normalize_url

HOST = "https://help.example"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        (f"{HOST}", "/"),
        ("HTTPS://Help.Example.:443/A/", "/A/"),
        (f"{HOST}/a#part", "/a"),
        (f"{HOST}/a/./b/../c", "/a/c"),
        (f"{HOST}/../../a", "/a"),
        (f"{HOST}/a/..", "/"),
        (f"{HOST}/%7euser/%c3%bc/ü/%2F", "/~user/%C3%BC/%C3%BC/%2F"),
        (f"{HOST}/100%", "/100%25"),
        (f"{HOST}/a b?q=c d", "/a%20b?q=c%20d"),
        (f"{HOST}/a?utm_source=x&id=7&UTM_Medium=y&gclid=z", "/a?id=7"),
        (f"{HOST}/a?b&c=", "/a?b&c="),
        (f"{HOST}/a;jsessionid=12AB?x=1", "/a?x=1"),
        (f"{HOST}/a?", "/a"),
        (f" \t{HOST}/a\nb\\c ", "/ab/c"),
        (f"{HOST}/\ud800", "/%3F"),
        (f"{HOST}//a//b", "//a//b"),
    ],
)
def test_an_address_has_one_form(given: str, path: str) -> None:
    assert normalize_url(given) == f"{HOST}{path}"
    assert normalize_url(normalize_url(given) or "") == f"{HOST}{path}"


@pytest.mark.parametrize(
    "given",
    [
        "", "/a", "a", "mailto:a@b.example", "javascript:x", "https://", "https:///a", "https://u@h.example/",
        "https://h.example:99999/", "https://h.example:x/", "https://h.example:0/", "http://[::1", "http://[::g]/",
        "http://a b.example/", "http://-a.example/", f"{HOST}/{'x' * 3000}", f"{HOST}/{'ü' * 1500}",
        "http://" + "é" * 300 + ".example/", "data:text/html,x", "http://\udcff.example/",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_page_has_none(given: str) -> None:
    assert normalize_url(given) is None


def test_a_name_of_other_letters_and_an_address_of_numbers_are_hosts() -> None:
    assert normalize_url("http://bücher.example/") == "http://xn--bcher-kva.example/"
    assert normalize_url("http://[0:0:0:0:0:0:0:1]:80/a") == "http://[::1]/a"
    assert normalize_url("http://[::1]:8080/a") == "http://[::1]:8080/a"


def test_a_site_is_its_host_and_port_by_https_or_what_it_began_with() -> None:
    secure, plain, odd = Site(HOST), Site("http://help.example"), Site("http://help.example:81")
    assert secure.own("http://help.example/a") == f"{HOST}/a"
    assert plain.own(f"{HOST}/a") == f"{HOST}/a"
    assert odd.own("http://help.example:81/a")
    assert secure.own("http://www.help.example/a") == f"{HOST}/a"
    assert Site("https://www.help.example").own(f"{HOST}/a") == "https://www.help.example/a"
    for site, other in (
        (secure, "https://help.example:81/"),
        (odd, "https://help.example:81/"),
        (odd, "http://help.example/"),
        (secure, "https://w.help.example/"),
        (secure, None),
    ):
        assert site.own(other) is None


@pytest.mark.parametrize(
    ("meta", "headers", "index", "follow"),
    [
        ([], [], True, True),
        (["noindex"], [], False, True),
        (["NOFOLLOW , max-snippet:3"], [], True, False),
        (["all"], ["none"], False, False),
        ([], ["noarchive", "noindex"], False, True),
        ([], ["otherbot: noindex, nofollow"], True, True),
        ([], ["Firstline: nofollow"], True, False),
        ([], ["unavailable_after: 25 Jun 2010 15:00:00 PST, noindex"], False, True),
        (["", ",,"], [":", ""], True, True),
    ],
)
def test_directives_of_pages_and_headers(meta: list[str], headers: list[str], index: bool, follow: bool) -> None:
    found = directives(meta, headers)
    assert (found.index, found.follow) == (index, follow)


@pytest.mark.parametrize(
    "text", ["", "<html>no</html>", "\ufeffDisallow", "User-agent: *\nCrawl-delay: nonsense\n\0", "*"]
)
def test_odd_robots_files_forbid_nothing(text: str) -> None:
    robots = Robots(text)
    assert robots.allows(f"{HOST}/a")
    assert robots.delay == 0.0


def test_our_own_group_in_robots_txt_counts_before_that_of_all() -> None:
    robots = Robots("User-agent: *\nDisallow: /\n\nUser-agent: firstline\nDisallow: /x\nAllow: /x/open\n")
    assert [robots.allows(f"{HOST}{path}") for path in ("/a", "/x/b", "/x/open")] == [True, False, True]


def test_a_sitemap_gives_pages_but_no_pictures() -> None:
    xml = (
        b'<?xml version="1.0"?><s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="i">'
        b"<s:url><s:loc>\n https://help.example/a?b=1&amp;c=2 </s:loc>"
        b"<image:image><image:loc>https://help.example/a.png</image:loc></image:image></s:url></s:urlset>"
    )
    assert read_sitemap(xml).pages == ("https://help.example/a?b=1&c=2",)


def test_a_sitemap_may_be_a_plain_list() -> None:
    assert read_sitemap(b"\xef\xbb\xbfhttps://h.example/a\r\n\r\nhttps://h.example/b\n").pages == (
        "https://h.example/a",
        "https://h.example/b",
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0", b"<svg/>", b"<urlset>", b"no", b"\xff\xfe<", b'<?xml version="1.0" encoding="x"?><urlset/>'],
)
def test_what_is_no_sitemap_is_refused(content: bytes) -> None:
    with pytest.raises(Permanent):
        read_sitemap(content)


def test_signs_of_a_page() -> None:
    signs = read_html_metadata(
        '<html lang="pt_BR"><base href="/docs/"><base href="/no/"><meta name="robots" content="nofollow">'
        '<link rel="canonical" href="here"><a href="one">1</a><a href="#part">2</a><a href="three" rel="ugc nofollow">3'
        '</a><a href="f.zip" download>4</a><area href="/five"><a>6</a><!-- <a href="seven"> --><script>"<a href=e>"'
        '</script><meta http-equiv="Refresh" content="600;URL=later">'
    )
    assert (signs.locale, signs.canonical, signs.robots) == ("pt-br", "/docs/here", ["nofollow"])
    assert signs.links == ["/docs/one", "/five", "/docs/later"]
    assert signs.onward is None


@pytest.mark.parametrize(
    ("content", "onward"),
    [
        ("0; url=/new", "/new"),
        ("5;URL='/new'", "/new"),
        ("0, /new", "/new"),
        ("3", None),
        ("", None),
        ("x;url=/a", None),
    ],
)
def test_a_page_that_sends_its_reader_on(content: str, onward: str | None) -> None:
    assert read_html_metadata(f'<meta http-equiv="refresh" content="{content}">').onward == onward


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ("Größe".encode(), "text/html", "Größe"),
        ("Größe".encode("latin-1"), "text/html; charset=ISO-8859-1", "Größe"),
        ("Größe".encode("latin-1"), "text/html", "Größe"),
        ("Größe".encode(), "text/html; charset=latin1", "Größe"),
        ("“x” €".encode("cp1252"), "text/html; charset=iso-8859-1", "“x” €"),
        ("<meta charset=koi8-r>привет".encode("koi8-r"), "text/html", "<meta charset=koi8-r>привет"),
        ("返金".encode("iso-2022-jp"), "text/html; charset=iso-2022-jp", "返金"),
        ("\ufeffGröße".encode("utf-16"), "text/html; charset=utf-8", "\ufeffGröße"),
        ("a".encode("utf-16-le"), "text/html; charset=utf-16le", "a"),
        (b"a", "text/html; charset=unicode_escape", "a"),
        (b"a", "text/html; charset=hex", "a"),
        ("Größe ".encode() * 100 + b"\xff", "text/html", "Größe " * 100 + "\ufffd"),
        (b"", "", ""),
    ],
)
def test_text_is_read_by_its_bytes(content: bytes, kind: str, text: str) -> None:
    assert decode_body(content, kind) == text


def test_a_stamp_tells_a_visit_again() -> None:
    visit = PageVisit('W/"é"', "yesterday", "abc", ("/a", "https://help.example/b?c"), "def")
    assert revisit.read_stamp(revisit.write_stamp(visit)) == visit
    assert revisit.read_stamp(revisit.write_stamp(PageVisit())) == PageVisit()


@pytest.mark.parametrize("given", [None, "", "{}", "[]", "[0,1,2]", '[1,"","","","!"]', '[1,"","","","00000"]', "\0"])
def test_a_stamp_of_another_make_is_none(given: str | None) -> None:
    assert revisit.read_stamp(given) is None


def test_a_tag_that_cannot_be_sent_back_is_not_kept() -> None:
    got = HttpResponse(HOST, 200, {"etag": ("é",), "last-modified": ("x" * 9999,)}, b"", True)
    assert revisit.record_visit(got, (), "").conditional_headers() == {}


def test_the_frontier_remembers_each_address_once_and_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("knowledge.sources.website.crawl_frontier.MOST_WAITING", 3)
    frontier = CrawlFrontier(deepest=1)
    frontier.add(["a", "b", "a"], 1)
    frontier.add(["c", "d"], 2)
    assert frontier.dropped == 1
    assert [item.url for item in iter(frontier.next, None)] == ["a", "b"]
    assert [item.url for item in iter(frontier.next_unvisited, None)] == ["c"]
