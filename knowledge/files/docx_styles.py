"""What a Word file's styles and numbering say of a paragraph: heading, item of which list, code, contents."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

_HEADING = re.compile(r"heading ([1-9])")
_CONTENTS = ("toc ", "toc heading", "table of figures", "index ")
_CODE = frozenset({"html preformatted", "code", "source code", "code block", "macro text", "plain code"})
_NO_NUMBER = frozenset({"bullet", "none"})
_OFF = frozenset({"0", "false", "off", "none"})
MOST_PARENTS = 20

Numbering = Mapping[str, Mapping[int, bool]]
"""By a list's id and an item's depth: is it numbered?"""


@dataclass(frozen=True, slots=True)
class Style:
    """A paragraph style, or a table style. `name` is Word's own in lower case, whatever the language of the menus."""

    name: str = ""
    parent: str = ""
    outline: int | None = None
    list_id: str | None = None
    depth: int = 0
    header_row: bool = False


@dataclass(frozen=True, slots=True)
class Styles:
    """All styles by their ids, and all numberings."""

    by_id: Mapping[str, Style] = field(default_factory=dict)
    numbering: Numbering = field(default_factory=dict)

    def chain(self, style_id: str) -> Iterator[Style]:
        """A style and those it builds on."""
        for _ in range(MOST_PARENTS):
            style = self.by_id.get(style_id)
            if style is None:
                return
            yield style
            style_id = style.parent

    def heading(self, properties: ET.Element | None, style_id: str) -> int | None:
        """The level of a heading, from 1; 0 for the document's title; None for any other paragraph."""
        own = outline(properties)
        for style in self.chain(style_id):
            if style.name == "title":
                return 0
            if named := _HEADING.fullmatch(style.name):
                return int(named[1])
            own = style.outline if own is None else own
        return own + 1 if own is not None and own < 9 else None

    def item(self, properties: ET.Element | None, style_id: str) -> tuple[int, bool] | None:
        """The depth of an item of a list, from 0, and whether it is numbered; None for any other paragraph."""
        list_id, depth = numbered(properties)
        for style in self.chain(style_id):
            if list_id is None:
                list_id, depth = style.list_id, style.depth
        if list_id is None or list_id == "0":
            return None
        return depth, self.numbering.get(list_id, {}).get(depth, False)

    def is_contents(self, style_id: str) -> bool:
        """A line of a table of contents?"""
        return any(style.name.startswith(_CONTENTS) for style in self.chain(style_id))

    def is_code(self, style_id: str) -> bool:
        """A line of code?"""
        return any(style.name in _CODE for style in self.chain(style_id))

    def has_header_row(self, style_id: str) -> bool:
        """Does a table's style set its first row apart?"""
        return any(style.header_row for style in self.chain(style_id))


def read_styles(tree: ET.Element | None) -> dict[str, Style]:
    """The styles by their ids."""
    found: dict[str, Style] = {}
    for each in tree if tree is not None else ():
        if local(each) == "style":
            properties = child(each, "pPr")
            list_id, depth = numbered(properties)
            found[attribute(each, "styleId")] = Style(
                name=value(each, "name").lower(),
                parent=value(each, "basedOn"),
                outline=outline(properties),
                list_id=list_id,
                depth=depth,
                header_row=any(local(part) == "tblStylePr" and attribute(part, "type") == "firstRow" for part in each),
            )
    return found


def read_numbering(tree: ET.Element | None) -> Numbering:
    """Which lists are numbered, at which depth."""
    kinds: dict[str, dict[int, bool]] = {}
    lists: dict[str, dict[int, bool]] = {}
    for each in tree if tree is not None else ():
        if local(each) == "abstractNum":
            levels = [part for part in each if local(part) == "lvl"]
            kinds[attribute(each, "abstractNumId")] = {
                _number(attribute(level, "ilvl")): value(level, "numFmt") not in _NO_NUMBER for level in levels
            }
        elif local(each) == "num":
            lists[attribute(each, "numId")] = kinds.get(value(each, "abstractNumId"), {})
    return lists


def outline(properties: ET.Element | None) -> int | None:
    """The outline level of paragraph properties, from 0; 9 is text."""
    said = value(properties, "outlineLvl")
    return int(said) if said.isascii() and said.isdigit() else None


def numbered(properties: ET.Element | None) -> tuple[str | None, int]:
    """The list that paragraph properties name, and the depth in it."""
    found = child(properties, "numPr")
    if found is None:
        return None, 0
    return value(found, "numId") or None, _number(value(found, "ilvl"))


def is_on(properties: ET.Element | None, name: str) -> bool:
    """Is a property there that is on unless it says otherwise?"""
    found = child(properties, name)
    return found is not None and attribute(found, "val").lower() not in _OFF


def local(element: ET.Element) -> str:
    """An element's name without its namespace: the strict and the customary form have different ones."""
    return element.tag.rpartition("}")[2]


def child(element: ET.Element | None, name: str) -> ET.Element | None:
    """The first child of this name."""
    return next((each for each in element if local(each) == name), None) if element is not None else None


def value(element: ET.Element | None, name: str) -> str:
    """What the child of this name has for its `val`."""
    found = child(element, name)
    return attribute(found, "val") if found is not None else ""


def attribute(element: ET.Element, name: str) -> str:
    """An attribute by its name without its namespace."""
    return next((said for key, said in element.items() if key.rpartition("}")[2] == name), "")


def _number(said: str) -> int:
    return min(int(said), 8) if said.isascii() and said.isdigit() else 0
