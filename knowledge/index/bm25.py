"""The lexical half of search: BM25 as an inner product of sparse vectors.

The document's side holds each term's saturated weight, the question's side its IDF. A term's dimension is a hash of it
into the billion that pgvector's `sparsevec` has: indexing then needs no look-up and no lock to number new words, the
weights of a passage depend on its text alone, and of 100,000 different words about five share a dimension.

The length that BM25 calls average is a constant: passages are cut to one size, whatever the corpus, so the average says
little, and a constant keeps old weights right while the corpus grows. What does change, how many passages hold a term,
is counted in a table and read when a question is asked.

What is inside a word (the parts of a compound, "5073" in "QX5073") stands in dimensions of its own, so that it neither
counts as a word nor makes one common. A question looks a word up in both; see `QueryTerm`.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from desk.text import lexicon
from desk.text.search_words import fold, words_and_inner
from desk.text.stemmer import stem
from knowledge.tables import SPARSE_DIMENSIONS

MOST_TERMS = 1000
"""Non-zero terms that pgvector's HNSW index takes of one vector."""

SATURATION = 1.2
LENGTH_WEIGHT = 0.75
USUAL_LENGTH = 100

INNER_COUNT = 0.5
"""What is inside a word counts as half of one."""

CODE, ALTERNATIVE, PART = 2.0, 0.9, 0.4
"""What a code is worth in a question beside a word (embedders hardly tell QX5071 from QX5073), what a word in another
spelling or inside a longer word is worth, and each part of it alone."""

MOST_QUESTION_TERMS = 64
MOST_ALTERNATIVES = 192

_COMPOUNDING = frozenset({"da", "de", "et", "fi", "hu", "is", "nb", "nl", "nn", "no", "sv"})
"""Languages that write compounds as one word."""

_SHORTEST_PART, _SHORTEST_REST = 4, 3
_LONGEST_WORD = 64
_INNER = "\x1f"
_CODE = re.compile(r"(?=.*\d\d)(?=.*[^\W\d])[\w.-]{4,}")


def _folded_words(meaning: str) -> dict[str, frozenset[str]]:
    return {language: frozenset(map(fold, words)) for language, words in lexicon.by_language(meaning).items()}


_STOP_WORDS, _QUERY_STOP_WORDS = _folded_words("stop_word"), _folded_words("query_stop_word")


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """One way to find a word of a question. All with one `word` are the same word; a `weight` of 1 or more is the
    word as it was asked, less is another way, which counts where some passage has it."""

    dimension: int
    word: int
    weight: float = 1.0


def stemming_language(locale: str) -> str:
    """The language of a locale: `pt-BR` → `pt`."""
    return re.split("[-_]", locale.strip().lower(), maxsplit=1)[0] or "en"


def index_terms(text: str, language: str) -> list[str]:
    """The text's terms in order, in one form of their letters, stemmed by the language where a stemmer is known."""
    return [term for word in words_and_inner(text)[0] if (term := _term(word, language))]


def index_weights(text: str, language: str) -> dict[int, float]:
    """The document's side of BM25 for a text: weight by dimension."""
    words, inner = words_and_inner(text)
    terms = [term for word in words if (term := _term(word, language))]
    within = [part for word in words for part in _compound_parts(word, language)]
    return bm25_weights(terms, [*(_term(word, language) for word in inner), *within])


def query_terms(text: str, language: str) -> list[QueryTerm]:
    """The dimensions in which to look for what is asked, each word once, without what people write around it."""
    stop_words = _QUERY_STOP_WORDS.get(language, ())
    words, inner = words_and_inner(text)
    terms: dict[str, str] = {}
    for word in words:
        if word not in stop_words and (term := _term(word, language)):
            terms.setdefault(term, word)
    asked = [QueryTerm(term_dimension(term), place, _query_weight(term)) for place, term in enumerate(terms)]
    others = [
        *(other for place, pair in enumerate(terms.items()) for other in _other_ways(*pair, place, language)),
        *(QueryTerm(term_dimension(form), len(terms) + place, ALTERNATIVE)
          for place, word in enumerate(dict.fromkeys(inner)) for form in (word, _INNER + word)),
    ]  # fmt: skip
    return _unique(asked[:MOST_QUESTION_TERMS] + others[:MOST_ALTERNATIVES])


def _query_weight(term: str) -> float:
    return CODE if _CODE.fullmatch(term) else 1.0


def _other_ways(term: str, word: str, place: int, language: str) -> Iterator[QueryTerm]:
    """Inside a longer word, and by the parts of the word itself."""
    yield QueryTerm(term_dimension(_INNER + term), place, ALTERNATIVE)
    for part in _compound_parts(word, language):
        yield QueryTerm(term_dimension(part), place, PART)


def _unique(terms: Iterable[QueryTerm]) -> list[QueryTerm]:
    first: dict[int, QueryTerm] = {}
    for term in terms:
        first.setdefault(term.dimension, term)
    return list(first.values())


def term_dimension(term: str) -> int:
    """Where the term stands in a sparse vector, from 0 (as text, `sparsevec` counts from 1)."""
    digest = hashlib.blake2b(term.encode(), digest_size=8).digest()
    return int.from_bytes(digest) % SPARSE_DIMENSIONS


def bm25_weights(terms: Sequence[str], inner: Iterable[str] = ()) -> dict[int, float]:
    """The document's side of BM25: weight by dimension, the 1,000 heaviest. What is inside words makes no text
    longer."""
    counts = Counter(map(_dimension, terms))
    length_factor = 1 - LENGTH_WEIGHT + LENGTH_WEIGHT * len(terms) / USUAL_LENGTH
    weights = {term: _saturated(count, length_factor) for term, count in counts.items()}
    for term, count in Counter(_dimension(_INNER + part) for part in inner if part).items():
        weights.setdefault(term, _saturated(count * INNER_COUNT, length_factor))
    heaviest = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:MOST_TERMS]
    return dict(sorted(heaviest))


def _saturated(count: float, length_factor: float) -> float:
    return count * (SATURATION + 1) / (count + SATURATION * length_factor)


_dimension = lru_cache(maxsize=65_536)(term_dimension)


@lru_cache(maxsize=65_536)
def _term(word: str, language: str) -> str:
    """The word as it is counted; empty where it tells nothing."""
    if len(word) > _LONGEST_WORD:
        return word[:_LONGEST_WORD]
    if word in _STOP_WORDS.get(language, ()):
        return ""
    return word if any(map(str.isdigit, word)) else stem(word, language)


@lru_cache(maxsize=16_384)
def _compound_parts(word: str, language: str) -> tuple[str, ...]:
    """What a compound may begin or end with. Which of it are words, the questions tell: a stem that is asked for is the
    beginning of the compound ("kund" of "kundennummer"), or the end of it or of its stem."""
    longest = min(len(word), _LONGEST_WORD) - _SHORTEST_REST
    if language not in _COMPOUNDING or longest <= _SHORTEST_PART or not word.isalpha():
        return ()
    lengths = range(_SHORTEST_PART, longest + 1)
    ends = (whole[-length:] for whole in (word, stem(word, language)) for length in lengths if length < len(whole))
    return tuple(dict.fromkeys([*(word[:length] for length in lengths), *ends]))
