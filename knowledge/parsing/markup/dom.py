"""The tree of a page, and small looks at it. Plain loops: the parser's own search costs several times as much."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

DEEPEST = 60
"""So deep the tree is read by its elements; what is nested deeper is read as plain text."""

DEEPEST_TREE = 512
"""What is nested deeper becomes a neighbour, as in the browsers that are built on Blink."""

HEADING_LEVELS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
BLOCK_TAGS = frozenset({
    "address", "article", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "header", "hr", "html", "li", "main", "ol", "p", "pre", "section", "summary", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "ul", *HEADING_LEVELS,
})  # fmt: skip

_BOLD_TAGS = frozenset({"b", "strong"})
_MOST_NODES = 40
_BOLD_WITHIN = 5
_BOLD_STYLES = ("font-weight:bold", "font-weight:600", "font-weight:700", "font-weight:800", "font-weight:900")

# What HTML lets an author leave open, by what ends it; `html.parser` would nest one in the other.
_IMPLICITLY_CLOSED = {
    "li": {"li"}, "p": {"p"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}, "tr": {"tr", "td", "th"}, "td": {"td", "th"},
    "th": {"td", "th"},
}  # fmt: skip


class Soup(BeautifulSoup):
    """Ends the elements that HTML lets an author leave open, and those that stand too deep."""

    def handle_starttag(self, name: str, *args: Any, **kwargs: Any) -> Tag | None:
        """Called by the parser for each opening tag."""
        while self.currentTag is not None and self.currentTag.name in _IMPLICITLY_CLOSED.get(name, ()):
            self.handle_endtag(self.currentTag.name)
        if len(self.tagStack) > DEEPEST_TREE and self.currentTag is not None:
            self.handle_endtag(self.currentTag.name)
        return super().handle_starttag(name, *args, **kwargs)


def tags(node: Tag) -> Iterator[Tag]:
    """All elements within, in their order."""
    return (descendant for descendant in node.descendants if isinstance(descendant, Tag))


def child_tags(node: Tag) -> Iterator[Tag]:
    """The elements right within."""
    return (child for child in node.children if isinstance(child, Tag))


def find_first(node: Tag, *names: str) -> Tag | None:
    """The first element of one of these names."""
    return next((tag for tag in tags(node) if tag.name in names), None)


def outermost_tags(node: Tag, names: frozenset[str]) -> Iterator[Tag]:
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


def clear_tag(tag: Tag) -> None:
    """Nothing is left of it to be read. To take it out would mean to look for it among all its neighbours."""
    tag.clear(decompose=True)
    tag.name, tag.attrs = "span", {}


def is_gone(tag: Tag) -> bool:
    """Was it cleared away with what stood around it? The parser's own word for it looks through all its elements."""
    return bool(vars(tag).get("_decomposed"))


def replace_by_text(tag: Tag, text: str) -> None:
    """The text stands where the element stood."""
    clear_tag(tag)
    tag.append(NavigableString(text))


def is_block(tag: Tag) -> bool:
    """A block element, or an inline one around block elements."""
    return tag.name in BLOCK_TAGS or find_first(tag, *BLOCK_TAGS) is not None


def raw_text(node: PageElement) -> str:
    """All text of an element on one line, however deep, as it stands there."""
    if isinstance(node, Tag):
        return " ".join(node.get_text(" ").split())
    return "" if isinstance(node, PreformattedString) else " ".join(str(node).split())


def brief_text(node: Tag) -> str:
    """The same of an element that holds little; nothing of a larger one, however large it is."""
    nodes = list(islice(node.descendants, _MOST_NODES + 1))
    texts = [str(each) for each in nodes if isinstance(each, NavigableString)]
    return "" if len(nodes) > _MOST_NODES else " ".join(" ".join(texts).split())


def is_bold(node: PageElement) -> bool:
    """Is it an element all of whose text is bold?"""
    if not isinstance(node, Tag):
        return False
    for _ in range(_BOLD_WITHIN):
        if _looks_bold(node):
            return bool(raw_text(node))
        parts = [child for child in node.children if raw_text(child)]
        if len(parts) != 1 or not isinstance(parts[0], Tag):
            return bool(parts) and all(isinstance(part, Tag) and _looks_bold(part) for part in parts)
        node = parts[0]
    return False


def _looks_bold(tag: Tag) -> bool:
    return tag.name in _BOLD_TAGS or style_of(tag).startswith(_BOLD_STYLES) or ";font-weight:bold" in style_of(tag)


def style_of(tag: Tag) -> str:
    """The element's own style, without spaces, in lower case."""
    return str(tag.get("style", "")).replace(" ", "").lower()


def role_of(tag: Tag) -> str:
    """The role that the element has by its attribute."""
    return str(tag.get("role", "")).lower().strip()


def id_and_classes(tag: Tag) -> str:
    """Its id and classes, with hyphens, in lower case."""
    return " ".join([str(tag.get("id", "")), *map(str, tag.get("class") or ())]).lower().replace("_", "-")
