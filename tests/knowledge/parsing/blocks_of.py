"""What is read of a page, as the tests look at it."""

from desk.pages import Markup
from desk.passage import Block
from knowledge.parsing.parse import parse_page
from knowledge.parsing.structure import Section


def sections_of(html: str, markup: Markup = Markup.HTML) -> tuple[Section, ...]:
    return parse_page(html, markup).sections


def blocks_of(html: str, markup: Markup = Markup.HTML) -> list[Block]:
    return [block for section in sections_of(html, markup) for block in section.blocks]


def texts_of(html: str, markup: Markup = Markup.HTML) -> list[str]:
    return [block.text for block in blocks_of(html, markup)]


def outline_of(html: str, markup: Markup = Markup.HTML) -> list[tuple[str, str]]:
    """Each heading path with the text below it."""
    return [
        (" > ".join(section.headings), " ".join(block.text for block in section.blocks))
        for section in sections_of(html, markup)
    ]
