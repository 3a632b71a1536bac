"""BM25 and cosine in memory, added up: what any of these stacks should be better than.

BM25 as in Robertson and Zaragoza (2009), k1 1.2, b 0.75, over lower-case words; its scores divided by the best one and
weighed 0.25, cosine 0.75. Documents are cut into windows of 200 words, with their title.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from bench.remembering import Remembering
from bench.stopwatch import Documents

WORDS, PASSAGES = 200, 20
K1, B = 1.2, 0.75
WORDS_WEIGHT = 0.25


class Plain:
    """Written once; there is nothing to keep in step."""

    def __init__(self, memory: Remembering, passages: Mapping[str, Sequence[str]] | None = None) -> None:
        self.name = f"BM25 + cosine in memory{', our passages' if passages else ''}"
        self._memory, self._passages = memory, passages
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        self._owners: list[str] = []
        self._vectors = np.zeros((0, self._memory.dimensions), np.float32)
        self._postings: dict[str, list[tuple[int, float]]] = {}

    def write(self, documents: Documents) -> None:
        """Everything anew."""
        self.clear()
        cut = [(each["id"], passage) for each in documents for passage in self._cut(each)]
        self._owners = [owner for owner, _ in cut]
        self._vectors = np.array(self._memory.embed_documents([passage for _, passage in cut]), np.float32)
        self._weigh([_words(passage) for _, passage in cut])

    sync = write

    def ask(self, question: str) -> list[str]:
        """The documents of the best passages."""
        lexical = np.zeros(len(self._owners))
        for word in set(_words(question)):
            for place, weight in self._postings.get(word, ()):
                lexical[place] += weight
        cosine = self._vectors @ np.array(self._memory.embed_query(question), np.float32)
        fused = WORDS_WEIGHT * lexical / (lexical.max() or 1.0) + (1 - WORDS_WEIGHT) * cosine
        return [self._owners[place] for place in np.argsort(-fused, kind="stable")[:PASSAGES]]

    def _weigh(self, texts: Sequence[list[str]]) -> None:
        average = sum(map(len, texts)) / len(texts)
        for place, words in enumerate(texts):
            norm = K1 * (1 - B + B * len(words) / average)
            for word, n in Counter(words).items():
                self._postings.setdefault(word, []).append((place, n * (K1 + 1) / (n + norm)))
        for word, holders in self._postings.items():
            idf = math.log(1 + (len(texts) - len(holders) + 0.5) / (len(holders) + 0.5))
            self._postings[word] = [(place, weight * idf) for place, weight in holders]

    def _cut(self, document: Mapping[str, str]) -> list[str]:
        if self._passages is not None:
            return list(self._passages[document["text"]])
        words = document["text"].split()
        return [
            f"{document['title']}\n{' '.join(words[start : start + WORDS])}"
            for start in range(0, max(len(words), 1), WORDS)
        ]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
