"""A website: the pages that its sitemap lists, or those that a start page leads to, on the same host.

robots.txt, `<meta name=robots>`, X-Robots-Tag and canonical links are kept to. A page's id is its address in one form.
A page that cannot be read stays in the index as it is; where the site as a whole fails (robots.txt, a sitemap, the
start, even if it is only empty), the run ends with an error and nothing changes. What answers 404 or 410, is nowhere
linked any more, or asks not to be kept, is gone.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from desk.errors import Permanent, Temporary
from desk.pages import Page, Stamps, UnchangedPage, UnreadablePage
from desk.platform.database import Database
from knowledge.sources.source_kind import SourceKind
from knowledge.sources.website import sitemap
from knowledge.sources.website.address_guard import ResolveHost, resolve_host
from knowledge.sources.website.crawl_frontier import CrawlFrontier
from knowledge.sources.website.crawler import Crawler
from knowledge.sources.website.http_fetch import Connect, HttpClient, HttpResponse, open_connection
from knowledge.sources.website.pages import is_blank
from knowledge.sources.website.polite_client import PoliteClient
from knowledge.sources.website.robots_txt import MOST_BYTES as MOST_ROBOTS
from knowledge.sources.website.robots_txt import Robots, read_robots
from knowledge.sources.website.sitemap import Sitemaps
from knowledge.sources.website.urls import Site, host_of, normalize_url, path_of, site_root

_SITEMAP_NAMES = (".xml", ".xml.gz")


class WebsiteSettings(BaseModel):
    """Which site, and how much of it."""

    model_config = ConfigDict(extra="forbid")

    start: str = Field(description="address of a page to begin at, or of a sitemap")
    max_pages: int = Field(default=5000, ge=1, le=100_000, description="pages to read at most")
    max_depth: int = Field(default=10, ge=0, le=100, description="links to follow from the start at most")
    max_bytes: int = Field(default=2_000_000, ge=1000, le=20_000_000, description="largest page to read")
    delay: float = Field(default=0.1, ge=0, le=60, description="seconds between two requests")
    include: list[str] = Field(default=[], description="read only paths that begin so, such as /help/")
    exclude: list[str] = Field(default=[], description="leave out paths that begin so")
    private_network: bool = Field(default=False, description="the site may be in a private network")

    @field_validator("start")
    @classmethod
    def is_an_address(cls, address: str) -> str:
        """In its one form."""
        url = normalize_url(address if "://" in address else f"https://{address}")
        if url is None:
            raise ValueError("must be an http or https address, without a user's name")
        return url

    @field_validator("include", "exclude", mode="before")
    @classmethod
    def may_be_one_text(cls, value: Any) -> Any:
        """`/help/, /faq` as a list."""
        paths = value.split(",") if isinstance(value, str) else value
        return [path.strip() for path in paths if str(path).strip()] if isinstance(paths, list) else paths

    @field_validator("include", "exclude")
    @classmethod
    def are_paths(cls, paths: list[str]) -> list[str]:
        """In the form that pages have."""
        if not all(path.startswith("/") for path in paths):
            raise ValueError("must begin with /")
        return [path_of(normalize_url(path, "http://h/") or path) for path in paths]


class Website:
    """`desk.ports.PageSource` over a site. `ask`, `connect` and `pause` are its ways to the outside."""

    def __init__(
        self,
        settings: WebsiteSettings,
        name: str | None = None,
        *,
        ask: ResolveHost = resolve_host,
        connect: Connect = open_connection,
        pause: Callable[[float], None] = time.sleep,
        page_seconds: float = 30.0,
    ) -> None:
        self.name = name or f"website:{settings.start}"
        self._settings = settings
        private = [host_of(settings.start)] if settings.private_network else []
        self._open_client = partial(HttpClient, private, seconds=page_seconds, ask=ask, connect=connect)
        self.pause = pause

    def count(self) -> int | None:
        """Not known before all is read."""
        return None

    def pages(self, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
        """All pages, nearest first. Raises Temporary when the site fails, Permanent when it may not be read or names
        another address as its own."""
        with self._open_client() as http_client:
            client = PoliteClient(http_client, self._settings.delay, self.pause)
            yield from _SiteReading(self._settings, client).pages(stamps)


def _open(db: Database, account: str, name: str, settings: WebsiteSettings) -> Website:
    return Website(settings, name)


KIND = SourceKind("the pages of a website, by its sitemap or its links", WebsiteSettings, "start", _open)


class _SiteReading:
    """One reading: what the site allows, where to begin, and then the crawl."""

    def __init__(self, settings: WebsiteSettings, client: PoliteClient) -> None:
        self._settings, self._client = settings, client

    def pages(self, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
        settings = self._settings
        robots, start_response = self._enter()
        site = Site(site_root(start_response.url), tuple(settings.include), tuple(settings.exclude))
        sitemaps = Sitemaps(self._client, site, start_response)
        is_listing = _is_sitemap(settings.start, start_response)
        crawler = Crawler(
            site=site,
            robots=robots,
            client=self._client,
            frontier=self._first_pages(sitemaps, robots, start_response, is_listing),
            stamps=stamps,
            start=start_response.url,
            follow_links=not is_listing,
            max_pages=settings.max_pages,
            max_bytes=settings.max_bytes,
        )
        yield from sitemaps.faults
        yield from crawler.crawl(None if is_listing else start_response)

    def _enter(self) -> tuple[Robots, HttpResponse]:
        """What the site allows, and the answer of the start."""
        start = self._settings.start
        robots = self._fetch_robots(site_root(start))
        if not robots.allows(start):
            raise Permanent(f"robots.txt does not allow to read {start}")
        start_response = self._fetch_start()
        if site_root(start_response.url) != site_root(start):  # from http to https
            robots = self._fetch_robots(site_root(start_response.url))
        return robots, start_response

    def _first_pages(
        self, sitemaps: Sitemaps, robots: Robots, start_response: HttpResponse, is_listing: bool
    ) -> CrawlFrontier:
        """Where the crawl begins: the pages of the sitemaps, and the start if it is a page."""
        frontier = CrawlFrontier(self._settings.max_depth)
        if is_listing:
            frontier.add(sitemaps.pages([start_response.url]), 0)
            return frontier
        frontier.add([start_response.url], 0)
        frontier.add(sitemaps.pages_if_present(robots.sitemaps), 0)
        if not robots.sitemaps and robots.allows(f"{site_root(start_response.url)}{sitemap.USUAL_PATH}"):
            frontier.add(sitemaps.usual_pages(), 0)
        if len(frontier) == 1 and is_blank(start_response):
            raise Temporary(f"{start_response.url} answers with an empty page")
        return frontier

    def _fetch_robots(self, root: str) -> Robots:
        """They may be kept on another host, as a redirect says; private ones are forbidden there, too."""
        robots = read_robots(lambda: self._client.follow(f"{root}/robots.txt", MOST_ROBOTS, lambda _: True))
        self._client.delay = max(self._settings.delay, robots.delay)
        return robots

    def _fetch_start(self) -> HttpResponse:
        """The answer of the start. Raises Permanent when it is not there, or leads to another site."""
        start = self._settings.start
        site = Site(site_root(start))
        max_bytes = sitemap.MOST_BYTES if path_of(start).endswith(_SITEMAP_NAMES) else self._settings.max_bytes
        response = self._client.follow(start, max_bytes, lambda url: site.own(url) is not None)
        if response is None:
            raise Permanent(f"{start} redirects in a circle")
        if response.status != 200:
            raise Permanent(f"{start} answers {response.status}")
        if not response.whole:
            raise Permanent(f"{start} is larger than {max_bytes:,} bytes")
        return response


def _is_sitemap(start: str, response: HttpResponse) -> bool:
    """By its name or by what it holds: a start that was a sitemap does not become a page by answering with one."""
    return path_of(start).endswith(_SITEMAP_NAMES) or sitemap.looks_like_one(response.body)
