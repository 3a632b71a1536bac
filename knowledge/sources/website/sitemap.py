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
    return _Reader().read(content)


@dataclass(slots=True)
class _Reader:
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
        parser.CharacterDataHandler = self._say
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
        here = tuple(self.path[-2:])
        if here in (("url", "loc"), ("sitemap", "loc")) and (address := "".join(self.text).strip()):
            (self.pages if here[0] == "url" else self.sitemaps).append(address)
        self.path.pop()

    def _say(self, text: str) -> None:
        if self.path[-1] == "loc":
            self.text.append(text)

    def _refuse(self, *_: object) -> None:
        # A sitemap has none; what it could declare are entities that unfold without end.
        raise Permanent("has a document type of its own")


class Sitemaps:
    """The sitemaps of a site. `read` is an answer that is there already. `faults` are those that robots.txt names and
    that are not there."""

    def __init__(self, asker: PoliteClient, site: Site, read: HttpResponse) -> None:
        self._asker, self._site, self._answer = asker, site, read
        self._may_be_missing: frozenset[str] = frozenset()
        self.faults: list[UnreadablePage] = []

    def pages_if_there(self, addresses: Sequence[str]) -> list[str]:
        """Of the sitemaps that robots.txt names, of which a forgotten one is no reason to read nothing."""
        found = [self._site.own(normalize_url(address, f"{self._site.root}/")) for address in addresses]
        named = list(dict.fromkeys(url for url in found if url))
        self._may_be_missing = frozenset(named)
        return self.pages(named) if named else []

    def pages(self, addresses: Sequence[str]) -> list[str]:
        """All pages of the site that these sitemaps list, and those that they list in turn. Raises Permanent or
        Temporary when one of them cannot be read, or when they list nothing: then they are no news of what is gone."""
        waiting, seen = deque(addresses), set[str]()
        pages: dict[str, None] = {}
        while waiting:
            if (url := waiting.popleft()) in seen:
                continue
            seen.add(url)
            listed = self._read(url)
            pages |= dict.fromkeys(url for url in self._own(listed.pages) if self._site.wants(url))
            waiting += self._own(listed.sitemaps)
            if len(seen) > MOST_SITEMAPS or len(pages) > MOST_PAGES:
                raise Permanent("there are too many sitemaps, or pages in them; begin at one of them, or use `include`")
        if not pages and len(self.faults) < len(seen):
            raise Temporary(f"{addresses[0]} lists no page of {self._site.root}")
        return list(pages)

    def _own(self, addresses: Sequence[str]) -> list[str]:
        return [own for address in addresses if (own := self._site.own(normalize_url(address)))]

    def _get(self, url: str) -> HttpResponse:
        if url == self._answer.url:
            return self._answer
        got = self._asker.follow(url, MOST_BYTES, lambda target: self._site.own(target) is not None)
        if got is None:
            raise Permanent(f"{url} redirects in a circle")
        return got

    def _read(self, url: str) -> SitemapEntries:
        got = self._get(url)
        if got.status in (404, 410) and url in self._may_be_missing:
            self.faults.append(UnreadablePage(url, f"named in robots.txt, answers {got.status}"))
            return SitemapEntries((), ())
        if got.status != 200:
            raise Temporary(f"{url} answers {got.status}")
        if not got.whole:
            raise Permanent(f"{url} is larger than {MOST_BYTES:,} bytes")
        try:
            return read_sitemap(got.body)
        except Permanent as error:
            raise Permanent(f"{url} {error}") from error
