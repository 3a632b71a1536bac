"""How long a text is for a remote embedder, without asking it, so that nothing it is given falls out of its window.

With the model's own `tokenizer.json` texts are counted exactly. Without it they are counted in bytes: whatever the
tokenizer, no token is shorter than one byte of the text as it reads it. Four bytes count as one token, which is about
what English has, and the window is given as a quarter of the model's, so that even a text of one token a byte fits: a
model that reads 8,192 tokens has a window of 2,047. Passages end at 256, so only models of under some 1,000 tokens get
shorter passages by this; for those a tokenizer is worth its file.
"""

import unicodedata
from pathlib import Path
from typing import Protocol

from tokenizers import Tokenizer

from desk.errors import BadSetting
from desk.text.tokenizer import clean

BYTES_A_TOKEN = 4
SPECIAL_TOKENS = 2
SPARE = 4
"""Tokens: two special ones, and what tokenizers put before a text and its prefix."""

MOST_GROWTH = 11
"""Times that NFKC, which some tokenizers begin with, makes a text longer at the most (U+FDFA)."""

LONGEST_TOKEN = 40
"""Characters. One that is longer is a word that the tokenizer does not know, which it counts as one and cannot read."""


class TokenBudget(Protocol):
    """Counts in tokens. `window` has the special tokens in it, but not the prefix."""

    window: int

    def count(self, text: str) -> int:
        """At least as many tokens as the text adds when it is joined to another by a line break."""
        ...

    def cut(self, text: str) -> str:
        """The text, or as much of its beginning as fits the window for certain."""
        ...


def token_budget_for(window: int, tokenizer: Path | None = None, prefix: str = "") -> TokenBudget:
    """The way to count for a model that reads `window` tokens, of which the prefix takes some."""
    return TokenizerBudget(window, tokenizer, prefix) if tokenizer else ByteBudget(window, prefix)


class ByteBudget:
    """An overestimate that needs nothing."""

    def __init__(self, window: int, prefix: str = "") -> None:
        self._max_bytes = max(window - SPARE - _utf8_size(prefix), BYTES_A_TOKEN)
        self.window = self._max_bytes // BYTES_A_TOKEN + SPECIAL_TOKENS

    def count(self, text: str) -> int:
        """Bytes, and one for the line break, by four."""
        return -(-(_utf8_size(text) + 1) // BYTES_A_TOKEN)

    def cut(self, text: str) -> str:
        """As many bytes as the model reads tokens."""
        if _utf8_size(text) <= self._max_bytes:
            return text
        text = clean(text)
        shortened = text.encode()[: self._max_bytes].decode(errors="ignore")
        return (
            shortened if _utf8_size(shortened) <= self._max_bytes else shortened[: self._max_bytes // (4 * MOST_GROWTH)]
        )


class TokenizerBudget:
    """Exact, by a `tokenizer.json`. Raises BadSetting at once when the file cannot be read."""

    def __init__(self, window: int, path: Path, prefix: str = "") -> None:
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # what the library raises is a bare Exception
            raise BadSetting(f"FIRSTLINE_EMBEDDER_TOKENIZER: {path} is no tokenizer.json") from error
        # Such a file may say that texts are cut or filled up, and would then count wrong.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.window = max(window - (SPARE - SPECIAL_TOKENS) - self._count(prefix), SPECIAL_TOKENS + 1)

    def count(self, text: str) -> int:
        """Tokens, and one for the line break."""
        return self._count(text) + 1

    def cut(self, text: str) -> str:
        """As many tokens as the window has."""
        max_tokens = self.window - SPECIAL_TOKENS
        text = clean(text)[: max_tokens * LONGEST_TOKEN]
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return text if len(offsets) <= max_tokens else text[: offsets[max_tokens - 1][1]]

    def _count(self, text: str) -> int:
        return len(self._tokenizer.encode(clean(text), add_special_tokens=False))


def _utf8_size(text: str) -> int:
    """UTF-8 bytes, as written or as NFKC writes it, whichever are more."""
    if text.isascii():
        return len(text)
    return max(len(text.encode(errors="replace")), len(unicodedata.normalize("NFKC", text).encode(errors="replace")))
