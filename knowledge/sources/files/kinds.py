"""Which files are pages, and of what type those are that are not read."""

import re
from pathlib import PurePosixPath

from desk.pages import Markup
from desk.text.tokenizer import clean
from knowledge.parsing.files import sandbox

MARKUP = {
    ".md": Markup.MARKDOWN,
    ".mdx": Markup.MARKDOWN,
    ".mdown": Markup.MARKDOWN,
    ".markdown": Markup.MARKDOWN,
    ".html": Markup.HTML,
    ".htm": Markup.HTML,
    ".xhtml": Markup.HTML,
    ".txt": Markup.TEXT,
}
ARCHIVE = ".zip"
UNREAD_TYPE = "is of a type that is not read"
LONGEST_TYPE = 20
"""Characters of an ending that are told."""

_LEFT_BY_SYSTEMS = frozenset({"Thumbs.db", "desktop.ini", "Icon\r"})
_NOTION_ID = re.compile(r"(?<=\S)[ -][0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}(?:_all)?$")


def suffix_of(page_id: str) -> str:
    """How the file's name ends, in lower case."""
    return PurePosixPath(page_id).suffix.lower()


def is_page(name: str) -> bool:
    """Can the file be read as a page? "~$" begins the name of the lock file that Word leaves beside a document. Tables
    of values are read as Notion exports them; others are data, and no text for readers."""
    if name.startswith("~$") or (suffix_of(name) == ".csv" and not is_notion_export(name)):
        return False
    return suffix_of(name) in MARKUP or suffix_of(name) in sandbox.READERS


def is_notion_export(name: str) -> bool:
    """Notion puts the id of a page or a database behind its name."""
    return _NOTION_ID.search(PurePosixPath(name).stem) is not None


def title_of_export(name: str) -> str | None:
    """The title of a page that Notion exported, from its file's name."""
    stem = PurePosixPath(name).stem
    return " ".join(_NOTION_ID.sub("", stem).split()) or None if _NOTION_ID.search(stem) else None


def unread_type(name: str) -> str:
    """What kind of file it is that is not read; empty for what no person put there."""
    if name.startswith("~$") or name in _LEFT_BY_SYSTEMS:
        return ""
    return clean(suffix_of(name))[:LONGEST_TYPE] or "no ending"
