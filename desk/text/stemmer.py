"""Words cut to what their forms share. Search cuts by the language (Snowball); the local model and the checks of a
draft cut English more lightly, and their thresholds were measured with that."""

import threading
from functools import lru_cache

import snowballstemmer

_LANGUAGES = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "ed", "es", "er", "s", "y", "e")
_BEGINNING = 5

_lock = threading.Lock()


def stem(word: str, language: str) -> str:
    """The word's stem by the language; the word itself where no stemmer is known."""
    stemmer = _stemmer(language)
    if stemmer is None:
        return word
    with _lock:
        stemmed: str = stemmer.stemWord(word)
    return stemmed


def light_stem(word: str) -> str:
    """A light English stem: bookings → book, cancelled → cancel, prices → pric, price → pric."""
    word = word.removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "s" else word


def singular(word: str) -> str:
    """The English word without the s of its plural."""
    is_plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if is_plural else word


def beginning(word: str) -> str:
    """The word's first letters, which forms of one word share in most languages: "resetting" and "reset"."""
    return word[:_BEGINNING]


@lru_cache(maxsize=64)
def _stemmer(language: str) -> "snowballstemmer.stemmer | None":
    name = _LANGUAGES.get(language)
    return snowballstemmer.stemmer(name) if name else None
