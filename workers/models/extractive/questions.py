"""The questions in a message, each able to stand alone, and the words of a text that carry meaning."""

import re
from enum import StrEnum

from desk.text.tokenizer import first_words, sentences, word_set, words

_LONGEST = 60
_TELLING = 2
"""A question with fewer telling words ("Can you help me?") says nothing on its own."""

_PRICE = re.compile(r"\b(?:how much|prices?|costs?|pricing|expensive|fees?)\b", re.IGNORECASE)
_STEPS = re.compile(
    r"\b(?:how (?:do|can|could|would|should|to|does|might)|set ?up|where (?:do|can) i|steps? (?:to|for))\b",
    re.IGNORECASE,
)

_EMPTY = word_set(
    """
    a about again all also am an and any anybody anyone anything are as ask asking at be because been being
    but by can cannot can't could couldn't customer day dear did didn't do does doesn't doing don't done else
    for from get getting give go going good got had has have haven't having hello help helpful here hey hi how
    however i i'd i'll i'm i've if in into is isn't it it's its just kind know let like look looking make many
    may me might more morning most much my need no not now of off ok okay on one only or our out over please
    possible problem problems question questions quick really right see should show so some somebody someone
    something sorry still such support team tell than thank thanks that that's the their them then there
    there's these they thing things this those to too trying try u up us use using very want wanted was way we
    were what what's when where whether which while who whom why will wish with won't wondering work working
    would write writing yes you your today able afternoon evening actually currently issue
    """
)


def content_stems(text: str) -> frozenset[str]:
    """The words of a text that carry meaning, cut to their stems."""
    return frozenset(
        light_stem(word) for word in words(text) if word not in _EMPTY and (len(word) > 1 or word.isdigit())
    )


class AnswerForm(StrEnum):
    """The form of answer that a question asks for."""

    STEPS = "steps"
    PRICE = "price"
    ANY = "any"


def wanted_answer_form(question: str) -> AnswerForm:
    """Steps for "how do I", a price for "how much does it cost", otherwise any form."""
    if _PRICE.search(question):
        return AnswerForm.PRICE
    return AnswerForm.STEPS if _STEPS.search(question) else AnswerForm.ANY


def light_stem(word: str) -> str:
    """A light English stem: bookings → book, cancelled → cancel, prices → pric, price → pric."""
    word = word.removesuffix("'s")
    for ending in ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "ed", "es", "er", "s", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "s" else word


def split_questions(text: str, subject: str = "") -> tuple[str, ...]:
    """The questions of a message with what leads up to each; all of it as one where no question mark stands.

    Greetings and empty phrases are left out. The subject leads up to the first.
    """
    questions: list[str] = []
    lead: list[str] = []
    for sentence in sentences(text):
        if content_stems(sentence):
            lead.append(sentence)
        if sentence.rstrip("\"'”’») ").endswith("?") and len(content_stems(" ".join(lead))) >= _TELLING:
            questions.append(_shorten(lead))
            lead = []
    if lead:  # what trails belongs to the last question
        questions = [*questions[:-1], _shorten([questions[-1], *lead])] if questions else [_shorten(lead)]
    if subject.strip() and content_stems(subject):
        first = questions[0] if questions else ""
        is_repeated = content_stems(subject) <= content_stems(first)
        questions[:1] = [first if is_repeated else f"{subject.strip().rstrip('.')}. {first}".strip()]
    return tuple(questions)


def _shorten(lead: list[str]) -> str:
    """The end of what was said, where the question stands, at most 60 words of it."""
    kept_sentences: list[str] = []
    words_left = _LONGEST
    for sentence in reversed(lead):
        shortened, _ = first_words(sentence, words_left)
        kept_sentences.insert(0, shortened)
        words_left -= len(words(shortened))
        if words_left <= 0:
            break
    return " ".join(kept_sentences)
