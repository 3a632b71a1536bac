"""From an answer to a page: what it is written in, its text, and what it says of itself."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from desk.pages import Markup, Page
from knowledge.parsing.parse import NotParsed, parse_page
from knowledge.parsing.structure import Section
from knowledge.sources.website.charset import decode_body
from knowledge.sources.website.html_metadata import HtmlMetadata, locale_of, read_html_metadata
from knowledge.sources.website.http_fetch import HttpResponse
from knowledge.sources.website.robots_txt import Directives, directives
from knowledge.sources.website.urls import path_of

_MARKUP = {
    "text/html": Markup.HTML,
    "application/xhtml+xml": Markup.HTML,
    "text/markdown": Markup.MARKDOWN,
    "text/x-markdown": Markup.MARKDOWN,
    "text/plain": Markup.TEXT,
}
_MARKDOWN_NAMES = (".md", ".markdown")
# What is surely no page need not be asked for.
_ASSET = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|avif|ico|bmp|css|m?js|map|json|woff2?|ttf|eot|otf|zip|gz|tgz|bz2|xz|7z|rar|exe|msi|dmg"
    r"|pkg|deb|rpm|apk|jar|iso|mp[34]|m4[av]|webm|avi|mov|mkv|ogg|wav|pdf|docx?|xlsx?|pptx?|csv|xml|rss|atom|ics)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CrawledPage:
    """A page that was read."""

    text: str
    markup: Markup
    metadata: HtmlMetadata
    directives: Directives

    def page(self, url: str, stamp: str | None) -> Page:
        """As it goes to the index. Its title is the text's own: the first heading says more than `<title>`."""
        return Page(url, self.text, self.markup, url=url, locale=self.metadata.locale, stamp=stamp)

    def text_digest(self) -> str:
        """Hash of what a reader sees, whatever stands around it; empty where nothing can be read."""
        try:
            page = parse_page(self.text, self.markup)
        except NotParsed:
            return ""
        texts = [text for section in page.sections for text in _section_texts(section)]
        seen = "\n".join([self.metadata.locale, page.title or "", *texts])
        return hashlib.sha256(seen.encode("utf-8", "replace")).hexdigest()[:32] if texts else ""


def _section_texts(section: Section) -> Iterator[str]:
    yield from section.headings
    yield from (block.text for block in section.blocks)


def may_be_page(url: str) -> bool:
    """False for pictures, archives and the like, by the ending of the path."""
    ending = re.search(r"\.\w{1,8}$", path_of(url))
    return ending is None or not _ASSET.fullmatch(ending[0])


def page_markup(response: HttpResponse) -> Markup | None:
    """How the answer is written; None for what is no page. Without a type, the first bytes tell."""
    content_type = response.header("content-type").partition(";")[0].strip().lower()
    start = response.body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content_type in ("application/xml", "text/xml"):
        return Markup.HTML if b"<html" in start else None
    if not content_type:
        return Markup.HTML if start.startswith(b"<") else Markup.TEXT
    markup = _MARKUP.get(content_type)
    if markup is not Markup.MARKDOWN and start.startswith((b"<!doctype html", b"<html")):
        return Markup.HTML  # whatever the server takes it for
    return Markup.MARKDOWN if markup is Markup.TEXT and path_of(response.url).endswith(_MARKDOWN_NAMES) else markup


def read_page(response: HttpResponse, markup: Markup) -> CrawledPage:
    """Raises ValueError, with what is wrong, for what cannot be text."""
    text = decode_body(response.body, response.header("content-type"))
    if "\0" in text[:4096]:
        raise ValueError("is not text")
    metadata = read_html_metadata(text) if markup is Markup.HTML else HtmlMetadata()
    metadata.locale = metadata.locale or locale_of(response.header("content-language"))
    return CrawledPage(text, markup, metadata, directives(metadata.robots, response.headers.get("x-robots-tag", ())))


def is_blank(response: HttpResponse) -> bool:
    """Is it a page on which there is nothing: no text, and no way to another page?"""
    markup = page_markup(response)
    if markup is None or not response.whole:
        return False
    try:
        crawled = read_page(response, markup)
        return not (crawled.metadata.links or crawled.metadata.onward or parse_page(crawled.text, markup).sections)
    except ValueError:
        return False


def is_kept_by_header(response: HttpResponse) -> bool:
    """May a page be kept, as far as the answer's headers say?"""
    return directives((), response.headers.get("x-robots-tag", ())).index
