"""What the policy says to customers: plain texts, or texts by language, and which of them a customer reads."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag, field_validator

from desk.policy.time_promises import TIME_PROMISE

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Text = Annotated[str, Field(min_length=1, max_length=4000)]

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "tr", "ja", "zh")
"""Those that the shipped policy speaks (ISO 639-1)."""

SELF_HARM = "self_harm"
"""The topic that goes before all others, and of which nobody reads office hours."""

PLAIN, BY_LANGUAGE = "(text)", "(by language)"
"""The two shapes of a text, as pydantic's errors name them."""

DIRECTORY = "https://findahelpline.com"
"""Lists free helplines of most countries."""

HELPLINES = {
    "en": f"a helpline in your country, listed at {DIRECTORY}",
    "de": f"ein Krisentelefon in Ihrem Land, zu finden auf {DIRECTORY}",
    "fr": f"une ligne d'écoute de votre pays, à trouver sur {DIRECTORY}",
    "es": f"una línea de ayuda de su país, en {DIRECTORY}",
    "it": f"una linea di ascolto del Suo Paese, su {DIRECTORY}",
    "pt": f"uma linha de apoio do seu país, em {DIRECTORY}",
    "nl": f"een hulplijn in uw land, te vinden op {DIRECTORY}",
    "pl": f"telefon zaufania w kraju pobytu, lista: {DIRECTORY}",
    "sv": f"en hjälplinje i ditt land, se {DIRECTORY}",
    "tr": f"ülkenizdeki bir destek hattı: {DIRECTORY}",
    "ja": f"お住まいの国の相談窓口 {DIRECTORY}",
    "zh": f"您所在国家或地区的求助热线 {DIRECTORY}",
}
"""Named where the policy has no helpline for a language: that of another country would be worse."""

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")


def read_language_code(value: Any) -> Any:
    """YAML reads a bare `no` as false; among languages it is Norwegian."""
    return "no" if value is False else value


Language = Annotated[str, BeforeValidator(read_language_code), Field(pattern=r"^[a-z]{2}$")]
ByLanguage = Annotated[dict[Language, Text], Field(min_length=1)]
Texts = Annotated[
    Annotated[Text, Tag(PLAIN)] | Annotated[ByLanguage, Tag(BY_LANGUAGE)],
    Discriminator(lambda value: BY_LANGUAGE if isinstance(value, dict) else PLAIN),
]
"""One text, in the account's first language, or one per language."""


def text_in(texts: Texts, language: str, first_language: str) -> tuple[str, str]:
    """The text for a customer who writes this language, and the language it is in: this one, the account's
    `first_language`, or, of what ships, English."""
    if isinstance(texts, str):
        return first_language, texts
    candidates = (_base_language(language), first_language, "en")
    chosen = next(candidate for candidate in candidates if candidate in texts)
    return chosen, texts[chosen]


@dataclass(frozen=True, slots=True)
class LanguageFallback:
    """A text of the policy that is missing in some languages, and the language that is used there instead; None for
    a helpline: then none of a country is named."""

    text: str
    languages: tuple[str, ...]
    instead: str | None


@cache
def shipped_self_harm() -> dict[str, str]:
    """The hand-over message by language that holds where a policy has none for this topic."""
    shipped_policy = yaml.safe_load(Path(__file__).with_name("default_policy.yaml").read_text(encoding="utf-8"))
    return dict(shipped_policy["handover"]["topics"][SELF_HARM])


class Handover(BaseModel, extra="forbid", frozen=True):
    """What the customer is told when a person takes over, by topic where it differs, and on which channels."""

    message: Texts
    topics: dict[Name, Texts] = Field(default={}, validate_default=True)
    helplines: dict[Language, Text] = {}
    channels: tuple[Literal["api", "email", "zendesk"], ...] = ("api", "email")

    @field_validator("topics", mode="before")
    @classmethod
    def speaks_of_self_harm(cls, topics: Any) -> Any:
        """Nobody in danger reads the general message, whatever the file leaves out."""
        if not isinstance(topics, dict) or SELF_HARM in topics:
            return topics
        return {SELF_HARM: shipped_self_harm(), **topics}

    @field_validator("message")
    @classmethod
    def promises_no_time(cls, texts: Texts) -> Texts:
        """A time that nothing enforces is not promised, and nothing is left to be filled in by nobody."""
        for location, text in _located_texts("", texts):
            _refuse_time_promise(location, text)
            _refuse_unknown_placeholder(location, text)
        return texts

    @field_validator("topics")
    @classmethod
    def keeps_to_what_is_known(cls, topics: dict[str, Texts]) -> dict[str, Texts]:
        """No promised time, no unknown placeholder, and no hours where a life may be at stake."""
        for topic, texts in topics.items():
            for location, text in _located_texts(topic, texts):
                _refuse_time_promise(location, text)
                _refuse_unknown_placeholder(location, text)
                if topic == SELF_HARM:
                    _refuse_office_hours(location, text)
        return topics

    @field_validator("helplines")
    @classmethod
    def stands_as_written(cls, helplines: dict[str, str]) -> dict[str, str]:
        """Nothing is filled into a helpline."""
        for language, text in helplines.items():
            if placeholder := _PLACEHOLDER.search(text):
                raise ValueError(f"{language}: {placeholder.group()} is not filled in here")
        return helplines

    def helpline(self, language: str, spoken: str) -> str:
        """The helpline for a customer of this language; without one, where to find it, in the language `spoken`."""
        return self.helplines.get(_base_language(language)) or text_in(HELPLINES, spoken, "en")[1]

    def texts(self) -> Iterator[tuple[str, Texts]]:
        """Each with its place in the file."""
        yield "handover.message", self.message
        for topic, texts in self.topics.items():
            yield f"handover.topics.{topic}", texts

    def names(self, placeholder: str) -> bool:
        """Does any text hold this placeholder?"""
        return any(f"{{{placeholder}}}" in text for _, texts in self.texts() for _, text in _located_texts("", texts))


def _base_language(language: str) -> str:
    """Without the country: `en` for `en-GB`."""
    return language.partition("-")[0].lower()


def _located_texts(name: str, texts: Texts) -> Iterator[tuple[str, str]]:
    """Each text with what an error calls it: topic, language, or both."""
    if isinstance(texts, str):
        yield name, texts
        return
    for language, text in texts.items():
        yield f"{name}.{language}".lstrip("."), text


def _refuse_time_promise(location: str, text: str) -> None:
    if promise := TIME_PROMISE.search(text):
        raise ValueError(
            f"{_location_prefix(location)}promises a time ({promise.group()!r}) that nothing enforces; "
            f"{'leave it out' if location.startswith(SELF_HARM) else 'write {hours} instead'}"
        )


def _refuse_unknown_placeholder(location: str, text: str) -> None:
    if unknown_placeholders := set(_PLACEHOLDER.findall(text)) - {"hours", "helpline"}:
        raise ValueError(
            f"{_location_prefix(location)}{{{min(unknown_placeholders)}}} is unknown; "
            "{hours} and {helpline} are filled in"
        )


def _refuse_office_hours(location: str, text: str) -> None:
    if "{hours}" in text or _CLOCK.search(text):
        raise ValueError(
            f"{_location_prefix(location)}names office hours; who may be in danger is not told when to come back"
        )


def _location_prefix(location: str) -> str:
    return f"{location}: " if location else ""
