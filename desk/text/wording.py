"""What Firstline itself says: an English sentence that still knows what it was made of.

Everything below the pages speaks English and knows nothing of languages. A `Wording` is that English text, so that it
can be logged, stored and put into a note like any other; a page that has a reader's language builds it anew from
`msgid` and `values` (`integration/web/languages/language.py`).

    Wording("%(name)s has the ticket since %(since)s.", name=owner.name, since=owner.since)
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator


class Share(float):
    """A part of a whole, 0 to 1, said in percent."""


class Score(float):
    """A number from 0 to 1, said with two digits."""


class Wording(str):
    """A sentence, or a word, in English. `values` are texts, numbers, shares, scores, moments and other wordings."""

    msgid: str
    plural_msgid: str | None
    values: Mapping[str, Any]
    parts: tuple[object, ...]
    """Of a list: what stands in it."""

    def __new__(cls, msgid: str, /, **values: object) -> "Wording":
        """`msgid` holds `%(name)s` for each value; without values nothing in it is replaced."""
        return cls._make(msgid, None, values)

    @classmethod
    def plural(cls, one: str, many: str, /, count: int, **values: object) -> "Wording":
        """One of two sentences, by `count`, which is a value too."""
        return cls._make(one, many, {"count": count, **values})

    @classmethod
    def listed(cls, parts: Iterable[object]) -> "Wording":
        """Several, one after the other, with commas."""
        all_parts = tuple(parts)
        wording = cls._make(", ".join(map(_in_english, all_parts)), None, {})
        wording.parts = all_parts
        return wording

    @property
    def after_colon(self) -> "Wording":
        """The same within a sentence: in English it begins small there, in other languages as its own wording does."""
        lowered = str.__new__(type(self), self[:1].lower() + self[1:])
        lowered.msgid, lowered.plural_msgid, lowered.values, lowered.parts = (
            self.msgid,
            self.plural_msgid,
            self.values,
            self.parts,
        )
        return lowered

    @classmethod
    def _make(cls, msgid: str, plural_msgid: str | None, values: Mapping[str, object]) -> "Wording":
        template = plural_msgid if plural_msgid and values["count"] != 1 else msgid
        english = {name: _in_english(value) for name, value in values.items()}
        wording = super().__new__(cls, template % english if values else template)
        wording.msgid, wording.plural_msgid, wording.values, wording.parts = msgid, plural_msgid, values, ()
        return wording


def _in_english(value: object) -> str:
    if isinstance(value, Share):
        return f"{value:.0%}"
    if isinstance(value, Score):
        return f"{value:.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return f"{value:%H:%M} UTC" if isinstance(value, time) else str(value)


def _recipe(said: str) -> str | dict[str, Any]:
    """What it takes to make it again; moments are kept as they were said, other texts as they are."""
    if not isinstance(said, Wording):
        return said
    if said.parts:
        return {"parts": [_recipe(_kept(part)) for part in said.parts]}
    values = {name: value if isinstance(value, int) else _recipe(_kept(value)) for name, value in said.values.items()}
    return {"msgid": said.msgid, "plural": said.plural_msgid, "values": values}


def _kept(value: object) -> str:
    return value if isinstance(value, str) else _in_english(value)


def _from_recipe(stored: object) -> str | int:
    if isinstance(stored, str | int):
        return stored
    if not isinstance(stored, dict):
        raise ValueError("neither a text nor a wording")
    if "parts" in stored:
        return Wording.listed(_from_recipe(part) for part in stored["parts"])
    values = {name: _from_recipe(value) for name, value in stored["values"].items()}
    return Wording._make(stored["msgid"], stored["plural"], values)


Said = Annotated[str, PlainValidator(_from_recipe), PlainSerializer(_recipe)]
"""A text of a model that is stored: a wording is stored with what it is made of, any other text as it is."""
