"""What sources give: pages, each of which becomes a document."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

PUBLIC = "public"
"""The audience that is everybody."""


class Markup(StrEnum):
    """How a page's body is written."""

    MARKDOWN = "markdown"
    HTML = "html"
    TEXT = "text"


DEFAULT_LOCALE = "en"


@dataclass(frozen=True, slots=True)
class Page:
    """A document as its source gives it. `id` is stable and unique in its source; the body may have the title."""

    id: str
    body: str
    markup: Markup
    title: str | None = None
    url: str | None = None
    locale: str = ""
    """Empty where the page does not say it: then it is the one its source was set up with, or `DEFAULT_LOCALE`."""
    audience: str = PUBLIC
    collection: str = ""
    """What the page is kept under, to search in: a product, a category, a brand. Empty for none."""
    stamp: str | None = None
    """What the source calls this version of the page (an ETag, a time of change), so that it need not be read again."""


@dataclass(frozen=True, slots=True)
class UnchangedPage:
    """A page that is as it was when it had the stamp that the index knows; it was not read again."""

    id: str


@dataclass(frozen=True, slots=True)
class UnreadablePage:
    """A page that is there and is not read: reported, and what the index holds of it stays."""

    id: str
    why: str
    hides: bool = False
    """Other pages are found through it alone. If it is in the index, none is taken for vanished in this run."""
    beneath: str = ""
    """It is a folder: what the index holds under ids that begin so stays as well."""
    unpublished: bool = False
    """It could be read, and is not meant for readers (a draft): what the index holds of it leaves, whatever stays."""
    file_type: str = ""
    """It is a file of a type that its source does not read: not named, and counted by its type."""
    stamp: str | None = None
    """Of a page that was read and holds nothing to be searched: it need not be read again until its source calls it
    otherwise, and what the index holds of it goes."""


def describe_unread_types(counts: Mapping[str, int], most: int = 12) -> str:
    """How many files were not read because of their types: `12 files not read: .xlsx (10), .key (2)`."""
    by_count = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    named = [f"{file_type} ({count:,})" for file_type, count in by_count[:most]]
    rest = [f"other types ({sum(count for _, count in by_count[most:]):,})"] if len(by_count) > most else []
    total = sum(counts.values())
    return f"{total:,} file{'s' if total != 1 else ''} not read: {', '.join([*named, *rest])}" if total else ""


Stamps = Callable[[str], str | None]
"""Gives, by a page's id, the stamp of what the index holds of it; None when it must be read (again)."""


class PageSource(Protocol):
    """Where documents come from: a folder, a helpdesk's articles, a website."""

    name: str
    """Unique within the account; a document belongs to the source of this name."""

    def count(self) -> int | None:
        """How many pages there are, for a progress bar; None where that is not cheap to know."""
        ...

    def pages(self, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
        """All pages, each once. What it does not name has vanished; an error ends the run, and nothing is changed.
        Trouble with one page is an `Unreadable`, and no error."""
        ...
