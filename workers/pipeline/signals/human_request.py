"""Does the customer ask for a person? Decided word by word, so that it holds without any model.

A needless person is cheap and a missed wish breaks a promise, so the rules lean towards yes. What they must not fall
for: "user agent", "human error", "person field", "talk to your API", "no need for a human".
"""

import re
from collections.abc import Sequence
from functools import cache

from desk.text import lexicon
from desk.text.lexicon import any_of, any_word, phrases
from desk.text.phrase_matcher import Phrases, without_accents
from desk.text.tokenizer import sentences, words

CONTACT = lexicon.words("contact")
WISH = lexicon.words("wish")
SURE = lexicon.words("surely_person")
PEOPLE = SURE | lexicon.words("person")
CALLED_ALONE = PEOPLE - lexicon.words("not_called_for")
GROUPS = lexicon.words("group_of_people")
ONE_OF_PEOPLE, ARTICLES = lexicon.words("one_of_people"), lexicon.words("article")
AFTER_A_PERSON = lexicon.words("after_a_person") | {""}
ANOTHER = lexicon.words("another")
REAL = lexicon.words("real_person")
CUSTOMER, SERVICE = lexicon.words("customer"), lexicon.words("service")
WAYS, SPEAKS_OF_WAY = lexicon.words("way_of_contact"), lexicon.words("speaks_of_way")
FILLERS = lexicon.words("filler") | REAL
NO_PERSON_BEFORE, NO_PERSON_AFTER = lexicon.words("no_person_before"), lexicon.words("no_person_after")
ACTORS = SURE | lexicon.words("actor")
ASKING, ACTING = lexicon.words("asking"), lexicon.words("acting")
REFUSALS = tuple(tuple(refusal.split()) for refusal in phrases("refusal"))
MACHINES = lexicon.words("machine")
REACH_BACK = 7
_CLAUSE = re.compile(rf"[,;:()–—，、；：（）]|{any_word('clause_break')}", re.IGNORECASE)
_COURTESY = re.compile(
    f"{any_of('call_courtesy_before')}?([\u3040-\u30ff\u4e00-\u9fff]{{1,8}}?){any_of('call_courtesy_after')}?"
)
_CALLED_FOR, _AROUND = (frozenset(map(without_accents, phrases(meaning))) for meaning in ("called_for", "around_call"))

_TYPOS, _NO_TYPOS = phrases("often_misspelt"), lexicon.words("not_misspelt")


def asks_for_human(text: str) -> bool:
    """True if the text asks for a person: in English by any wording, in the other languages of the shipped policy by
    the commonest, or by the one word that calls for one."""
    return any(_clause_asks_for_human(clause) for sentence in sentences(text) for clause in _CLAUSE.split(sentence))


def _clause_asks_for_human(clause: str) -> bool:
    tokens = [_correct_typo(word) for word in words(clause)]
    line = " ".join(tokens)
    if _has_listed_phrase(line, tokens) or _is_call_for_person(tokens):
        return True
    return any(
        _leads_to_person(tokens, position) or _asks_person_to_act(tokens, position) for position in range(len(tokens))
    )


def _has_listed_phrase(line: str, tokens: Sequence[str]) -> bool:
    """A phrase of the lists; who refuses to talk to a machine does not refuse the person."""
    phrases = _listed_phrases().find_all(line)
    return any(phrase.split()[-1] in MACHINES for phrase in phrases) or bool(
        phrases and not _refuses(tokens, len(tokens))
    )


@cache
def _listed_phrases() -> Phrases:
    """Built at the first use: they are many."""
    return Phrases(lexicon.expanded("human_request"), unless=lexicon.expanded("human_request_harmless"))


def _is_call_for_person(tokens: Sequence[str]) -> bool:
    """Nothing but "agent", "operator, please", "human human human" or "Mensch bitte"."""
    remaining = [core for word in tokens if (core := _strip_courtesy(without_accents(word))) and core not in _AROUND]
    if remaining in (["customer", "service"], ["customer", "support"], ["customer", "care"]):
        return True
    return 0 < len(remaining) <= 3 and all(word in _CALLED_FOR or word in CALLED_ALONE for word in remaining)


def _strip_courtesy(word: str) -> str:
    """A run of kana or Han without the courtesies around the one word: 担当者 of 担当者をお願いします."""
    courtesy = _COURTESY.fullmatch(word)
    return courtesy.group(1) if courtesy else word


def _leads_to_person(tokens: Sequence[str], position: int) -> bool:
    """From a verb of contact or of wishing to a person, with nothing but fillers between."""
    if (tokens[position] not in CONTACT and tokens[position] not in WISH) or _is_way_of_contact(tokens, position):
        return False
    is_contact = tokens[position] in CONTACT
    for later in range(position + 1, min(position + 1 + REACH_BACK, len(tokens))):
        if _is_person(tokens, later, is_contact):
            return not _refuses(tokens, position + 1)
        if tokens[later] not in FILLERS:
            return False
    return False


def _is_way_of_contact(tokens: Sequence[str], position: int) -> bool:
    """ "Is phone support included?" speaks of a service; "I want phone support" asks for it."""
    next_word = tokens[position + 1] if position + 1 < len(tokens) else ""
    return tokens[position] in WAYS and next_word in SERVICE and position > 0 and tokens[position - 1] in SPEAKS_OF_WAY


def _asks_person_to_act(tokens: Sequence[str], position: int) -> bool:
    """ "Could a person reply", "have someone from your team contact me"."""
    if tokens[position] not in ACTORS or (
        tokens[position] in ACTORS - SURE and "me" not in tokens and "this" not in tokens and "reply" not in tokens
    ):
        return False
    is_request = any(word in ASKING for word in tokens[max(0, position - 4) : position])
    return (
        is_request
        and any(word in ACTING for word in tokens[position + 1 : position + 6])
        and not _refuses(tokens, position)
    )


def _is_person(tokens: Sequence[str], position: int, is_contact: bool) -> bool:
    word, previous_word = tokens[position], tokens[position - 1]
    next_word = tokens[position + 1] if position + 1 < len(tokens) else ""
    if next_word in NO_PERSON_BEFORE or previous_word in NO_PERSON_AFTER:
        return False
    if word in SERVICE and previous_word in CUSTOMER:
        return is_contact
    if word in SURE or (word in PEOPLE and previous_word in REAL):
        return True
    if is_contact:
        return word in PEOPLE - {"people"} and (previous_word not in ANOTHER or word not in GROUPS)
    if word == "person" and previous_word == "a" and next_word in AFTER_A_PERSON:
        return True
    return word in ONE_OF_PEOPLE and previous_word in ARTICLES


def _refuses(tokens: Sequence[str], end: int) -> bool:
    """A refusal shortly before: "no need to talk to a human"."""
    words_before = tuple(tokens[max(0, end - REACH_BACK) : end])
    return any(_contains_run(words_before, refusal) for refusal in REFUSALS)


def _contains_run(tokens: tuple[str, ...], run: tuple[str, ...]) -> bool:
    return any(tokens[start : start + len(run)] == run for start in range(len(tokens) - len(run) + 1))


@cache
def _misspellings() -> dict[str, str]:
    """All misspellings by one swap, one missing or one doubled letter."""
    spellings: dict[str, str] = {}
    for word in _TYPOS:
        for position in range(len(word) - 1):
            spellings[word[:position] + word[position + 1] + word[position] + word[position + 2 :]] = word
            spellings[word[: position + 1] + word[position:]] = word
            if len(word) > 4:
                spellings[word[:position] + word[position + 1 :]] = word
    return {typo: word for typo, word in spellings.items() if typo not in _NO_TYPOS and typo not in _TYPOS}


def _correct_typo(word: str) -> str:
    return _misspellings().get(word, word)
