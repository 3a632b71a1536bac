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

_LAYOUT_CONTENT = frozenset({"table", "ul", "ol", "p", "h1", "h2", "h3", "h4"})
_SECTIONING_TAGS = frozenset({"header", "article", "section"})
_HEADING_LEVELS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_SUMMARY_LEVEL = 7
_BLOCK_TAGS = frozenset({
    "address", "article", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "header", "hr", "html", "li", "main", "ol", "p", "pre", "section", "summary", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "ul", *_HEADING_LEVELS,
})  # fmt: skip
_OPEN_TAG = re.compile(r"<(?!!--)(?=[A-Za-z/?!])(?!(?:[^<>]|<(?![A-Za-z/?!])){0,5000}+>)")
_ABSOLUTE_URL = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)

# Code inside a list item keeps its lines and indents through `squeeze` as characters that `clean` has left free.
_PROTECT_CODE = str.maketrans({"\n": "\x01", " ": "\x02"})
_RESTORE_CODE = str.maketrans({"\x01": "\n", "\x02": " "})

# What HTML lets an author leave open, by what ends it; `html.parser` would nest one in the other.
_IMPLICITLY_CLOSED = {
    "li": {"li"}, "p": {"p"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}, "tr": {"tr", "td", "th"}, "td": {"td", "th"},
    "th": {"td", "th"},
}  # fmt: skip


class NotParsed(ValueError):
    """A page beyond what is read; the words say why, and stand behind its name: "has more than 10 tags"."""


class Unparsable(Exception):
    """The parser refused the page."""


class _Soup(BeautifulSoup):
    """Ends the elements that HTML lets an author leave open, and those that stand too deep."""

    def handle_starttag(self, name: str, *args: Any, **kwargs: Any) -> Tag | None:
        """Called by the parser for each opening tag."""
        while self.currentTag is not None and self.currentTag.name in _IMPLICITLY_CLOSED.get(name, ()):
            self.handle_endtag(self.currentTag.name)
        if len(self.tagStack) > DEEPEST_TREE and self.currentTag is not None:
            self.handle_endtag(self.currentTag.name)
        return super().handle_starttag(name, *args, **kwargs)


def read_html(html: str) -> ParsedPage:
    """The visible text of a page by its headings; of `<main>` or `<article>` where there is one. Raises Unparsable, and
    NotParsed for too large a page."""
    brackets, end_tags = html.count("<"), html.count("</")
    if brackets - end_tags > MOST_TAGS or brackets + html.count("&") > MOST_MARKS:
        raise NotParsed(f"has more than {MOST_TAGS:,} tags")
    try:
        soup = _Soup(without_open_ends(html), "html.parser")
    except (ParserRejectedMarkup, AssertionError) as error:
        raise Unparsable from error
    page_title = _find_first(soup, "title")
    title = _text_on_one_line(page_title) if page_title else ""
    # Plain loops, here and below: the parser's own search costs several times as much for each element.
    for tag in [each for each in _tags(soup) if is_boilerplate(each)]:
        if not tag.decomposed:
            _clear_tag(tag)
    _clear_lone_alt_texts(soup)
    root = _find_root(soup)
    heading = _find_first(root, "h1") or _find_first(soup, "h1")
    title = (heading and _text_on_one_line(heading)) or title
    writer = SectionWriter(title=title)
    _read_children(root, writer, 0)
    return ParsedPage(title[:LONGEST_HEADING] or None, writer.finish())


def _find_root(soup: BeautifulSoup) -> Tag:
    """What the page is about. Of several articles none is the page; a site's own header is not part of it."""
    if main := _find_first(soup, "main") or next((tag for tag in _tags(soup) if tag.get("role") == "main"), None):
        return main
    body = _find_first(soup, "body") or soup
    articles = list(_outermost_tags(body, frozenset({"article"})))
    if len(articles) == 1:
        return articles[0]
    for part in list(_outermost_tags(body, _SECTIONING_TAGS)):
        if part.name == "header" and not any(tag.name in _HEADING_LEVELS for tag in _tags(part)):
            _clear_tag(part)
    return body


def _tags(node: Tag) -> Iterator[Tag]:
    return (descendant for descendant in node.descendants if isinstance(descendant, Tag))


def _find_first(node: Tag, name: str) -> Tag | None:
    return next((tag for tag in _tags(node) if tag.name == name), None)


def _clear_tag(tag: Tag) -> None:
    """Nothing is left of it to be read. To take it out would mean to look for it among all its neighbours."""
    tag.clear(decompose=True)
    tag.name, tag.attrs = "span", {}


def _outermost_tags(node: Tag, names: frozenset[str]) -> Iterator[Tag]:
    """The elements of these names that stand in no other of them."""
    open_nodes = [iter(node.children)]
    while open_nodes:
        child = next(open_nodes[-1], None)
        if child is None:
            open_nodes.pop()
        elif isinstance(child, Tag) and child.name in names:
            yield child
        elif isinstance(child, Tag):
            open_nodes.append(iter(child.children))


def _clear_lone_alt_texts(soup: BeautifulSoup) -> None:
    """A picture beside no text at all stands for nothing that is said."""
    tags_with_text: set[int] = set()
    for node in soup.descendants:
        if type(node) in (NavigableString, CData) and one_line(str(node)):
            parent = node.parent
            while parent is not None and id(parent) not in tags_with_text:
                tags_with_text.add(id(parent))
                parent = parent.parent
    for tag in _tags(soup):
        if tag.name == "img" and id(tag.parent) not in tags_with_text:
            tag["alt"] = ""


def without_open_ends(html: str) -> str:
    """`html.parser` reads on to the end of the page at each tag or comment that never ends, and again at the next."""
    before, comment_end, after = html.rpartition("-->")
    return _OPEN_TAG.sub("&lt;", before + comment_end + after.replace("<!--", "&lt;!--"))


def _read_children(node: Tag, writer: SectionWriter, depth: int) -> None:
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
            inline.append(_inline_text(child, 0))
    writer.paragraph("".join(inline))


def _is_block(tag: Tag) -> bool:
    """A block element, or an inline one around block elements."""
    return tag.name in _BLOCK_TAGS or any(
        isinstance(descendant, Tag) and descendant.name in _BLOCK_TAGS for descendant in tag.descendants
    )


def _read_block(tag: Tag, writer: SectionWriter, depth: int) -> None:
    if tag.name in _HEADING_LEVELS:
        writer.heading(_HEADING_LEVELS[tag.name], _text_on_one_line(tag))
    elif tag.name == "summary":
        writer.heading(_SUMMARY_LEVEL, _text_on_one_line(tag))
    elif tag.name in ("ul", "ol"):
        kind = BlockKind.STEP if tag.name == "ol" else BlockKind.ITEM
        writer.add(kind, [_text_on_one_line(item) for item in tag.children])
    elif tag.name == "dl":
        writer.add(BlockKind.ITEM, list(_definition_items(tag)))
    elif tag.name == "table":
        _read_table(tag, writer, depth)
    elif tag.name == "pre":
        writer.add(BlockKind.CODE, [tag.get_text().strip("\n").rstrip()])
    elif tag.name == "details":
        path = writer.path
        _read_children(tag, writer, depth)
        writer.return_to(path)
    else:
        _read_children(tag, writer, depth)


def _definition_items(tag: Tag) -> Iterator[str]:
    """`term: definition`, one each; several definitions of one term are joined."""
    term, definitions = "", list[str]()
    for child in _outermost_tags(tag, frozenset({"dt", "dd"})):
        if child.name == "dd":
            definitions.append(_text_on_one_line(child))
            continue
        yield f"{term}: {' '.join(definitions)}".strip(": ")
        term, definitions = _text_on_one_line(child), []
    yield f"{term}: {' '.join(definitions)}".strip(": ")


def _read_table(table: Tag, writer: SectionWriter, depth: int) -> None:
    """A row reads `Header: cell; Header: cell`. A table that only lays out a page is read like a `<div>`."""
    if _find_first(table, "th") is None and any(tag.name in _LAYOUT_CONTENT for tag in _tags(table)):
        _read_children(table, writer, depth)
        return
    rows = [_cells(row) for row in _outermost_tags(table, frozenset({"tr", "table"})) if row.name == "tr"]
    if caption := _find_first(table, "caption"):
        writer.paragraph(_text_on_one_line(caption))
    headers: list[str] = []
    if len(rows) > 1 and all(cell.name == "th" for cell in rows[0]):
        headers = [_text_on_one_line(cell) for cell in rows.pop(0)]
    writer.add(BlockKind.ROW, [_row_text(headers, [_text_on_one_line(cell) for cell in row]) for row in rows])


def _cells(row: Tag) -> list[Tag]:
    return [cell for cell in row.children if isinstance(cell, Tag) and cell.name in ("td", "th")]


def _row_text(headers: list[str], cells: list[str]) -> str:
    labels = headers + [""] * (len(cells) - len(headers))
    labelled = [
        f"{name.rstrip(':')}: {cell}" if name else cell for name, cell in zip(labels, cells, strict=False) if cell
    ]
    return "; ".join(labelled)


def _text_on_one_line(node: PageElement) -> str:
    """All text of an element on one line; only code keeps its lines."""
    line = one_line(_inline_text(node, 0).replace(LINE_BREAK, " "))
    return line.replace(" \x01", "\x01").replace("\x01 ", "\x01").translate(_RESTORE_CODE).strip()


def _inline_text(node: PageElement, depth: int) -> str:
    if isinstance(node, NavigableString):
        return "" if isinstance(node, PreformattedString) else str(node)
    if not isinstance(node, Tag):
        return ""
    if depth > DEEPEST:
        return node.get_text(" ")
    if node.name == "br":
        return LINE_BREAK
    if node.name == "img":
        return _alt_text(node)
    if node.name == "pre":
        code = node.get_text().strip("\n").rstrip()
        return (f"\n{code}\n" if "\n" in code else f" {code} ").translate(_PROTECT_CODE)
    parts: list[str] = []
    for child in node.children:
        if isinstance(child, Tag) and child.name in ("ul", "ol"):
            _add_list(parts, child, depth + 1)
        else:
            parts.append(_inline_text(child, depth + 1))
    text = "".join(parts)
    if node.name == "a":
        return _link_text(text, str(node.get("href", "")))
    return f" {text} " if node.name in _BLOCK_TAGS else text


def _add_list(parts: list[str], list_tag: Tag, depth: int) -> None:
    """To the text so far. A list inside an item belongs to it: `Open the menu: Billing; Invoices`."""
    items = "; ".join(item for item_tag in list_tag.children if (item := one_line(_inline_text(item_tag, depth))))
    while parts and not parts[-1].rstrip():
        parts.pop()
    if parts:
        parts[-1] = parts[-1].rstrip()
    separator = " " if not parts or parts[-1][-1] in ".:;,!?" else ": "
    parts.append(f"{separator}{items} ")


def _link_text(text: str, href: str) -> str:
    """The text, and where an absolute link leads, unless the text says it already."""
    visible_text = one_line(text)
    target = href.strip().removeprefix("mailto:")
    if not _ABSOLUTE_URL.fullmatch(href.strip()) or target.rstrip("/") in visible_text or not visible_text:
        return text
    return f"{text} ({target})"


def _alt_text(image: Tag) -> str:
    """What stands for an image in the middle of a text, such as an icon."""
    alt = one_line(str(image.get("alt", "")))
    return "" if "." in alt else alt
