"""Rich Text Format, by striprtf: its paragraphs. It says of none that it is a heading."""

import re
from html import escape
from itertools import groupby

from striprtf.striprtf import rtf_to_text

from knowledge.parsing.files.extract import MOST_TEXT, Extract, UnreadableFile

_TITLE = re.compile(rb"\{\\title ([^{}\\]{1,200})\}")


def read(content: bytes) -> Extract:
    """The file as HTML. Raises UnreadableFile that says what is wrong with it."""
    if not content.lstrip().startswith(b"{\\rtf"):
        raise UnreadableFile("is no Rich Text file")
    text = rtf_to_text(content.decode("latin-1"), encoding="cp1252", errors="replace")  # type: ignore[no-untyped-call]
    if len(text) > MOST_TEXT:
        raise UnreadableFile(f"has more than {MOST_TEXT:,} characters of text")
    title = _TITLE.search(content)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    html = "\n".join(part for is_row, group in groupby(lines, _is_row) for part in _html(is_row, list(group)))
    return Extract(title[1].decode("latin-1").strip() if title else None, html)


def _is_row(line: str) -> bool:
    """A table's row has a bar behind each cell."""
    return line.endswith("|")


def _html(is_row: bool, lines: list[str]) -> list[str]:
    if not is_row:
        return [f"<p>{escape(line)}</p>" for line in lines]
    rows = ("".join(f"<td>{escape(cell.strip())}</td>" for cell in line[:-1].split("|")) for line in lines)
    return [f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"]
