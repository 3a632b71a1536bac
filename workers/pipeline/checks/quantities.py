"""What a sentence counts: how many, how long, how often, how much, as numbers that can be compared.

`30 days` and `one month` are as good as equal, `2 days` and `2 business days` are not; `$12 a month` and `$120 a year`
do not compare. Versions, steps, error codes and the like are no quantities: they say what a sentence is about.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from desk.text import lexicon
from desk.text.lexicon import any_of, any_word
from workers.pipeline.checks.figures import CURRENCIES, MONTH, SPELLED

NEAR = 0.05
"""Spans of time and sizes are the same when they differ by less than this part: months are 28 to 31 days long."""

_DAYS = {unit: float(Fraction(days)) for unit, days in lexicon.pairs("days_of_unit").items()}
_SHORT = lexicon.pairs("unit_in_short")
_OFTEN = {adverb: float(Fraction(days)) for adverb, days in lexicon.pairs("days_of_often").items()}
_OFTEN_AS_NUMBER = lexicon.pairs("times")
_BYTES = {"kb": 1.0, "mb": 1e3, "gb": 1e6, "tb": 1e9}
_ONE_OF_DAYS = "|".join(_DAYS)
_UNIT = rf"(?P<unit>{'|'.join(f'{unit}s?' for unit in (*_DAYS, *_SHORT))})\b"
_VALUE = r"(?P<value>\d{1,3}(?:[,’']\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)"
_SIGN = r"(?:us\$|[$€£¥])"
_CODE = rf"(?:{any_of('price_code')}|{any_of('money_word')})\b"
_EVERY = rf"(?:\s?/\s?|\s{any_of('every')}\s)(?P<every>{_ONE_OF_DAYS})\b"

_REACH = re.compile(r"\S+@\S+|\b(?:https?://|www\.)\S+", re.IGNORECASE)
_DATE = re.compile(
    rf"\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?{MONTH}(?:,?\s\d{{4}})?"
    rf"|\b{MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?(?!\d)(?:,?\s\d{{4}})?|\b{MONTH}\s\d{{4}}\b|\b(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_LABEL = re.compile(
    rf"{any_word('numbered_thing')}\s?#?\d[\w.]*|^\d{{1,3}}[.)]\s|\s\d{{1,3}}\.$|\b\d+(?:st|nd|rd|th)\b", re.IGNORECASE
)
_CODE_WORD = re.compile(r"\b(?=\w*[a-z])(?=\w*\d)(?!\d+(?:st|nd|rd|th|kb|mb|gb|tb|px|h|s|m|d|min|x|%)\b)[\w-]+\b", re.I)
_ADVERB = re.compile(rf"\b(?P<often>{'|'.join(_OFTEN)})\b(?!\s{any_of('often_of_plan')}\b)", re.IGNORECASE)
_TIMES = re.compile(
    rf"\b(?:(?P<times>{any_of('times')}|\d+\stimes)\s{any_of('every')}|{any_of('every_time')})"
    rf"\s(?:(?P<value>\d+)\s)?{_UNIT}",
    re.IGNORECASE,
)
_SPAN = re.compile(
    rf"(?:{_VALUE}|\b{any_of('single')})[\s-]?(?P<work>{any_of('working_time')} )?{_UNIT}", re.IGNORECASE
)
_OTHER = _VALUE.replace("value", "other")
_PRICE = re.compile(
    rf"(?:(?P<sign>{_SIGN}|{_CODE})\s?{_VALUE}|{_OTHER}\s?(?P<after>{_SIGN}|{_CODE}))(?:{_EVERY})?", re.IGNORECASE
)
_SIZE = re.compile(rf"{_VALUE}\s?(?P<size>kb|mb|gb|tb)\b", re.IGNORECASE)
_SHARE = re.compile(rf"{_VALUE}\s?(?:%|{any_of('percent')}\b)", re.IGNORECASE)
_COUNT = re.compile(rf"(?<![\w.]){_VALUE}(?![\w%])")
_SPELLED_OUT = re.compile(rf"\b(?:{'|'.join(SPELLED)})\b", re.IGNORECASE)


class Quantity(NamedTuple):
    """So much of a kind. Time is in days, size in kilobytes; only what is of one kind compares."""

    kind: str
    value: float
    working: bool = False
    """Of days: those alone on which people work."""


@dataclass(frozen=True, slots=True)
class SentenceQuantities:
    """What a sentence counts, what it names by number (`version 4.2`, `SW-2001`, `9 May`), and the rest of its text."""

    quantities: frozenset[Quantity]
    named: frozenset[str]
    rest: str


def read_quantities(text: str) -> SentenceQuantities:
    """Take the quantities out of a sentence. A date is no quantity: it says which event is meant."""
    rest = _REACH.sub(" ", text)
    names: set[str] = set()
    for pattern in (_DATE, _LABEL, _CODE_WORD):
        names.update(" ".join(match.group().lower().split()) for match in pattern.finditer(rest))
        rest = pattern.sub(" ", rest)
    rest = _SPELLED_OUT.sub(lambda word: SPELLED[word.group().lower()], rest)
    quantities: set[Quantity] = set()
    for pattern, reader in _READERS:
        quantities.update(reader(match) for match in pattern.finditer(rest))
        rest = pattern.sub(" ", rest)
    return SentenceQuantities(frozenset(quantities), frozenset(names), rest)


def quantities_disagree(first: frozenset[Quantity], second: frozenset[Quantity]) -> str | None:
    """The kind of which each side has a quantity that the other does not have, or None."""
    unmatched = {quantity.kind for quantity in first if not _has_equal(quantity, second)}
    other_unmatched = {quantity.kind for quantity in second if not _has_equal(quantity, first)}
    return min(unmatched & other_unmatched, default=None)


def _has_equal(quantity: Quantity, others: frozenset[Quantity]) -> bool:
    is_inexact = quantity.kind in ("time", "how often", "size")
    return any(
        (other.kind, other.working) == (quantity.kind, quantity.working)
        and abs(other.value - quantity.value) <= (NEAR * max(other.value, quantity.value) if is_inexact else 0.0)
        for other in others
    )


def _parse_price(match: re.Match[str]) -> Quantity:
    sign = (match["sign"] or match["after"]).strip().lower()
    code = CURRENCIES.get(sign, sign)
    per = f" a {match['every'].lower()}" if match["every"] else ""
    return Quantity(f"{code}{per}", _parse_number(match["value"] or match["other"]))


def _parse_frequency(match: re.Match[str]) -> Quantity:
    return Quantity("how often", _OFTEN[match["often"].lower()])


def _parse_times(match: re.Match[str]) -> Quantity:
    times_text = (match["times"] or "1").lower()
    times = float(_OFTEN_AS_NUMBER.get(times_text) or times_text.split()[0]) or 1.0
    return Quantity("how often", _parse_number(match["value"] or "1") * _unit_days(match["unit"]) / times)


def _parse_span(match: re.Match[str]) -> Quantity:
    return Quantity(
        "time", _parse_number(match["value"] or "1") * _unit_days(match["unit"]), working=bool(match["work"])
    )


def _unit_days(unit: str) -> float:
    single = unit.lower().rstrip("s")
    return _DAYS[_SHORT.get(single, single)]


def _parse_number(number_text: str) -> float:
    return float(re.sub(r"[,’'](?=\d{3}(?:\D|$))", "", number_text).replace(",", "."))


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Quantity]], ...] = (
    (_PRICE, _parse_price),
    (_TIMES, _parse_times),
    (_ADVERB, _parse_frequency),
    (_SPAN, _parse_span),
    (_SIZE, lambda match: Quantity("size", _parse_number(match["value"]) * _BYTES[match["size"].lower()])),
    (_SHARE, lambda match: Quantity("percent", _parse_number(match["value"]))),
    (_COUNT, lambda match: Quantity("number", _parse_number(match["value"]))),
)
