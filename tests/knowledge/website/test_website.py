"""The website source over a real HTTP server: what it finds, and what it keeps to."""

from collections.abc import Iterator

import pytest

from desk.errors import Permanent, Temporary
from desk.pages import Markup, Page
from desk.platform.database import Database
from knowledge.sources.website.source import KIND, Website
from tests.knowledge.websites import Reader, small, stamps_of
from tests.lookalikes.website import Website as Site

pytestmark = pytest.mark.loopback


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


# --- what is found ---------------------------------------------------------------------------------------------------


def test_links_lead_from_the_start_to_every_page_once_nearest_first(site: Site) -> None:
    assert small(site).paths() == ["/", "/hub", "/plain", "/leaf"]
    assert sorted(site.asked()) == ["/", "/hub", "/leaf", "/plain"]


def test_a_page_has_its_address_its_language_and_its_body(site: Site) -> None:
    site.page("/de/konto", "Das Konto.", lang="de_AT")
    [page] = Reader(site, "/de/konto").read()
    assert isinstance(page, Page)
    assert page.id == page.url == f"{site.url}/de/konto"
    assert (page.locale, page.markup) == ("de-at", Markup.HTML)
    assert "Das Konto." in page.body


def test_addresses_of_one_page_are_one_page(site: Site) -> None:
    site.page("/", "Start.", "/a#top", "/a?utm_source=mail", "./x/../a", f"{site.url.upper()}/a", "/%61")
    site.page("/a", "Once.")
    assert Reader(site).paths() == ["/", "/a"]


def test_other_hosts_ports_and_schemes_are_not_visited(site: Site) -> None:
    with Site() as other:
        other.page("/", "Not ours.")
        links = (other.url, f"{site.url.replace('http', 'https')}/", "mailto:help@help.example", "//other.example/")
        site.page("/", "Start.", *links, "javascript:void(0)", "http://[", "tel:12")
        assert Reader(site).paths() == ["/"]
        assert other.requests == []


def test_text_and_markdown_are_read_and_pictures_are_not(site: Site) -> None:
    site.page("/", "Start.", "/a.txt", "/b.md", "/c", "/d.png", "/e")
    site.put("/a.txt", "Plain text.", content_type="text/plain")
    site.put("/b.md", "# Mark", content_type="text/plain; charset=utf-8")
    site.put("/c", b"\x89PNG\0\0", content_type="image/png")
    site.put("/e", '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>XHTML</p></body></html>',
             content_type="application/xhtml+xml")  # fmt: skip
    found = {page.id: page for page in Reader(site).read() if isinstance(page, Page)}
    kinds = {name.removeprefix(site.url): page.markup for name, page in found.items()}
    assert kinds == {"/": Markup.HTML, "/a.txt": Markup.TEXT, "/b.md": Markup.MARKDOWN, "/e": Markup.HTML}
    assert "/d.png" not in site.asked()


def test_base_and_languages_and_next_pages_lead_on(site: Site) -> None:
    head = '<base href="/docs/"><link rel="alternate" hreflang="de" href="/de"><link rel=next href="/2">'
    site.page("/", "Start.", "one", head=head)
    for path in ("/docs/one", "/de", "/2"):
        site.page(path, "There.")
    assert sorted(Reader(site).paths()) == ["/", "/2", "/de", "/docs/one"]


def test_include_and_exclude_keep_to_paths(site: Site) -> None:
    site.page("/", "Start.", "/help/a", "/shop/b", "/help/old/c")
    for path in ("/help/a", "/shop/b", "/help/old/c"):
        site.page(path, "There.")
    assert Reader(site, include=["/help/"], exclude=["/help/old/"]).paths() == ["/help/a"]


# --- robots ----------------------------------------------------------------------------------------------------------


def test_robots_txt_is_kept_to(site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\nCrawl-delay: 3\n", content_type="text/plain")
    site.page("/", "Start.", "/private/a", "/open")
    site.page("/private/a", "Secret.")
    site.page("/open", "Open.")
    reader = Reader(site)
    assert reader.paths() == ["/", "/open"]
    assert "/private/a" not in site.asked()
    assert reader.pauses == [3.0, 3.0, 3.0]


def test_a_crawl_delay_of_an_hour_is_not_waited_for(site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 3600\n", content_type="text/plain")
    reader = small(site)
    reader.read()
    assert set(reader.pauses) == {10.0}


def test_a_site_that_forbids_its_start_is_not_read(site: Site) -> None:
    site.put("/robots.txt", "User-agent: Firstline\nDisallow: /\n", content_type="text/plain")
    with pytest.raises(Permanent, match=r"robots\.txt"):
        small(site).read()
    assert site.asked() == []


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_without_a_robots_txt_all_may_be_read(site: Site, status: int) -> None:
    site.put("/robots.txt", "no", status)
    assert len(small(site).read()) == 4


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_robots_txt_that_cannot_be_had_ends_the_run(site: Site, status: int) -> None:
    site.put("/robots.txt", "no", status)
    with pytest.raises(Temporary):
        small(site).read()
    assert site.asked() == []


def test_noindex_and_nofollow_by_page_and_by_header(site: Site) -> None:
    site.page("/", "Start.", "/a", "/b", "/c", "/d", "/e")
    site.page("/a", "Not kept.", "/behind-a", head='<meta name="ROBOTS" content="NoIndex">')
    site.page("/b", "Kept.", "/behind-b", head='<meta name=robots content="nofollow">')
    site.page("/c", "Not kept.", "/behind-c", x_robots_tag="none")
    site.page("/d", "Kept.", x_robots_tag="otherbot: noindex, nofollow")
    site.page("/e", "Not kept.", x_robots_tag="firstline: noindex")
    for path in ("/behind-a", "/behind-b", "/behind-c"):
        site.page(path, "Behind.")
    assert Reader(site).paths() == ["/", "/b", "/d", "/behind-a"]


def test_a_page_that_asks_no_longer_to_be_kept_is_gone_even_when_its_text_has_not_changed(site: Site) -> None:
    reader = small(site)
    known = stamps_of(reader.read())
    site.page("/plain", "A plain page.", "/", x_robots_tag="noindex")
    assert reader.paths(known) == ["/", "/hub", "/leaf"]


# --- the kind --------------------------------------------------------------------------------------------------------


def test_a_site_is_set_up_without_asking_it(database: Database, account: str) -> None:
    settings = KIND.settings.model_validate({"start": "Help.Example/a/../?utm_source=x", "include": "/help, /faq"})
    made = KIND.open(database, account, "help", settings)
    assert isinstance(made, Website)
    assert made.name == "help"
    assert settings.model_dump()["start"] == "https://help.example/"
    assert settings.model_dump()["include"] == ["/help", "/faq"]


@pytest.mark.parametrize(
    "given",
    [
        {"start": "ftp://help.example/"},
        {"start": "https://user:word@help.example/"},
        {"start": ""},
        {"start": "https://help.example/", "include": ["help"]},
        {"start": "https://help.example/", "max_pages": 0},
        {"start": "https://help.example/", "password": "x"},
    ],
)
def test_odd_settings_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        KIND.settings.model_validate(given)
