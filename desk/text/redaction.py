"""Personal data taken out of a text, so that what one customer wrote can help another.

What is found is replaced by a word in brackets (`[email]`, `[phone]`), so the text stays readable. Names are found
when they are given, and where a greeting, a title or "my name is" announces them; no model guesses at others. What
only looks personal stays: versions, dates, prices, error codes, private network addresses.

Everything is linear in the length of the text: each pattern starts only where a run starts, and is bounded.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from desk.text import lexicon
from desk.text.identifiers import (
    has_digit,
    iban_within,
    is_card,
    is_personal_email,
    is_phone,
    is_place,
    is_public_ip,
    is_secret,
    is_secret_link,
    is_word_kept_secret,
)
from desk.text.lexicon import any_of
from desk.text.postal_address import ADDRESS, ANNOUNCED, POSTCODE
from desk.text.tokenizer import clean

VERSION = "1"
"""Changes with the rules, so that what was redacted by older ones can be done again."""


class PersonalDataKind(StrEnum):
    """What stands in the brackets."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"
    IP = "ip"
    LINK = "link"
    SECRET = "secret"  # noqa: S105  # a word, not one itself
    ADDRESS = "address"
    DATE = "date"
    """Of birth; other dates stay."""
    NUMBER = "number"
    """An order, invoice, customer or identity number."""


@dataclass(frozen=True, slots=True)
class PersonalDatum:
    """Personal data at `text[start:end]`."""

    start: int
    end: int
    kind: PersonalDataKind


def redact(text: str, names: Iterable[str] = ()) -> str:
    """The text without personal data. `names` are of the people known to be in it: their names, whole and in parts."""
    text = clean(text)
    parts: list[str] = []
    position = 0
    for datum in find_personal_data(text, names):
        parts += [text[position : datum.start], f"[{datum.kind}]"]
        position = datum.end
    return "".join([*parts, text[position:]])


def find_personal_data(text: str, names: Iterable[str] = ()) -> list[PersonalDatum]:
    """What `redact` replaces, in order and without overlap; where two overlap, the later rule has the rest."""
    found_data: list[PersonalDatum] = []
    covered = bytearray(len(text))
    for rule in (*_RULES_BEFORE_NAMES, *_name_rules(names), *_RULES_AFTER_NAMES):
        for datum in rule.finds(text):
            for start, end in _uncovered_spans(covered, datum.start, datum.end):
                if _is_telling(text[start:end], datum.kind):
                    covered[start:end] = b"\1" * (end - start)
                    found_data.append(PersonalDatum(start, end, datum.kind))
    return sorted(found_data, key=lambda datum: datum.start)


def _is_telling(part: str, kind: PersonalDataKind) -> bool:
    """Of an address "behind the church" says nothing."""
    if kind is PersonalDataKind.ADDRESS:
        return any(letter.isdigit() or letter.isupper() for letter in part)
    return any(letter.isalnum() for letter in part)


def _uncovered_spans(covered: bytearray, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts from start to end that no earlier rule has."""
    while start < end:
        next_covered = covered.find(1, start, end)
        free_end = end if next_covered < 0 else next_covered
        if start < free_end:
            yield start, free_end
        start = covered.find(0, free_end, end)
        if start < 0:
            return


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pattern; what counts is its group `it`, or all of it. `holds` looks at that and at what stands before it, and
    gives how many of its letters count."""

    kind: PersonalDataKind
    pattern: re.Pattern[str]
    holds: Callable[[str, str], int] = lambda candidate, before: len(candidate)

    def finds(self, text: str) -> Iterator[PersonalDatum]:
        group = "it" if "it" in self.pattern.groupindex else 0
        for match in self.pattern.finditer(text):
            start, end = match.span(group)
            length = self.holds(text[start:end], text[max(0, start - 40) : start].lower())
            if length:
                yield PersonalDatum(start, start + length, self.kind)


def _name_rules(names: Iterable[str]) -> list[_Rule]:
    """Whole names in any case; their parts, of three letters or more, only as names are written."""
    full_names = {name.strip() for name in names if len(name.strip()) > 2 and not name.strip().isdigit()}
    name_words = {word for name in full_names for word in re.split(r"[\s,.()\"']+", name)}
    name_parts = {word for word in name_words if len(word) > 2 and word.isalpha() and word.lower() not in _NO_NAMES}
    rules: list[_Rule] = []
    if longest_first := sorted((name for name in full_names if " " in name), key=len, reverse=True):
        rules.append(_Rule(PersonalDataKind.NAME, _any_name_pattern(longest_first, re.IGNORECASE)))
    if name_parts:
        spellings = {form for part in name_parts for form in (part[:1].upper() + part[1:], part.title(), part.upper())}
        rules.append(_Rule(PersonalDataKind.NAME, _any_name_pattern(sorted(spellings, key=len, reverse=True))))
    return rules


def _any_name_pattern(names: Iterable[str], flags: int = 0) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(name).replace(r"\ ", r"\s{1,3}") for name in names)
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)", flags)


_NO_NAMES = lexicon.words("no_name")
_WORD = r"[^\W\d_](?:[^\W\d_]|['’.-](?=[^\W\d_])){0,30}"
_NAME = rf"{_WORD}(?:[ ]{_WORD}){{0,2}}"


def _is_name(candidate: str, before: str) -> int:
    """As far as the words are written as names are."""
    end = 0
    for word in re.finditer(r"\S+", candidate):
        if not word.group()[0].isupper() or word.group().lower().strip(".,!") in _NO_NAMES:
            break
        end = word.end()
    return end


_PREFIXES = (
    r"(?:sk|pk|rk)[-_](?:live|test|ant|proj|or)?[-_]?[\w-]{12,200}|gh[pousr]_\w{16,255}|github_pat_\w{20,255}"
    r"|glpat-[\w-]{16,64}|xox[abeprs]-[\w-]{10,250}|xapp-[\w-]{10,250}|A[KS]IA[0-9A-Z]{16}|AIza[\w-]{30,45}"
    r"|SG\.[\w-]{16,32}\.[\w-]{16,64}|ey[JK][\w-]{8,2000}\.[\w-]{8,4000}(?:\.[\w-]{0,2000})?|whsec_\w{16,128}"
)
_SECRET_ANNOUNCEMENT = (
    rf"(?<!\w){any_of('secret')}\b[\"'*`]{{0,3}}\s{{0,3}}(?:{any_of('secret_is')}\b\s{{0,3}}:?|[:=])"
    r"\s{0,3}[\"'*`“„«]{0,3}"
)
_NUMBER_WORD = rf"(?:[ -]?{any_of('number_word')}\b\.?)"
_BORN = rf"{any_of('born')}(?: {any_of('born_is')})?[ :]{{1,3}}"
_DATE = r"\d{1,4}[./ -]\d{1,2}[./ -]\d{1,4}|\d{1,2}\.? [^\W\d_]{3,10}\.? \d{4}|[^\W\d_]{3,10} \d{1,2},? \d{4}"
_PHONE_START = r"(?<![\w.,:/@#$€£+=-])(?:\+|\(\+?)?\d"

_RULES_BEFORE_NAMES = (
    _Rule(
        PersonalDataKind.SECRET,
        re.compile(r"-----BEGIN [A-Z ]{0,30}KEY-----[^-]{0,9000}(?:-----END [A-Z ]{0,30}KEY-----)?"),
    ),
    _Rule(
        PersonalDataKind.LINK,
        re.compile(
            r"\b(?:https?|ftp|wss?)://(?:[^\s/?#@<>\"]{1,200}@[^\s<>\"]{1,2000}"
            rf"|[^\s?#<>\"]{{1,500}}[?#][^\s<>\"]{{0,1000}}?\b{any_of('link_key')}=[^\s<>\"]{{1,3000}})",
            re.IGNORECASE,
        ),
    ),
    _Rule(
        PersonalDataKind.LINK,
        re.compile(r"\bhttps?://[^\s?#<>\"()]{1,300}/[\w~%-]{20,500}(?=[/?#\s<>\"()]|$)[^\s<>\"()]{0,2000}"),
        is_secret_link,
    ),
    _Rule(PersonalDataKind.SECRET, re.compile(rf"(?<![\w-])(?:{_PREFIXES})(?![\w-])")),
    _Rule(
        PersonalDataKind.SECRET,
        re.compile(r"\b(?:bearer|basic)\s{1,3}(?P<it>[\w.~+/=-]{16,4000})", re.IGNORECASE),
        is_secret,
    ),
    _Rule(
        PersonalDataKind.SECRET,
        re.compile(rf"{_SECRET_ANNOUNCEMENT}(?P<it>[^\s\"'`“”„«»]{{3,200}})", re.IGNORECASE),
        is_secret,
    ),
    _Rule(
        PersonalDataKind.SECRET,
        re.compile(
            rf"{_SECRET_ANNOUNCEMENT}(?P<it>[^\s\"'`“”„«»]{{5,200}}?)(?=[\"'`]{{0,3}}[.,;]?[ \t]{{0,3}}(?:\n|$))",
            re.IGNORECASE,
        ),
        is_word_kept_secret,
    ),
    _Rule(
        PersonalDataKind.EMAIL,
        re.compile(
            r"(?<![\w.+%'’-])[\w+%'’-](?:[\w.+%'’-]{0,63})\s?(?:@|[\[(](?:at|@)[\])]\s?)[\w-]{1,63}"
            r"(?:(?:\.|\s?[\[(](?:dot|\.)[\])]\s?)[\w-]{1,63}){1,5}",
            re.IGNORECASE,
        ),
        is_personal_email,
    ),
    _Rule(PersonalDataKind.DATE, re.compile(rf"\b{_BORN}(?P<it>{_DATE})", re.IGNORECASE)),
    _Rule(PersonalDataKind.IBAN, re.compile(r"(?<!\w)[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?!\w)"), iban_within),
    _Rule(PersonalDataKind.CARD, re.compile(r"(?<![\w.,+-])\d(?:[ -]?\d){11,18}(?![\w-]|[.,]\d)"), is_card),
    _Rule(PersonalDataKind.NUMBER, re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")),
    _Rule(
        PersonalDataKind.IP,
        re.compile(
            r"(?<![\w.:-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)|(?<![\w.:])[0-9A-Fa-f:]{0,4}:[0-9A-Fa-f:.]{4,40}(?![\w:])"
        ),
        is_public_ip,
    ),
    _Rule(
        PersonalDataKind.NUMBER,
        re.compile(
            rf"\b{any_of('number_label')}(?:{_NUMBER_WORD}|[ ]{{0,2}}#)?\s{{0,2}}"
            rf"(?:{any_of('number_is')}\s|[:#=]|n[°º])?\s{{0,2}}#?"
            r"(?P<it>(?=[\w/-]{0,30}\d[\w/-]{0,20}\d[\w/-]{0,10}\d)[A-Z0-9][A-Z0-9/-]{4,39})(?!\w)",
            re.IGNORECASE,
        ),
        lambda candidate, before: len(candidate) if sum(letter.isdigit() for letter in candidate) >= 5 else 0,
    ),
    _Rule(
        PersonalDataKind.PHONE,
        re.compile(_PHONE_START + r"(?:[ ()./-]{0,3}\d){6,16}(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?!\w|[.,:]\d)"),
        is_phone,
    ),
    _Rule(PersonalDataKind.ADDRESS, ADDRESS),
    _Rule(PersonalDataKind.ADDRESS, ANNOUNCED, is_place),
    _Rule(PersonalDataKind.ADDRESS, POSTCODE, has_digit),
)
"""What is looked for before the names that are known: an address may hold one."""

_RULES_AFTER_NAMES = (
    _Rule(PersonalDataKind.NAME, re.compile(rf"\b{any_of('title')}\b\.?[ ](?P<it>{_NAME})", re.IGNORECASE), _is_name),
    _Rule(
        PersonalDataKind.NAME,
        re.compile(rf"{any_of('name_before')}[ ](?P<it>{_NAME})", re.IGNORECASE),
        _is_name,
    ),
    _Rule(
        PersonalDataKind.NAME,
        re.compile(
            rf"(?m)^[ \t>*]{{0,5}}(?:{any_of('greeting')}|{any_of('thanks')},?)[ ]"
            rf"(?P<it>{_NAME})(?=\s{{0,2}}[,!.:]|\s{{0,2}}$)",
            re.IGNORECASE,
        ),
        _is_name,
    ),
    _Rule(PersonalDataKind.SECRET, re.compile(r"(?<![\w/.@-])[A-Za-z0-9+_-]{32,200}={0,2}(?![\w/.-])"), is_secret),
)
"""What is looked for after them."""
