"""The forms of mail programs: a mark of quoting, a line that says who wrote, a line of dashes, a block of headers.

Each is known by several things at once, a date, an address, quoted lines below: people write "he wrote:" as well, and
"From: Graz". Every look is at the first 400 characters of a few lines, so that all of it is linear.
"""

import re
from collections.abc import Sequence

from desk.text.lexicon import any_of

READ_LENGTH = 400
_FOLDED = 3
"""Lines at most over which a mail program folds the line that says who wrote."""
_NEAR = 4
_HEADERS = 16
_BLANKS = " \t\xa0\u200b\u200e\u200f\ufeff"
_MARK = re.compile(rf"[{_BLANKS}]{{0,8}}>")
_MARKS = re.compile(rf"^(?:[{_BLANKS}]{{0,8}}>)+[{_BLANKS}]?")

_MONTH = r"[^\W\d_]{2,12}\.?"
_YEAR = r"(?:19|20)\d\d"
_DATE = re.compile(
    rf"{_YEAR}\s?[年년./-]|\b\d{{1,2}}[./-]\s?\d{{1,2}}[./-]\s?\d{{2,4}}\b"
    rf"|\b\d{{1,2}}(?:\.|st|nd|rd|th|er|º)?\s(?:de\s|of\s)?{_MONTH},?\s(?:de\s)?{_YEAR}\b"
    rf"|\b{_MONTH}\s\d{{1,2}}(?:\.|st|nd|rd|th)?,?\s{_YEAR}\b",
    re.IGNORECASE,
)
_TIME = re.compile(r"\d{1,2}\s?[:.h時点]\s?\d\d(?!\d)")
_ADDRESS = re.compile(r"[<(\[]\s?(?:mailto:)?[^\s<>()\[\]@]{1,80}@[^\s<>()\[\]]{1,120}[>)\]|]")
_BARE_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,80}")
_WROTE = re.compile(any_of("wrote"), re.IGNORECASE)

_RULE = r"[-_*=–—]{2,}"
_OPENING = r"[-_*=–—#>\s]{0,60}"
_END = rf"(?:\s{{0,3}}{_RULE}|\s{{0,3}}[:：]|#{{0,3}})\s{{0,8}}$"
_QUOTED = re.compile(rf"{_OPENING}{any_of('quoted_mail')}(?:{_END}|\s{{0,8}}$)", re.IGNORECASE)
_FORWARDED = re.compile(rf"{_OPENING}{any_of('forwarded_mail')}(?:{_END}|\s{{0,8}}$)", re.IGNORECASE)
_REPLY_ABOVE = re.compile(rf"(?:##-|{_RULE})\s{{0,3}}{any_of('reply_above')}", re.IGNORECASE)
_RULED = re.compile(r"\s{0,8}[-_*=–—]{2,}")
_UNDERSCORES = re.compile(r"\s{0,8}_{20,}\s{0,8}$")
_FROM = re.compile(rf"[\s>]{{0,8}}\*?{any_of('mail_from')}\s?[:：]\*?\s?(.*)", re.IGNORECASE)
_HEADER = re.compile(rf"[\s>]{{0,8}}\*?({any_of('mail_header')})\s?[:：]\*?(?:\s|$|[^\s/])", re.IGNORECASE)
_ANSWER = re.compile(rf"[^:：]{{1,20}}[:：]\*?\s{{0,3}}{any_of('answer_subject')}\s?[:：]", re.IGNORECASE)
_FOLDED_HEADER = re.compile(r"\s+\S|[^:]*[;<@]")


def is_marked(line: str) -> bool:
    """Does a mark of quoting open the line?"""
    return bool(_MARK.match(line))


def without_marks(line: str) -> str:
    """The line without its marks of quoting."""
    return _MARKS.sub("", line, count=1)


def next_is_marked(lines: Sequence[str], number: int) -> bool:
    """Is the next line with text marked as a quote?"""
    return is_marked(next((line for line in lines[number : number + _NEAR] if line.strip(_BLANKS)), ""))


def is_reply_above(line: str) -> bool:
    """The line of a helpdesk above which one is to write."""
    return bool(_REPLY_ABOVE.match(line[:READ_LENGTH]))


def is_quoted_mail(lines: Sequence[str], number: int) -> bool:
    """ "Original message", between dashes or above a block of headers; or a long line above a sender."""
    if _UNDERSCORES.match(lines[number][:READ_LENGTH]):
        return any(_FROM.match(line[:READ_LENGTH]) for line in lines[number + 1 : number + _NEAR])
    return _is_title(_QUOTED, lines, number)


def is_forwarded_mail(lines: Sequence[str], number: int) -> bool:
    """ "Forwarded message", in the same way."""
    return _is_title(_FORWARDED, lines, number)


def _is_title(form: re.Pattern[str], lines: Sequence[str], number: int) -> bool:
    line = lines[number][:READ_LENGTH]
    if not form.match(line):
        return False
    return bool(_RULED.match(line)) or any(_FROM.match(below[:READ_LENGTH]) for below in lines[number + 1 :][:_NEAR])


def introduction_length(lines: Sequence[str], number: int, *, is_quoted: bool = False) -> int:
    """How many lines from here say who wrote the mail quoted below: 0, or 1 to 3 where the line was folded.
    `is_quoted` if what is below is known to be a quote."""
    end = _colon_below(lines, number)
    if end is None:
        return 0
    is_quoted = is_quoted or next_is_marked(lines, end + 1)
    starts = range(end, number - 1, -1)
    texts = {start: _joined(lines, start, end) for start in starts}
    certain = (start for start in starts if is_certain(texts[start]) and (is_quoted or _ends_as_one(texts[start])))
    likely = (start for start in starts if is_quoted and _says_who_wrote(texts[start]))
    return end - number + 1 if next(certain, next(likely, None)) == number else 0


def dated_length(lines: Sequence[str], number: int) -> int:
    """How many lines from here end in a colon and name a date, a time or an address; 0 where they do not."""
    end = _colon_below(lines, number)
    is_dated = end is not None and _says_when_or_where(_joined(lines, number, end))
    return end - number + 1 if end is not None and is_dated else 0


def _colon_below(lines: Sequence[str], number: int) -> int | None:
    """The first of the next lines that ends in a colon, with text in each line before it."""
    for place, line in enumerate(lines[number : number + _FOLDED], start=number):
        beginning = line[:READ_LENGTH].strip(_BLANKS)
        if not beginning or is_marked(line):
            return None
        if beginning.endswith((":", "：")):
            return place
    return None


def _joined(lines: Sequence[str], start: int, end: int) -> str:
    return " ".join(line[:READ_LENGTH].strip(_BLANKS) for line in lines[start : end + 1])[: _FOLDED * READ_LENGTH]


def _says_who_wrote(text: str) -> bool:
    """And when, or from where; above quoted lines that is enough."""
    return bool(_WROTE.search(text)) and _says_when_or_where(text)


def _says_when_or_where(text: str) -> bool:
    return any(form.search(text) for form in (_DATE, _TIME, _ADDRESS, _BARE_ADDRESS))


def _ends_as_one(text: str) -> bool:
    """Where no marks prove a quote: with the address right before the colon, or the word that somebody wrote."""
    return bool(
        _WROTE.search(text) or (_ADDRESS.search(text[-READ_LENGTH // 4 :]) and text.rstrip(" :：")[-1:] in ">)]|")
    )


def is_certain(introduction: str) -> bool:
    """Has it a date and an address, so that it is no sentence of the writer's?"""
    return bool(_DATE.search(introduction) and _ADDRESS.search(introduction))


def header_length(lines: Sequence[str], number: int) -> int:
    """How many lines from here are From:, Sent:, To:, Subject: as Outlook puts them above what it quotes; 0 if they
    are too few, or name no address."""
    if not _FROM.match(lines[number][:READ_LENGTH]):
        return 0
    names, length, end = set[str](), 1, min(len(lines), number + _HEADERS)
    for place in range(number + 1, end):
        line = lines[place][:READ_LENGTH]
        if header := _HEADER.match(line):
            names.add(header[1].lower())
            length = place - number + 1
        elif line.strip(_BLANKS) and not _FOLDED_HEADER.match(line):
            break
    has_address = bool(_BARE_ADDRESS.search("\n".join(line[:READ_LENGTH] for line in lines[number : number + length])))
    return length if len(names) >= (2 if has_address else 3) else 0


def sender_of(lines: Sequence[str]) -> str:
    """Who a block of headers says the mail is from."""
    senders = (_FROM.match(line[:READ_LENGTH]) for line in lines)
    return next((sender[1].strip(" *") for sender in senders if sender), "")


def is_answer(lines: Sequence[str]) -> bool:
    """Is the subject among them that of an answer?"""
    return any(_ANSWER.match(line[:READ_LENGTH]) for line in lines)
