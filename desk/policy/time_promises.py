"""Promises of a time, in the languages that customers are answered in. A hand-over message may not make one, because
nothing enforces it; `{hours}` says the business hours instead, which are none."""

import re

from desk.text.lexicon import any_of, by_language, phrases

_SPAN_LANGUAGES = by_language("span_before")


def _span_pattern(language: str) -> str:
    """An amount of time with what announces it ("within the next two days"), or a word that promises by itself. Clock
    times ("de 9 a 17 horas", "9 bis 17 Uhr") are no spans: nothing that stands before a span stands before them."""
    number = rf"(?:\d+|{'|'.join(phrases('span_amount', language))})"
    joined = "|".join(phrases("span_joined", language))
    span = (
        rf"\b{any_of('span_before', language)}\s+(?:{any_of('span_between', language)}[\s'’]+){{0,6}}{number}"
        rf"(?:\s*(?:-|–|/|{joined})\s*{number})?(?:\s+{any_of('span_or_two')})?[\s-]*"
        rf"{any_of('span_unit', language)}(?!\w)"
    )
    return rf"{span}|\b{any_of('span_alone', language)}(?!\w)"


def _turkish_pattern() -> str:
    """Here the word follows the span: "24 saat içinde"; "09:00-17:00 saatleri içinde" are office hours."""
    amount, unit, working = any_of("span_amount", "tr"), any_of("span_unit", "tr"), any_of("span_working", "tr")
    joined = "|".join(phrases("span_joined", "tr"))
    return (
        rf"(?:\b\d+|\b{amount})(?:\s*(?:-|–|{joined})\s*\d+)?\s*"
        rf"(?:{working}\s+)?{unit}\s+{any_of('span_after', 'tr')}\b"
        rf"|\b{any_of('span_at_most', 'tr')}|\b{any_of('span_alone', 'tr')}\b"
    )


def _unspaced_pattern(language: str) -> str:
    """Japanese and Chinese, in both scripts. In Japanese 時間 is a span, 時 is the clock."""
    amount, unit = any_of("span_amount", language), any_of("span_unit", language)
    joined = "|".join(("[-–]", *phrases("span_joined", language)))
    counter = f"{any_of('span_counter', language)}?\\s*" if phrases("span_counter", language) else ""
    return (
        rf"(?:(?<!\d)\d+|{amount}+)\s*(?:(?:{joined})\s*\d+\s*)?{counter}{unit}\s*{any_of('span_after', language)}"
        rf"|{any_of('span_alone', language)}"
    )


TIME_PROMISE = re.compile(
    "|".join((*map(_span_pattern, _SPAN_LANGUAGES), _turkish_pattern(), *map(_unspaced_pattern, ("ja", "zh")))),
    re.IGNORECASE,
)
"""Any of the languages' promises: a text is not always in the language that it is said to be in."""
