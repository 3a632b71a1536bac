"""The ruled tables of a PDF's pages, as rows of cells; pdfplumber finds them by their lines.

A merged cell counts for each of its columns and rows. A table that goes on over the page is one table, and its header,
where that is printed again, is read once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

from pdfminer.layout import LTContainer, LTCurve, LTPage
from pdfplumber.page import Page as PlumberPage
from pdfplumber.table import Table

from knowledge.parsing.files.pdf_lines import PdfLine, PdfParagraph, readable

FEWEST_RULES = 4
"""Lines and boxes drawn on a page from which on a table may be among them."""

MOST_RULES = 4_000
"""More are a drawing."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, from the page's upper edge."""


@dataclass(frozen=True, slots=True)
class PdfTable:
    """A table: its cells by row, all rows of one length, and where it stands."""

    rows: tuple[tuple[str, ...], ...]
    box: Box

    def holds(self, x: float, y: float) -> bool:
        """Is a place of the page, from its upper edge, within it?"""
        left, top, right, bottom = self.box
        return left <= x <= right and top <= y <= bottom

    def html(self) -> str:
        """What stands in a `<table>`: the first row is its header."""
        return _row_html(self.rows[0], "th") + "".join(_row_html(row, "td") for row in self.rows[1:])


def may_hold_tables(layout: LTPage) -> bool:
    """Is enough drawn on the page? To look for tables costs as much as to read it."""
    return FEWEST_RULES <= sum(isinstance(item, LTCurve) for item in _items(layout)) <= MOST_RULES


def tables_of(page: PlumberPage) -> list[PdfTable]:
    """The page's tables of at least two columns and rows, uppermost first."""
    tables = (_read_table(table) for table in page.find_tables())
    return sorted((table for table in tables if table), key=lambda table: (table.box[1], table.box[0]))


def with_tables(
    pages: Sequence[Sequence[PdfParagraph]], tables: Sequence[Sequence[PdfTable]]
) -> list[list[PdfParagraph | PdfTable]]:
    """The pages with their tables in the place of the lines that stand in them, and those that go on over a page in
    one."""
    filled: list[list[PdfParagraph | PdfTable]] = []
    for paragraphs, page_tables in zip(pages, tables, strict=True):
        page = _put_tables(paragraphs, page_tables)
        before = filled[-1] if filled else []
        last = before[-1] if before else None
        if page and isinstance(last, PdfTable) and isinstance(page[0], PdfTable) and continues(last, page[0]):
            before[-1:] = []
            page[0] = joined(last, page[0])
        filled.append(page)
    return filled


def _put_tables(paragraphs: Sequence[PdfParagraph], tables: Sequence[PdfTable]) -> list[PdfParagraph | PdfTable]:
    page: list[PdfParagraph | PdfTable] = []
    pending = list(tables)
    for paragraph in paragraphs:
        outside: list[PdfLine] = []
        for line in paragraph:
            table = next((table for table in tables if table.holds(*line.middle)), None)
            if table is None:
                outside.append(line)
            elif table in pending:
                page += [outside, table] if outside else [table]
                outside = []
                pending.remove(table)
        page += [outside] if outside else []
    return page


def continues(first: PdfTable, second: PdfTable) -> bool:
    """Is the second, on the next page, more of the first: the same columns at the same place?"""
    same_width = abs(first.box[0] - second.box[0]) < 3 and abs(first.box[2] - second.box[2]) < 3
    return len(first.rows[0]) == len(second.rows[0]) and same_width


def joined(first: PdfTable, second: PdfTable) -> PdfTable:
    """Both as one, without the header that is printed again."""
    more_rows = second.rows[1:] if second.rows[0] == first.rows[0] else second.rows
    return PdfTable(first.rows + more_rows, second.box)


def _items(container: LTContainer[Any]) -> Iterator[object]:
    for item in container:
        yield item
        if isinstance(item, LTContainer):
            yield from _items(item)


def _read_table(table: Table) -> PdfTable | None:
    texts = {cell: readable(text) for row, line in zip(table.rows, table.extract(), strict=True)
             for cell, text in zip(row.cells, line, strict=True) if cell and text}  # fmt: skip
    columns = _steps(cell[edge] for cell in table.cells for edge in (0, 2))
    lines = _steps(cell[edge] for cell in table.cells for edge in (1, 3))
    rows = [tuple(_text_at(texts, (left + right) / 2, (top + bottom) / 2) for left, right in pairwise(columns))
            for top, bottom in pairwise(lines)]  # fmt: skip
    filled = tuple(row for row in rows if any(row))
    is_table = len(filled) > 1 and len(columns) > 2 and len(texts) > 2
    return PdfTable(filled, table.bbox) if is_table else None


def _steps(edges: Iterator[float]) -> list[float]:
    """The places of the lines; those closer than a letter are one."""
    ordered = sorted(set(edges))
    kept = ordered[:1]
    kept += [after for before, after in pairwise(ordered) if after - before > 2]
    return kept


def _text_at(texts: dict[Box, str], x: float, y: float) -> str:
    found = (text for (left, top, right, bottom), text in texts.items() if left <= x <= right and top <= y <= bottom)
    return next(found, "")


def _row_html(row: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(text)}</{tag}>" for text in row) + "</tr>"
