"""The embedder in the box, with a memory: what it has embedded once is read from a file ever after."""

import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from knowledge.embedders.minilm import MiniLM

TEXTS_AT_ONCE = 256


class Remembering:
    """As MiniLM, to the bit. A memory of `None` is not kept. Safe between threads."""

    def __init__(self, memory: Path | None = None, inner: MiniLM | None = None) -> None:
        self._inner = inner or MiniLM()
        self.name, self.dimensions, self.window = self._inner.name, self._inner.dimensions, self._inner.window
        self.forgetful = False
        """Set it, and questions are embedded each time."""
        self._lock = threading.Lock()
        self._file = sqlite3.connect(memory or ":memory:", check_same_thread=False)
        self._file.execute("CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB)")

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text, in order."""
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            self._learn(texts[start : start + TEXTS_AT_ONCE])
        return [vector for text in texts if (vector := self._recall(text))]

    def embed_query(self, text: str) -> list[float]:
        """The same as for a document."""
        return self._inner.embed_query(text) if self.forgetful else self.embed_documents([text])[0]

    def count_tokens(self, text: str) -> int:
        """As the model does."""
        return self._inner.count_tokens(text)

    def _recall(self, text: str) -> list[float] | None:
        with self._lock:
            row = self._file.execute("SELECT vector FROM vectors WHERE text = ?", (_key(text),)).fetchone()
        return np.frombuffer(row[0], dtype=np.float32).tolist() if row else None

    def _learn(self, texts: Sequence[str]) -> None:
        missing = [text for text in dict.fromkeys(texts) if self._recall(text) is None]
        made = self._inner.embed_documents(missing)
        rows = [
            (_key(text), np.array(vector, np.float32).tobytes()) for text, vector in zip(missing, made, strict=True)
        ]
        with self._lock, self._file:
            self._file.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
