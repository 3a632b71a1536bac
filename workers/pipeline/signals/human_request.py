"""Does the customer ask for a person? Decided word by word, so that it holds without any model.

A needless person is cheap and a missed wish breaks a promise, so the rules lean towards yes. What they must not fall
for: "user agent", "human error", "person field", "talk to your API", "no need for a human".
"""

import re
from collections.abc import Sequence
from functools import cache

from desk.text.phrase_matcher import Phrases, without_accents
from desk.text.tokenizer import sentences, word_set, words
from workers.pipeline.signals.human_request_phrases import CALLED_FOR, GREETINGS, harmless_phrases, phrases_for_human

CONTACT = word_set(
    """
    talk talking speak speaking spoken chat chatting contact contacting reach reaching connect connected
    connecting transfer transferred forward forwarded escalate escalated redirect pass put touch through hold
    ahold hand handed route switch switched converse discuss communicate call calling phone ring deal dealing
    """
)
WANT = word_set(
    """
    want wanna need like prefer demand require requesting request expect insist give get send gimme where find
    please have wanting needing
    """
)
SURE = word_set("human humans supervisor")
PEOPLE = SURE | word_set(
    """
    agent agents operator operators representative representatives rep reps person persons people somebody
    someone anyone anybody assistant assistants advisor adviser advisors advisers manager staff colleague
    employee employees specialist technician consultant associate attendant csr humanoid support helpdesk
    hotline team department
    """
)
REAL = word_set("real live actual living breathing human genuine flesh proper")
CUSTOMER = word_set("customer client consumer user")
SERVICE = word_set("service services support care assistance serivce relations")
WAYS = word_set("phone chat call")
NAMING = word_set("is are the does do have has offer offers include includes via by no with or and about")
# May stand between "talk" and "agent", or between "want" and "human".
FILLERS = (
    word_set(
        """
    to with ot wiht a an the your ur any some one of my this me us it in at on off over into onto directly now
    right straight up back please just kind sort another other different somebody someone support service
    customer free available technical tech billing sales online and out from for assistance help chat getting
    get able speak talk speaking talking be have company's companys team phone or more local actual fucking
    bloody damn
    """
    )
    | REAL
)
# Make something else of the person before them.
NOT_AFTER = word_set(
    """
    error errors readable resources resource rights role roles field fields name names string strings header
    headers permission permissions licence license licences licenses seat seats login account accounts api
    token tokens id ids key keys record records calendar calendars page pages view app column columns type
    types software installation process config url urls portal dashboard readable generated interaction nature
    body verification count limit invite invites else's plan profile list lists picker filter
    """
)
NOT_BEFORE = word_set(
    """
    user per each browser http mail transfer web proxy monitoring backup assigned booking sub travel estate
    free second third no without non every which many
    """
)
ACTORS = SURE | word_set(
    """
    person agent someone somebody anyone anybody representative operator supervisor manager colleague
    """
)
ASKING = word_set("can could have let get will would should may please ask want need")
ACTING = word_set("reply respond answer call contact phone ring look take step handle")
REFUSES = (
    ("don't", "want"),
    ("dont", "want"),
    ("don't", "need"),
    ("dont", "need"),
    ("not", "need"),
    ("no", "need"),
    ("not", "want"),
    ("not", "necessary"),
    ("without",),
    ("instead", "of"),
    ("rather", "than"),
    ("needn't",),
    ("nicht", "nötig"),
    ("brauche", "keinen"),
    ("muss", "nicht"),
    ("will", "nicht"),
    ("möchte", "nicht"),
    ("ohne", "mit"),
    ("pas", "besoin"),
    ("veux", "pas"),
    ("sans", "parler"),
    ("sans", "contacter"),
    ("no", "necesito"),
    ("no", "hace", "falta"),
    ("sin", "hablar"),
    ("non", "serve"),
    ("non", "voglio"),
    ("non", "ho", "bisogno"),
    ("senza", "parlare"),
    ("não", "preciso"),
    ("não", "quero"),
    ("sem", "falar"),
    ("hoef", "niet"),
    ("hoeft", "niet"),
    ("wil", "niet"),
    ("nie", "chcę"),
    ("nie", "muszę"),
    ("nie", "potrzebuję"),
    ("vill", "inte"),
    ("behöver", "inte"),
    ("utan", "att"),
    ("avoid",),
    ("not", "have", "to"),
)
REACH_BACK = 7
_CLAUSE = re.compile(r"[,;:()–—，、；：（）]|\bbut\b", re.IGNORECASE)
_COURTESY = re.compile(
    "(?:请|請|我要|要|转|轉|找|接|麻烦)?([\u3040-\u30ff\u4e00-\u9fff]{1,8}?)"
    "(?:[をに]?お願いします|[をに]?お願い|を?希望します|を?希望|です|を|谢谢|謝謝|吧|呢|啊)?"
)
_CALLED_FOR, _AROUND = frozenset(map(without_accents, CALLED_FOR)), frozenset(map(without_accents, GREETINGS))

# Said as such, in any sentence: English; `wish_words` has the other languages.
_SAID = """
    call me back, call me please, call me asap, call me now, call me today, call me tomorrow, call me at, call
    me on, please call me, please ring me, please phone me, can you call me, could you call me, someone call me,
    somebody call me, phone me, give me a call, give us a call, call us back, callback, call back request,
    request a call, want a call, need a call, schedule a call, phone call with, stop the bot, stop this bot, no
    bot, no bots, not a bot, no more bots, no robots, not a robot, not a machine, hate bots, hate this bot,
    useless bot, stupid bot, fed up with bots, stop bot, turn off the bot, talk to a bot, talk to a robot,
    talk to a machine, talking to a bot, talking to a robot,
    talking to a machine, talking to a computer, are you a bot, are you a robot, are you human, are you a human,
    are you real, are you a real person, is this a bot, is this a robot, is this a real person, is anyone there,
    is anybody there, anybody there, no automated, not an automated, stop the automated, enough automated, no
    canned, not a canned, person in charge, in person with, flesh and blood, human being, real human, actual
    human, live agent, live person, live chat, live operator, human agent, human support, human operator, human
    representative, human assistance, human help, human please, agent please, operator please, person please,
    representative please, customer service number, customer support number, there a human, there a person,
    there a real person, there an actual person, there any human, a real person, an actual person, real people,
    your supervisor, a supervisor, your manager
"""
_HARMLESS = """
    call me back url, callback url, callback function, callback endpoint, callback uri, callback urls, live chat
    widget, oauth callback, human being able, phone me number, add a supervisor, call me by
"""
MACHINES = word_set(
    """
    bot bots robot robots roboter chatbot machine maschine computer máquina macchina robô maskin dator chattbot botem
    robotem maszyną automatem chatbotem
    """
)

_TYPOS = ("human", "agent", "operator", "person", "representative", "speak", "contact", "somebody", "someone",
          "assistant", "customer", "service", "support", "talk")  # fmt: skip
_NO_TYPOS = word_set(
    """
    contract personal persona persoon sneak speck speaks supports person's tall talks tale talc tank task walk balk
    chalk gent urgent persons humane agents contacts services operators operate
    """
)


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
    return Phrases((*_SAID.split(","), *phrases_for_human()), unless=(*_HARMLESS.split(","), *harmless_phrases()))


def _is_call_for_person(tokens: Sequence[str]) -> bool:
    """Nothing but "agent", "operator, please", "human human human" or "Mensch bitte"."""
    remaining = [core for word in tokens if (core := _strip_courtesy(without_accents(word))) and core not in _AROUND]
    if remaining in (["customer", "service"], ["customer", "support"], ["customer", "care"]):
        return True
    return 0 < len(remaining) <= 3 and all(
        word in _CALLED_FOR or word in PEOPLE - {"team", "department", "support", "staff", "people"}
        for word in remaining
    )


def _strip_courtesy(word: str) -> str:
    """A run of kana or Han without the courtesies around the one word: 担当者 of 担当者をお願いします."""
    courtesy = _COURTESY.fullmatch(word)
    return courtesy.group(1) if courtesy else word


def _leads_to_person(tokens: Sequence[str], position: int) -> bool:
    """From a verb of contact or of wishing to a person, with nothing but fillers between."""
    if (tokens[position] not in CONTACT and tokens[position] not in WANT) or _is_way_of_contact(tokens, position):
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
    return tokens[position] in WAYS and next_word in SERVICE and position > 0 and tokens[position - 1] in NAMING


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
    if next_word in NOT_AFTER or previous_word in NOT_BEFORE:
        return False
    if word in SERVICE and previous_word in CUSTOMER:
        return is_contact
    if word in SURE or (word in PEOPLE and previous_word in REAL):
        return True
    if is_contact:
        return word in PEOPLE - {"people"} and (
            previous_word not in {"a", "another", "other", "different"} or word not in {"team", "department"}
        )
    if word == "person" and previous_word == "a" and next_word in {"", "please", "now", "not"}:
        return True
    return word in {"agent", "operator", "representative", "rep", "supervisor"} and previous_word in {
        "an",
        "a",
        "the",
        "your",
        "another",
    }


def _refuses(tokens: Sequence[str], end: int) -> bool:
    """A refusal shortly before: "no need to talk to a human"."""
    words_before = tuple(tokens[max(0, end - REACH_BACK) : end])
    return any(_contains_run(words_before, refusal) for refusal in REFUSES)


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
