"""No template says anything in English for good: each visible word is given to the catalogue first."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3] / "integration"
TOKEN = re.compile(
    r"({#.*?#}|{%.*?%}|{{.*?}}|<!--.*?-->|<(?:code|kbd)>.*?</(?:code|kbd)>|<(?:[^<>{]|{{.*?}}|{%.*?%})*>)", re.DOTALL
)
SHOWN = re.compile(r'\b(?:aria-label|title|placeholder|alt)="([^"]*)"')
LITERAL = re.compile(r'"([^"]*)"|\'([^\']*)\'')
SAID = re.compile(r'_\((?:"[^"]*"|\'[^\']*\')')
UNTRANSLATED = {"Firstline", "UTC", "ms", "doctype", "html", "console", "door", "narrow"}
"""A name, units, and the classes of whole pages."""
DOCS = "api/docs.html"
"""The API's page stays in English."""


def templates() -> list[Path]:
    return [path for path in sorted(ROOT.rglob("templates/**/*.html")) if not path.as_posix().endswith(DOCS)]


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.name)
def test_every_visible_word_is_translated(path: Path) -> None:
    assert set(bare(path.read_text(encoding="utf-8"))) - UNTRANSLATED == set()


def test_what_is_bare_is_found() -> None:
    assert set(bare('<p>Hello</p><a title="World">{{ "Some words" if x }}</a>')) >= {"Hello", "World", "Some", "words"}
    assert list(bare('<p>{{ _("Hello") }}</p>{% trans %}Hello <b>you</b>{% endtrans %}')) == []


def bare(template: str) -> Iterator[str]:
    is_said = False
    for place, part in enumerate(TOKEN.split(template)):
        if re.match(r"{%-?\s*(end)?trans\b", part):
            is_said = not part.lstrip("{%- ").startswith("end")
        if is_said or part.startswith(("{#", "<!--", "<code>", "<kbd>")):
            continue
        if part.startswith(("{{", "{%")):
            yield from _words(" ".join(_shown_literals(part)))
        elif place % 2:
            yield from _words(" ".join(re.sub(r"{{.*?}}|{%.*?%}", "", each) for each in SHOWN.findall(part)))
        else:
            yield from _words(re.sub(r'aria-[a-z]+="[^"]*"?|-fault"', "", part))


def _shown_literals(expression: str) -> Iterator[str]:
    """Those with a capital or a space: others are codes, addresses and classes."""
    for double, single in LITERAL.findall(SAID.sub("", expression)):
        literal = double or single
        if re.match(r"^[A-Z][a-z]", literal) or re.search(r"[a-z] [a-z]", literal):
            yield literal


def _words(text: str) -> Iterator[str]:
    yield from re.findall(r"[A-Za-z]{2,}", text)
