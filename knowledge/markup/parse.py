"""From a page to its structure, by its markup."""

from desk.ports import Markup
from desk.text import clean
from knowledge.markup.html import NotParsed as NotParsed
from knowledge.markup.html import Unparsable, read_html
from knowledge.markup.markdown import to_html
from knowledge.markup.structure import Structure, read_text

MOST_CHARACTERS = 10_000_000


def parse(body: str, markup: Markup) -> Structure:
    """Read a page; what cannot be parsed as HTML is read as plain text. Raises NotParsed for one that is too large, has
    too many tags or marks, or is nested too deep."""
    if len(body) > MOST_CHARACTERS:
        raise NotParsed(f"is larger than {MOST_CHARACTERS:,} characters")
    body = clean(body)
    if markup is Markup.TEXT:
        return read_text(body)
    try:
        return read_html(to_html(body) if markup is Markup.MARKDOWN else body)
    except Unparsable:
        return read_text(body)
