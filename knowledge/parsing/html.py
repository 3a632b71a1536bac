"""HTML to sections. Bad HTML is read as far as it goes, and what is hidden from a reader is left out, so that nothing
but what people see, at once or by a click, can be quoted. All of it is linear in the page's length, and nothing
recurses deeper than `DEEPEST`, whatever the page nests."""

import re

from bs4.element import CData, NavigableString, Tag
from bs4.exceptions import ParserRejectedMarkup

from knowledge.parsing.boilerplate import drop_chrome_texts, drop_self_links, is_boilerplate
from knowledge.parsing.markup.blocks import read_children
from knowledge.parsing.markup.dom import (
    HEADING_LEVELS,
    Soup,
    clear_tag,
    find_first,
    is_gone,
    outermost_tags,
    role_of,
    tags,
)
from knowledge.parsing.markup.folds import unfold
from knowledge.parsing.markup.inline_text import text_on_one_line
from knowledge.parsing.markup.questions import described_pairs, fold_marked_pairs
from knowledge.parsing.markup.raised import drop_struck_out, settle_raised
from knowledge.parsing.markup.styles import read_style_sheets
from knowledge.parsing.markup.tables import TooManySpans
from knowledge.parsing.structure import LONGEST_HEADING, ParsedPage, SectionWriter, one_line

MOST_TAGS = 100_000
"""Elements of a page. It takes some seconds to read so many."""

MOST_MARKS = 250_000
"""Tags and character references, those that end an element with them."""

_SECTIONING_TAGS = frozenset({"header", "article", "section"})
_OPEN_TAG = re.compile(r"<(?!!--)(?=[A-Za-z/?!])(?!(?:[^<>]|<(?![A-Za-z/?!])){0,5000}+>)")
_NOT_WORDS = re.compile(r"[\W_]+")


class NotParsed(ValueError):
    """A page beyond what is read; the words say why, and stand behind its name: "has more than 10 tags"."""


class Unparsable(Exception):
    """The parser refused the page."""


def read_html(html: str) -> ParsedPage:
    """The visible text of a page by its headings; of `<main>` or `<article>` where there is one. Raises Unparsable, and
    NotParsed for too large a page."""
    brackets, end_tags = html.count("<"), html.count("</")
    if brackets - end_tags > MOST_TAGS or brackets + html.count("&") > MOST_MARKS:
        raise NotParsed(f"has more than {MOST_TAGS:,} tags")
    soup = _parse(html)
    page_title = find_first(soup, "title")
    title = text_on_one_line(page_title) if page_title else ""
    pairs = described_pairs(soup)
    _leave_what_is_read(soup)
    root = _find_root(soup)
    heading = find_first(root, "h1") or find_first(soup, "h1")
    title = (heading and text_on_one_line(heading)) or title
    writer = SectionWriter(title=title)
    try:
        read_children(root, writer, 0)
        _add_pairs(pairs, writer)
    except TooManySpans as error:
        raise NotParsed("has a table whose cells span too many rows") from error
    return ParsedPage(title[:LONGEST_HEADING] or None, writer.finish())


def _parse(html: str) -> Soup:
    try:
        return Soup(without_open_ends(html), "html.parser")
    except (ParserRejectedMarkup, AssertionError) as error:
        raise Unparsable from error


def _leave_what_is_read(soup: Soup) -> None:
    """Take out what nobody sees or asked for, and write plainly what is shown in another way."""
    sheet = read_style_sheets(soup)
    fold_marked_pairs(soup)
    unfold(soup)
    for tag in [each for each in tags(soup) if is_boilerplate(each, sheet)]:
        if not is_gone(tag):
            clear_tag(tag)
    drop_self_links(soup)
    drop_chrome_texts(soup)
    drop_struck_out(soup, sheet)
    settle_raised(soup)
    _clear_lone_alt_texts(soup)


def _add_pairs(pairs: list[tuple[str, str]], writer: SectionWriter) -> None:
    """Questions that the page describes, and that its script alone would show."""
    if not pairs:
        return
    sections = writer.finish()
    texts = [text for section in sections for text in (*section.headings, *(block.text for block in section.blocks))]
    shown = set(map(_bare, texts))
    writer.path = []
    for question, answer in pairs:
        if _bare(question) not in shown:
            soup = _parse(answer)
            _leave_what_is_read(soup)
            with writer.fold(one_line(question)):
                read_children(soup, writer, 0)


def _bare(text: str) -> str:
    return _NOT_WORDS.sub("", text).lower()


def _find_root(soup: Soup) -> Tag:
    """What the page is about. Of several articles none is the page; a site's own header is not part of it."""
    if main := find_first(soup, "main") or next((tag for tag in tags(soup) if role_of(tag) == "main"), None):
        return main
    body = find_first(soup, "body") or soup
    articles = list(outermost_tags(body, frozenset({"article"})))
    if len(articles) == 1:
        return articles[0]
    for part in list(outermost_tags(body, _SECTIONING_TAGS)):
        if part.name == "header" and not find_first(part, *HEADING_LEVELS):
            clear_tag(part)
    return body


def _clear_lone_alt_texts(soup: Soup) -> None:
    """A picture beside no text at all stands for nothing that is said."""
    tags_with_text: set[int] = set()
    for node in soup.descendants:
        if type(node) in (NavigableString, CData) and one_line(str(node)):
            parent = node.parent
            while parent is not None and id(parent) not in tags_with_text:
                tags_with_text.add(id(parent))
                parent = parent.parent
    for tag in tags(soup):
        if tag.name == "img" and id(tag.parent) not in tags_with_text:
            tag["alt"] = ""


def without_open_ends(html: str) -> str:
    """`html.parser` reads on to the end of the page at each tag or comment that never ends, and again at the next."""
    before, comment_end, after = html.rpartition("-->")
    return _OPEN_TAG.sub("&lt;", before + comment_end + after.replace("<!--", "&lt;!--"))
