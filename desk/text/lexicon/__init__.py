"""The lexicon: what people say, as data. One file per language, in it the phrases of each meaning; `en.yaml` says what
each meaning is, and who reads it. The files are read once, when the first meaning is asked for."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

LANGUAGES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "no", "fi", "hu", "tr", "ru", "ja", "zh", "any",
)  # fmt: skip
"""The files, in the order in which they are read; `any` belongs to no language."""

_UNSPACED = frozenset({"ja", "zh"})
_BETWEEN = re.compile("[,\n]")


class UnknownMeaning(LookupError):
    """No file has such a meaning: `en.yaml` names them all."""


@cache
def phrases(meaning: str, *languages: str) -> tuple[str, ...]:
    """The meaning's entries in all languages, or in these, each once. Raises UnknownMeaning."""
    if meaning not in _read("en"):
        raise UnknownMeaning(meaning)
    entries = (_split_entries(_read(language).get(meaning)) for language in languages or LANGUAGES)
    return tuple(dict.fromkeys(entry for listed in entries for entry in listed))


@cache
def words(meaning: str, *languages: str) -> frozenset[str]:
    """The same as a set, of words. Raises UnknownMeaning."""
    return frozenset(phrases(meaning, *languages))


def pairs(meaning: str, *languages: str) -> dict[str, str]:
    """What each word of the meaning stands for. Raises UnknownMeaning."""
    names = phrases(meaning, *languages)
    values = {name: value for language in LANGUAGES for name, value in (_read(language).get(meaning) or {}).items()}
    return {name: str(values[name]) for name in names}


def by_language(meaning: str) -> dict[str, tuple[str, ...]]:
    """The entries of each language that has some. Raises UnknownMeaning."""
    return {language: entries for language in LANGUAGES if (entries := phrases(meaning, language))}


def any_of(meaning: str, *languages: str) -> str:
    """A pattern that matches one of the entries, which may be patterns themselves. Raises UnknownMeaning."""
    return f"(?:{'|'.join(phrases(meaning, *languages))})"


def any_word(meaning: str, *languages: str) -> str:
    """The same, whole words only. Raises UnknownMeaning."""
    return rf"\b{any_of(meaning, *languages)}\b"


def expanded(meaning: str, *languages: str) -> Iterator[str]:
    """The phrases of a meaning whose entries are templates: in "mit einem|einer |echten menschen", `|` stands between
    alternatives for one place, an empty one is left out, and `_` is the space inside one. Raises UnknownMeaning."""
    for language in languages or LANGUAGES:
        between = "" if language in _UNSPACED else " "
        for template in phrases(meaning, language):
            for chosen in product(*(place.split("|") for place in template.split(" "))):
                yield between.join(filter(None, chosen)).replace("_", " ")


@cache
def _read(language: str) -> dict[str, Any]:
    import yaml  # here, so that who asks for nothing does not wait for it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times faster
    text = Path(__file__).with_name(f"{language}.yaml").read_text(encoding="utf-8")
    meanings: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506  # a SafeLoader either way
    return meanings


def _split_entries(value: Any) -> tuple[str, ...]:
    """Of a text between commas or line ends; of a list, and of pairs, as they stand."""
    if isinstance(value, str):
        return tuple(filter(None, map(str.strip, _BETWEEN.split(value))))
    return tuple(value or ())
