"""Which language a text is in, by py3langid (a local naive Bayes model over byte n-grams, 97 languages and more).

The model alone is weak on a handful of words ("reset password" is 11 % English to it), so two kinds of evidence are
added: the languages that are likely beforehand, and everyday words that few languages share.
"""

from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from desk.text import lexicon
from desk.text.tokenizer import words

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SHORT = 3
_READ = 2000
"""Letters read; more changes nothing."""
_LIKELY = 4.0
"""How much likelier a language is that the account serves. Measured: with 2 a few short English texts are missed, with
10 two words of Danish are taken for English."""
_LIKELY_WHEN_SHORT = 12.0
"""The same for up to three words, which tell the model almost nothing."""
_EVERYDAY = 4.0
"""How much likelier a language gets by each everyday word, at most four of them."""
_RARE = 0.2
"""How much less likely a language is that no helpdesk in our knowledge serves."""

_COMMON = lexicon.words("common_language")
_EVERYDAY_WORDS = {language: frozenset(listed) for language, listed in lexicon.by_language("everyday_word").items()}
_loading = Lock()


def detect_language(text: str, likely: Sequence[str] = ("en",)) -> str:
    """The language as ISO 639-1 (639-3 where there is no shorter code); the first of `likely` for a wordless text."""
    text_words = words(text[:_READ])
    if not any(map(str.isalpha, "".join(text_words))):
        return likely[0] if likely else "und"
    scores = _language_scores(text[:_READ], text_words, likely)
    likeliest = max(scores, key=lambda name: scores[name])
    return "no" if likeliest in {"nb", "nn"} else likeliest


def _language_scores(text: str, text_words: Sequence[str], likely: Sequence[str]) -> dict[str, float]:
    """How likely each language is by all evidence together."""
    likely_factor = _LIKELY if len(text_words) > _SHORT else _LIKELY_WHEN_SHORT
    scores = {
        name: probability * _prior_weight(name, likely, likely_factor)
        for name, probability in _language_identifier().rank(text)
    }
    for language, everyday_words in _EVERYDAY_WORDS.items():
        if language in scores:
            scores[language] *= _EVERYDAY ** min(4, len(everyday_words.intersection(text_words)))
    return scores


def _prior_weight(language: str, likely: Sequence[str], likely_factor: float) -> float:
    if language in likely:
        return likely_factor
    return 1.0 if language in _COMMON else _RARE


@cache
def _load_model() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _language_identifier() -> "LanguageIdentifier":
    """The model, loaded once, at the first use: it takes a quarter of a second and some megabytes."""
    with _loading:
        return _load_model()
