"""What a page's HTML says about the page: its language, its proper address, where it leads, what robots may do."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

from knowledge.parsing.html import without_open_ends
from knowledge.sources.website.robots_txt import ROBOTS_NAMES

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
    parser = _MetadataParser()
    try:
        parser.feed(without_open_ends(html))
        parser.close()
    except AssertionError:  # the parser's way to refuse odd declarations
        pass
    metadata, base = parser.metadata, parser.base
    if base:
        metadata.links = [_join_url(base, link) for link in metadata.links]
        metadata.canonical = metadata.canonical and _join_url(base, metadata.canonical)
        metadata.onward = metadata.onward and _join_url(base, metadata.onward)
    return metadata


def locale_of(tag: str) -> str:
    """`en_US` as `en-us`; empty for what is no language tag."""
    return tag.strip().replace("_", "-").lower() if _LOCALE.fullmatch(tag.strip()) else ""


class _MetadataParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.metadata = HtmlMetadata()
        self.base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        handler = _TAG_HANDLERS.get(tag)
        if handler:
            handler(self, {name: value or "" for name, value in reversed(attrs)})  # of two, the first counts

    def read_html(self, attributes: dict[str, str]) -> None:
        self.metadata.locale = self.metadata.locale or locale_of(
            attributes.get("lang", "") or attributes.get("xml:lang", "")
        )

    def read_base(self, attributes: dict[str, str]) -> None:
        self.base = self.base or attributes.get("href", "").strip()

    def read_meta(self, attributes: dict[str, str]) -> None:
        name, content = attributes.get("name", "").strip().lower(), attributes.get("content", "")
        if name in ROBOTS_NAMES:
            self.metadata.robots.append(content)
        if attributes.get("http-equiv", "").strip().lower() == "refresh" and (refresh := _REFRESH.match(content)):
            if float(refresh[1]) <= SOON:
                self.metadata.onward = self.metadata.onward or refresh[2]
            else:
                self._add_link(refresh[2])

    def read_link(self, attributes: dict[str, str]) -> None:
        kinds, href = attributes.get("rel", "").lower().split(), attributes.get("href", "").strip()
        if "canonical" in kinds:
            self.metadata.canonical = self.metadata.canonical or href or None
        elif "next" in kinds or "prev" in kinds or ("alternate" in kinds and "hreflang" in attributes):
            self._add_link(href)

    def read_anchor(self, attributes: dict[str, str]) -> None:
        if "nofollow" not in attributes.get("rel", "").lower().split() and "download" not in attributes:
            self._add_link(attributes.get("href", "").strip())

    def _add_link(self, href: str) -> None:
        if href and not href.startswith("#") and len(self.metadata.links) < MOST_LINKS:
            self.metadata.links.append(href)


_TAG_HANDLERS = {
    "html": _MetadataParser.read_html,
    "base": _MetadataParser.read_base,
    "meta": _MetadataParser.read_meta,
    "link": _MetadataParser.read_link,
    "a": _MetadataParser.read_anchor,
    "area": _MetadataParser.read_anchor,
}


def _join_url(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:
        return link
