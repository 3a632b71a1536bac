"""Whether a run of letters and digits is what it looks like: a card, an IBAN, a phone, a network address, a
secret, the number of a place.

Each check takes the candidate and the forty letters before it, in lower case, and gives how many of its letters count;
0 when it is something else.
"""

import ipaddress
import re
from itertools import pairwise

from desk.text import lexicon
from desk.text.lexicon import any_of, any_word

_CARD_NEARBY = re.compile(any_word("card_nearby"))
_PHONE_BEFORE = re.compile(rf"{any_word('phone_before')}[^.!?\n]{{0,36}}$")
_VERSION_BEFORE = re.compile(rf"\b{any_of('version_before')}[ :=]{{0,3}}$")
_COUNTED = re.compile(rf"(?:\d+ )?{any_of('counted_thing')}\b")
_DATE = re.compile(r"(?:19|20)\d\d[ ./-]\d\d?[ ./-]\d\d?|\d\d?[ ./-]\d\d?[ ./-](?:19|20)?\d\d")
_STAMP = re.compile(r"(?:19|20)\d\d[./-]\d\d?[./-]\d\d?[ ]\d")
_DECIMAL = re.compile(r"\d+[.]\d+")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:[ .]\d{3})+")
_YEARS = re.compile(r"(?:19|20)\d\d[ ]?[-/][ ]?(?:19|20)\d\d")
_WELL_KNOWN = {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9"}
_NO_SECRETS = lexicon.words("no_secret")
_OFFICE_MAILBOXES = lexicon.words("office_mailbox")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def is_card(candidate: str, before: str) -> int:
    """12 to 19 digits that begin like a card and pass Luhn's check (ISO/IEC 7812); any when a card is spoken of."""
    digits = re.sub(r"\D", "", candidate)
    if len(set(digits)) < 2:
        return 0
    begins_like_card = digits[0] in "23456" or digits.startswith("1800")
    return len(candidate) if (begins_like_card and passes_luhn(digits)) or _CARD_NEARBY.search(before) else 0


def passes_luhn(digits: str) -> bool:
    """Is the last digit right?"""
    doubled = (sum(divmod(int(digit) * 2, 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in digits[::-2])) % 10 == 0


def iban_within(candidate: str, before: str) -> int:
    """The longest beginning, of 15 letters or more, whose check digits are right (ISO 13616, mod 97)."""
    end_offsets = [offset for offset, letter in enumerate(candidate, 1) if letter.isalnum()]
    for end in reversed(end_offsets[14:]):
        compact = re.sub(r"[ -]", "", candidate[:end]).upper()
        number = "".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])
        if int(number) % 97 == 1 and not candidate[end : end + 1].isalnum():
            return end
    return 0


def is_public_ip(candidate: str, before: str) -> int:
    """An address on the internet; private ones, masks and those of public resolvers tell nothing about a person."""
    if _VERSION_BEFORE.search(before):
        return 0
    trimmed = candidate.rstrip(".:")
    try:
        address = ipaddress.ip_address(trimmed)
    except ValueError:
        return 0
    return len(trimmed) if address.is_global and trimmed not in _WELL_KNOWN else 0


def is_personal_email(candidate: str, before: str) -> int:
    """Any address but that of an office."""
    local_part = re.split(r"\s?(?:@|[\[(])", candidate.lower(), maxsplit=1)[0]
    return 0 if local_part.split("+")[0] in _OFFICE_MAILBOXES else len(candidate)


def is_phone(candidate: str, before: str) -> int:
    """Written as phone numbers are, or announced as one; no date, price, version or range of years."""
    number = re.sub(r"\s?(?:x|ext\.?)\s?\d{1,6}$", "", candidate, flags=re.IGNORECASE)
    digits = re.sub(r"\D", "", number)
    if not 7 <= len(digits) <= 15 or len(set(digits)) < 2 or number.count("(") != number.count(")"):
        return 0
    if number.startswith(("+", "(+")):
        return len(candidate)
    if _DECIMAL.fullmatch(number) or _YEARS.fullmatch(number) or _STAMP.match(number) or _DATE.fullmatch(number):
        return 0
    if _PHONE_BEFORE.search(before):
        return len(candidate)
    return len(candidate) if _looks_dialled(number, digits) and not _THOUSANDS.fullmatch(number) else 0


def _looks_dialled(number: str, digits: str) -> bool:
    groups = re.findall(r"\d+", number)
    if len(groups) == 1:
        return digits.startswith("0") and 9 <= len(digits) <= 12
    if re.match(r"\(\d{2,5}\)", number):
        return True
    if any(len(group) > 5 for group in groups[1:]) or min(map(len, groups)) < 2:
        return digits.startswith("0") and 9 <= len(digits) <= 13 and len(groups) <= 3
    return len(groups) >= 3 and 8 <= len(digits) <= 15


def is_secret(candidate: str, before: str) -> int:
    """A password, key or token, by the several kinds of letters in one word."""
    value = _strip_punctuation(candidate)
    if len(value) < 4 or not _may_be_secret(value):
        return 0
    kind_count = sum(bool(re.search(kind, value)) for kind in (r"\d", r"[a-z]", r"[A-Z]", r"[^\w\s]"))
    if len(value) >= 32:
        return len(value) if kind_count >= 2 and is_random(value) else 0
    return len(value) if re.search(r"\d", value) or (kind_count >= 3 and len(value) >= 6) else 0


def is_word_kept_secret(candidate: str, before: str) -> int:
    """A password that is a word like others: all that stands behind "password:" on its line."""
    value = _strip_punctuation(candidate)
    is_announced = before.rstrip(" \"'*`“„«").endswith((":", "="))
    return len(value) if is_announced and len(value) >= 5 and _may_be_secret(value) else 0


def _strip_punctuation(candidate: str) -> str:
    return candidate.rstrip(".,;:?)]}>*").rstrip("\"'`")


def _may_be_secret(value: str) -> bool:
    is_plain = value.lower().strip("<>[]{}()*_!") in _NO_SECRETS or _UUID.fullmatch(value)
    return not is_plain and value[0] not in "<[{$/(" and "://" not in value


def is_random(value: str) -> bool:
    """Twenty letters or more that are no words: digits and letters change places often."""
    if len(value) < 20:
        return False
    changes = sum(left.isdigit() != right.isdigit() for left, right in pairwise(value))
    return changes >= 5


def is_place(candidate: str, before: str) -> int:
    """A number beside a word that is written as names are: no "24 hours", no "step 3"."""
    has_named_number = re.search(r"\d[A-Za-z]?,?[ ](?:\d+[ ])?[^\W\d_a-z]|[^\W\d_a-z][^\W\d_]+\.?[ ]\d", candidate)
    is_counted = _COUNTED.match(candidate.lower())
    return len(candidate) if has_named_number and not is_counted else 0


def has_digit(candidate: str, before: str) -> int:
    """Anything with a digit in it."""
    return len(candidate) if re.search(r"\d", candidate) else 0


def is_secret_link(candidate: str, before: str) -> int:
    """A page that is found by knowing a random word."""
    return len(candidate) if any(is_random(part) for part in candidate.split("/")[3:]) else 0
