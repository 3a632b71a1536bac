"""From a page to its structure, by its markup."""

from desk.ports import Markup
from desk.text import clean
from knowledge.markup.html import Unparsable, read_html
from knowledge.markup.markdown import to_html
from knowledge.markup.structure import Structure, read_text


class NotParsed(ValueError):
    """A page beyond what is read; the words say why, and stand behind its name: "has more than 10 tags"."""


def parse(body: str, markup: Markup) -> Structure:
    """Read a page. Never raises: what cannot be parsed as HTML is read as plain text."""
    body = clean(body)
    if markup is Markup.TEXT:
        return read_text(body)
    try:
        return read_html(to_html(body) if markup is Markup.MARKDOWN else body)
    except Unparsable:
        return read_text(body)
