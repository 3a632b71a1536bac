"""Texts measured and cut in the embedder's own tokens."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

LONGEST_WORD = 40
_ENDLESS_WORD = re.compile(r"\w{100,}")
_REMEMBERED = 256

CountTokens = Callable[[str], int]


class Measure:
    """Counts tokens as the embedder does, and cuts texts that are too long for it."""

    def __init__(self, count_tokens: CountTokens) -> None:
        self._count = count_tokens
        self.size = lru_cache(_REMEMBERED)(self._size)
        self.beginning = lru_cache(_REMEMBERED)(self._beginning)

    def as_embedded(self, text: str) -> str:
        """What the embedder is given: endless runs of letters broken up, which it would read as one unknown word."""
        return _ENDLESS_WORD.sub(lambda run: re.sub(rf"(\w{{{LONGEST_WORD}}})", r"\1 ", run[0]), text)

    def split(self, text: str, max_tokens: int) -> list[str]:
        """The text, or its pieces if it is too long for a passage of its own."""
        if len(text) <= max_tokens * LONGEST_WORD and self.size(text) <= max_tokens:
            return [text]
        return list(self._pieces(text, max_tokens))

    def _size(self, text: str) -> int:
        return self._count(self.as_embedded(text))

    def _beginning(self, text: str, max_tokens: int) -> str:
        """As much of the text as fits."""
        return text if self.size(text) <= max_tokens else next(self._pieces(text, max_tokens))

    def _pieces(self, text: str, max_tokens: int) -> Iterator[str]:
        """Cut between words; only a word that fills a passage by itself is cut inside."""
        pending: list[str] = []
        tokens = 0
        for word in self._words(text, max_tokens):
            size = self._size(word)
            if pending and tokens + size > max_tokens:
                yield "".join(pending).strip()
                pending, tokens = [], 0
            pending.append(word)
            tokens += size
        if pending:
            yield "".join(pending).strip()

    def _words(self, text: str, max_tokens: int) -> Iterator[str]:
        for match in re.finditer(r"\S+\s*", text):
            word = match[0]
            if len(word) <= LONGEST_WORD or (len(word) <= max_tokens * 4 and self._size(word) <= max_tokens):
                yield word
            else:
                yield from self._slices(word, max_tokens)

    def _slices(self, word: str, max_tokens: int) -> list[str]:
        """The word in pieces that fit; shorter ones where a small window meets characters of several tokens each."""
        length = LONGEST_WORD
        while True:
            slices = [word[start : start + length] for start in range(0, len(word), length)]
            if length == 1 or all(self._count(word_slice) <= max_tokens for word_slice in slices):
                return slices
            length //= 2
