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

_TRANSPARENT_ELEMENTS = frozenset(
    {"ins", "moveTo", "smartTag", "fldSimple", "dir", "bdo", "customXml", "sdt", "sdtContent"}
)
_SPECIAL_CHARACTERS = {"tab": " ", "br": "<br>", "cr": "<br>", "noBreakHyphen": "-", "ptab": " "}
_BREAK = "<br>"
MOST_COLUMNS = 64
_LINK_SCHEMES = ("http://", "https://", "mailto:")


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
            for child in element:
                yield from self.blocks(child)

    def _paragraph(self, element: ET.Element) -> Iterator[ExtractBlock]:
        properties = child_element(element, "pPr")
        style = child_value(properties, "pStyle")
        html = self._inline_html(element)
        if html.strip() and not self.styles.is_contents(style):
            yield self._block(properties, style, html)
        for box in _text_boxes(element):
            yield from self.blocks(box)

    def _block(self, properties: ET.Element | None, style: str, html: str) -> ExtractBlock:
        if self.styles.is_code(style):
            return ExtractBlock(ExtractKind.CODE, html.rstrip().replace(_BREAK, "\n"))
        html = html.strip()
        level = self.styles.heading(properties, style)
        if level is not None:
            return ExtractBlock(ExtractKind.HEADING, html.replace(_BREAK, " "), level)
        if list_item := self.styles.item(properties, style):
            return ExtractBlock(ExtractKind.ITEM, html, *list_item)
        return ExtractBlock(ExtractKind.PARAGRAPH, html)

    def _inline_html(self, element: ET.Element) -> str:
        parts: list[str] = []
        for child in element:
            name = local_name(child)
            if name == "r":
                parts.append(_run_text(child))
            elif name == "hyperlink":
                parts.append(self._link_html(child))
            elif name in _TRANSPARENT_ELEMENTS:
                parts.append(self._inline_html(child))
            elif name in ("oMath", "oMathPara"):
                parts.append(
                    escape(
                        "".join(descendant.text or "" for descendant in child.iter() if local_name(descendant) == "t")
                    )
                )
        return "".join(parts)

    def _link_html(self, element: ET.Element) -> str:
        target, html = self.links.get(attribute_value(element, "id"), ""), self._inline_html(element)
        return f'<a href="{escape(target)}">{html}</a>' if target.lower().startswith(_LINK_SCHEMES) else html

    def _table(self, table: ET.Element) -> Iterator[ExtractBlock]:
        cells = [
            [cell for cell in _unwrapped_children(row) if local_name(cell) == "tc"]
            for row in _unwrapped_children(table)
            if _is_row(row)
        ]
        if sum(map(len, cells)) == 1:  # a frame around text
            yield from self.blocks(next(row[0] for row in cells if row))
            return
        rows = [list(_spread_wide_cells(row)) for row in cells]
        texts = [[self._cell_html(cell) if cell is not None else "" for cell in row] for row in rows]
        for index, row in enumerate(rows):
            _repeat_merged_cells(texts, index, row)
        filled_rows = [row for row in texts if any(row)]
        if filled_rows:
            first_cell_tag = "th" if len(filled_rows) > 1 and self._has_header(table) else "td"
            html = "".join(
                _row_html(row, first_cell_tag if index == 0 else "td") for index, row in enumerate(filled_rows)
            )
            yield ExtractBlock(ExtractKind.TABLE, html)

    def _cell_html(self, cell: ET.Element) -> str:
        """On one line: in a cell, what would be a paragraph makes a table look like a mere layout to the parser."""
        blocks = [block for block in self.blocks(cell) if block.kind is not ExtractKind.TABLE]
        nested = [block for block in self.blocks(cell) if block.kind is ExtractKind.TABLE]
        nested_html = [
            block.html.replace("</td>", " ").replace("</th>", " ").replace("</tr>", "; ") for block in nested
        ]
        plain = [html.replace("<td>", "").replace("<th>", "").replace("<tr>", "") for html in nested_html]
        return _BREAK.join([block.html for block in blocks] + plain)

    def _has_header(self, table: ET.Element) -> bool:
        """Marked as one; or set apart as first rows are, by the table's style or in bold."""
        row = next(row for row in _unwrapped_children(table) if _is_row(row))
        if is_on(child_element(row, "trPr"), "tblHeader"):
            return True
        properties = child_element(table, "tblPr")
        look = child_element(properties, "tblLook")
        if look is None or not _first_row_differs(look):
            return False
        return self.styles.has_header_row(child_value(properties, "tblStyle")) or _all_bold(row)


def _run_text(run: ET.Element) -> str:
    if is_on(child_element(run, "rPr"), "vanish"):
        return ""
    parts: list[str] = []
    for child in run:
        name = local_name(child)
        if name == "t":
            parts.append(escape(child.text or ""))
        elif name in _SPECIAL_CHARACTERS:
            parts.append(_SPECIAL_CHARACTERS[name])
    return "".join(parts)


def _text_boxes(paragraph: ET.Element) -> Iterator[ET.Element]:
    """The text boxes that hang on a paragraph; each is there twice, for old programs too."""
    for child in paragraph:
        name = local_name(child)
        if name == "txbxContent":
            yield child
        elif name != "Fallback":
            yield from _text_boxes(child)


def _unwrapped_children(element: ET.Element) -> Iterator[ET.Element]:
    """The children, and those of content controls among them."""
    for child in element:
        if local_name(child) in ("sdt", "sdtContent", "customXml", "ins"):
            yield from _unwrapped_children(child)
        else:
            yield child


def _is_row(element: ET.Element) -> bool:
    return local_name(element) == "tr" and child_element(child_element(element, "trPr"), "del") is None


def _spread_wide_cells(row: Sequence[ET.Element]) -> Iterator[ET.Element | None]:
    """The cells of a row, with nothing in the further columns of a wide one, so that each stands under its header."""
    for cell in row:
        yield cell
        grid_span = child_value(child_element(cell, "tcPr"), "gridSpan")
        yield from [None] * (
            min(int(grid_span), MOST_COLUMNS) - 1 if grid_span.isascii() and grid_span.isdigit() else 0
        )


def _repeat_merged_cells(texts: list[list[str]], row_index: int, row: Sequence[ET.Element | None]) -> None:
    """A cell that goes on from the row above says what that says: each row is read alone."""
    for column, cell in enumerate(row):
        vertical_merge = child_element(child_element(cell, "tcPr"), "vMerge")
        continues = vertical_merge is not None and attribute_value(vertical_merge, "val") != "restart"
        if continues and row_index and column < len(texts[row_index - 1]):
            texts[row_index][column] = texts[row_index][column] or texts[row_index - 1][column]


def _row_html(cells: Sequence[str], name: str) -> str:
    return "<tr>" + "".join(f"<{name}>{cell}</{name}>" for cell in cells) + "</tr>"


def _first_row_differs(look: ET.Element) -> bool:
    """`firstRow`, or its bit in the number that Word wrote before 2010."""
    first_row = attribute_value(look, "firstRow")
    if first_row:
        return first_row in ("1", "true", "on")
    try:
        return bool(int(attribute_value(look, "val") or "0", 16) & 0x20)
    except ValueError:
        return False


def _all_bold(row: ET.Element) -> bool:
    runs = [run for run in row.iter() if local_name(run) == "r" and any(local_name(child) == "t" for child in run)]
    return bool(runs) and all(is_on(child_element(run, "rPr"), "b") for run in runs)
