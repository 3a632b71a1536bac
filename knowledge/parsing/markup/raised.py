"""What is raised or struck out on a page, before its text is read."""

from dataclasses import dataclass

from bs4.element import NavigableString, PreformattedString, Tag

from knowledge.parsing.markup.dom import (
    BLOCK_TAGS,
    clear_tag,
    id_and_classes,
    is_gone,
    raw_text,
    replace_by_text,
    style_of,
    tags,
)
from knowledge.parsing.markup.styles import StyleSheet
from knowledge.parsing.typography import raised_text

_STRUCK_TAGS = frozenset({"del", "s", "strike"})
_STRUCK_CLASSES = frozenset({"line-through", "strikethrough", "strike-through", "text-decoration-line-through"})
_TAIL = 24


@dataclass(frozen=True, slots=True)
class _Raised:
    """A raised or lowered element, and the text around it."""

    tag: Tag
    before: str
    after: str


def drop_struck_out(soup: Tag, sheet: StyleSheet) -> None:
    """What is struck out is no longer valid: nobody is to be told it."""
    for tag in [tag for tag in tags(soup) if _is_struck_out(tag, sheet)]:
        if not is_gone(tag):
            clear_tag(tag)


def _is_struck_out(tag: Tag, sheet: StyleSheet) -> bool:
    if tag.name in _STRUCK_TAGS:
        return True
    if not tag.attrs:
        return False
    is_styled = "line-through" in style_of(tag)
    return (
        is_styled
        or not sheet.struck.isdisjoint(names := id_and_classes(tag).split())
        or not (_STRUCK_CLASSES.isdisjoint(names))
    )


def settle_raised(soup: Tag) -> None:
    """Marks of footnotes go, exponents stay, "1" above "2" is a half."""
    found = _find_raised(soup)
    notes = frozenset(raw_text(each.tag).strip("[]() ") for each in found if not each.before.strip())
    for each in found:
        if is_gone(each.tag):
            continue
        text = raw_text(each.tag)
        if each.tag.name == "sub":
            replace_by_text(each.tag, text)
        elif each.after.lstrip()[:1] in ("/", "⁄") and text.isdecimal():
            replace_by_text(each.tag, f" {text}" if each.before[-1:].isdigit() else text)
        else:
            replace_by_text(each.tag, raised_text(each.before, text, each.after, notes))


def _find_raised(soup: Tag) -> list[_Raised]:
    """In order, with the text before each in its block, and right behind it."""
    found: list[_Raised] = []
    before = ""
    for node in soup.descendants:
        if isinstance(node, Tag) and (node.name in BLOCK_TAGS or node.name == "br"):
            before = ""
        elif isinstance(node, Tag) and _is_raised(node):
            found.append(_Raised(node, before, _text_after(node)))
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            before = f"{before}{node[-_TAIL:]}"[-_TAIL:]
    return found


def _is_raised(tag: Tag) -> bool:
    return tag.name in ("sup", "sub") or (bool(tag.attrs) and "vertical-align:super" in style_of(tag))


def _text_after(tag: Tag) -> str:
    following = tag.next_sibling
    return str(following)[:_TAIL] if isinstance(following, NavigableString) else ""
