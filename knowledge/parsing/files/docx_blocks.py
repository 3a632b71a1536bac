"""The paragraphs, lists and tables of a Word file as blocks.

What was deleted with changes tracked, hidden text, field codes and tables of contents are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from xml.etree import ElementTree as ET

from knowledge.parsing.files.docx_styles import (
    DocxStyles,
    attribute_value,
    child_element,
    child_value,
    is_on,
    local_name,
)
from knowledge.parsing.files.extract import ExtractBlock, ExtractKind

_THROUGH = frozenset({"ins", "moveTo", "smartTag", "fldSimple", "dir", "bdo", "customXml", "sdt", "sdtContent"})
_SIGNS = {"tab": " ", "br": "<br>", "cr": "<br>", "noBreakHyphen": "-", "ptab": " "}
_BREAK = "<br>"
MOST_COLUMNS = 64
_WEB = ("http://", "https://", "mailto:")


@dataclass(frozen=True, slots=True)
class DocxReader:
    """Reads elements of a document's body. `links`: the targets of its hyperlinks, by id."""

    styles: DocxStyles
    links: Mapping[str, str]

    def blocks(self, element: ET.Element) -> Iterator[ExtractBlock]:
        """The blocks of an element of the body, of a text box, or of a cell."""
        name = local_name(element)
        if name == "p":
            yield from self._paragraph(element)
        elif name == "tbl":
            yield from self._table(element)
        elif name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "txbxContent", "tc"):
            for each in element:
                yield from self.blocks(each)

    def _paragraph(self, element: ET.Element) -> Iterator[ExtractBlock]:
        properties = child_element(element, "pPr")
        style = child_value(properties, "pStyle")
        html = self._inline(element)
        if html.strip() and not self.styles.is_contents(style):
            yield self._block(properties, style, html)
        for box in _boxes(element):
            yield from self.blocks(box)

    def _block(self, properties: ET.Element | None, style: str, html: str) -> ExtractBlock:
        if self.styles.is_code(style):
            return ExtractBlock(ExtractKind.CODE, html.rstrip().replace(_BREAK, "\n"))
        html = html.strip()
        level = self.styles.heading(properties, style)
        if level is not None:
            return ExtractBlock(ExtractKind.HEADING, html.replace(_BREAK, " "), level)
        if found := self.styles.item(properties, style):
            return ExtractBlock(ExtractKind.ITEM, html, *found)
        return ExtractBlock(ExtractKind.PARAGRAPH, html)

    def _inline(self, element: ET.Element) -> str:
        parts: list[str] = []
        for each in element:
            name = local_name(each)
            if name == "r":
                parts.append(_run(each))
            elif name == "hyperlink":
                parts.append(self._link(each))
            elif name in _THROUGH:
                parts.append(self._inline(each))
            elif name in ("oMath", "oMathPara"):
                parts.append(escape("".join(part.text or "" for part in each.iter() if local_name(part) == "t")))
        return "".join(parts)

    def _link(self, element: ET.Element) -> str:
        target, html = self.links.get(attribute_value(element, "id"), ""), self._inline(element)
        return f'<a href="{escape(target)}">{html}</a>' if target.lower().startswith(_WEB) else html

    def _table(self, table: ET.Element) -> Iterator[ExtractBlock]:
        cells = [
            [cell for cell in _through(row) if local_name(cell) == "tc"] for row in _through(table) if _is_row(row)
        ]
        if sum(map(len, cells)) == 1:  # a frame around text
            yield from self.blocks(next(row[0] for row in cells if row))
            return
        rows = [list(_spread(row)) for row in cells]
        texts = [[self._cell(cell) if cell is not None else "" for cell in row] for row in rows]
        for place, row in enumerate(rows):
            _repeat_merged(texts, place, row)
        written = [row for row in texts if any(row)]
        if written:
            first = "th" if len(written) > 1 and self._has_header(table) else "td"
            html = "".join(_tr(row, first if place == 0 else "td") for place, row in enumerate(written))
            yield ExtractBlock(ExtractKind.TABLE, html)

    def _cell(self, cell: ET.Element) -> str:
        """On one line: in a cell, what would be a paragraph makes a table look like a mere layout to the parser."""
        blocks = [block for block in self.blocks(cell) if block.kind is not ExtractKind.TABLE]
        nested = [block for block in self.blocks(cell) if block.kind is ExtractKind.TABLE]
        inner = [block.html.replace("</td>", " ").replace("</th>", " ").replace("</tr>", "; ") for block in nested]
        plain = [html.replace("<td>", "").replace("<th>", "").replace("<tr>", "") for html in inner]
        return _BREAK.join([block.html for block in blocks] + plain)

    def _has_header(self, table: ET.Element) -> bool:
        """Marked as one; or set apart as first rows are, by the table's style or in bold."""
        row = next(row for row in _through(table) if _is_row(row))
        if is_on(child_element(row, "trPr"), "tblHeader"):
            return True
        properties = child_element(table, "tblPr")
        look = child_element(properties, "tblLook")
        if look is None or not _first_row_differs(look):
            return False
        return self.styles.has_header_row(child_value(properties, "tblStyle")) or _all_bold(row)


def _run(run: ET.Element) -> str:
    if is_on(child_element(run, "rPr"), "vanish"):
        return ""
    parts: list[str] = []
    for each in run:
        name = local_name(each)
        if name == "t":
            parts.append(escape(each.text or ""))
        elif name in _SIGNS:
            parts.append(_SIGNS[name])
    return "".join(parts)


def _boxes(paragraph: ET.Element) -> Iterator[ET.Element]:
    """The text boxes that hang on a paragraph; each is there twice, for old programs too."""
    for each in paragraph:
        name = local_name(each)
        if name == "txbxContent":
            yield each
        elif name != "Fallback":
            yield from _boxes(each)


def _through(element: ET.Element) -> Iterator[ET.Element]:
    """The children, and those of content controls among them."""
    for each in element:
        if local_name(each) in ("sdt", "sdtContent", "customXml", "ins"):
            yield from _through(each)
        else:
            yield each


def _is_row(element: ET.Element) -> bool:
    return local_name(element) == "tr" and child_element(child_element(element, "trPr"), "del") is None


def _spread(row: Sequence[ET.Element]) -> Iterator[ET.Element | None]:
    """The cells of a row, with nothing in the further columns of a wide one, so that each stands under its header."""
    for cell in row:
        yield cell
        wide = child_value(child_element(cell, "tcPr"), "gridSpan")
        yield from [None] * (min(int(wide), MOST_COLUMNS) - 1 if wide.isascii() and wide.isdigit() else 0)


def _repeat_merged(texts: list[list[str]], place: int, row: Sequence[ET.Element | None]) -> None:
    """A cell that goes on from the row above says what that says: each row is read alone."""
    for column, cell in enumerate(row):
        merged = child_element(child_element(cell, "tcPr"), "vMerge")
        goes_on = merged is not None and attribute_value(merged, "val") != "restart"
        if goes_on and place and column < len(texts[place - 1]):
            texts[place][column] = texts[place][column] or texts[place - 1][column]


def _tr(cells: Sequence[str], name: str) -> str:
    return "<tr>" + "".join(f"<{name}>{cell}</{name}>" for cell in cells) + "</tr>"


def _first_row_differs(look: ET.Element) -> bool:
    """`firstRow`, or its bit in the number that Word wrote before 2010."""
    said = attribute_value(look, "firstRow")
    if said:
        return said in ("1", "true", "on")
    try:
        return bool(int(attribute_value(look, "val") or "0", 16) & 0x20)
    except ValueError:
        return False


def _all_bold(row: ET.Element) -> bool:
    runs = [run for run in row.iter() if local_name(run) == "r" and any(local_name(part) == "t" for part in run)]
    return bool(runs) and all(is_on(child_element(run, "rPr"), "b") for run in runs)
