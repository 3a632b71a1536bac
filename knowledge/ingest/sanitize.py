"""What a source says of a page, in a form that the index can hold: no NUL and no half characters in names and stamps.

Bodies are cleaned when they are parsed; ids must come back as they were, so a page with an odd one is reported instead.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from desk.pages import Page, UnchangedPage, UnreadablePage
from desk.text.tokenizer import clean

LONGEST_ID = 1500
"""Bytes. It stands in an index of Postgres's, whose rows end at 2,704."""

_TEXT_FIELDS = ("title", "url", "locale", "audience", "collection", "stamp")


def is_storable(text: str) -> bool:
    """Can Postgres hold this text?"""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def sanitize_pages(
    pages: Iterable[Page | UnchangedPage | UnreadablePage],
) -> Iterator[Page | UnchangedPage | UnreadablePage]:
    """The pages, each as it can be kept."""
    for page in pages:
        if why := _id_fault(page.id):
            yield UnreadablePage(clean(page.id)[:LONGEST_ID], why)
        else:
            yield _sanitize_page(page) if isinstance(page, Page) else page


def _id_fault(page_id: str) -> str | None:
    if not is_storable(page_id):
        return "has an id that holds characters that no text has"
    if len(page_id.encode()) > LONGEST_ID:
        return f"has an id of more than {LONGEST_ID:,} bytes"
    return None


def _sanitize_page(page: Page) -> Page:
    cleaned_values: dict[str, Any] = {
        name: clean(value) for name in _TEXT_FIELDS if (value := getattr(page, name)) and not is_storable(value)
    }
    return replace(page, **cleaned_values) if cleaned_values else page
