"""A language of brackets: ⟦whatever was translated⟧. What stands outside them was said in English for good."""

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from bs4 import BeautifulSoup, Comment, Tag

from integration.web.languages.update import extract_messages

CODE = "eo"
"""Esperanto's, which nobody has translated."""
SHOWN_ATTRIBUTES = ("aria-label", "title", "placeholder", "alt", "data-say")
DATA = (
    *("code", "kbd", "time", "textarea", "blockquote", "style", "script", "input", ".prose", ".languages", ".num"),
    *(
        ".account",
        ".failed-checks",
        ".quoted h3",
        ".quoted .unseen",
        ".question",
        ".heading",
        ".source-name",
        ".source-title",
        ".reasons .soft",
        ".example",
        "thead ~ tbody tr a",
    ),
)
"""What holds customers' and documents' words, or codes."""


def write_pseudo(folder: Path) -> None:
    """Its catalogue."""
    catalogue = Catalog(locale=CODE, charset="utf-8", fuzzy=False)
    for message in extract_messages():
        if isinstance(message.id, str):
            catalogue.add(message.id, f"⟦{message.id}⟧" if message.id else "", locations=message.locations)
        else:
            catalogue.add(message.id, tuple(f"⟦{each}⟧" for each in message.id), locations=message.locations)
    with (folder / f"{CODE}.po").open("wb") as file:
        write_po(file, catalogue, include_lineno=False)


def bare_words(page: str, known: set[str]) -> set[str]:
    """English words outside the brackets that are none of the known data."""
    soup = BeautifulSoup(page, "html.parser")
    said = [str(each[name]) for name in SHOWN_ATTRIBUTES for each in soup.select(f"[{name}]")]
    for each in soup.select(", ".join(DATA)):
        each.decompose()
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    body = soup.find("body")
    assert isinstance(body, Tag)
    title = soup.find("title")
    said += [title.get_text() if title else "", body.get_text(" ")]
    return {word for text in said for word in _words_outside(text)} - known


def _words_outside(text: str) -> set[str]:
    depth, outside = 0, []
    for character in text:
        depth += (character == "⟦") - (character == "⟧")
        outside.append(character if depth == 0 and character not in "⟦⟧" else " ")
    text = re.sub(r"[0-9a-f-]*\d[0-9a-f-]*", " ", "".join(outside))  # ids
    return set(re.findall(r"[A-Za-z][a-z]+|[A-Z]{2,}", text))
