"""Sitemaps as sitemaps.org has them, lists of pages and lists of sitemaps in XML, plain lists and feeds, each perhaps
gzipped; and as they are met: by another type, behind a byte order mark, with relative addresses and bare ampersands."""

import re
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

import structlog

from desk.errors import Blocked, FirstlineError, Permanent, Temporary
from desk.pages import UnreadablePage
from knowledge.sources.website.http_fetch import HttpResponse, decompress
from knowledge.sources.website.polite_client import PoliteClient
from knowledge.sources.website.urls import Site, normalize_url

MOST_BYTES = 50 * 1024 * 1024
"""Of one sitemap, unpacked."""

MOST_ADDRESSES = 50_000
"""In one sitemap."""

USUAL_PATH = "/sitemap.xml"

MOST_SITEMAPS = 1000
MOST_PAGES = 100_000
"""Of a site, in all its sitemaps."""

log = structlog.get_logger(__name__)

_GZIP = b"\x1f\x8b"
_ROOTS = ("urlset", "sitemapindex", "rss", "feed", "rdf")
_BLANK = b"\xef\xbb\xbf \t\r\n"
_MOST_PACKINGS = 2
_PAGE_PLACES = frozenset({("url", "loc"), ("item", "link")})
_BARE_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class SitemapEntries:
    """The addresses in a sitemap as they are written."""

    pages: tuple[str, ...]
    sitemaps: tuple[str, ...]


def looks_like_one(content: bytes) -> bool:
    """Is this answer a sitemap, not a page?"""
    start = content[:2000].lstrip(_BLANK).lower()
    return start[:2] == _GZIP or (start[:1] == b"<" and any(b"<" + root.encode() in start for root in _ROOTS[:2]))


def read_sitemap(content: bytes) -> SitemapEntries:
    """Raises Permanent, with what is wrong, for what is no sitemap, and Temporary for a broken archive."""
    content = _unpack(content).lstrip(_BLANK)
    start = content[:200].lower()
    if start.startswith((b"http://", b"https://")):
        lines = [line.strip() for line in content.decode("utf-8", "replace").splitlines()]
        return SitemapEntries(tuple(line for line in lines if line)[:MOST_ADDRESSES], ())
    if start.startswith((b"<!doctype html", b"<html")):
        raise Permanent("is a page, not a sitemap")
    try:
        return _SitemapParser().read(content)
    except _NoXml:
        return _SitemapParser().read(_BARE_AMPERSAND.sub(b"&amp;", _CONTROL.sub(b"", content)))


def _unpack(content: bytes) -> bytes:
    """Whatever its type says; a server that packs what is packed already is not rare."""
    for _ in range(_MOST_PACKINGS):
        if content[:2] == _GZIP:
            content = b"".join(decompress([content], MOST_BYTES))
        if len(content) > MOST_BYTES:
            raise Permanent(f"is larger than {MOST_BYTES:,} bytes unpacked")
    return content


class _NoXml(Permanent):
    """It cannot be read as it is."""


@dataclass(slots=True)
class _SitemapParser:
    """Collects the `loc` of each `url` and `sitemap`, and the links of a feed; those of images and videos have other
    parents."""

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
        parser.StartDoctypeDeclHandler = self._refuse_declarations
        try:
            parser.Parse(content, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise _NoXml("is no XML that can be read") from error
        return SitemapEntries(tuple(self.pages[:MOST_ADDRESSES]), tuple(self.sitemaps[:MOST_ADDRESSES]))

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2].lower()
        if not self.path and name not in _ROOTS:
            raise Permanent(f"begins with <{name[:40]}>, not with <urlset> or <sitemapindex>")
        if name == "link" and self.path[-1:] == ["entry"] and attributes.get("rel", "alternate") == "alternate":
            self.pages.append(attributes.get("href", "").strip())
        self.path.append(name)
        self.text = []

    def _close(self, _name: str) -> None:
        parent_and_name = tuple(self.path[-2:])
        if address := "".join(self.text).strip():
            if parent_and_name in _PAGE_PLACES:
                self.pages.append(address)
            elif parent_and_name == ("sitemap", "loc"):
                self.sitemaps.append(address)
        self.path.pop()
        self.text = []

    def _add_text(self, text: str) -> None:
        if self.path[-1] in ("loc", "link"):
            self.text.append(text)

    def _refuse_declarations(
        self, _name: str, _system: str | None, _public: str | None, has_declarations: bool
    ) -> None:
        # A sitemap has none; what it could declare are entities that unfold without end.
        if has_declarations:
            raise Permanent("has a document type of its own")


class Sitemaps:
    """The sitemaps of a site. `response` is an answer that is there already. `faults` are those that could not be
    read: one that is broken stands in the way of no other, and nothing of the site is taken for gone then."""

    def __init__(self, client: PoliteClient, site: Site, response: HttpResponse) -> None:
        self._client, self._site, self._response = client, site, response
        self._may_be_missing: frozenset[str] = frozenset()
        self.faults: list[UnreadablePage] = []

    def pages_if_present(self, addresses: Sequence[str]) -> list[str]:
        """Of the sitemaps that robots.txt names, of which a forgotten one is no reason to read nothing."""
        sitemap_urls = self._own_urls(addresses, f"{self._site.root}/")
        self._may_be_missing = frozenset(sitemap_urls)
        if sitemap_urls:
            return self.pages(sitemap_urls)
        return []

    def usual_pages(self) -> list[str]:
        """Of the one that most sites have. It was named by nobody: what is no sitemap there says nothing, and one that
        fails stands in no way."""
        url = f"{self._site.root}{USUAL_PATH}"
        try:
            response = self._response = self._fetch(url)
            if response.status != 200 or not looks_like_one(response.body):
                return []
            return self.pages([url])
        except Temporary as error:
            self._note_fault(url, str(error))
        except Permanent as error:
            log.info("no usual sitemap", url=url, why=str(error))
        return []

    def pages(self, addresses: Sequence[str]) -> list[str]:
        """All pages of the site that these sitemaps list, and those that they list in turn. Raises Permanent or
        Temporary when none of them can be read, or when they list nothing: then they are no news of what is gone."""
        pending, seen = deque(addresses), set[str]()
        pages: dict[str, None] = {}
        fault: FirstlineError | None = None
        while pending:
            if (url := pending.popleft()) in seen:
                continue
            seen.add(url)
            try:
                entries = self._read_entries(url)
            except Blocked:
                raise
            except (Temporary, Permanent) as error:
                fault = fault or error
                self._note_fault(url, str(error))
                continue
            own_urls = self._own_urls(entries.pages, url)
            pages |= dict.fromkeys(page_url for page_url in own_urls if self._site.wants(page_url))
            pending += self._own_urls(entries.sitemaps, url)
            if len(seen) > MOST_SITEMAPS or len(pages) > MOST_PAGES:
                raise Permanent("there are too many sitemaps, or pages in them; begin at one of them, or use `include`")
        self._check_found(pages, fault, addresses[0], len(seen))
        return list(pages)

    def _check_found(self, pages: Collection[str], fault: FirstlineError | None, first: str, read: int) -> None:
        if not pages and fault:
            raise fault
        if not pages and len(self.faults) < read:
            raise Temporary(f"{first} lists no page of {self._site.root}")

    def _note_fault(self, url: str, why: str) -> None:
        self.faults.append(UnreadablePage(url, why.removeprefix(f"{url} "), beneath=f"{self._site.root}/"))

    def _own_urls(self, addresses: Sequence[str], base: str) -> list[str]:
        own_urls = (self._site.own(normalize_url(address, base)) for address in addresses)
        return list(dict.fromkeys(url for url in own_urls if url))

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
