"""Tables of AsciiDoc: cells of one row on one line or on many, with spans, and rows of CSV."""

import csv
import re
from collections.abc import Callable
from html import escape

_CELL = re.compile(
    r"(?:^|[ \t])(?:(?P<columns>\d+)?(?:\.(?P<rows>\d+))?\+|(?P<times>\d+)\*)?[<^>.]*(?P<style>[aehlmsd])?\|", re.M
)
_COLUMNS = re.compile(r"""cols\s*=\s*["']?([^"'\]]+)""")
_COLUMN = re.compile(r"(?:(\d+)\*)?[^*]*")


def table_html(lines: list[str], style: str, inline: Callable[[str], str], caption: str) -> str:
    """The table. Its first row names the columns where that is said, or where an empty line follows it."""
    if re.search(r"""format\s*=\s*["']?[cd]sv""", style):
        cells = [(cell, "", "") for row in csv.reader(lines) for cell in row]
        width = len(next(csv.reader(lines), []))
    else:
        text = "\n".join(lines)
        cells = _cells(text)
        width = _width(style) or _cells_of_first_line(lines)
    has_header = "header" in style or (
        "noheader" not in style and len(lines) > 1 and bool(lines[0].strip()) and not lines[1].strip()
    )
    head = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{head}{_rows(cells, width or 1, has_header, inline)}</table>"


def _rows(cells: list[tuple[str, str, str]], width: int, has_header: bool, inline: Callable[[str], str]) -> str:
    html: list[str] = ["<tr>"]
    column, is_first = 0, True
    below: list[int] = [0] * width
    for text, attributes, style in cells:
        while column < width and below[column]:
            below[column] -= 1
            column += 1
        if column >= width:
            html.append("</tr><tr>")
            column, is_first = 0, False
            while column < width and below[column]:
                below[column] -= 1
                column += 1
        tag = "th" if (has_header and is_first) or style == "h" else "td"
        html.append(f"<{tag}{attributes}>{inline(text.strip())}</{tag}>")
        columns, rows = _span(attributes)
        for place in range(column, min(width, column + columns)):
            below[place] = rows - 1
        column += columns
    return "".join([*html, "</tr>"])


def _span(attributes: str) -> tuple[int, int]:
    columns, rows = re.search(r"colspan=(\d+)", attributes), re.search(r"rowspan=(\d+)", attributes)
    return int(columns[1]) if columns else 1, int(rows[1]) if rows else 1


def _cells(text: str) -> list[tuple[str, str, str]]:
    """Each cell's text, its spans as attributes, and its style."""
    marks = list(_CELL.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    found: list[tuple[str, str, str]] = []
    for mark, end in zip(marks, ends, strict=False):
        columns, rows = min(int(mark["columns"] or 1), 100), min(int(mark["rows"] or 1), 1000)
        attributes = (f" colspan={columns}" if columns > 1 else "") + (f" rowspan={rows}" if rows > 1 else "")
        found += [(text[mark.end() : end], attributes, mark["style"] or "")] * min(int(mark["times"] or 1), 100)
    return found


def _cells_of_first_line(lines: list[str]) -> int:
    first = next((line for line in lines if line.strip()), "")
    return sum(_span(attributes)[0] for _, attributes, _ in _cells(first))


def _width(style: str) -> int:
    match = _COLUMNS.search(style)
    if match is None:
        return 0
    parts = [part for part in re.split(r"[,;]", match[1]) if part.strip()]
    times = [match[1] for part in parts if (match := _COLUMN.match(part.strip()))]
    return min(sum(int(number or 1) for number in times), 200)
