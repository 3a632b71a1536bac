"""Is a message nothing but a closing: thanks, or that it works now? Part of a conversation's end, never of its answer.

Small lists of whole words on purpose: a message counts only if every word of it is known, so that "it works now, but"
and "thanks for nothing" do not.
"""

import re
from itertools import pairwise

from desk.conversation import Conversation, Sent
from desk.text import lexicon
from desk.text.tokenizer import words

POLITE = lexicon.words("polite")
"""Words of thanks, greeting and success; nothing that is asked, doubted or denied with."""

CLOSES = lexicon.words("closing")
"""One of these has to be there: "hello" alone closes nothing."""

WHOLE = lexicon.words("closing_message")
"""Whole messages, where words are not written apart."""

SIGNS = lexicon.words("closing_sign")
"""A message of nothing but these closes a matter too."""

ASKING = lexicon.words("question_opening")
"""A message that begins so asks, whether it has a question mark or not."""
TURNED = frozenset(tuple(phrase.split()) for phrase in lexicon.phrases("turned_question"))
"""A verb before its subject, where a clause begins, asks too; and "Danke für was" thanks for nothing."""
DOUBTS = lexicon.words("doubt_mark")
"""Marks of asking, and of meaning it otherwise ("thanks for the “help”"); an apostrophe inside a word is none."""
_INSIDE = re.compile(r"(?<=\w)['’](?=\w)")
_CLAUSE = re.compile(r"[.,!;:\n]+")
ASKS_YOU = lexicon.words("asks_reader")
MOST_WORDS = 20
_JOINED = frozenset("\ufe0f\u200d🏻🏼🏽🏾🏿!.")


def is_confirmation(conversation: Conversation, names: str = "") -> bool:
    """Does the customer only close the matter, after an automatic reply of ours and with nothing else open? `names` are
    the customer's own, with which they may sign."""
    if conversation.answered_by is not Sent.REPLY or conversation.person_owed or conversation.taken_over:
        return False
    return closes_only(conversation, names)


def closes_only(conversation: Conversation, names: str = "") -> bool:
    """Is all that is open nothing but a closing?"""
    is_plain = all(not message.attachments and not message.third_party for message in conversation.open)
    texts = [without_greeting_name(message.body, names) for message in conversation.open]
    return is_plain and bool(texts) and all(map(is_closing, texts))


def _begins_question(clause: str) -> bool:
    """Does a clause begin as a question does: "is it", "funktioniert es"?"""
    clause_words = words(clause)
    return bool(clause_words) and (clause_words[0] in ASKING or tuple(clause_words[:2]) in TURNED)


def _asks_reader(text_words: list[str]) -> bool:
    """ "Have you answered", "did you": asked without a question mark."""
    return any(word in ASKS_YOU and next_word == "you" for word, next_word in pairwise(text_words))


def without_greeting_name(text: str, names: str) -> str:
    """The text without the customer's own name at its end: "Thanks, Ann"."""
    own_names, lines = set(words(names)), text.strip().split("\n")
    while len(lines) > 1 and own_names.issuperset(words(lines[-1])):
        lines.pop()
    last_line = lines[-1].split()
    while len(last_line) > 1 and words(last_line[-1]) and own_names.issuperset(words(last_line[-1])):
        last_line.pop()
    return "\n".join([*lines[:-1], " ".join(last_line)])


def is_polite(text: str) -> bool:
    """Nothing but thanks and greetings."""
    text_words = words(text)
    return 0 < len(text_words) <= MOST_WORDS and (POLITE.issuperset(text_words) or " ".join(text_words) in WHOLE)


def is_closing(text: str) -> bool:
    """Nothing but thanks or success: no question, no figure, nothing that is not known to close a matter."""
    text_words = words(text)
    if not text_words:
        return _is_sign(text)
    if not is_polite(text) or _asks(text):
        return False
    return " ".join(text_words) in WHOLE or not CLOSES.isdisjoint(text_words)


def _is_sign(text: str) -> bool:
    """Nothing but thumbs up and the like."""
    return bool(text.strip()) and SIGNS.issuperset(sign for sign in text if not sign.isspace() and sign not in _JOINED)


def _asks(text: str) -> bool:
    """Is anything asked or doubted, with marks or without?"""
    has_doubts = not DOUBTS.isdisjoint(_INSIDE.sub("", text))
    return has_doubts or _asks_reader(words(text)) or any(map(_begins_question, _CLAUSE.split(text)))
