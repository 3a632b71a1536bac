"""Of the lines that nobody else wrote: which sign the mail, which a company puts under all of them, which were pasted.

A signature is a closing line, two dashes or a phone's remark, with nothing below it but short lines; wherever whole
sentences follow, it is none. Whoever added a PS goes on writing.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from desk.text.lexicon import any_of, phrases
from desk.text.mail.forms import READ_LENGTH
from desk.text.mail.parts import PartKind
from desk.text.mail.quotes import MailLine
from desk.text.tokenizer import sentences, words

_DEVICE = re.compile(rf"\s{{0,8}}{any_of('device_signature')}.{{0,60}}$", re.IGNORECASE)
_CLOSING = re.compile(rf"\s{{0,8}}{any_of('mail_closing')}\s{{0,3}}[,.!;，、。！]{{0,3}}\s{{0,8}}$", re.IGNORECASE)
_POSTSCRIPT = re.compile(rf"\s{{0,8}}\*?{any_of('postscript')}\s?(?:[:：.,–—-]|\s)", re.IGNORECASE)
_LEGAL = tuple(re.compile(phrase, re.IGNORECASE) for phrase in phrases("legal_footer"))
_DASHES = frozenset({"--", "—", "–"})
_CLOSED_LINES = 6
_DASHED_LINES = 12
_LINE_LENGTH = 70
_SENTENCE_WORDS = 5
_LEGAL_MARKS = 2
_LEGAL_LENGTH = 4000
_LEGAL_PARTS = 6
_WRAPPED = 50
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_ROW = re.compile(r"\s{0,8}\|.{0,390}\|\s{0,8}$|[^\t]{0,200}\t.{0,200}\t")
_LOGGED = re.compile(
    r"\s{0,8}(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?\d\d:\d\d:\d\d[.,\]]|at [\w.$<>]{1,120}\(|File \"|Traceback |"
    r"(?:\[)?(?:ERROR|WARN(?:ING)?|INFO|DEBUG|FATAL)\b|[{}\[\]]{1,3},?\s{0,8}$|\"[\w.-]{1,60}\"\s?:)"
)
_PASTED_LINES = 2


def mark_own_parts(lines: Sequence[MailLine]) -> None:
    """Give each line of one stretch of the writer's own its part."""
    end = _legal_start(lines)
    _mark(lines, end, len(lines), PartKind.LEGAL)
    _mark(lines, *_signature(lines[:end]), PartKind.SIGNATURE)
    _mark_pasted(lines)


def _mark(lines: Sequence[MailLine], start: int, end: int, kind: PartKind) -> None:
    for line in lines[start:end]:
        line.kind = kind


def _signature(lines: Sequence[MailLine]) -> tuple[int, int]:
    """Where it begins, and where it ends: at a postscript, or with the lines."""
    texts = [line.text[:READ_LENGTH] for line in lines]
    ends = [n for n, text in enumerate(texts) if _POSTSCRIPT.match(text)]
    ends.append(len(texts))
    has_rules = sum(text.strip() in _DASHES for text in texts) > 1
    for number, text in enumerate(texts):
        if has_rules and text.strip() in _DASHES:
            continue  # parts of one report are set apart so
        end = ends[bisect_right(ends, number, hi=len(ends) - 1)]
        if (most := _signature_lines(text)) and _are_short(texts, number + 1, end, most):
            return number, end
    return 0, 0


def _signature_lines(text: str) -> int:
    """How many lines may stand below one that opens a signature; 0 where it opens none."""
    if _CLOSING.match(text):
        return _CLOSED_LINES
    is_device = _DEVICE.match(text) and not _is_prose(text.strip())
    return _DASHED_LINES if text.strip() in _DASHES or is_device else 0


def _are_short(texts: Sequence[str], start: int, end: int, most: int) -> bool:
    """A few lines of names, titles and numbers; no sentences."""
    if end - start > 4 * most:
        return False
    written = [text for number in range(start, end) if (text := texts[number].strip())]
    return len(written) <= most and not any(map(_is_prose, written))


def _is_prose(text: str) -> bool:
    is_ended = text.endswith((".", "!", "。", "！")) and len(words(text)) >= _SENTENCE_WORDS
    return len(text) > _LINE_LENGTH or text.endswith(("?", "？")) or is_ended


# --- Legal footers ----------------------------------------------------------------------------------------------------


def is_legal_part(text: str) -> bool:
    """Does every sentence of a paragraph say what companies put under every mail, by at least two of its phrases? One
    sentence of another kind, and it is the writer's own."""
    lines = text[:_LEGAL_LENGTH].strip().split("\n")
    if sum(bool(phrase.search(text)) for phrase in _LEGAL) < _LEGAL_MARKS or not _is_legal(lines[0]):
        return False
    return all(map(_is_legal, sentences("\n".join(_unwrapped(lines)))))


def _is_legal(sentence: str) -> bool:
    return any(phrase.search(sentence) for phrase in _LEGAL)


def _unwrapped(lines: Sequence[str]) -> Iterator[str]:
    """A line goes on with the next where it is long and that one begins small; else it is one of its own."""
    joined = lines[0]
    for previous, line in pairwise(lines):
        if len(previous) >= _WRAPPED and line[:1].islower():
            joined += f" {line}"
        else:
            yield joined
            joined = line
    yield joined


def _legal_start(lines: Sequence[MailLine]) -> int:
    """Where the legal paragraphs begin that end the lines."""
    start = len(lines)
    for _ in range(_LEGAL_PARTS):
        end = _without_blanks(lines, start)
        first = next((n for n in range(end, 0, -1) if not lines[n - 1].text.strip()), 0)
        if first == end or not is_legal_part("\n".join(line.text for line in lines[first:end])):
            return start
        start = first
    return start


def _without_blanks(lines: Sequence[MailLine], end: int) -> int:
    while end and not lines[end - 1].text.strip(" \t*_-="):
        end -= 1
    return end


# --- What was pasted --------------------------------------------------------------------------------------------------


def _mark_pasted(lines: Sequence[MailLine]) -> None:
    """Between fences, or several rows of a table or a log on end."""
    start, is_fenced = 0, False
    for number, line in enumerate(lines):
        is_fence = bool(_FENCE.match(line.text))
        is_pasted = is_fenced or is_fence or bool(_ROW.match(line.text[:READ_LENGTH]) or _LOGGED.match(line.text))
        is_fenced ^= is_fence
        if not is_pasted or line.kind is not PartKind.THEIRS:
            _mark_run(lines, start, number)
            start = number + 1
    _mark_run(lines, start, len(lines))


def _mark_run(lines: Sequence[MailLine], start: int, end: int) -> None:
    if end - start >= _PASTED_LINES:
        _mark(lines, start, end, PartKind.PASTED)
