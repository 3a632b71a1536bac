"""Which lines of a quote repeat a message that we hold: compared by words, however wrapped, marked or laid out.

A line counts if each of its words stands in a run of words of one of those messages, or if it is one of their lines or
sentences; a word that is not there keeps its line. All in one pass over the texts, up to a bound.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from desk.text.search_words import UNSPACED_SCRIPT
from desk.text.tokenizer import sentences, words

RUN = 8
"""So many words in a row are nobody's by chance."""
UNSPACED_RUN = 14
"""The same in characters, where words are not written apart."""
_MOST = 400_000
"""Characters that are compared with, of the newest messages."""
_LONGEST = 60_000
_LINK = re.compile(r"\[?(?:https?://|mailto:|www\.|image:|cid:)[^\s<>()\[\]]{1,2000}\]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HeldText:
    """A message that we hold: ours, or one of the customer side that was judged when it came."""

    text: str
    ours: bool


class HeldTexts:
    """Messages in order of time. Nothing is looked up before a mail quotes something."""

    def __init__(self, texts: Sequence[HeldText] = ()) -> None:
        self._texts = texts

    def before(self, end: int) -> "EarlierTexts":
        """Only those before this place."""
        return EarlierTexts(self, end)

    def hold(self, key: int, end: int, *, ours: bool) -> bool:
        """Does it stand in one of them, or of ours, before this place?"""
        first_any, first_ours = self._first_places.get(key, (end, end))
        return (first_ours if ours else first_any) < end

    @cached_property
    def _first_places(self) -> dict[int, tuple[int, int]]:
        """Where each run of words, short line and sentence stands first: in any, and in one of ours."""
        places: dict[int, tuple[int, int]] = {}
        left = _MOST
        for place in range(len(self._texts) - 1, -1, -1):  # so that the first is written last
            held = self._texts[place]
            if left <= 0:
                break
            text = held.text[: min(_LONGEST, left)]
            left -= len(text)
            for key in _keys_of(text):
                never = len(self._texts)
                places[key] = (place, place if held.ours else places.get(key, (never, never))[1])
        return places


@dataclass(frozen=True, slots=True)
class EarlierTexts:
    """What we held when a message came."""

    texts: HeldTexts
    end: int

    def covered(self, lines: Sequence[str], *, ours: bool = False) -> list[bool]:
        """Of each line, whether it repeats one of them, or one of ours; a line without words repeats nothing."""
        if not self.end:
            return [False] * len(lines)
        return _covered_lines(lines, lambda key: self.texts.hold(key, self.end, ours=ours))


NOTHING_HELD = HeldTexts().before(0)


def _keys_of(text: str) -> Iterator[int]:
    for line in text.split("\n"):
        for part in (line, *sentences(line)):
            if 0 < len(tokens := _tokens(part)) < UNSPACED_RUN:
                yield hash(tuple(tokens))
    yield from (key for _, key in _runs(_tokens(text)))


def _covered_lines(lines: Sequence[str], holds: Callable[[int], bool]) -> list[bool]:
    tokens_of_lines = list(map(_tokens, lines))
    tokens = [token for line_tokens in tokens_of_lines for token in line_tokens]
    covered = bytearray(len(tokens))
    for run, key in _runs(tokens):
        if holds(key):
            covered[run] = b"\1" * len(range(run.start, run.stop))
    flags, start = [], 0
    for line, line_tokens in zip(lines, tokens_of_lines, strict=True):
        end = start + len(line_tokens)
        flags.append(start < end and (all(covered[start:end]) or _is_said(line, holds)))
        start = end
    return flags


def _is_said(line: str, holds: Callable[[int], bool]) -> bool:
    """Is the line one of theirs, or each of its sentences?"""
    parts = [tokens for sentence in sentences(line) if (tokens := _tokens(sentence))]
    return holds(hash(tuple(_tokens(line)))) or all(holds(hash(tuple(tokens))) for tokens in parts)


def _runs(tokens: Sequence[str]) -> Iterator[tuple[slice, int]]:
    for start, token in enumerate(tokens):
        end = start + (UNSPACED_RUN if UNSPACED_SCRIPT.match(token) else RUN)
        if end <= len(tokens):
            yield slice(start, end), hash(tuple(tokens[start:end]))


def _tokens(text: str) -> list[str]:
    """Its words without addresses of links; of words that are not written apart each character."""
    tokens: list[str] = []
    for word in words(_LINK.sub(" ", text)):
        tokens += word if UNSPACED_SCRIPT.search(word) else [word]
    return tokens
