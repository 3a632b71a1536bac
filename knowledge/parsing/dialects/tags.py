"""The tags of dialects, in one form: JSX (`<Note>`), Liquid and Markdoc (`{% hint %}`), Hugo (`{{< tab >}}`)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from html import unescape

from knowledge.parsing.dialects.code import matches_in_prose

LONGEST_TAG = 5000
"""Characters."""

MOST_PROPERTIES = 100
DEEPEST_BRACES = 20


class TagKind(Enum):
    """What a tag does."""

    OPEN = auto()
    CLOSE = auto()
    VOID = auto()


@dataclass(frozen=True, slots=True)
class DialectTag:
    """A tag. `name` is in lower case, without what stands before a dot; `positional` are values without a name."""

    kind: TagKind
    name: str
    written: str
    start: int
    end: int
    properties: Mapping[str, str] = field(default_factory=dict)
    positional: tuple[str, ...] = ()
    is_template: bool = False


_START = re.compile(
    r"<(?P<close>/?)(?P<jsx>[A-Za-z][\w.-]*)(?=[\s/>])|(?P<fragment></?>)"
    r"|\{%[-+]?\s*(?P<liquid>[/\w.-]+)(?P<liquid_rest>(?:[^%{]|%(?!\})|\{(?!%)){0,5000}?)[-+]?%\}"
    r"|\{\{(?P<hugo_mark>[<%])\s*(?P<hugo>/?\s*[\w./-]+)(?P<hugo_rest>(?:[^\n{]|\{(?!\{)){0,2000}?)[%>]\}\}"
)
_PROPERTY = re.compile(
    r"""\s*(?:(?P<name>[A-Za-z_@:][\w:.@-]*)(?:\s*=\s*(?:"(?P<dq>[^"]{0,5000})"|'(?P<sq>[^']{0,5000})'"""
    r"""|(?P<brace>\{)|(?P<bare>[^\s"'{}<>=`]{1,500})))?|(?P<spread>\{))"""
)
_END = re.compile(r"\s*(/?)>")
_ARGUMENT = re.compile(r"""(?:([\w-]+)\s*[=:]\s*)?(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"'=]+))""")
_BRACES = re.compile(r"""[{}]|"(?:[^"\\\n]|\\.){0,5000}"|'(?:[^'\\\n]|\\.){0,5000}'|`(?:[^`\\]|\\.){0,5000}`""")
_LITERAL = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`([^`$]*)`|(-?\d[\d.,]*))\s*""", re.S)
_MESSAGE = re.compile(r"""\bmessage\s*:\s*(["'`])(.*?)\1""", re.S)
_MARKUP = re.compile(r"</?[\w.]*(?:\s[^<>]*)?/?>")


def find_tags(markdown: str) -> Iterator[DialectTag]:
    """All tags outside code, in order."""
    end = 0
    for match in matches_in_prose(_START, markdown):
        if match.start() >= end and (tag := _read_tag(match, markdown)):
            yield tag
            end = tag.end


def literal(expression: str) -> str | None:
    """The text that an expression is, if it is one: a string, a number, a translated message, or markup."""
    if match := _LITERAL.fullmatch(expression):
        return next(part for part in match.groups() if part is not None)
    if match := _MESSAGE.search(expression):
        return match[2]
    if expression.strip().startswith("<"):
        return " ".join(_MARKUP.sub(" ", expression).split())
    return None


def closing_brace(text: str, start: int) -> int | None:
    """Where the brace that opens at `start` is closed; braces in strings do not count."""
    depth = 0
    for match in _BRACES.finditer(text, start, start + LONGEST_TAG):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
        if depth > DEEPEST_BRACES:
            return None
    return None


def _read_tag(match: re.Match[str], markdown: str) -> DialectTag | None:
    if match["jsx"]:
        return _read_jsx(match, markdown)
    if match["fragment"]:
        return DialectTag(TagKind.VOID, "fragment", match[0], match.start(), match.end())
    name = (match["liquid"] or match["hugo"]).replace(" ", "")
    rest = match["liquid_rest"] or match["hugo_rest"] or ""
    closes = name.startswith("/") or (match["liquid"] and name.startswith("end"))
    kind = TagKind.CLOSE if closes else TagKind.VOID if rest.rstrip().endswith("/") else TagKind.OPEN
    named, positional = _read_arguments(rest)
    name = name.lstrip("/").lower()
    name = name.removeprefix("end") if match["liquid"] and closes else name
    name = "if" if name.startswith("if") else name
    return DialectTag(kind, name, match[0], match.start(), match.end(), named, positional, is_template=True)


def _read_arguments(text: str) -> tuple[dict[str, str], tuple[str, ...]]:
    named: dict[str, str] = {}
    positional: list[str] = []
    for name, double, single, bare in _ARGUMENT.findall(text):
        value = unescape(double or single or bare).replace('\\"', '"').replace("\\'", "'")
        if name:
            named[name.lower()] = value
        else:
            positional.append(value)
    return named, tuple(positional)


def _read_jsx(match: re.Match[str], markdown: str) -> DialectTag | None:
    """None for what begins like a tag, and is none."""
    properties: dict[str, str] = {}
    position = match.end()
    for _ in range(MOST_PROPERTIES):
        if end := _END.match(markdown, position):
            kind = TagKind.CLOSE if match["close"] else TagKind.VOID if end[1] else TagKind.OPEN
            name = match["jsx"].rpartition(".")[2]
            written = markdown[match.start() : end.end()]
            return DialectTag(kind, name, written, match.start(), end.end(), properties)
        read = _PROPERTY.match(markdown, position)
        if read is None or position - match.start() > LONGEST_TAG:
            return None
        position = _add_property(properties, read, markdown)
        if position < 0:
            return None
    return None


def _add_property(properties: dict[str, str], read: re.Match[str], markdown: str) -> int:
    """Where the property ends; -1 if it does not."""
    end, value = read.end(), read["dq"] or read["sq"] or read["bare"] or ""
    if read["brace"] or read["spread"]:
        closing = closing_brace(markdown, read.end() - 1)
        if closing is None:
            return -1
        expression = markdown[read.end() : closing]
        end, value = closing + 1, literal(expression) or ""
        if read["brace"] and not value:
            properties[f"{{{read['name'].lower()}}}"] = expression
    if read["name"]:
        properties[read["name"].lower()] = unescape(value)
    return end
