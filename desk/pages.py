"""What sources give: pages, each of which becomes a document."""

from collections.abc import Callable, Iterator
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
    """A page that is there and could not be read: reported, and what the index holds of it stays."""

    id: str
    why: str
    hides: bool = False
    """Other pages are found through it alone. If it is in the index, none is taken for vanished in this run."""
    beneath: str = ""
    """It is a folder: what the index holds under ids that begin so stays as well."""


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
