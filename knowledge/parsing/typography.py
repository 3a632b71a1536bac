"""Raised figures: the mark of a footnote is no part of the figure before it, an exponent is."""

import re

_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_TO_PLAIN = str.maketrans(_RAISED + "⁺⁻", "0123456789+-")
_TO_RAISED = str.maketrans("0123456789+-−", _RAISED + "⁺⁻⁻")
_RUN = re.compile(rf"(?<![{_RAISED}⁺⁻])[⁺⁻]?[{_RAISED}]+(?:[,\u2009 ][{_RAISED}]+)*")
_ANY = re.compile(f"[{_RAISED}]")

_ONE_MARK = r"[\[(]?(?:[0-9]{1,3}|[a-z]|[ivx]{1,4}|[*†‡§¶#]{1,3})[\])]?"
_MARK = re.compile(rf"{_ONE_MARK}(?:[,;\s]+{_ONE_MARK})*", re.IGNORECASE)
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|re|e|è|ère|ème|eme|os|as|do|da|de|ste|nde)\.?", re.IGNORECASE)
_TRADE = {"tm": "™", "(tm)": "™", "r": "®", "(r)": "®", "sm": "℠"}
_PRICE = re.compile(r"[$€£¥₹₽₺₩]\s?\d[\d.,\s]*$")
_CURRENCY_AFTER = re.compile(r"\s?(?:[$€£¥₹₽₺₩]|EUR|USD|CHF|GBP)")
_FIGURE = re.compile(r"\d[\d.,\u2009\u202f]*$")
_LETTERS = re.compile(r"[^\W\d_]+$")
_LENGTHS = frozenset({"m", "cm", "mm", "km", "dm", "µm", "μm", "nm", "ft", "in", "yd", "mi", "м", "см", "мм", "км"})
_TAIL = 24


def settle_raised_figures(text: str) -> str:
    """The text with the marks of footnotes left out and powers of ten written with `^`; "m²" stays as it is."""
    return _RUN.sub(_settle_run, text) if _ANY.search(text) else text


def _settle_run(run: re.Match[str]) -> str:
    text = run.string
    before, after = text[max(0, run.start() - _TAIL) : run.start()], text[run.end() : run.end() + _TAIL]
    return raised_text(before, run[0].translate(_TO_PLAIN), after)


def raised_text(before: str, raised: str, after: str = "", notes: frozenset[str] = frozenset()) -> str:
    """What stands for a raised text between two others; nothing for the mark of a footnote. `notes` are the marks of
    the footnotes that the page has."""
    raised = raised.strip()
    is_power_of_length = _is_length(before) and raised in ("2", "3")
    if is_power_of_length:
        return raised.translate(_TO_RAISED)
    if not raised or raised in notes or not before.strip():
        return "" if not raised or _MARK.fullmatch(raised) else raised
    if raised.lower() in _TRADE and before[-1:].isalpha():
        return _TRADE[raised.lower()]
    if re.fullmatch(r"\d\d", raised) and (_PRICE.search(before) or _CURRENCY_AFTER.match(after)):
        return f".{raised}"  # €29⁹⁹ are no 2,999 euros
    if re.fullmatch(r"[+−-]?(?:\d{1,3}|\d*[nk])", raised):
        return _power(before, raised)
    is_ordinal = before[-1:].isdigit() and _ORDINAL.fullmatch(raised)
    return "" if _MARK.fullmatch(raised) and not is_ordinal else _beside(before, raised)


def _is_length(before: str) -> bool:
    letters = _LETTERS.search(before)
    return letters is not None and letters[0].lower() in _LENGTHS


def _power(before: str, raised: str) -> str:
    """An exponent as it is read; nothing if the raised figure is the mark of a footnote."""
    digits = raised.lstrip("+−-")
    is_small = digits.isdigit() and raised == digits and int(digits) <= 3
    if figure := _FIGURE.search(before):
        base = figure[0].rstrip(".,")
        is_power = (base == "10" and not is_small) or (base == "2" and (not is_small or not digits.isdigit()))
        return f"^{raised}" if is_power or raised[0] in "−-" or not digits.isdigit() else ""
    letters = _LETTERS.search(before)
    if letters is None or len(letters[0]) > 2:
        return ""
    is_symbol = len(letters[0]) == 1 or letters[0].isupper() or raised != digits
    return raised.translate(_TO_RAISED) if is_symbol and digits.isdigit() and (is_small or raised != digits) else ""


def _beside(before: str, raised: str) -> str:
    """A raised word stands beside the one before; what belongs to a figure (1st, $29) does not."""
    return f" {raised}" if len(raised) > 3 and raised[0].isalpha() and before[-1:].isalpha() else raised
