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

MOST_FORMS = 5
"""Paths of one page: to print, for phones, the old one. More that name one page as their proper form are a mistake in
the site's template, and each a page of its own."""

_FOR_NOW = frozenset({302, 303, 307})

FEW_LINKS = 5
"""A start that had so many and now has none is a notice, not a start."""

CrawlResult = Page | UnchangedPage | UnreadablePage

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Crawler:
    """One reading of a site. `frontier` holds its first addresses; `follows` says whether links are."""

    site: Site
    robots: Robots
    asker: PoliteClient
    frontier: CrawlFrontier
    stamps: Stamps
    start: str
    follows: bool
    most_pages: int
    most_bytes: int
    visited: int = 0
    read: int = 0
    faults: int = 0
    named: set[str] = field(default_factory=set)
    deferred: dict[str, list[str]] = field(default_factory=dict)
    """Pages that gave another address as their proper one, by that address."""

    def found(self, first: HttpResponse | None) -> Iterator[CrawlResult]:
        """All pages. `first` is the answer of the start, if that is a page. Raises Temporary when the site fails, and
        Permanent when nothing of it could be read."""
        for item in self._waiting():
            got, first = (first, None) if first and item.url == first.url else (None, first)
            yield from self._visit(item, got)
        yield from self._unvisited()
        for page in self._not_believed():
            yield from self._visit(FrontierEntry(page, 0), None, believe=False)
        if not self.read:
            raise Permanent(f"{self.site.root} has no page that can and may be read")
        if self.frontier.dropped:
            log.warning("site without end", site=self.site.root, dropped=self.frontier.dropped)

    def _not_believed(self) -> Iterator[str]:
        """Pages whose proper address is no page, or that of too many to be one page in several forms."""
        for proper, forms in self.deferred.items():
            if proper not in self.named or len({path_of(form) for form in forms}) > MOST_FORMS:
                yield from forms

    def _waiting(self) -> Iterator[FrontierEntry]:
        while self.visited < self.most_pages and (item := self.frontier.next()):
            if self.robots.allows(item.url) and pages.may_be_page(item.url):
                self.visited += 1
                yield item

    def _visit(self, item: FrontierEntry, got: HttpResponse | None, *, believe: bool = True) -> Iterator[CrawlResult]:
        known = revisit.read_stamp(self.stamps(item.url))
        if got is None:
            try:
                got = self.asker.ask(item.url, self.most_bytes, known.asking() if known else None)
            except Blocked:
                raise
            except Temporary as error:
                yield self._failed(item, known, str(error))
                return
        self.faults = 0
        if got.status == 304 and known:
            yield from self._unchanged(item, known, got)
        elif got.status in REDIRECTS:
            yield from self._sent_on(item, redirect_target(got), for_now=got.status in _FOR_NOW)
        elif got.status == 200:
            yield from self._take(item, known, got, believe)
        elif got.status not in (404, 410):
            yield self._unread(item, known, f"answers {got.status}")

    def _take(
        self, item: FrontierEntry, known: PageVisit | None, got: HttpResponse, believe: bool
    ) -> Iterator[CrawlResult]:
        markup = pages.page_markup(got)
        if markup is None:
            return
        if not got.whole:
            yield self._unread(item, known, f"is larger than {self.most_bytes:,} bytes")
            return
        if known and known.digest == revisit.body_digest(got):
            yield from self._unchanged(item, known, got)
            return
        try:
            met = pages.read_page(got, markup)
        except ValueError as error:
            yield self._unread(item, known, str(error))
            return
        yield from self._met(item, known, got, met, believe)

    def _met(
        self, item: FrontierEntry, known: PageVisit | None, got: HttpResponse, met: pages.CrawledPage, believe: bool
    ) -> Iterator[CrawlResult]:
        if met.signs.onward and (target := normalize_url(met.signs.onward, item.url)) != item.url:
            yield from self._sent_on(item, target, for_now=False)
            return
        links = self._links(item, met) if self.follows and met.directives.follow else ()
        if item.url == self.start and known and len(known.links) >= FEW_LINKS and not links:
            raise Temporary("the start has lost all its links, as a site does under maintenance")
        self._follow(item, links)
        if not met.directives.index or not self.site.wants(item.url):
            return
        if believe and (proper := self._proper(item, met.signs.canonical)):
            self.deferred.setdefault(proper, []).append(item.url)
            self.frontier.add([proper], item.depth)
            return
        self.read += 1
        self.named.add(item.url)
        # Without a stamp, so that its proper form is looked for again.
        yield met.page(item.url, revisit.write_stamp(revisit.record_visit(got, links)) if believe else None)

    def _unchanged(self, item: FrontierEntry, known: PageVisit, got: HttpResponse) -> Iterator[CrawlResult]:
        self._follow(item, known.links)
        if pages.is_kept_by_header(got):
            self.read += 1
            self.named.add(item.url)
            yield UnchangedPage(item.url)

    def _sent_on(self, item: FrontierEntry, target: str | None, *, for_now: bool) -> Iterator[CrawlResult]:
        """To an address of the site, which is visited in its turn; else the page is told of."""
        chain, own = (*item.chain, item.url), self.site.own(target)
        why = ""
        if own in chain:
            why = "redirects in a circle"
        elif own is None:
            why = f"redirects to another site, {site_root(target)}" if target else "redirects to nowhere"
        elif len(chain) > MOST_REDIRECTS:
            why = "redirects too often"
        elif for_now and repeats_itself(item.url, own):
            why = "asks its reader to sign in"
        elif self.site.wants(own):
            self.frontier.add([own], item.depth, chain)
        if why:
            yield self._unread(FrontierEntry(chain[0], item.depth), revisit.read_stamp(self.stamps(chain[0])), why)

    def _failed(self, item: FrontierEntry, known: PageVisit | None, why: str) -> UnreadablePage:
        if item.url == self.start:
            raise Temporary(why)
        self.faults += 1
        if self.faults >= MOST_FAULTS:
            self.asker.ask(self.start, self.most_bytes)
            self.faults = 0
        return self._unread(item, known, why)

    def _unread(self, item: FrontierEntry, known: PageVisit | None, why: str) -> UnreadablePage:
        self._follow(item, known.links if known else ())
        self.named.add(item.url)
        return UnreadablePage(item.url, why, hides=self.follows and known is None)

    def _unvisited(self) -> Iterator[CrawlResult]:
        """What lies beyond the limits is there, too, with all that the index knows behind it."""
        while item := self.frontier.left():
            if item.url not in self.named and self.robots.allows(item.url) and pages.may_be_page(item.url):
                known = revisit.read_stamp(self.stamps(item.url))
                yield self._unread(item, known, "lies beyond `max_pages` or `max_depth`")

    def _links(self, item: FrontierEntry, met: pages.CrawledPage) -> tuple[str, ...]:
        """Those that are wanted of the site, as short as they can be."""
        root = self.site.root
        found = (self.site.own(normalize_url(link, item.url)) for link in met.signs.links)
        wanted = (url for url in found if url and url != item.url and self.site.wants(url) and pages.may_be_page(url))
        return tuple(dict.fromkeys(url[len(root) :] if url.startswith(f"{root}/") else url for url in wanted))

    def _follow(self, item: FrontierEntry, links: tuple[str, ...]) -> None:
        if self.follows:
            whole = (f"{self.site.root}{link}" if link.startswith("/") else link for link in links)
            self.frontier.add(whole, item.depth + 1)

    def _proper(self, item: FrontierEntry, canonical: str | None) -> str | None:
        """Another page of the site that the page calls its proper form. That all pages are the home page is a common
        mistake, and not believed."""
        proper = self.site.own(normalize_url(canonical, item.url)) if canonical else None
        if proper is None or proper == item.url or (path_of(proper) == "/" != path_of(item.url)):
            return None
        return proper if self.site.wants(proper) and self.robots.allows(proper) else None
