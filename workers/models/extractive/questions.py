"""The questions in a message, each able to stand alone, and the words of a text that carry meaning."""

import re
from enum import StrEnum

from desk.text import lexicon
from desk.text.lexicon import any_word
from desk.text.stemmer import light_stem
from desk.text.tokenizer import first_words, sentences, words

_LONGEST = 60
_TELLING = 2
"""A question with fewer telling words ("Can you help me?") says nothing on its own."""

_PRICE = re.compile(any_word("asks_price"), re.IGNORECASE)
_STEPS = re.compile(any_word("asks_steps"), re.IGNORECASE)
_EMPTY = lexicon.words("question_small_word")


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


def split_questions(text: str, subject: str = "") -> tuple[str, ...]:
    """The questions of a message with what leads up to each; all of it as one where no question mark stands.

    Greetings and empty phrases are left out. The subject leads up to the first.
    """
    questions = _text_questions(text)
    if not subject.strip() or not content_stems(subject):
        return tuple(questions)
    first = questions[0] if questions else ""
    is_repeated = content_stems(subject) <= content_stems(first)
    return (first if is_repeated else f"{subject.strip().rstrip('.')}. {first}".strip(), *questions[1:])


def _text_questions(text: str) -> list[str]:
    questions: list[str] = []
    lead: list[str] = []
    for sentence in sentences(text):
        if content_stems(sentence):
            lead.append(sentence)
        if sentence.rstrip("\"'”’») ").endswith("?") and len(content_stems(" ".join(lead))) >= _TELLING:
            questions.append(_shorten(lead))
            lead = []
    if not lead:
        return questions
    # What trails belongs to the last question.
    return [*questions[:-1], _shorten([questions[-1], *lead])] if questions else [_shorten(lead)]


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
