"""The walk through a site: from its first addresses along the links, nearest first, to the limits.

What an error hides is not taken for gone. A page that cannot be read is named as such, and so stays in the index; and
where its links are not to be had (an error, or "not modified"), those of the last visit are followed (see
`revisit.py`). Where these are not known either, the page is said to hide others.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import structlog

from desk.errors import Blocked, Permanent, Temporary
from desk.pages import Page, Stamps, UnchangedPage, UnreadablePage
from knowledge.sources.website import pages, revisit
from knowledge.sources.website.crawl_frontier import CrawlFrontier, FrontierEntry
from knowledge.sources.website.http_fetch import HttpResponse
from knowledge.sources.website.polite_client import MOST_REDIRECTS, REDIRECTS, PoliteClient, redirect_target
from knowledge.sources.website.revisit import PageVisit
from knowledge.sources.website.robots_txt import Robots
from knowledge.sources.website.urls import Site, normalize_url, path_of, repeats_itself, site_root

MOST_FAULTS = 10
"""After so many pages in a row that cannot be read, the start is asked whether the site is there at all."""

MOST_BLOCKS = 3
"""After so many pages in a row for which the site wants a rest (429), it gets one."""

MOST_FORMS = 5
"""Paths of one page: to print, for phones, the old one. More that name one page as their proper form are a mistake in
the site's template, and each a page of its own."""

NOT_KEPT = "asks not to be kept (noindex)"

_TEMPORARY_REDIRECTS = frozenset({302, 303, 307})

FEW_LINKS = 5
"""A start that had so many and now has none is a notice, not a start."""

CrawlResult = Page | UnchangedPage | UnreadablePage

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Crawler:
    """One reading of a site. `frontier` holds its first addresses; `follow_links` says whether links are."""

    site: Site
    robots: Robots
    client: PoliteClient
    frontier: CrawlFrontier
    stamps: Stamps
    start: str
    follow_links: bool
    max_pages: int
    max_bytes: int
    pages_visited: int = 0
    pages_read: int = 0
    consecutive_faults: int = 0
    consecutive_blocks: int = 0
    named_urls: set[str] = field(default_factory=set)
    urls_by_canonical: dict[str, list[str]] = field(default_factory=dict)
    """Pages that gave another address as their proper one, by that address."""
    urls_by_text: dict[str, str] = field(default_factory=dict)
    """Where what a reader sees was first met."""

    def crawl(self, start_response: HttpResponse | None) -> Iterator[CrawlResult]:
        """All pages. `start_response` is the answer of the start, if that is a page. Raises Temporary when the site
        fails, and Permanent when nothing of it could be read."""
        for entry in self._next_entries():
            is_start = start_response is not None and entry.url == start_response.url
            yield from self._visit(entry, start_response if is_start else None)
            start_response = None if is_start else start_response
        yield from self._beyond_limits()
        for url in self._untrusted_canonicals():
            yield from self._visit(FrontierEntry(url, 0), None, trust_canonical=False)
        if not self.pages_read:
            raise Permanent(f"{self.site.root} has no page that can and may be read")
        if self.frontier.dropped:
            log.warning("site without end", site=self.site.root, dropped=self.frontier.dropped)

    def _untrusted_canonicals(self) -> Iterator[str]:
        """Pages whose proper address is no page, or that of too many to be one page in several forms."""
        for canonical_url, forms in self.urls_by_canonical.items():
            if canonical_url not in self.named_urls or len({path_of(form) for form in forms}) > MOST_FORMS:
                yield from forms

    def _next_entries(self) -> Iterator[FrontierEntry]:
        while self.pages_visited < self.max_pages and (entry := self.frontier.next()):
            if self.robots.allows(entry.url) and pages.may_be_page(entry.url):
                self.pages_visited += 1
                yield entry

    def _visit(
        self, entry: FrontierEntry, response: HttpResponse | None, *, trust_canonical: bool = True
    ) -> Iterator[CrawlResult]:
        last_visit = revisit.read_stamp(self.stamps(entry.url))
        if response is None:
            try:
                response = self.client.get(
                    entry.url, self.max_bytes, last_visit.conditional_headers() if last_visit else None
                )
            except Temporary as error:
                yield self._handle_failure(entry, last_visit, error)
                return
        self.consecutive_faults = self.consecutive_blocks = 0
        if response.status == 304 and last_visit:
            yield from self._handle_unchanged(entry, last_visit, response)
        elif response.status in REDIRECTS:
            yield from self._handle_redirect(
                entry, redirect_target(response), temporary=response.status in _TEMPORARY_REDIRECTS
            )
        elif response.status == 200:
            yield from self._read_response(entry, last_visit, response, trust_canonical)
        elif response.status not in (404, 410):
            yield self._unreadable(entry, last_visit, f"answers {response.status}")

    def _read_response(
        self, entry: FrontierEntry, last_visit: PageVisit | None, response: HttpResponse, trust_canonical: bool
    ) -> Iterator[CrawlResult]:
        markup = pages.page_markup(response)
        if markup is None:
            return
        if not response.whole:
            yield self._unreadable(entry, last_visit, f"is larger than {self.max_bytes:,} bytes")
            return
        if last_visit and last_visit.digest == revisit.body_digest(response):
            yield from self._handle_unchanged(entry, last_visit, response)
            return
        try:
            crawled = pages.read_page(response, markup)
        except ValueError as error:
            yield self._unreadable(entry, last_visit, str(error))
            return
        yield from self._handle_page(entry, last_visit, response, crawled, trust_canonical)

    def _handle_page(
        self,
        entry: FrontierEntry,
        last_visit: PageVisit | None,
        response: HttpResponse,
        crawled: pages.CrawledPage,
        trust_canonical: bool,
    ) -> Iterator[CrawlResult]:
        if crawled.metadata.onward and (target := normalize_url(crawled.metadata.onward, entry.url)) != entry.url:
            yield from self._handle_redirect(entry, target, temporary=False)
            return
        links = self._page_links(entry, crawled) if self.follow_links and crawled.directives.follow else ()
        if entry.url == self.start and last_visit and len(last_visit.links) >= FEW_LINKS and not links:
            raise Temporary("the start has lost all its links, as a site does under maintenance")
        self._follow_links(entry, links)
        if not self.site.wants(entry.url):
            return
        if not crawled.directives.index:
            yield UnreadablePage(entry.url, NOT_KEPT, unpublished=True)
            return
        if trust_canonical and (canonical_url := self._canonical_url(entry, crawled.metadata.canonical)):
            self.urls_by_canonical.setdefault(canonical_url, []).append(entry.url)
            self.frontier.add([canonical_url], entry.depth)
            return
        text = crawled.text_digest()
        if self._is_known_text(entry, text):
            return
        self.pages_read += 1
        self.named_urls.add(entry.url)
        # Without a stamp, so that its proper form is looked for again.
        yield crawled.page(
            entry.url, revisit.write_stamp(revisit.record_visit(response, links, text)) if trust_canonical else None
        )

    def _handle_unchanged(
        self, entry: FrontierEntry, last_visit: PageVisit, response: HttpResponse
    ) -> Iterator[CrawlResult]:
        self._follow_links(entry, last_visit.links)
        if not pages.is_kept_by_header(response):
            yield UnreadablePage(entry.url, NOT_KEPT, unpublished=True)
        elif not self._is_known_text(entry, last_visit.text):
            self.pages_read += 1
            self.named_urls.add(entry.url)
            yield UnchangedPage(entry.url)

    def _is_known_text(self, entry: FrontierEntry, text: str) -> bool:
        """Was the same page met under another address? Once in the index it is enough."""
        return bool(text) and self.urls_by_text.setdefault(text, entry.url) != entry.url

    def _handle_redirect(self, entry: FrontierEntry, target: str | None, *, temporary: bool) -> Iterator[CrawlResult]:
        """To an address of the site, which is visited in its turn; else the page is told of."""
        chain, own_url = (*entry.chain, entry.url), self.site.own(target)
        fault = ""
        if own_url in chain:
            fault = "redirects in a circle"
        elif own_url is None:
            fault = f"redirects to another site, {site_root(target)}" if target else "redirects to nowhere"
        elif len(chain) > MOST_REDIRECTS:
            fault = "redirects too often"
        elif temporary and repeats_itself(entry.url, own_url):
            fault = "asks its reader to sign in"
        elif self.site.wants(own_url):
            self.frontier.add([own_url], entry.depth, chain)
        if fault:
            yield self._unreadable(
                FrontierEntry(chain[0], entry.depth), revisit.read_stamp(self.stamps(chain[0])), fault
            )

    def _handle_failure(self, entry: FrontierEntry, last_visit: PageVisit | None, error: Temporary) -> UnreadablePage:
        self.consecutive_blocks += isinstance(error, Blocked)
        if entry.url == self.start or self.consecutive_blocks >= MOST_BLOCKS:
            raise error
        self.consecutive_faults += 1
        if self.consecutive_faults >= MOST_FAULTS:
            self.client.get(self.start, self.max_bytes)
            self.consecutive_faults = 0
        return self._unreadable(entry, last_visit, str(error))

    def _unreadable(self, entry: FrontierEntry, last_visit: PageVisit | None, why: str) -> UnreadablePage:
        self._follow_links(entry, last_visit.links if last_visit else ())
        self.named_urls.add(entry.url)
        return UnreadablePage(entry.url, why, hides=self.follow_links and last_visit is None)

    def _beyond_limits(self) -> Iterator[CrawlResult]:
        """What lies beyond the limits is there, too, with all that the index knows behind it."""
        while entry := self.frontier.next_unvisited():
            if entry.url not in self.named_urls and self.robots.allows(entry.url) and pages.may_be_page(entry.url):
                last_visit = revisit.read_stamp(self.stamps(entry.url))
                yield self._unreadable(entry, last_visit, "lies beyond `max_pages` or `max_depth`")

    def _page_links(self, entry: FrontierEntry, crawled: pages.CrawledPage) -> tuple[str, ...]:
        """Those that are wanted of the site, as short as they can be."""
        root = self.site.root
        own_urls = (self.site.own(normalize_url(link, entry.url)) for link in crawled.metadata.links)
        page_urls = (
            url for url in own_urls if url and url != entry.url and self.site.wants(url) and pages.may_be_page(url)
        )
        return tuple(dict.fromkeys(url[len(root) :] if url.startswith(f"{root}/") else url for url in page_urls))

    def _follow_links(self, entry: FrontierEntry, links: tuple[str, ...]) -> None:
        if self.follow_links:
            urls = (f"{self.site.root}{link}" if link.startswith("/") else link for link in links)
            self.frontier.add(urls, entry.depth + 1)

    def _canonical_url(self, entry: FrontierEntry, canonical: str | None) -> str | None:
        """Another page of the site that the page calls its proper form. That all pages are the home page is a common
        mistake, and not believed."""
        canonical_url = self.site.own(normalize_url(canonical, entry.url)) if canonical else None
        if canonical_url is None or canonical_url == entry.url or (path_of(canonical_url) == "/" != path_of(entry.url)):
            return None
        return canonical_url if self.site.wants(canonical_url) and self.robots.allows(canonical_url) else None
