"""Whether a run of letters and digits is what it looks like: a card, an IBAN, a phone, a network address, a secret.

Each check takes what was found and the forty letters before it, in lower case, and gives how many of its letters count;
0 when it is something else.
"""

import ipaddress
import re
from itertools import pairwise

from desk.text.tokenizer import word_set

_CARD_WORDS = re.compile(
    r"\b(?:card|credit|debit|visa|mastercard|amex|maestro|karte|kreditkarte|carte|tarjeta|carta)\b"
)
_PHONE_WORDS = re.compile(
    r"\b(?:phone|tele(?:phone|fon|fono)|tel|mobile|cell|fax|whatsapp|sms|call|ring|reach|text|dial|desk|registered"
    r"|answering at|messages? (?:to|on|at)|handy|mobil|anruf\w*|rückruf|téléphone|portable|appel\w*|teléfono|móvil"
    r"|llam\w+|celular|cellulare|gsm)\b[^.!?\n]{0,36}$"
)
_VERSION_WORDS = re.compile(r"(?:\bv|\b(?:version|release|build|firmware|update|ver\.?|mask|netmask))[ :=]{0,3}$")
_DATE = re.compile(r"(?:19|20)\d\d[ ./-]\d\d?[ ./-]\d\d?|\d\d?[ ./-]\d\d?[ ./-](?:19|20)?\d\d")
_STAMP = re.compile(r"(?:19|20)\d\d[./-]\d\d?[./-]\d\d?[ ]\d")
_DECIMAL = re.compile(r"\d+[.]\d+")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:[ .]\d{3})+")
_YEARS = re.compile(r"(?:19|20)\d\d[ ]?[-/][ ]?(?:19|20)\d\d")
_WELL_KNOWN = {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9"}
_PLAIN = word_set(
    """
    required optional correct incorrect wrong invalid expired missing reset changed protected empty blank weak strong
    secure needed not set your the this that here below above new old case-sensitive field manager case is are was
    enabled disabled none null true false unknown forgotten leaked sent too
    """
)
_OFFICES = word_set(
    """
    support help helpdesk info contact hello sales billing accounts service services team office press privacy security
    abuse legal jobs careers feedback orders returns noreply no-reply donotreply do-not-reply postmaster webmaster admin
    kontakt hilfe rechnung buchhaltung datenschutz vertrieb bewerbung soporte ayuda ventas contacto aide commercial
    """
)
"""Mailboxes that no one person is behind (RFC 2142, and what help centers use)."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def is_card(found: str, before: str) -> int:
    """12 to 19 digits that begin like a card and pass Luhn's check (ISO/IEC 7812); any when a card is spoken of."""
    digits = re.sub(r"\D", "", found)
    if len(set(digits)) < 2:
        return 0
    begins = digits[0] in "23456" or digits.startswith("1800")
    return len(found) if (begins and passes_luhn(digits)) or _CARD_WORDS.search(before) else 0


def passes_luhn(digits: str) -> bool:
    """Is the last digit right?"""
    doubled = (sum(divmod(int(digit) * 2, 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in digits[::-2])) % 10 == 0


def iban_within(found: str, before: str) -> int:
    """The longest beginning, of 15 letters or more, whose check digits are right (ISO 13616, mod 97)."""
    ends = [place for place, letter in enumerate(found, 1) if letter.isalnum()]
    for end in reversed(ends[14:]):
        plain = re.sub(r"[ -]", "", found[:end]).upper()
        number = "".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])
        if int(number) % 97 == 1 and not found[end : end + 1].isalnum():
            return end
    return 0


def is_public_ip(found: str, before: str) -> int:
    """An address on the internet; private ones, masks and those of public resolvers tell nothing about a person."""
    if _VERSION_WORDS.search(before):
        return 0
    written = found.rstrip(".:")
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return 0
    return len(written) if address.is_global and written not in _WELL_KNOWN else 0


def is_personal_email(found: str, before: str) -> int:
    """Any address but that of an office."""
    local = re.split(r"\s?(?:@|[\[(])", found.lower(), maxsplit=1)[0]
    return 0 if local.split("+")[0] in _OFFICES else len(found)


def is_phone(found: str, before: str) -> int:
    """Written as phone numbers are, or announced as one; no date, price, version or range of years."""
    body = re.sub(r"\s?(?:x|ext\.?)\s?\d{1,6}$", "", found, flags=re.IGNORECASE)
    digits = re.sub(r"\D", "", body)
    if not 7 <= len(digits) <= 15 or len(set(digits)) < 2 or body.count("(") != body.count(")"):
        return 0
    if body.startswith(("+", "(+")):
        return len(found)
    if _DECIMAL.fullmatch(body) or _YEARS.fullmatch(body) or _STAMP.match(body) or _DATE.fullmatch(body):
        return 0
    if _PHONE_WORDS.search(before):
        return len(found)
    return len(found) if _looks_dialled(body, digits) and not _THOUSANDS.fullmatch(body) else 0


def _looks_dialled(body: str, digits: str) -> bool:
    groups = re.findall(r"\d+", body)
    if len(groups) == 1:
        return digits.startswith("0") and 9 <= len(digits) <= 12
    if re.match(r"\(\d{2,5}\)", body):
        return True
    if any(len(group) > 5 for group in groups[1:]) or min(map(len, groups)) < 2:
        return digits.startswith("0") and 9 <= len(digits) <= 13 and len(groups) <= 3
    return len(groups) >= 3 and 8 <= len(digits) <= 15


def is_secret(found: str, before: str) -> int:
    """A password, key or token, by the several kinds of letters in one word."""
    value = _bare(found)
    if len(value) < 4 or not _may_be_secret(value):
        return 0
    kinds = sum(bool(re.search(kind, value)) for kind in (r"\d", r"[a-z]", r"[A-Z]", r"[^\w\s]"))
    if len(value) >= 32:
        return len(value) if kinds >= 2 and is_random(value) else 0
    return len(value) if re.search(r"\d", value) or (kinds >= 3 and len(value) >= 6) else 0


def is_word_kept_secret(found: str, before: str) -> int:
    """A password that is a word like others: all that stands behind "password:" on its line."""
    value = _bare(found)
    told = before.rstrip(" \"'*`“„«").endswith((":", "="))
    return len(value) if told and len(value) >= 5 and _may_be_secret(value) else 0


def _bare(found: str) -> str:
    return found.rstrip(".,;:?)]}>*").rstrip("\"'`")


def _may_be_secret(value: str) -> bool:
    plain = value.lower().strip("<>[]{}()*_!") in _PLAIN or _UUID.fullmatch(value)
    return not plain and value[0] not in "<[{$/(" and "://" not in value


def is_random(value: str) -> bool:
    """Twenty letters or more that are no words: digits and letters change places often."""
    if len(value) < 20:
        return False
    changes = sum(one.isdigit() != other.isdigit() for one, other in pairwise(value))
    return changes >= 5
