"""Front matter: what stands above a page's text and says something about the page, in YAML, TOML or JSON."""

import json
import tomllib
from collections.abc import Mapping
from typing import Any

import yaml

from desk.text.tokenizer import clean

MOST_FRONT = 20_000
"""Characters. YAML is slow to read."""

FrontMatter = Mapping[Any, Any]

_FENCES = {"---": ("---", "..."), "+++": ("+++",), ";;;": (";;;",)}
_NAMES = {"---": "YAML", "+++": "TOML", ";;;": "JSON"}


class _Loader(yaml.SafeLoader):
    """Without merge keys (`<<`), whose few lines can unfold without end: they are an error."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Leaves the keys as they are."""


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """The front matter, and the text below it. Raises ValueError for front matter that cannot be read."""
    lines = text.splitlines(keepends=True)
    fence = lines[0].rstrip() if lines else ""
    if fence == "{":
        return _split_json(text)
    if fence not in _FENCES:
        return {}, text
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() in _FENCES[fence]), None)
    if end is None:
        return {}, text
    front_matter = _parse("".join(lines[1:end]), _NAMES[fence])
    return (front_matter, "".join(lines[end + 1 :])) if isinstance(front_matter, dict) else ({}, text)


def text_field(front_matter: FrontMatter, key: str) -> str | None:
    """A field on one line. Raises ValueError for one that holds more than a single value."""
    value = front_matter.get(key)
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        raise ValueError(f"has front matter whose {key} is not a single value")
    return " ".join(str(value).split()) or None


def _split_json(text: str) -> tuple[FrontMatter, str]:
    """Bare JSON above a text, as Hugo has it: from the first brace to its end."""
    try:
        front_matter, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return {}, text
    _refuse_long(text[:end])
    return front_matter, text[end:].lstrip("\r\n")


def _parse(text: str, language: str) -> Any:
    _refuse_long(text)
    try:
        if language == "TOML":
            return tomllib.loads(clean(text))
        if language == "JSON":
            return json.loads(clean(text) if clean(text).lstrip().startswith("{") else f"{{{clean(text)}}}")
        return yaml.load(clean(text), _Loader)  # noqa: S506  # a safe one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"has front matter that is not {language}") from error


def _refuse_long(text: str) -> None:
    if len(text) > MOST_FRONT:
        raise ValueError(f"has front matter of more than {MOST_FRONT:,} characters")
