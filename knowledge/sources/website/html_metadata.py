"""What a page's HTML says about the page: its language, its proper address, where it leads, what robots may do."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

from knowledge.parsing.html import without_open_ends
from knowledge.sources.website.http_fetch import AGENT

MOST_LINKS = 5000
"""Of one page; what comes after them is not followed."""

SOON = 10.0
"""Seconds. A page that sends its reader on within them is a redirect."""

_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_REFRESH = re.compile(r"\s*(\d{1,9}(?:\.\d*)?)\s*[;,]\s*(?:url\s*=\s*)?[\"']?\s*([^\"'\s]+)", re.IGNORECASE)


@dataclass(slots=True)
class HtmlMetadata:
    """Addresses are absolute, or relative to the page."""

    locale: str = ""
    canonical: str | None = None
    onward: str | None = None
    """Where the page sends its reader at once."""
    robots: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


def read_html_metadata(html: str) -> HtmlMetadata:
    """As far as the page can be read; never raises."""
    reader = _Reader()
    try:
        reader.feed(without_open_ends(html))
        reader.close()
    except AssertionError:  # the parser's way to refuse odd declarations
        pass
    found, base = reader.signs, reader.base
    if base:
        found.links = [_joined(base, link) for link in found.links]
        found.canonical = found.canonical and _joined(base, found.canonical)
        found.onward = found.onward and _joined(base, found.onward)
    return found


def locale_of(given: str) -> str:
    """`en_US` as `en-us`; empty for what is no language tag."""
    return given.strip().replace("_", "-").lower() if _LOCALE.fullmatch(given.strip()) else ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.signs = HtmlMetadata()
        self.base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        read = _READERS.get(tag)
        if read:
            read(self, {name: value or "" for name, value in reversed(attrs)})  # of two, the first counts

    def read_html(self, given: dict[str, str]) -> None:
        self.signs.locale = self.signs.locale or locale_of(given.get("lang", "") or given.get("xml:lang", ""))

    def read_base(self, given: dict[str, str]) -> None:
        self.base = self.base or given.get("href", "").strip()

    def read_meta(self, given: dict[str, str]) -> None:
        name, content = given.get("name", "").strip().lower(), given.get("content", "")
        if name in ("robots", AGENT.lower()):
            self.signs.robots.append(content)
        if given.get("http-equiv", "").strip().lower() == "refresh" and (found := _REFRESH.match(content)):
            if float(found[1]) <= SOON:
                self.signs.onward = self.signs.onward or found[2]
            else:
                self._link(found[2])

    def read_link(self, given: dict[str, str]) -> None:
        kinds, href = given.get("rel", "").lower().split(), given.get("href", "").strip()
        if "canonical" in kinds:
            self.signs.canonical = self.signs.canonical or href or None
        elif "next" in kinds or "prev" in kinds or ("alternate" in kinds and "hreflang" in given):
            self._link(href)

    def read_anchor(self, given: dict[str, str]) -> None:
        if "nofollow" not in given.get("rel", "").lower().split() and "download" not in given:
            self._link(given.get("href", "").strip())

    def _link(self, href: str) -> None:
        if href and not href.startswith("#") and len(self.signs.links) < MOST_LINKS:
            self.signs.links.append(href)


_READERS = {
    "html": _Reader.read_html,
    "base": _Reader.read_base,
    "meta": _Reader.read_meta,
    "link": _Reader.read_link,
    "a": _Reader.read_anchor,
    "area": _Reader.read_anchor,
}


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:
        return link
