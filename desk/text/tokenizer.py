"""Text as it comes from people: made safe at the door, and cut into sentences and words.

Everything here is linear in the length of the text, however hostile: each pattern starts only where a run starts.
"""

import re
import unicodedata
from functools import cache

from desk.text import lexicon


def word_set(listed: str) -> frozenset[str]:
    """A set of words written as one text, for the word lists in code."""
    return frozenset(listed.split())


# C0 and C1 controls but tab and newline, DEL, and the bidirectional overrides and isolates that can make a text
# read other than it is (Unicode TR 36, section 2.5).
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NEWLINE = re.compile("\r\n|[\r\x85\u2028\u2029]")
_LAST_MARK = 0x1E94A  # U+1E94A ADLAM NUKTA, the highest combining mark of Unicode 15

# Only at the start of a run of stops; the look-behind keeps "......" from being tried at each dot.
_STOP = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*+(?=\s|$)|[。！？]++[」』”）]*+")
_LAST_WORD = re.compile(r"[\w.&'’-]{1,24}$")
_BULLET = re.compile(r"\d{1,3}|[a-zA-Z]")
_WORD = re.compile(r"[^\W_]++(?:['’][^\W_]++)*+")


def clean(text: str) -> str:
    """The text as it may enter: no control but tab and newline, no lone surrogate, one kind of newline, NFC.

    Characters that reorder the letters around them are dropped; right-to-left letters stay as they are.
    """
    text = _SURROGATE.sub("\ufffd", text)
    text = _UNWANTED.sub("", _NEWLINE.sub("\n", text))
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _long_marks().sub(r"\1", text))


@cache
def _long_marks() -> re.Pattern[str]:
    """Runs of over 30 combining marks. Python sorts such a run in quadratic time; 30 is UAX 15's stream-safe limit."""
    marks = [chr(code) for code in range(0x300, _LAST_MARK + 1) if _is_mark(chr(code))]
    inside = "".join(marks)
    return re.compile(f"([{inside}]{{30}})[{inside}]++")


def _is_mark(character: str) -> bool:
    if unicodedata.combining(character):
        return True
    parts = unicodedata.decomposition(character).split()
    return bool(parts) and not parts[0].startswith("<") and unicodedata.combining(chr(int(parts[0], 16))) > 0


def sentences(text: str, *, edited: bool = False) -> list[str]:
    """The sentences of a text, in order, trimmed. A line break always ends one; abbreviations and decimals do not.

    In an `edited` text sentences begin with capitals, so the mark in "click Forgot password? on the page" ends none.
    """
    return [sentence for line in text.split("\n") for sentence in _line_sentences(line, edited)]


def _line_sentences(line: str, edited: bool) -> list[str]:
    line_sentences: list[str] = []
    start = 0
    for stop in _STOP.finditer(line):
        if edited and line[stop.end() : stop.end() + 40].lstrip()[:1].islower():
            continue
        if _ends_sentence(line, start, stop):
            line_sentences.append(line[start : stop.end()].strip())
            start = stop.end()
    line_sentences.append(line[start:].strip())
    return [sentence for sentence in line_sentences if sentence]


def _ends_sentence(line: str, start: int, stop: re.Match[str]) -> bool:
    if stop.group()[0] != "." or len(stop.group().rstrip("\"'”’»)]")) > 1:
        return True
    last_word = _LAST_WORD.search(line, max(start, stop.start() - 24), stop.start())
    word = last_word.group().lower() if last_word else ""
    next_letter = line[stop.end() : stop.end() + 40].lstrip()[:1]
    if word in lexicon.words("abbreviation"):
        return word in lexicon.words("abbreviation_at_end") and next_letter.isupper()
    if line[start : stop.start()].strip() == word and _BULLET.fullmatch(word):
        return False  # "1." or "a." opens an item
    if len(word) == 1 and word.isalpha() and word != "i":
        return False  # an initial
    return not next_letter.islower() or len(word) > 2


def words(text: str) -> list[str]:
    """The words of a text in lower case, for matching: letters and digits of any script, inner apostrophes kept."""
    return _WORD.findall(text.replace("’", "'").replace("İ", "i").casefold())  # folded, İ falls into two


def first_words(text: str, limit: int) -> tuple[str, bool]:
    """The text up to its `limit`-th word, and whether anything was left out. One endless word counts by 20 letters."""
    beginning = text[: limit * 20]
    for count, word in enumerate(_WORD.finditer(beginning), start=1):
        if count > limit:
            return beginning[: word.start()].rstrip(), True
    return beginning, len(beginning) < len(text)
