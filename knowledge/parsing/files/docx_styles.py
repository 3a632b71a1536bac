"""What a Word file's styles and numbering say of a paragraph: heading, item of which list, code, contents."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

_HEADING = re.compile(r"heading ([1-9])")
_CONTENTS_STYLES = ("toc ", "toc heading", "table of figures", "index ")
_CODE_STYLES = frozenset({"html preformatted", "code", "source code", "code block", "macro text", "plain code"})
_UNNUMBERED_FORMATS = frozenset({"bullet", "none"})
_OFF_VALUES = frozenset({"0", "false", "off", "none"})
MOST_PARENTS = 20

Numbering = Mapping[str, Mapping[int, bool]]
"""By a list's id and an item's depth: is it numbered?"""


@dataclass(frozen=True, slots=True)
class DocxStyle:
    """A paragraph style, or a table style. `name` is Word's own in lower case, whatever the language of the menus."""

    name: str = ""
    parent: str = ""
    outline: int | None = None
    list_id: str | None = None
    depth: int = 0
    header_row: bool = False


@dataclass(frozen=True, slots=True)
class DocxStyles:
    """All styles by their ids, and all numberings."""

    by_id: Mapping[str, DocxStyle] = field(default_factory=dict)
    numbering: Numbering = field(default_factory=dict)

    def chain(self, style_id: str) -> Iterator[DocxStyle]:
        """A style and those it builds on."""
        for _ in range(MOST_PARENTS):
            style = self.by_id.get(style_id)
            if style is None:
                return
            yield style
            style_id = style.parent

    def heading(self, properties: ET.Element | None, style_id: str) -> int | None:
        """The level of a heading, from 1; 0 for the document's title; None for any other paragraph."""
        outline = outline_level(properties)
        for style in self.chain(style_id):
            if style.name == "title":
                return 0
            if match := _HEADING.fullmatch(style.name):
                return int(match[1])
            outline = style.outline if outline is None else outline
        return outline + 1 if outline is not None and outline < 9 else None

    def item(self, properties: ET.Element | None, style_id: str) -> tuple[int, bool] | None:
        """The depth of an item of a list, from 0, and whether it is numbered; None for any other paragraph."""
        list_id, depth = list_position(properties)
        for style in self.chain(style_id):
            if list_id is None:
                list_id, depth = style.list_id, style.depth
        if list_id is None or list_id == "0":
            return None
        return depth, self.numbering.get(list_id, {}).get(depth, False)

    def is_contents(self, style_id: str) -> bool:
        """A line of a table of contents?"""
        return any(style.name.startswith(_CONTENTS_STYLES) for style in self.chain(style_id))

    def is_code(self, style_id: str) -> bool:
        """A line of code?"""
        return any(style.name in _CODE_STYLES for style in self.chain(style_id))

    def has_header_row(self, style_id: str) -> bool:
        """Does a table's style set its first row apart?"""
        return any(style.header_row for style in self.chain(style_id))


def read_styles(tree: ET.Element | None) -> dict[str, DocxStyle]:
    """The styles by their ids."""
    styles: dict[str, DocxStyle] = {}
    for element in tree if tree is not None else ():
        if local_name(element) == "style":
            properties = child_element(element, "pPr")
            list_id, depth = list_position(properties)
            styles[attribute_value(element, "styleId")] = DocxStyle(
                name=child_value(element, "name").lower(),
                parent=child_value(element, "basedOn"),
                outline=outline_level(properties),
                list_id=list_id,
                depth=depth,
                header_row=any(
                    local_name(child) == "tblStylePr" and attribute_value(child, "type") == "firstRow"
                    for child in element
                ),
            )
    return styles


def read_numbering(tree: ET.Element | None) -> Numbering:
    """Which lists are numbered, at which depth."""
    levels_by_kind: dict[str, dict[int, bool]] = {}
    lists: dict[str, dict[int, bool]] = {}
    for element in tree if tree is not None else ():
        if local_name(element) == "abstractNum":
            levels = [child for child in element if local_name(child) == "lvl"]
            levels_by_kind[attribute_value(element, "abstractNumId")] = {
                _list_depth(attribute_value(level, "ilvl")): child_value(level, "numFmt") not in _UNNUMBERED_FORMATS
                for level in levels
            }
        elif local_name(element) == "num":
            lists[attribute_value(element, "numId")] = levels_by_kind.get(child_value(element, "abstractNumId"), {})
    return lists


def outline_level(properties: ET.Element | None) -> int | None:
    """The outline level of paragraph properties, from 0; 9 is text."""
    value = child_value(properties, "outlineLvl")
    return int(value) if value.isascii() and value.isdigit() else None


def list_position(properties: ET.Element | None) -> tuple[str | None, int]:
    """The list that paragraph properties name, and the depth in it."""
    child = child_element(properties, "numPr")
    if child is None:
        return None, 0
    return child_value(child, "numId") or None, _list_depth(child_value(child, "ilvl"))


def is_on(properties: ET.Element | None, name: str) -> bool:
    """Is a property there that is on unless it says otherwise?"""
    child = child_element(properties, name)
    return child is not None and attribute_value(child, "val").lower() not in _OFF_VALUES


def local_name(element: ET.Element) -> str:
    """An element's name without its namespace: the strict and the customary form have different ones."""
    return element.tag.rpartition("}")[2]


def child_element(element: ET.Element | None, name: str) -> ET.Element | None:
    """The first child of this name."""
    return next((child for child in element if local_name(child) == name), None) if element is not None else None


def child_value(element: ET.Element | None, name: str) -> str:
    """What the child of this name has for its `val`."""
    child = child_element(element, name)
    return attribute_value(child, "val") if child is not None else ""


def attribute_value(element: ET.Element, name: str) -> str:
    """An attribute by its name without its namespace."""
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")


def _list_depth(value: str) -> int:
    return min(int(value), 8) if value.isascii() and value.isdigit() else 0
