"""A PDF: its pages' lines put together again to headings, paragraphs and lists.

A PDF says where letters stand and how large they are, and seldom more. The size that most of the text has is the
text's; larger lines are headings, and so are short bold ones; the outline, where there is one, says at which level.
What is the same at the edge of most pages is a header or a footer, and left out. Tables become lines of text.
"""

import io
import logging
import re
from collections.abc import Iterator
from typing import Any

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LAParams
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfexceptions import PDFException
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import resolve1
from pdfminer.psexceptions import PSException
from pdfminer.utils import decode_text

from knowledge.parsing.files.extract import Extract, UnreadableFile, with_title
from knowledge.parsing.files.pdf_blocks import HeadingLevels, pdf_to_blocks
from knowledge.parsing.files.pdf_lines import PdfParagraph, letters_only, lines_of, without_headers_and_footers

MOST_PAGES = 3_000
MOST_OUTLINE = 10_000

_NO_TITLE = re.compile(r"untitled.*|(?:microsoft \w+ - )?\S+\.\w{2,5}|microsoft \w+ - .*|.{0,2}", re.IGNORECASE)
"""What programs write where a title should stand: mostly a file's name."""

logging.getLogger("pdfminer").setLevel(logging.CRITICAL)


def read(content: bytes) -> Extract:
    """The file as HTML. Raises UnreadableFile that says what is wrong with it."""
    if b"%PDF-" not in content[:1024]:
        raise UnreadableFile("is no PDF")
    try:
        document = PDFDocument(PDFParser(io.BytesIO(content)))
        pages = without_headers_and_footers(list(_read_pages(document)))
    except (PDFPasswordIncorrect, PDFEncryptionError) as error:
        raise UnreadableFile("is protected by a password") from error
    except (PDFException, PSException) as error:
        raise UnreadableFile("is damaged") from error
    if not any(pages):
        raise UnreadableFile("has no text: its pages may be pictures")
    return with_title(
        pdf_to_blocks(pages, HeadingLevels.from_pages(pages, dict(_outline(document)))), _stated_title(document)
    )


def _read_pages(document: PDFDocument) -> Iterator[list[PdfParagraph]]:
    resources = PDFResourceManager()
    device = PDFPageAggregator(resources, laparams=LAParams(all_texts=True))
    interpreter = PDFPageInterpreter(resources, device)
    for number, page in enumerate(PDFPage.create_pages(document)):
        if number == MOST_PAGES:
            raise UnreadableFile(f"has more than {MOST_PAGES:,} pages")
        interpreter.process_page(page)
        yield lines_of(device.get_result())


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
