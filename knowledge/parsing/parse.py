"""From a page to its structure, by its markup."""

from desk.pages import Markup
from desk.text.tokenizer import clean
from knowledge.parsing.dialects.confluence import is_confluence, simplify_confluence
from knowledge.parsing.html import NotParsed as NotParsed
from knowledge.parsing.html import Unparsable, read_html
from knowledge.parsing.markdown import markdown_to_html
from knowledge.parsing.structure import ParsedPage, read_plain_text

MOST_CHARACTERS = 10_000_000


def parse_page(body: str, markup: Markup) -> ParsedPage:
    """Read a page; what cannot be parsed as HTML is read as plain text. Raises NotParsed for one that is too large, has
    too many tags or marks, or is nested too deep."""
    if len(body) > MOST_CHARACTERS:
        raise NotParsed(f"is larger than {MOST_CHARACTERS:,} characters")
    body = clean(body)
    if markup is Markup.TEXT:
        return read_plain_text(body)
    try:
        return read_html(_as_html(body, markup))
    except Unparsable:
        return read_plain_text(body)


def _as_html(body: str, markup: Markup) -> str:
    if markup is Markup.MARKDOWN:
        return markdown_to_html(body)
    return simplify_confluence(body) if is_confluence(body) else body
