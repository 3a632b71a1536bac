"""A database of Notion, exported as CSV: a table whose rows name their columns."""

import csv
import io
from html import escape
from itertools import islice

from knowledge.parsing.files.extract import MOST_TEXT, Extract, UnreadableFile

MOST_ROWS = 5000
MOST_COLUMNS = 100


def read(content: bytes) -> Extract:
    """The file as HTML. Raises UnreadableFile that says what is wrong with it."""
    try:
        rows = list(islice(csv.reader(io.StringIO(content.decode("utf-8", "replace"), newline="")), MOST_ROWS + 2))
    except csv.Error as error:
        raise UnreadableFile("is no table of comma-separated values") from error
    if len(rows) > MOST_ROWS + 1 or max(map(len, rows), default=0) > MOST_COLUMNS:
        raise UnreadableFile(f"has more than {MOST_ROWS:,} rows or {MOST_COLUMNS} columns")
    head, *body = rows or [[]]
    html = f"<table>{_row(head, 'th')}{''.join(_row(row, 'td') for row in body if any(row))}</table>"
    if len(html) > MOST_TEXT:
        raise UnreadableFile(f"has more than {MOST_TEXT:,} characters of text")
    return Extract(None, html)


def _row(cells: list[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"
