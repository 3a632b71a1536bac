"""The words of a text as they are searched, whatever keyboard they came from.

A word has one form for all ways to write it: wide or narrow, in capitals, with accents, points and vowel signs or
without, with any apostrophe or hyphen. The vowel signs of India and South-East Asia stay: there they tell words apart.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

from desk.text import lexicon

# Thai, Lao, Myanmar, Khmer, kana, Han: scripts written without spaces.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff"
_UNSPACED += "\U00020000-\U0003ffff"
UNSPACED_SCRIPT = re.compile(f"[{_UNSPACED}]+")

# These are told apart by pairs of characters. So is Korean: its particles are written onto their words.
_PAIRED = re.compile(f"[{_UNSPACED}\uac00-\ud7a3]+")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

# Marks that many leave out when they type: of Latin, Greek and Cyrillic, Hebrew, Arabic; the nukta of Devanagari.
_OPTIONAL_MARK = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u093c"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f]"
)
_SPELT = {
    "ı": "i", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "þ": "th",
    "й": "й",  # a letter of its own, which Russian endings are known by
    "ى": "ي", "ی": "ي", "ک": "ك", "ـ": "", "ँ": "ं",
    "_": "-",
} | dict.fromkeys("`´ʹʻʼʽˈ‘’‛′՚׳ꞌ", "'") | dict.fromkeys("‐‑‒–−־﹣", "-")  # fmt: skip
_FOOTNOTE = re.compile("(?<=[0-9])[⁰¹²³⁴⁵⁶⁷⁸⁹]+")

_SOLID_CODE = re.compile(r"[^\W\d]{1,8}(\d{3,})")
_CODE_HYPHEN = re.compile(r"(?<=[^\W\d])-(?=\d)|(?<=\d)-(?=[^\W\d])")
_LONGEST_PREFIX = 4
"""Letters before a number that may be one code with it: QX 5073."""


def words_and_inner(text: str) -> tuple[list[str], list[str]]:
    """The words, those of several parts as parts too, and what else is in them for who writes them otherwise: "e-mail"
    holds "email", "QX5073" holds "5073", "QX 5073" is "qx5073", and a Chinese word is also its characters."""
    words: list[str] = []
    inner: list[str] = []
    for word in _compounds(fold(text)):
        if _PAIRED.search(word):
            words += _character_pairs(word)
            inner += _HAN.findall(word)
        else:
            inner += _inner_words(word, words[-1] if words else "")
            words += _word_and_parts(word)
    return words, inner


def search_words(text: str) -> list[str]:
    """The words alone."""
    return words_and_inner(text)[0]


def fold(text: str) -> str:
    """The text in the one form of its letters."""
    if text.isascii():
        return text.lower().replace("_", "-").replace("`", "'")
    return unicodedata.normalize("NFKC", _FOOTNOTE.sub(" ", text)).casefold().translate(_FOLDS)


def as_written(text: str, language: str) -> str:
    """A question as pages write it: the wide letters and digits of East Asia as everybody's, its narrow kana wide, and
    all capitals small where they are others than in English: a Turkish I is a dotless one."""
    text = _OTHER_WIDTH.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    if language in _DOTLESS and text.isupper():
        return text.replace("I", "ı").replace("İ", "i").lower()
    return text


_DOTLESS = frozenset({"az", "tr"})
_OTHER_WIDTH = re.compile("[\uff01-\uff9f\u3000]+")


class _Folds(dict[int, str]):
    """What each character is folded to, found out when it first comes."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_character(chr(code))
        return folded


_FOLDS = _Folds()


def _fold_character(character: str) -> str:
    if character in _SPELT:
        return _SPELT[character]
    if unicodedata.category(character) == "Cf":  # soft hyphens, joiners, marks of direction
        return ""
    if (digit := unicodedata.decimal(character, -1)) >= 0:
        return str(digit)
    bare = _OPTIONAL_MARK.sub("", unicodedata.normalize("NFKD", character))
    return unicodedata.normalize("NFC", "".join(_SPELT.get(part, part) for part in bare))


@cache
def _word_pattern() -> re.Pattern[str]:
    """Letters, digits and the marks that are kept; inside also apostrophes, dots and hyphens: don't, v2.1, E-4012."""
    kept_marks = "".join(filter(_is_kept_mark, map(chr, range(0x300, 0x10000))))
    letters = rf"(?!_)[\w{kept_marks}]"
    return re.compile(rf"(?:{letters})++(?:['.\-](?:{letters})++)*+")


def _is_kept_mark(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Mc") and not _OPTIONAL_MARK.match(character)


def _compounds(folded: str) -> Iterator[str]:
    pattern = _ASCII_WORD if folded.isascii() else _word_pattern()
    return (match[0] for match in pattern.finditer(folded))


_ASCII_WORD = re.compile(r"[a-z0-9]++(?:['.\-][a-z0-9]++)*+")
_JOINER = re.compile(r"['.\-]")


def _word_and_parts(word: str) -> list[str]:
    """The parts of a word; of a contraction what it shortens ("it's": it), and all of "don't"; with a digit also all of
    it, as a code may be written."""
    parts = _JOINER.split(word)
    if len(parts) < 2:
        return parts
    if parts[-1] in lexicon.words("contraction"):
        parts = ["".join(parts)] if parts[-1] == "t" else parts[:-1]
    if len(parts) > 1 and any(map(str.isdigit, word)):
        parts.append(_CODE_HYPHEN.sub("", word))
    return parts


def _inner_words(word: str, previous: str) -> Iterable[str]:
    if word.isalpha():
        return ()
    if word.isdigit():
        is_code = len(word) > 1 and previous.isalpha() and len(previous) <= _LONGEST_PREFIX
        return (previous + word,) if is_code else ()
    if code := _SOLID_CODE.fullmatch(word):
        return (code[1],)
    return (word.replace("-", ""),) if "-" in word and not any(map(str.isdigit, word)) else ()


def _character_pairs(word: str) -> Iterator[str]:
    end = 0
    for match in _PAIRED.finditer(word):
        yield from _other_parts(word[end : match.start()])
        run = match[0]
        yield from (run[i : i + 2] for i in range(max(len(run) - 1, 1)))
        end = match.end()
    yield from _other_parts(word[end:])


def _other_parts(text: str) -> list[str]:
    return [part for part in _JOINER.split(text) if part]
