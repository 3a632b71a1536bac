"""Which language a text is in, by py3langid (a local naive Bayes model over byte n-grams, 97 languages and more).

The model alone is weak on a handful of words ("reset password" is 11 % English to it), so two kinds of evidence are
added: the languages that are likely beforehand, and everyday words that few languages share.
"""

from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from desk.text.tokenizer import word_set, words

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

_COMMON = word_set(
    """
    ar bg bn ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nl no pl pt ro ru sk sl sr sv
    th tr uk ur vi zh kk
    """
)
_WORDS = {
    "en": "the is are my i'm and to how can you do does it this what why where when for with have has please of can't "
    "don't won't didn't need want there your any but from get should would could been which",
    "de": "der die das ist ich und nicht mein meine meinen wie kann kein keine ein eine einen bitte hilfe warum wo mir "
    "wir sie haben habe möchte für mit auf zu geht funktioniert rechnung konto passwort hallo werden wird ihr sind es",
    "fr": "le la les est je mon ma mes et ne pas comment un une des pour bonjour merci vous nous que qui avec mot "
    "facture où pourquoi puis peux ai votre sur dans j'ai c'est plus",
    "es": "el la los las es mi mis y no cómo como un una por para hola gracias que con puedo tengo quiero factura "
    "contraseña cuenta cuándo dónde qué está su en se del",
    "it": "il lo gli è mio mia e non come un una per ciao grazie che con posso ho voglio fattura dove perché sono del "
    "della mi si",
    "pt": "o os as é meu minha e não como um uma por para olá obrigado que com posso tenho quero fatura senha conta "
    "onde em do da eu",
    "nl": "de het is ik en niet mijn hoe kan een geen waarom waar met voor op wij hebben heb wil graag hallo factuur "
    "wachtwoord zijn van er u je",
    "da": "jeg er og ikke min mit hvordan kan en et hvorfor hvor med for på vi har vil gerne hej det den til at af",
    "no": "jeg er og ikke min mitt hvordan kan en et hvorfor hvor med for på vi har vil gjerne hei det den til av å",
    "sv": "jag är och inte min mitt hur kan en ett varför var med för på vi har vill gärna hej det den till att av",
    "pl": "jest nie jak moje mój moja i w na czy mam proszę chcę dlaczego gdzie do się dzień dobry hasło faktura",
}
_EVERYDAY_WORDS = {language: frozenset(listed.split()) for language, listed in _WORDS.items()}
_loading = Lock()


def detect_language(text: str, likely: Sequence[str] = ("en",)) -> str:
    """The language as ISO 639-1 (639-3 where there is no shorter code); the first of `likely` for a wordless text."""
    text_words = words(text[:_READ])
    if not any(map(str.isalpha, "".join(text_words))):
        return likely[0] if likely else "und"
    likely_factor = _LIKELY if len(text_words) > _SHORT else _LIKELY_WHEN_SHORT
    scores = {
        name: probability * _prior_weight(name, likely, likely_factor)
        for name, probability in _language_identifier().rank(text[:_READ])
    }
    for language, everyday_words in _EVERYDAY_WORDS.items():
        if language in scores:
            scores[language] *= _EVERYDAY ** min(4, len(everyday_words.intersection(text_words)))
    likeliest = max(scores, key=lambda name: scores[name])
    return "no" if likeliest in {"nb", "nn"} else likeliest


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
