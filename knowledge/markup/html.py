"""HTML to sections. Bad HTML is read as far as it goes, and what is hidden from a reader is left out, so that nothing
but what people see can be quoted. Nothing here recurses deeper than `DEEPEST`, whatever the page nests."""

import re
from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag
from bs4.exceptions import ParserRejectedMarkup

from desk.passage import BlockKind
from knowledge.markup.structure import LINE_BREAK, LONGEST_HEADING, Structure, Writer, squeeze

DEEPEST = 60

_DROPPED = frozenset({
    "script", "style", "nav", "footer", "aside", "template", "noscript", "svg", "iframe", "form", "button", "head",
    "title", "object", "video", "audio",
})  # fmt: skip
_DROPPED_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "complementary"})
_ASKING = re.compile(
    r"cookie-?(?:banner|bar|consent|law|message|notice|notification|popup)|onetrust|cookiebot"
    r"|\b(?:gdpr|consent)-?(?:banner|bar|manager|notice|popup)"
)
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


class Unparsable(Exception):
    """The parser refused the page."""


class _Soup(BeautifulSoup):
    """Ends the elements that HTML lets an author leave open."""

    def handle_starttag(self, name: str, *parts: Any, **named: Any) -> Tag | None:
        """Called by the parser for each opening tag."""
        while self.currentTag is not None and self.currentTag.name in _ENDS.get(name, ()):
            self.handle_endtag(self.currentTag.name)
        return super().handle_starttag(name, *parts, **named)


def read_html(html: str) -> Structure:
    """The visible text of a page by its headings; of `<main>` or `<article>` where there is one. Raises Unparsable."""
    try:
        soup = _Soup(without_open_ends(html), "html.parser")
    except (ParserRejectedMarkup, AssertionError) as error:
        raise Unparsable from error
    title = _flat(soup.title) if soup.title else ""
    # Plain loops, here and below: the parser's own search costs several times as much for each element.
    for tag in [each for each in soup.descendants if isinstance(each, Tag) and _is_left_out(each)]:
        if not tag.decomposed:
            tag.decompose()
    root = _root(soup)
    first = root.find("h1") or soup.find("h1")
    title = (first and _flat(first)) or title
    writer = Writer(title=title)
    _walk(root, writer, 0)
    return Structure(title[:LONGEST_HEADING] or None, writer.finish())


def _root(soup: BeautifulSoup) -> Tag:
    """What the page is about. Of several articles none is the page; a site's own header is not part of it."""
    if main := soup.find("main") or soup.find(role="main"):
        return main
    body = soup.body or soup
    articles = list(_outermost(body, frozenset({"article"}), 0))
    if len(articles) == 1:
        return articles[0]
    for part in list(_outermost(body, _PARTS, 0)):
        if part.name == "header" and part.find(list(_HEADINGS)) is None:
            part.decompose()
    return body


def _outermost(node: Tag, names: frozenset[str], depth: int) -> Iterator[Tag]:
    """The elements of these names that stand in no other of them."""
    for child in node.children:
        if isinstance(child, Tag) and child.name in names:
            yield child
        elif isinstance(child, Tag) and depth < DEEPEST:
            yield from _outermost(child, names, depth + 1)


def without_open_ends(html: str) -> str:
    """`html.parser` reads on to the end of the page at each tag or comment that never ends, and again at the next."""
    closed, end, rest = html.rpartition("-->")
    return _OPEN_TAG.sub("&lt;", closed + end + rest.replace("<!--", "&lt;!--"))


def _is_left_out(tag: Tag) -> bool:
    return tag.name in _DROPPED or (bool(tag.attrs) and (_is_hidden(tag) or _is_furniture(tag)))


def _is_furniture(tag: Tag) -> bool:
    """What a site puts around and into each of its pages: menus, questions about cookies, links to a heading itself."""
    if str(tag.get("role", "")).lower() in _DROPPED_ROLES:
        return True
    if tag.name == "a" and str(tag.get("href", "")).startswith("#"):
        return "skip" in _names(tag) or not _says_something(tag, 0)
    return tag.name in ("div", "section") and _ASKING.search(_names(tag)) is not None


def _says_something(node: PageElement, depth: int) -> bool:
    """Letters or digits; an icon is none. What is nested deeper than an icon is taken for something."""
    if isinstance(node, Tag):
        return depth > 2 or any(_says_something(child, depth + 1) for child in node.children)
    return any(map(str.isalnum, str(node)))


def _names(tag: Tag) -> str:
    """Its id and classes, with hyphens, in lower case."""
    return " ".join([str(tag.get("id", "")), *map(str, tag.get("class") or ())]).lower().replace("_", "-")


def _is_hidden(tag: Tag) -> bool:
    style = str(tag.get("style", "")).replace(" ", "").lower()
    return (
        tag.has_attr("hidden")
        or str(tag.get("aria-hidden", "")).lower() == "true"
        or "display:none" in style
        or "visibility:hidden" in style
    )


def _walk(node: Tag, writer: Writer, depth: int) -> None:
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


def _read_block(tag: Tag, writer: Writer, depth: int) -> None:
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
    for child in tag.find_all(["dt", "dd"]):
        if child.name == "dd":
            meanings.append(_flat(child))
            continue
        yield f"{term}: {' '.join(meanings)}".strip(": ")
        term, meanings = _flat(child), []
    yield f"{term}: {' '.join(meanings)}".strip(": ")


def _read_table(table: Tag, writer: Writer, depth: int) -> None:
    """A row reads `Header: cell; Header: cell`. A table that only lays out a page is read like a `<div>`."""
    if table.find("th") is None and table.find(["table", "ul", "ol", "p", "h1", "h2", "h3", "h4"]) is not None:
        _walk(table, writer, depth)
        return
    rows = [_cells(row) for row in table.find_all("tr") if row.find_parent("table") is table]
    if table.caption:
        writer.paragraph(_flat(table.caption))
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
    line = squeeze(_inline(node, 0).replace(LINE_BREAK, " "))
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
    text = ""
    for child in node.children:
        text = _add(text, child, depth + 1)
    if node.name == "a":
        return _link(text, str(node.get("href", "")))
    return f" {text} " if node.name in _BLOCKS else text


def _add(text: str, child: PageElement, depth: int) -> str:
    """The text so far and the child's. A list inside an item belongs to it: `Open the menu: Billing; Invoices`."""
    if not isinstance(child, Tag) or child.name not in ("ul", "ol"):
        return text + _inline(child, depth)
    items = "; ".join(item for part in child.children if (item := squeeze(_inline(part, depth))))
    text = text.rstrip()
    lead = " " if not text or text[-1] in ".:;,!?" else ": "
    return f"{text}{lead}{items} "


def _link(text: str, href: str) -> str:
    """The text, and where an absolute link leads, unless the text says it already."""
    shown = squeeze(text)
    target = href.strip().removeprefix("mailto:")
    if not _ABSOLUTE.fullmatch(href.strip()) or target.rstrip("/") in shown or not shown:
        return text
    return f"{text} ({target})"


def _alternative(image: Tag) -> str:
    """What stands for an image in the middle of a text, such as an icon; a picture of its own is left out."""
    alt = squeeze(str(image.get("alt", "")))
    alone = image.parent is None or not squeeze(image.parent.get_text())
    return "" if alone or "." in alt else alt
