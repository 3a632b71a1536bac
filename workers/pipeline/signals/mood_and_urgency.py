"""What a message says about itself without any model: its mood and its urgency.

Small word lists of the lexicon, on purpose: each line can be read, argued about and tested. They see English well, and
the other languages of the shipped policy at their commonest.
"""

import re

from desk.run import Sentiment, Urgency
from desk.text import lexicon
from desk.text.phrase_matcher import Phrases, phrase_words
from desk.text.tokenizer import sentences, words
from desk.ticket import Priority

# --- Mood ------------------------------------------------------------------------------------------------------------

FURIOUS = Phrases(lexicon.phrases("fury"))
FURIOUS_WITH_NEGATOR = lexicon.words("fury_with_negator")
NEGATIVE, STRONG = lexicon.words("bad_mood"), lexicon.words("very_bad_mood")
POSITIVE = lexicon.words("good_mood")
BAD_WHEN_NEGATED = POSITIVE - lexicon.words("thanking")
NEGATORS = lexicon.words("mood_negation")
_SHOUT = re.compile(r"\b[A-Z]{3,}(?:'[A-Z]+)?\b")
_PLEAS = re.compile(r"!{2,}|\?!|!\?")


def sentiment(text: str) -> Sentiment:
    """The mood: very negative for insults, fury and threats to go public, or several strong words, or shouting."""
    text_words = words(text)
    good, bad, strong = _count_moods(text_words)
    is_shouting = len(_SHOUT.findall(text)) >= max(4, len(text_words) // 2)
    is_loud = is_shouting or bool(_PLEAS.search(text))
    if _contains_phrase(FURIOUS, text) or strong >= 2 or (strong and is_loud) or (bad >= 2 and is_shouting):
        return Sentiment.VERY_NEGATIVE
    if bad > good or (is_loud and is_shouting and not good):
        return Sentiment.NEGATIVE
    return Sentiment.POSITIVE if good > bad and good > 1 else Sentiment.NEUTRAL


def _count_moods(text_words: list[str]) -> tuple[int, int, int]:
    """How many words are good, bad, and very bad; a negator up to three words before turns a word round."""
    good = bad = strong = 0
    for position, word in enumerate(text_words):
        is_negated = not NEGATORS.isdisjoint(text_words[max(0, position - 3) : position])
        good += word in POSITIVE and not is_negated
        bad += word in BAD_WHEN_NEGATED if is_negated else word in NEGATIVE
        strong += word in STRONG and not is_negated
    return good, bad, strong


def _contains_phrase(phrases: Phrases, text: str) -> bool:
    """A phrase stands there, and no negator shortly before it in its sentence ("it is not a scam, is it")."""
    for sentence in sentences(text):
        for match in phrases.matches(sentence):
            words_before = phrase_words(sentence)[max(0, match.at - 3) : match.at]
            if NEGATORS.isdisjoint(words_before) or match.text in FURIOUS_WITH_NEGATOR:
                return True
    return False


# --- Urgency ---------------------------------------------------------------------------------------------------------

CRITICAL = Phrases(lexicon.phrases("critical"))
HIGH = Phrases(lexicon.phrases("urgent"))
LOW = Phrases(lexicon.phrases("not_urgent"))


def urgency(text: str, priority: Priority = Priority.NORMAL) -> Urgency:
    """How pressing: critical for outages,
    lost data and break-ins. The sender's priority alone never makes it that."""
    if _contains_phrase(CRITICAL, text):
        return Urgency.CRITICAL
    if LOW.find(text):
        return Urgency.LOW
    if priority is Priority.URGENT or _contains_phrase(HIGH, text):
        return Urgency.HIGH
    return Urgency.NORMAL
