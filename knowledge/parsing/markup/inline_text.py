"""The text of an element on one line, as it is read: lists and tables within are punctuated, code keeps its lines."""

import re
from collections.abc import Callable, Sequence

from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from knowledge.parsing.markup.dom import BLOCK_TAGS, DEEPEST
from knowledge.parsing.markup.tables import TooManySpans, table_rows
from knowledge.parsing.structure import LINE_BREAK, one_line

_ABSOLUTE_URL = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)

_PASSED_OVER = "passed-over"

# Code inside a list item keeps its lines and indents through `one_line` as characters that `clean` has left free.
_PROTECT_CODE = str.maketrans({"\n": "\x01", " ": "\x02"})
_RESTORE_CODE = str.maketrans({"\x01": "\n", "\x02": " "})


def text_on_one_line(node: PageElement, depth: int = 0) -> str:
    """All text of an element on one line; only code keeps its lines."""
    line = one_line(inline_text(node, depth).replace(LINE_BREAK, " "))
    return line.replace(" \x01", "\x01").replace("\x01 ", "\x01").translate(_RESTORE_CODE).strip()


def text_without(node: Tag, parts: Sequence[Tag]) -> str:
    """The same, but for these elements within."""
    names = [part.name for part in parts]
    for part in parts:
        part.name = _PASSED_OVER
    text = text_on_one_line(node)
    for part, name in zip(parts, names, strict=True):
        part.name = name
    return text


def inline_text(node: PageElement, depth: int) -> str:
    """The text with its spaces, and `LINE_BREAK` where a line ends."""
    if isinstance(node, NavigableString):
        return "" if isinstance(node, PreformattedString) else str(node)
    if not isinstance(node, Tag):
        return ""
    if depth > DEEPEST:
        return node.get_text(" ")
    if node.name in _LEAVES:
        return _LEAVES[node.name](node)
    parts: list[str] = []
    for child in node.children:
        if isinstance(child, Tag) and child.name in ("ul", "ol"):
            _add_list(parts, child, depth + 1)
        elif isinstance(child, Tag) and child.name == "table":
            parts.append(f" {_nested_table(child, depth + 1)} ")
        else:
            parts.append(inline_text(child, depth + 1))
    text = "".join(parts)
    if node.name == "a":
        return _link_text(text, str(node.get("href", "")))
    return f" {text} " if node.name in BLOCK_TAGS else text


def _code(node: Tag) -> str:
    code = node.get_text().strip("\n").rstrip()
    return (f"\n{code}\n" if "\n" in code else f" {code} ").translate(_PROTECT_CODE)


def _alt_text(image: Tag) -> str:
    """What stands for an image in the middle of a text, such as an icon."""
    alt = one_line(str(image.get("alt", "")))
    return "" if "." in alt else alt


_LEAVES: dict[str, Callable[[Tag], str]] = {
    "br": lambda _: LINE_BREAK, "img": _alt_text, "pre": _code, _PASSED_OVER: lambda _: "",
}  # fmt: skip


def _add_list(parts: list[str], list_tag: Tag, depth: int) -> None:
    """To the text so far. A list inside an item belongs to it: `Open the menu: Billing; Invoices`."""
    items = "; ".join(item for item_tag in list_tag.children if (item := one_line(inline_text(item_tag, depth))))
    while parts and not parts[-1].rstrip():
        parts.pop()
    if parts:
        parts[-1] = parts[-1].rstrip()
    separator = " " if not parts or parts[-1][-1] in ".:;,!?" else ": "
    parts.append(f"{separator}{items} ")


def _nested_table(table: Tag, depth: int) -> str:
    """A table in a cell: its rows, one behind the other."""
    try:
        return "; ".join(
            row.replace("; ", ", ") for row in table_rows(table, lambda cell: text_on_one_line(cell, depth))
        )
    except TooManySpans:
        return table.get_text(" ")


def _link_text(text: str, href: str) -> str:
    """The text, and where an absolute link leads, unless the text says it already."""
    visible_text = one_line(text)
    target = href.strip().removeprefix("mailto:")
    if not _ABSOLUTE_URL.fullmatch(href.strip()) or target.rstrip("/") in visible_text or not visible_text:
        return text
    return f"{text} ({target})"
