"""Sitemaps as sitemaps.org has them: lists of pages and lists of sitemaps in XML, plain lists, each perhaps gzipped."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from desk.errors import Permanent, Temporary
from desk.pages import UnreadablePage
from knowledge.sources.website.http_fetch import HttpResponse, decompress
from knowledge.sources.website.polite_client import PoliteClient
from knowledge.sources.website.urls import Site, normalize_url

MOST_BYTES = 50 * 1024 * 1024
"""Of one sitemap, unpacked."""

MOST_ADDRESSES = 50_000
"""In one sitemap."""

MOST_SITEMAPS = 1000
MOST_PAGES = 100_000
"""Of a site, in all its sitemaps."""

_GZIP = b"\x1f\x8b"
_ROOTS = frozenset({"urlset", "sitemapindex"})


@dataclass(frozen=True, slots=True)
class SitemapEntries:
    """The addresses in a sitemap as they are written."""

    pages: tuple[str, ...]
    sitemaps: tuple[str, ...]


def looks_like_one(content: bytes) -> bool:
    """Is this answer a sitemap, not a page?"""
    start = content[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start[:2] == _GZIP or (start[:1] == b"<" and any(b"<" + root.encode() in start for root in _ROOTS))


def read_sitemap(content: bytes) -> SitemapEntries:
    """Raises Permanent, with what is wrong, for what is no sitemap, and Temporary for a broken archive."""
    if content[:2] == _GZIP:
        content = b"".join(decompress([content], MOST_BYTES))
        if len(content) > MOST_BYTES:
            raise Permanent(f"is larger than {MOST_BYTES:,} bytes unpacked")
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"http://", b"https://")):
        lines = [line.strip() for line in content.decode("utf-8-sig", "replace").splitlines()]
        return SitemapEntries(tuple(line for line in lines if line)[:MOST_ADDRESSES], ())
    if start.startswith((b"<!doctype html", b"<html")):
        raise Permanent("is a page, not a sitemap")
    return _SitemapParser().read(content)


@dataclass(slots=True)
class _SitemapParser:
    """Collects the `loc` of each `url` and `sitemap`; those of images and videos have other parents."""

    path: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    sitemaps: list[str] = field(default_factory=list)

    def read(self, content: bytes) -> SitemapEntries:
        """Raises Permanent for what is no XML, has another root, or declares anything of its own."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.CharacterDataHandler = self._add_text
        parser.StartDoctypeDeclHandler = self._refuse
        try:
            parser.Parse(content, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise Permanent("is no XML that can be read") from error
        return SitemapEntries(tuple(self.pages[:MOST_ADDRESSES]), tuple(self.sitemaps[:MOST_ADDRESSES]))

    def _open(self, name: str, _attributes: object) -> None:
        name = name.rpartition(":")[2].lower()
        if not self.path and name not in _ROOTS:
            raise Permanent(f"begins with <{name[:40]}>, not with <urlset> or <sitemapindex>")
        self.path.append(name)
        self.text = []

    def _close(self, _name: str) -> None:
        parent_and_name = tuple(self.path[-2:])
        if parent_and_name in (("url", "loc"), ("sitemap", "loc")) and (address := "".join(self.text).strip()):
            (self.pages if parent_and_name[0] == "url" else self.sitemaps).append(address)
        self.path.pop()

    def _add_text(self, text: str) -> None:
        if self.path[-1] == "loc":
            self.text.append(text)

    def _refuse(self, *_: object) -> None:
        # A sitemap has none; what it could declare are entities that unfold without end.
        raise Permanent("has a document type of its own")


class Sitemaps:
    """The sitemaps of a site. `response` is an answer that is there already. `faults` are those that robots.txt names
    and that are not there."""

    def __init__(self, client: PoliteClient, site: Site, response: HttpResponse) -> None:
        self._client, self._site, self._response = client, site, response
        self._may_be_missing: frozenset[str] = frozenset()
        self.faults: list[UnreadablePage] = []

    def pages_if_present(self, addresses: Sequence[str]) -> list[str]:
        """Of the sitemaps that robots.txt names, of which a forgotten one is no reason to read nothing."""
        own_urls = [self._site.own(normalize_url(address, f"{self._site.root}/")) for address in addresses]
        sitemap_urls = list(dict.fromkeys(url for url in own_urls if url))
        self._may_be_missing = frozenset(sitemap_urls)
        return self.pages(sitemap_urls) if sitemap_urls else []

    def pages(self, addresses: Sequence[str]) -> list[str]:
        """All pages of the site that these sitemaps list, and those that they list in turn. Raises Permanent or
        Temporary when one of them cannot be read, or when they list nothing: then they are no news of what is gone."""
        pending, seen = deque(addresses), set[str]()
        pages: dict[str, None] = {}
        while pending:
            if (url := pending.popleft()) in seen:
                continue
            seen.add(url)
            entries = self._read_entries(url)
            pages |= dict.fromkeys(url for url in self._own_urls(entries.pages) if self._site.wants(url))
            pending += self._own_urls(entries.sitemaps)
            if len(seen) > MOST_SITEMAPS or len(pages) > MOST_PAGES:
                raise Permanent("there are too many sitemaps, or pages in them; begin at one of them, or use `include`")
        if not pages and len(self.faults) < len(seen):
            raise Temporary(f"{addresses[0]} lists no page of {self._site.root}")
        return list(pages)

    def _own_urls(self, addresses: Sequence[str]) -> list[str]:
        return [url for address in addresses if (url := self._site.own(normalize_url(address)))]

    def _fetch(self, url: str) -> HttpResponse:
        if url == self._response.url:
            return self._response
        response = self._client.follow(url, MOST_BYTES, lambda target: self._site.own(target) is not None)
        if response is None:
            raise Permanent(f"{url} redirects in a circle")
        return response

    def _read_entries(self, url: str) -> SitemapEntries:
        response = self._fetch(url)
        if response.status in (404, 410) and url in self._may_be_missing:
            self.faults.append(UnreadablePage(url, f"named in robots.txt, answers {response.status}"))
            return SitemapEntries((), ())
        if response.status != 200:
            raise Temporary(f"{url} answers {response.status}")
        if not response.whole:
            raise Permanent(f"{url} is larger than {MOST_BYTES:,} bytes")
        try:
            return read_sitemap(response.body)
        except Permanent as error:
            raise Permanent(f"{url} {error}") from error
