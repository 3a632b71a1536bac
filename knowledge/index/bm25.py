"""The lexical half of search: BM25 as an inner product of sparse vectors.

The document's side holds each term's saturated weight, the question's side its IDF. A term's dimension is a hash of it
into the billion that pgvector's `sparsevec` has: indexing then needs no look-up and no lock to number new words, the
weights of a passage depend on its text alone, and of 100,000 different words about five share a dimension.

The length that BM25 calls average is a constant: passages are cut to one size, whatever the corpus, so the average says
little, and a constant keeps old weights right while the corpus grows. What does change, how many passages hold a term,
is counted in a table and read when a question is asked.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from desk.text import lexicon
from desk.text.stemmer import stem
from desk.text.tokenizer import search_words
from knowledge.tables import SPARSE_DIMENSIONS

MOST_TERMS = 1000
"""Non-zero terms that pgvector's HNSW index takes of one vector."""

SATURATION = 1.2
LENGTH_WEIGHT = 0.75
USUAL_LENGTH = 100

_STOP_WORDS, _QUERY_STOP_WORDS = lexicon.by_language("stop_word"), lexicon.by_language("query_stop_word")
_LONGEST_WORD = 64


def stemming_language(locale: str) -> str:
    """The language of a locale: `pt-BR` → `pt`."""
    return re.split("[-_]", locale.strip().lower(), maxsplit=1)[0] or "en"


def index_terms(text: str, language: str) -> list[str]:
    """The text's terms in order, lower case, without accents, stemmed by the language where a stemmer is known."""
    return [term for word in search_words(text) if (term := _term(word, language))]


def query_terms(text: str, language: str) -> list[str]:
    """The same of what is asked, each once, without what people write around a question."""
    stop_words = _QUERY_STOP_WORDS.get(language, ())
    words = (word for word in search_words(text) if word not in stop_words)
    return list(dict.fromkeys(term for word in words if (term := _term(word, language))))


def term_dimension(term: str) -> int:
    """Where the term stands in a sparse vector, from 0 (as text, `sparsevec` counts from 1)."""
    digest = hashlib.blake2b(term.encode(), digest_size=8).digest()
    return int.from_bytes(digest) % SPARSE_DIMENSIONS


def bm25_weights(terms: Sequence[str]) -> dict[int, float]:
    """The document's side of BM25: weight by dimension, the 1,000 heaviest."""
    counts = Counter(map(term_dimension, terms))
    length_factor = 1 - LENGTH_WEIGHT + LENGTH_WEIGHT * len(terms) / USUAL_LENGTH
    weights = {term: count * (SATURATION + 1) / (count + SATURATION * length_factor) for term, count in counts.items()}
    heaviest = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:MOST_TERMS]
    return dict(sorted(heaviest))


@lru_cache(maxsize=65_536)
def _term(word: str, language: str) -> str:
    """The word as it is counted; empty where it tells nothing."""
    if len(word) > _LONGEST_WORD:
        return word[:_LONGEST_WORD]
    if word in _STOP_WORDS.get(language, ()):
        return ""
    return word if any(map(str.isdigit, word)) else stem(word, language)
