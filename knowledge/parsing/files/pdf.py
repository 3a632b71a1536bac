"""A PDF: its pages' lines put together again to headings, paragraphs and lists.

A PDF says where letters stand and how large they are, and seldom more. The size that most of the text has is the
text's; larger lines are headings, and so are short bold ones; the outline, where there is one, says at which level.
What is the same at the edge of most pages is a header or a footer, and left out. Ruled tables are tables (see
`pdf_tables.py`); those without lines become lines of text.
"""

import io
import logging
import re
import time
from collections.abc import Iterator
from typing import Any

from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfexceptions import PDFException
from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import resolve1
from pdfminer.psexceptions import PSException
from pdfminer.utils import decode_text
from pdfplumber.page import Page as PlumberPage
from pdfplumber.pdf import PDF
from pdfplumber.utils.exceptions import PdfminerException

from knowledge.parsing.files.extract import Extract, UnreadableFile, with_title
from knowledge.parsing.files.pdf_blocks import HeadingLevels, pdf_to_blocks
from knowledge.parsing.files.pdf_lines import PdfParagraph, letters_only, lines_of, without_headers_and_footers
from knowledge.parsing.files.pdf_tables import PdfTable, may_hold_tables, tables_of, with_tables

MOST_PAGES = 3_000
MOST_OUTLINE = 10_000

TABLE_SECONDS = 40.0
"""How long tables are looked for in a file; on the pages after that they become lines of text."""

_NO_TITLE = re.compile(r"untitled.*|(?:microsoft \w+ - )?\S+\.\w{2,5}|microsoft \w+ - .*|.{0,2}", re.IGNORECASE)
"""What programs write where a title should stand: mostly a file's name."""

logging.getLogger("pdfminer").setLevel(logging.CRITICAL)


def read(content: bytes) -> Extract:
    """The file as HTML. Raises UnreadableFile that says what is wrong with it."""
    if b"%PDF-" not in content[:1024]:
        raise UnreadableFile("is no PDF")
    try:
        file = _open(content)
        read_pages = list(_read_pages(file))
    except (PDFPasswordIncorrect, PDFEncryptionError) as error:
        raise UnreadableFile("is protected by a password") from error
    except (PDFException, PSException) as error:
        raise UnreadableFile("is damaged") from error
    pages = without_headers_and_footers([paragraphs for paragraphs, _ in read_pages])
    tables = [tables for _, tables in read_pages]
    if not any(pages):
        raise _no_text(file)
    levels = HeadingLevels.from_pages(pages, dict(_outline(file.doc)))
    return with_title(pdf_to_blocks(with_tables(pages, tables), levels), _stated_title(file.doc))


def _open(content: bytes) -> PDF:
    """With pdfplumber, which gives pdfminer's pages and finds the tables in them."""
    try:
        return PDF(io.BytesIO(content), laparams={"all_texts": True}, raise_unicode_errors=False)
    except PdfminerException as error:
        raise _cause(error) from error


def _cause(error: PdfminerException) -> Exception:
    return error.args[0] if error.args and isinstance(error.args[0], Exception) else error


def _read_pages(file: PDF) -> Iterator[tuple[list[PdfParagraph], list[PdfTable]]]:
    finish_by = time.monotonic() + TABLE_SECONDS
    for number, page in enumerate(PDFPage.create_pages(file.doc)):
        if number == MOST_PAGES:
            raise UnreadableFile(f"has more than {MOST_PAGES:,} pages")
        plumbed = PlumberPage(file, page, number + 1)
        try:
            layout = plumbed.layout
        except PdfminerException as error:
            raise _cause(error) from error
        is_looked_at = time.monotonic() < finish_by and may_hold_tables(layout)
        yield lines_of(layout), tables_of(plumbed) if is_looked_at else []


def _no_text(file: PDF) -> UnreadableFile:
    pictures = any(resolve1((page.resources or {}).get("XObject")) for page in PDFPage.create_pages(file.doc))
    return UnreadableFile("holds pictures of text, which are not read" if pictures else "has no text")


def _outline(document: PDFDocument) -> Iterator[tuple[str, int]]:
    """The letters of each title in the outline, and its level from 1. What is broken of it is left out."""
    pending = [(_outline_part(document.catalog.get("Outlines"), "First"), 1)]
    for _ in range(MOST_OUTLINE):  # it may run in a circle
        if not pending:
            return
        entry, level = pending.pop()
        if not isinstance(entry, dict):
            continue
        pending += [(_outline_part(entry, "Next"), level), (_outline_part(entry, "First"), level + 1)]
        if letters := letters_only(_decode_string(entry.get("Title"))):
            yield letters, level


def _stated_title(document: PDFDocument) -> str | None:
    for info in document.info:
        title = " ".join(_decode_string(info.get("Title")).split())
        if not _NO_TITLE.fullmatch(title):
            return title
    return None


def _outline_part(entry: Any, name: str) -> Any:
    entry = resolve1(entry)
    return resolve1(entry.get(name)) if isinstance(entry, dict) else None


def _decode_string(value: Any) -> str:
    value = resolve1(value)
    return decode_text(value) if isinstance(value, bytes) else ""
