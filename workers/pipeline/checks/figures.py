"""The hard facts of a text in one spelling: numbers, amounts of money, spans of time, dates, links, addresses.

`1,000` and `1000`, `$12` and `12 USD`, `three` and `3`, `5 March 2026` and `2026-03-05` come out alike. A number with
its unit is a fact of its own, so that "2 days" does not pass for "2 business days".
"""

import re
from collections.abc import Iterator

from desk.run import Finding
from desk.text import lexicon
from desk.text.lexicon import any_of
from desk.text.wording import Wording
from workers.pipeline.checks.evidence import Evidence, quote_statement

_UNITS = rf"(?:{any_of('figure_unit_kind')} )?{any_of('figure_unit')}|{any_of('short_unit')}"
CURRENCIES = lexicon.pairs("currency")
_CODES = f"{any_of('money_code')}|{any_of('money_word')}"
SPELLED = lexicon.pairs("spelled_number")
_SAME_UNIT = lexicon.pairs("same_unit")
_MONTHS = lexicon.phrases("month")
MONTH = rf"(?:{any_of('month')}|{any_of('month_short')})\b\.?"

_LINK = re.compile(r"\b(?:https?://|www\.)[^\s<>\"')\]]{1,500}", re.IGNORECASE)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_DOMAIN = re.compile(
    rf"(?<![\w@.-])(?:[a-z0-9-]{{1,63}}\.){{1,3}}{any_of('site_ending')}\b(?:/[^\s<>\"')\]]{{0,200}})?",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w.,/-])\+?\(?\d[\d ().-]{6,20}\d(?![\w/-])")
_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)(?:T[\d:.]{4,12}Z?)?\b")
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?({MONTH})", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b({MONTH})\s(\d{{1,4}})(?:st|nd|rd|th)?\b", re.IGNORECASE)
_NUMBER = re.compile(
    rf"(?P<before>us\$|[$€£¥]|\b(?:{_CODES})\s?)?(?<![\w])"
    r"(?P<number>\d{1,3}(?:[,’' ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?)"
    rf"(?:[\s-]?(?P<unit>{_UNITS})(?!\w)|\s?(?P<after>[$€£¥]|(?:{_CODES})\b))?",
    re.IGNORECASE,
)
_SPELLED_OUT = re.compile(rf"\b(?:{'|'.join(SPELLED)})\b", re.IGNORECASE)
_SPACED_THOUSANDS = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}\b)")


# Who forges a sender could have us mail these to somebody else.
_REACH = ("link:", "mail:", "phone:")


def unfounded_figure(evidence: Evidence) -> Iterator[Finding]:
    """Numbers, prices and dates stand in a cited block or in the customer's words; links, addresses and phone numbers
    in a cited block alone."""
    for statement in evidence.draft.statements:
        stated_facts = hard_facts(statement.text)
        if not stated_facts:
            continue
        customer_facts = {fact for fact in hard_facts(evidence.said) if not fact.startswith(_REACH)}
        if unfounded := stated_facts - hard_facts(evidence.cited_text(statement)) - customer_facts:
            yield Finding(
                "unfounded_figure",
                Wording("%(what)s in %(quote)s", what=", ".join(sorted(unfounded)), quote=quote_statement(statement)),
            )


def hard_facts(text: str) -> frozenset[str]:
    """The text's hard facts, each as `kind:value`, in one spelling."""
    facts: set[str] = set()
    rest = _SPACED_THOUSANDS.sub(",", text)
    for extract in (_take_addresses, _take_iso_dates, _take_phones, _take_spoken_dates):
        rest = extract(rest, facts)
    rest = _SPELLED_OUT.sub(lambda word: SPELLED[word.group().lower()], rest)
    return frozenset(facts.union(*map(_number_facts, _NUMBER.finditer(rest))))


def _take_addresses(text: str, facts: set[str]) -> str:
    for kind, pattern in (("link", _LINK), ("mail", _MAIL), ("link", _DOMAIN)):
        facts.update(f"{kind}:{_bare_address(match.group())}" for match in pattern.finditer(text))
        text = pattern.sub(" ", text)
    return text


def _bare_address(address: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", address.lower()).rstrip(".,;:!?/")


def _take_phones(text: str, facts: set[str]) -> str:
    phones = [match.group() for match in _PHONE.finditer(text) if _is_phone(match.group())]
    facts.update(f"phone:{re.sub(r'[^0-9]', '', phone)}" for phone in phones)
    for phone in phones:
        text = text.replace(phone, " ")
    return text


def _is_phone(number_text: str) -> bool:
    digits = sum(map(str.isdigit, number_text))
    return digits >= 7 and (
        number_text.startswith(("+", "0", "(")) or number_text.count("-") + number_text.count(" ") >= 2
    )


def _take_iso_dates(text: str, facts: set[str]) -> str:
    for year, month, day in _ISO.findall(text):
        facts.update((f"number:{year}", f"month:{int(month)}", f"number:{int(day)}"))
    return _ISO.sub(" ", text)


def _take_spoken_dates(text: str, facts: set[str]) -> str:
    """Notes the months; the day and year stay in the text and count as numbers."""
    facts.update(f"month:{_month_number(month)}" for _, month in _DAY_MONTH.findall(text))
    facts.update(f"month:{_month_number(month)}" for month, _ in _MONTH_DAY.findall(text))
    return re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", text)


def _month_number(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, 1) if month.startswith(name.lower()[:3]))


def _number_facts(match: re.Match[str]) -> set[str]:
    value = _plain_number(match["number"])
    facts = {f"number:{value}"}
    if unit := match["unit"]:
        single = unit.lower() if unit == "%" else unit.lower().rstrip("s")
        facts.add(f"span:{value} {_SAME_UNIT.get(single, single)}")
    if money := match["before"] or match["after"]:
        code = money.strip().lower()
        facts.add(f"money:{value} {CURRENCIES.get(code, code)}")
    return facts


def _plain_number(number: str) -> str:
    """`1,000.50` → `1000.5`, `1,5` → `1.5`, `007` → `7`."""
    digits = re.sub(r"[,’' ](?=\d{3}(?:\D|$))", "", number).replace(",", ".")
    integer, _, decimals = digits.partition(".")
    decimals = decimals.rstrip("0")
    return (integer.lstrip("0") or "0") + (f".{decimals}" if decimals else "")
