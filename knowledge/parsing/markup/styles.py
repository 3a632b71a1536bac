"""What a page's own style sheets say of whole elements: that they are hidden or struck out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bs4.element import Tag

from knowledge.parsing.markup.dom import tags

LONGEST_SHEET = 200_000
"""Characters; of a longer one the rest is passed over."""

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_GROUPED = re.compile(r"@[^{};]*+\{(?:[^{}]*+\{[^{}]*+\})*+[^{}]*+\}")
_RULE = re.compile(r"([^{}]*+)\{([^{}]*+)\}")
_SIMPLE = re.compile(r"(?:[a-z][a-z0-9]*)?[.#]([\w-]+)", re.IGNORECASE)
_NAME = re.compile(r"[.#]([\w-]+)")


@dataclass(frozen=True, slots=True)
class StyleSheet:
    """The ids and classes, with hyphens and in lower case, of what is hidden or struck out."""

    hidden: frozenset[str] = frozenset()
    struck: frozenset[str] = frozenset()


def read_style_sheets(soup: Tag) -> StyleSheet:
    """Rules of one simple name each. What any other rule shows again is unfolded by a click, and counts as shown."""
    hidden, shown, struck = set[str](), set[str](), set[str]()
    text = " ".join(tag.get_text() for tag in tags(soup) if tag.name == "style")[:LONGEST_SHEET]
    for selector, body in _rules(text):
        names = {name.lower().replace("_", "-") for name in _NAME.findall(selector)}
        is_simple = _SIMPLE.fullmatch(selector) is not None
        if "display:none" in body or "visibility:hidden" in body:
            hidden.update(names if is_simple else ())
        elif "display:" in body or "visibility:visible" in body:
            shown.update(names)
        if is_simple and "line-through" in body:
            struck.update(names)
    return StyleSheet(frozenset(hidden - shown), frozenset(struck))


def _rules(text: str) -> Iterator[tuple[str, str]]:
    for rule in _RULE.finditer(_GROUPED.sub(" ", _COMMENT.sub(" ", text))):
        for selector in rule[1].split(","):
            yield selector.strip(), rule[2].replace(" ", "").lower()
