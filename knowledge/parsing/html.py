"""HTML to sections. Bad HTML is read as far as it goes, and what is hidden from a reader is left out, so that nothing
but what people see can be quoted. Nothing here recurses deeper than `DEEPEST`, whatever the page nests, and all of it
is linear in the page's length."""

import re
from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import CData, NavigableString, PageElement, PreformattedString, Tag
from bs4.exceptions import ParserRejectedMarkup

from desk.passage import BlockKind
from knowledge.parsing.boilerplate import is_boilerplate
from knowledge.parsing.structure import LINE_BREAK, LONGEST_HEADING, ParsedPage, SectionWriter, one_line

DEEPEST = 60

DEEPEST_TREE = 512
"""What is nested deeper becomes a neighbour, as in the browsers that are built on Blink."""

MOST_TAGS = 100_000
"""Elements of a page. It takes some seconds to read so many."""

MOST_MARKS = 250_000
"""Tags and character references, those that end an element with them."""

_LAID_OUT = frozenset({"table", "ul", "ol", "p", "h1", "h2", "h3", "h4"})
_PARTS = frozenset({"header", "article", "section"})
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_SUMMARY_LEVEL = 7
_BLOCKS = frozenset({
    "address", "article", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "header", "hr", "html", "li", "main", "ol", "p", "pre", "section", "summary", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "ul", *_HEADINGS,
})  # fmt: skip
_OPEN_TAG = re.compile(r"<(?!!--)(?=[A-Za-z/?!])(?!(?:[^<>]|<(?![A-Za-z/?!])){0,5000}+>)")
_ABSOLUTE = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)

# Code inside a list item keeps its lines and indents through `squeeze` as characters that `clean` has left free.
_KEEP = str.maketrans({"\n": "\x01", " ": "\x02"})
_KEPT = str.maketrans({"\x01": "\n", "\x02": " "})

# What HTML lets an author leave open, by what ends it; `html.parser` would nest one in the other.
_ENDS = {
    "li": {"li"}, "p": {"p"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}, "tr": {"tr", "td", "th"}, "td": {"td", "th"},
    "th": {"td", "th"},
}  # fmt: skip


class NotParsed(ValueError):
    """A page beyond what is read; the words say why, and stand behind its name: "has more than 10 tags"."""


class Unparsable(Exception):
    """The parser refused the page."""


class _Soup(BeautifulSoup):
    """Ends the elements that HTML lets an author leave open, and those that stand too deep."""

    def handle_starttag(self, name: str, *parts: Any, **named: Any) -> Tag | None:
        """Called by the parser for each opening tag."""
        while self.currentTag is not None and self.currentTag.name in _ENDS.get(name, ()):
            self.handle_endtag(self.currentTag.name)
        if len(self.tagStack) > DEEPEST_TREE and self.currentTag is not None:
            self.handle_endtag(self.currentTag.name)
        return super().handle_starttag(name, *parts, **named)


def read_html(html: str) -> ParsedPage:
    """The visible text of a page by its headings; of `<main>` or `<article>` where there is one. Raises Unparsable, and
    NotParsed for too large a page."""
    begun, ended = html.count("<"), html.count("</")
    if begun - ended > MOST_TAGS or begun + html.count("&") > MOST_MARKS:
        raise NotParsed(f"has more than {MOST_TAGS:,} tags")
    try:
        soup = _Soup(without_open_ends(html), "html.parser")
    except (ParserRejectedMarkup, AssertionError) as error:
        raise Unparsable from error
    page_title = _first(soup, "title")
    title = _flat(page_title) if page_title else ""
    # Plain loops, here and below: the parser's own search costs several times as much for each element.
    for tag in [each for each in _tags(soup) if is_boilerplate(each)]:
        if not tag.decomposed:
            _empty(tag)
    _silence_pictures(soup)
    root = _root(soup)
    first = _first(root, "h1") or _first(soup, "h1")
    title = (first and _flat(first)) or title
    writer = SectionWriter(title=title)
    _walk(root, writer, 0)
    return ParsedPage(title[:LONGEST_HEADING] or None, writer.finish())


def _root(soup: BeautifulSoup) -> Tag:
    """What the page is about. Of several articles none is the page; a site's own header is not part of it."""
    if main := _first(soup, "main") or next((each for each in _tags(soup) if each.get("role") == "main"), None):
        return main
    body = _first(soup, "body") or soup
    articles = list(_outermost(body, frozenset({"article"})))
    if len(articles) == 1:
        return articles[0]
    for part in list(_outermost(body, _PARTS)):
        if part.name == "header" and not any(each.name in _HEADINGS for each in _tags(part)):
            _empty(part)
    return body


def _tags(node: Tag) -> Iterator[Tag]:
    return (each for each in node.descendants if isinstance(each, Tag))


def _first(node: Tag, name: str) -> Tag | None:
    return next((each for each in _tags(node) if each.name == name), None)


def _empty(tag: Tag) -> None:
    """Nothing is left of it to be read. To take it out would mean to look for it among all its neighbours."""
    tag.clear(decompose=True)
    tag.name, tag.attrs = "span", {}


def _outermost(node: Tag, names: frozenset[str]) -> Iterator[Tag]:
    """The elements of these names that stand in no other of them."""
    waiting = [iter(node.children)]
    while waiting:
        child = next(waiting[-1], None)
        if child is None:
            waiting.pop()
        elif isinstance(child, Tag) and child.name in names:
            yield child
        elif isinstance(child, Tag):
            waiting.append(iter(child.children))


def _silence_pictures(soup: BeautifulSoup) -> None:
    """A picture beside no text at all stands for nothing that is said."""
    beside: set[int] = set()
    for node in soup.descendants:
        if type(node) in (NavigableString, CData) and one_line(str(node)):
            parent = node.parent
            while parent is not None and id(parent) not in beside:
                beside.add(id(parent))
                parent = parent.parent
    for tag in _tags(soup):
        if tag.name == "img" and id(tag.parent) not in beside:
            tag["alt"] = ""


def without_open_ends(html: str) -> str:
    """`html.parser` reads on to the end of the page at each tag or comment that never ends, and again at the next."""
    closed, end, rest = html.rpartition("-->")
    return _OPEN_TAG.sub("&lt;", closed + end + rest.replace("<!--", "&lt;!--"))


def _walk(node: Tag, writer: SectionWriter, depth: int) -> None:
    """Inline nodes between two block elements are a paragraph; block elements are read by their kind."""
    if depth > DEEPEST:
        writer.paragraph(node.get_text(" "))
        return
    inline: list[str] = []
    for child in node.children:
        if isinstance(child, Tag) and _is_block(child):
            writer.paragraph("".join(inline))
            inline = []
            _read_block(child, writer, depth + 1)
        else:
            inline.append(_inline(child, 0))
    writer.paragraph("".join(inline))


def _is_block(tag: Tag) -> bool:
    """A block element, or an inline one around block elements."""
    return tag.name in _BLOCKS or any(isinstance(each, Tag) and each.name in _BLOCKS for each in tag.descendants)


def _read_block(tag: Tag, writer: SectionWriter, depth: int) -> None:
    if tag.name in _HEADINGS:
        writer.heading(_HEADINGS[tag.name], _flat(tag))
    elif tag.name == "summary":
        writer.heading(_SUMMARY_LEVEL, _flat(tag))
    elif tag.name in ("ul", "ol"):
        kind = BlockKind.STEP if tag.name == "ol" else BlockKind.ITEM
        writer.add(kind, [_flat(item) for item in tag.children])
    elif tag.name == "dl":
        writer.add(BlockKind.ITEM, list(_definitions(tag)))
    elif tag.name == "table":
        _read_table(tag, writer, depth)
    elif tag.name == "pre":
        writer.add(BlockKind.CODE, [tag.get_text().strip("\n").rstrip()])
    elif tag.name == "details":
        path = writer.path
        _walk(tag, writer, depth)
        writer.leave(path)
    else:
        _walk(tag, writer, depth)


def _definitions(tag: Tag) -> Iterator[str]:
    """`term: definition`, one each; several definitions of one term are joined."""
    term, meanings = "", list[str]()
    for child in _outermost(tag, frozenset({"dt", "dd"})):
        if child.name == "dd":
            meanings.append(_flat(child))
            continue
        yield f"{term}: {' '.join(meanings)}".strip(": ")
        term, meanings = _flat(child), []
    yield f"{term}: {' '.join(meanings)}".strip(": ")


def _read_table(table: Tag, writer: SectionWriter, depth: int) -> None:
    """A row reads `Header: cell; Header: cell`. A table that only lays out a page is read like a `<div>`."""
    if _first(table, "th") is None and any(each.name in _LAID_OUT for each in _tags(table)):
        _walk(table, writer, depth)
        return
    rows = [_cells(row) for row in _outermost(table, frozenset({"tr", "table"})) if row.name == "tr"]
    if caption := _first(table, "caption"):
        writer.paragraph(_flat(caption))
    headers: list[str] = []
    if len(rows) > 1 and all(cell.name == "th" for cell in rows[0]):
        headers = [_flat(cell) for cell in rows.pop(0)]
    writer.add(BlockKind.ROW, [_row(headers, [_flat(cell) for cell in row]) for row in rows])


def _cells(row: Tag) -> list[Tag]:
    return [cell for cell in row.children if isinstance(cell, Tag) and cell.name in ("td", "th")]


def _row(headers: list[str], cells: list[str]) -> str:
    names = headers + [""] * (len(cells) - len(headers))
    named = [f"{name.rstrip(':')}: {cell}" if name else cell for name, cell in zip(names, cells, strict=False) if cell]
    return "; ".join(named)


def _flat(node: PageElement) -> str:
    """All text of an element on one line; only code keeps its lines."""
    line = one_line(_inline(node, 0).replace(LINE_BREAK, " "))
    return line.replace(" \x01", "\x01").replace("\x01 ", "\x01").translate(_KEPT).strip()


def _inline(node: PageElement, depth: int) -> str:
    if isinstance(node, NavigableString):
        return "" if isinstance(node, PreformattedString) else str(node)
    if not isinstance(node, Tag):
        return ""
    if depth > DEEPEST:
        return node.get_text(" ")
    if node.name == "br":
        return LINE_BREAK
    if node.name == "img":
        return _alternative(node)
    if node.name == "pre":
        code = node.get_text().strip("\n").rstrip()
        return (f"\n{code}\n" if "\n" in code else f" {code} ").translate(_KEEP)
    parts: list[str] = []
    for child in node.children:
        if isinstance(child, Tag) and child.name in ("ul", "ol"):
            _add_list(parts, child, depth + 1)
        else:
            parts.append(_inline(child, depth + 1))
    text = "".join(parts)
    if node.name == "a":
        return _link(text, str(node.get("href", "")))
    return f" {text} " if node.name in _BLOCKS else text


def _add_list(parts: list[str], child: Tag, depth: int) -> None:
    """To the text so far. A list inside an item belongs to it: `Open the menu: Billing; Invoices`."""
    items = "; ".join(item for part in child.children if (item := one_line(_inline(part, depth))))
    while parts and not parts[-1].rstrip():
        parts.pop()
    if parts:
        parts[-1] = parts[-1].rstrip()
    lead = " " if not parts or parts[-1][-1] in ".:;,!?" else ": "
    parts.append(f"{lead}{items} ")


def _link(text: str, href: str) -> str:
    """The text, and where an absolute link leads, unless the text says it already."""
    shown = one_line(text)
    target = href.strip().removeprefix("mailto:")
    if not _ABSOLUTE.fullmatch(href.strip()) or target.rstrip("/") in shown or not shown:
        return text
    return f"{text} ({target})"


def _alternative(image: Tag) -> str:
    """What stands for an image in the middle of a text, such as an icon."""
    alt = one_line(str(image.get("alt", "")))
    return "" if "." in alt else alt
