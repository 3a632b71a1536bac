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
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

import snowballstemmer

from knowledge.tables import SPARSE_DIMENSIONS

MOST_TERMS = 1000
"""Non-zero terms that pgvector's HNSW index takes of one vector."""

SATURATION = 1.2
LENGTH_WEIGHT = 0.75
USUAL_LENGTH = 100

# A word may hold apostrophes, dots, dashes and underscores inside: don't, v2.1, api_key, E-4012.
_WORD = re.compile(r"[^\W_]+(?:['’._\-][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
# Scripts written without spaces, told apart by pairs of characters: Thai, Lao, Khmer, kana, Han.
_UNSPACED_SCRIPT = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")

_LANGUAGES = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

# Words of questions rather than of answers.
_STOP_WORDS = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does", "for", "from",
    "had", "has", "have", "he", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my", "of", "on", "or", "our",
    "shall", "she", "should", "so", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this",
    "those", "to", "was", "we", "were", "what", "when", "where", "which", "while", "who", "whom", "why", "will", "with",
    "would", "you", "your",
})  # fmt: skip

# Words of people who write to a help desk, in their questions only: documents may be about "any" and "need".
_QUERY_STOP_WORDS = frozenset({
    "about", "also", "am", "any", "anybody", "anyone", "anything", "dear", "get", "gets", "getting", "got", "hello",
    "here", "hey", "hi", "just", "know", "let", "like", "may", "might", "must", "need", "needs", "please", "regards",
    "some", "somebody", "someone", "something", "thank", "thanks", "us", "want", "wanted", "wants",
})  # fmt: skip

_stemmer_lock = threading.Lock()


def stemming_language(locale: str) -> str:
    """The language of a locale: `pt-BR` → `pt`."""
    return re.split("[-_]", locale.strip().lower(), maxsplit=1)[0] or "en"


def index_terms(text: str, language: str) -> list[str]:
    """The text's terms in order, lower case, without accents, stemmed by the language where a stemmer is known."""
    return [term for word in _split_words(text) if (term := _stem_word(word, language))]


def query_terms(text: str, language: str) -> list[str]:
    """The same of what is asked, each once, without what people write around a question."""
    stop_words = _QUERY_STOP_WORDS if language == "en" else frozenset()
    words = (word for word in _split_words(text) if word not in stop_words)
    return list(dict.fromkeys(term for word in words if (term := _stem_word(word, language))))


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


def _split_words(text: str) -> Iterator[str]:
    text = _without_accents(text.lower())
    for match in _WORD.finditer(text):
        word = match[0]
        if _UNSPACED_SCRIPT.search(word):
            yield from _character_pairs(word)
            continue
        subwords = _PART.findall(word)
        if len(subwords) > 1 and subwords[-1] in {"s", "t", "ll", "re", "ve", "d", "m"}:
            subwords = ["".join(subwords)] if subwords[-1] == "t" else subwords[:-1]
        yield from subwords
        if len(subwords) > 1 and any(map(str.isdigit, word)):
            yield word


def _character_pairs(word: str) -> Iterator[str]:
    end = 0
    for match in _UNSPACED_SCRIPT.finditer(word):
        yield from _PART.findall(word[end : match.start()])
        unspaced = match[0]
        yield from (unspaced[i : i + 2] for i in range(max(len(unspaced) - 1, 1)))
        end = match.end()
    yield from _PART.findall(word[end:])


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join(
        character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character)
    )


@lru_cache(maxsize=65_536)
def _stem_word(word: str, language: str) -> str:
    if len(word) > 64:
        return word[:64]
    if language == "en" and word in _STOP_WORDS:
        return ""
    stemmer = _stemmer(language)
    if stemmer is None or any(map(str.isdigit, word)):
        return word
    with _stemmer_lock:
        stem: str = stemmer.stemWord(word)
    return stem


@lru_cache(maxsize=64)
def _stemmer(language: str) -> "snowballstemmer.stemmer | None":
    name = _LANGUAGES.get(language)
    return snowballstemmer.stemmer(name) if name else None
