"""What a sentence counts: how many, how long, how often, how much, as numbers that can be compared.

`30 days` and `one month` are as good as equal, `2 days` and `2 business days` are not; `$12 a month` and `$120 a year`
do not compare. Versions, steps, error codes and the like are no quantities: they say what a sentence is about.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from desk.text.phrase_matcher import any_of_pattern
from workers.pipeline.checks.figures import SPELLED

NEAR = 0.05
"""Spans of time and sizes are the same when they differ by less than this part: months are 28 to 31 days long."""

_DAYS = {
    "second": 1 / 86400, "minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "fortnight": 14.0,
    "month": 30.4, "quarter": 91.3, "year": 365.0,
}  # fmt: skip
_SHORT = {"sec": "second", "min": "minute", "hr": "hour"}
_OFTEN = {
    "hourly": 1 / 24, "daily": 1.0, "nightly": 1.0, "weekly": 7.0, "fortnightly": 14.0, "biweekly": 14.0,
    "monthly": 30.4, "quarterly": 91.3, "yearly": 365.0, "annually": 365.0, "annual": 365.0,
}  # fmt: skip
_BYTES = {"kb": 1.0, "mb": 1e3, "gb": 1e6, "tb": 1e9}
_MONEY = {
    "$": "usd", "us$": "usd", "€": "eur", "£": "gbp", "¥": "jpy", "dollar": "usd", "euro": "eur", "pound": "gbp",
}  # fmt: skip

_UNIT = r"(?P<unit>seconds?|minutes?|hours?|days?|weeks?|fortnights?|months?|quarters?|years?|secs?|mins?|hrs?)\b"
_VALUE = r"(?P<value>\d{1,3}(?:[,’']\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)"
_SIGN = r"(?:us\$|[$€£¥])"
_CODE = r"(?:usd|eur|gbp|chf|jpy|cad|aud|dollars?|euros?|pounds?)\b"
_EVERY = rf"(?:\s?/\s?|\s(?:per|every|each|an?)\s)(?P<every>{'|'.join(_DAYS)})\b"

_REACH = re.compile(r"\S+@\S+|\b(?:https?://|www\.)\S+", re.IGNORECASE)
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
)
_DATE = re.compile(
    rf"\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH}(?:,?\s\d{{4}})?"
    rf"|\b{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?(?!\d)(?:,?\s\d{{4}})?|\b{_MONTH}\s\d{{4}}\b|\b(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_LABELS = any_of_pattern(
    "version versions release v step chapter section page figure table error errors code status port line row column "
    "part phase level tier option question no number nr article rule type class enter press dial http tls windows "
    "macos ios android ipados python node node.js java php ruby ubuntu debian postgres postgresql chrome firefox safari"
)
_LABEL = re.compile(_LABELS + r"\s?#?\d[\w.]*|^\d{1,3}[.)]\s|\s\d{1,3}\.$|\b\d+(?:st|nd|rd|th)\b", re.IGNORECASE)
_CODE_WORD = re.compile(r"\b(?=\w*[a-z])(?=\w*\d)(?!\d+(?:st|nd|rd|th|kb|mb|gb|tb|px|h|s|m|d|min|x|%)\b)[\w-]+\b", re.I)
_PLAN = r"(?!\s(?:plans?|subscriptions?|billing|pric\w+|fees?|payments?|payers?|customers?|subscribers?|licen[cs]es?"
_PLAN += r"|contracts?|cycles?|options?|rates?|terms?|renewals?|budgets?)\b)"
_ADVERB = re.compile(rf"\b(?P<often>{'|'.join(_OFTEN)})\b{_PLAN}", re.IGNORECASE)
_TIMES = re.compile(
    rf"\b(?:(?P<times>once|twice|\d+\stimes)\s(?:a|an|per|every|each)|every|each|per)\s(?:(?P<value>\d+)\s)?{_UNIT}",
    re.IGNORECASE,
)
_SPAN = re.compile(rf"(?:{_VALUE}|\b(?:an?|one))[\s-]?(?P<work>business |working )?{_UNIT}", re.IGNORECASE)
_OTHER = _VALUE.replace("value", "other")
_PRICE = re.compile(
    rf"(?:(?P<sign>{_SIGN}|{_CODE})\s?{_VALUE}|{_OTHER}\s?(?P<after>{_SIGN}|{_CODE}))(?:{_EVERY})?", re.IGNORECASE
)
_SIZE = re.compile(rf"{_VALUE}\s?(?P<size>kb|mb|gb|tb)\b", re.IGNORECASE)
_SHARE = re.compile(rf"{_VALUE}\s?(?:%|percent\b)", re.IGNORECASE)
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
    code = _MONEY.get(sign, _MONEY.get(sign.rstrip("s"), sign))
    per = f" a {match['every'].lower()}" if match["every"] else ""
    return Quantity(f"{code}{per}", _parse_number(match["value"] or match["other"]))


def _parse_frequency(match: re.Match[str]) -> Quantity:
    return Quantity("how often", _OFTEN[match["often"].lower()])


def _parse_times(match: re.Match[str]) -> Quantity:
    times_text = (match["times"] or "once").lower()
    times = {"once": 1.0, "twice": 2.0}.get(times_text) or float(times_text.split()[0]) or 1.0
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
