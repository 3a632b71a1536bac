"""Sentences of two passages that cannot both be true: nearly the same words, with other numbers, periods or a "not".

Without a model this sees only what is said alike. What speaks of different things is let go: other plans, platforms,
roles or names; table rows, code, questions and examples; dates of events; conditions that differ. Better one
contradiction missed than answers held back all day: the pairs of both kinds stand in the tests.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from desk.passage import Block, BlockKind, Citation, Passage
from desk.run import Finding
from desk.text.tokenizer import word_set, words
from workers.pipeline.checks.evidence import Evidence
from workers.pipeline.checks.quantities import Quantity, quantities_disagree, read_quantities

ALIKE = 0.8
"""The part of all their other words that two sentences must share."""
WITHIN = 0.6
"""As much is enough where both have the same telling words, or one holds all that the other says and a detail more."""
FEWEST = 2
"""So many telling words a sentence must have, or it says nothing that compares; of so few none may be another."""
MOST = 5
"""So many are told of."""
CHECK = "contradiction"
"""What its findings are called; the decision names them by a reason of their own."""
_STEM = 5
_SHOWN = 160
_MOST_LETTERS = 600
_SHORTEST, _LONGEST = 6, 45  # words: of what has no full stop, and of anything that can be compared as one claim

_NEGATORS = word_set(
    "not no never none nor neither nobody nothing nowhere without unable impossible excluded forbidden prohibited "
    "nicht kein keine keinen keiner nie pas jamais aucun aucune nunca jamás"
)
_POSITIVE = {"without": "with", "unable": "able", "impossible": "possible", "excluded": "included",
             "forbidden": "allowed", "prohibited": "allowed"}  # fmt: skip
_SHORTENED = re.compile(r"\b(can|could|would|should|must|do|does|did|is|are|was|were|has|have|had|need)n['’]t\b", re.I)
_CANNOT = re.compile(r"\b(?:cannot|can['’]t)\b", re.I)
_WILL_NOT = re.compile(r"\bwon['’]t\b", re.I)
_BY_DEFAULT = re.compile(r"\b(disabled|off)(?=\sby\sdefault)", re.I)
_ON_BY_DEFAULT = re.compile(r"\bon(?=\sby\sdefault)", re.I)
_NOT_ONLY = re.compile(r"\bnot\s(?:only|just|necessarily)\b|\bno\.\s?(?=\d)|\bno\smatter\b|\bwhether\sor\snot\b", re.I)
_CONDITION = re.compile(r"\b(?:if|when|whenever|unless|in case|as long as|provided)\b[^,;:.]*", re.I)
_EXAMPLE = re.compile(
    r"^\W*(?:for (?:example|instance)|e\.g\.|examples?|imagine|suppose|let's say)\b"
    r"|\b(?:for example|for instance|e\.g\.),?\s[^.]*\d",
    re.IGNORECASE,
)
_CODE = re.compile(r"[{}\\]|<\w|\|\||\w\((?!e?s\))[\w\"')]|\"\s*:|[=!]=|\s=\s|[=-]>|::|^\s*[#$>]\s")
_NAME = re.compile(r"(?<![\w'’])(?<!^)[A-Z][\w-]*\w")

# Words that say which of several things is meant.
_WHICH = word_set(
    """
    free trial basic starter standard plus pro professional premium team business enterprise ultimate personal
    individual family student nonprofit lite gold silver bronze small medium large
    monthly yearly annual quarterly weekly
    ios android iphone ipad window macos mac linux desktop mobile web browser tablet chrome firefox safari
    cloud server hosted self-hosted premise staging sandbox production test live
    eu us usa uk europe european america american germany france switzerland domestic international
    admin administrator owner member guest agent moderator viewer editor manager customer visitor
    first second third fourth last next previous old older new newer legacy current former
    weekday weekend monday tuesday wednesday thursday friday saturday sunday holiday
    shortest longest lowest highest public private internal external incoming outgoing inbound outbound sender recipient
    input output read write upload download import export enable disable activate deactivate on off
    """
)
# Words of which another one, not none, makes another matter.
_OR_ELSE = word_set(
    "minimum maximum least most min max below above under over more fewer less before after until since"
)
_SYNONYMS = (
    "issue pay give grant make", "delete remove erase", "keep store retain save hold", "expire end", "send deliver",
    "allow permit", "change edit modify update alter", "get receive obtain", "buy purchase", "begin start",
    "need require take", "contain include have has", "choose select pick", "possible available", "cancel terminate",
    "can may could", "last run", "within in", "mail email", "organization organisation company",
)  # fmt: skip
_UNTELLING = word_set(
    """
    a an the is are am be been was were i you we it this that these those what how which and or but so do does did can
    could will would should may might must to of in on for at from with by as your my me us our their its there here
    about just get have has had also only than any some all each please want then before after into up out off again
    via per not no every they them he she up if when whenever
    """
)
_PASSED_OVER = word_set("a an the do does did still also always already")
_LEANING = word_set("it this that these those they then otherwise however both here there")


@dataclass(frozen=True, slots=True)
class ComparableSentence:
    """A sentence as it is compared. `said` are its words in order, by their beginnings, without what is counted;
    `which` are those that say which of several things is meant, `above` such words in its headings, `bounds` those that
    say on which side of a number, `condition` the words of its if-clauses; `negated`: an odd number of times."""

    passage: Passage
    place: int
    text: str
    said: tuple[str, ...]
    which: frozenset[str]
    bounds: frozenset[str]
    above: frozenset[str]
    names: frozenset[str]
    quantities: frozenset[Quantity]
    negated: bool
    condition: frozenset[str]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two sentences that disagree, and in what: `number`, `time`, `how often`, `negation` and so on."""

    one: ComparableSentence
    other: ComparableSentence
    about: str


def find_contradiction(evidence: Evidence) -> Iterator[Finding]:
    """A cited block and another passage that was found disagree: whichever is right, nobody has said so."""
    for each in find_contradictions(tuple(evidence.passages.values()), evidence.draft.citations):
        yield Finding(CHECK, f"{_quoted(each.one)} against {_quoted(each.other)} ({each.about})")


def find_contradictions(passages: Sequence[Passage], citations: Sequence[Citation]) -> tuple[Contradiction, ...]:
    """What the cited blocks and the other passages that were found disagree about; at most `MOST`, each pair once."""
    cited = {(citation.passage_id, place) for citation in citations for place in citation.blocks}
    if not cited or len(passages) < 2:
        return ()
    sayings = [saying for passage in passages for saying in comparable_sentences(passage)]
    found: dict[frozenset[str], Contradiction] = {}
    for one in sayings:
        if (one.passage.id, one.place) not in cited:
            continue
        for other in sayings:
            if other.passage.id != one.passage.id and (about := contradicts(one, other)):
                found.setdefault(frozenset({one.text, other.text}), Contradiction(one, other, about))
    return tuple(found.values())[:MOST]


def comparable_sentences(passage: Passage) -> Iterator[ComparableSentence]:
    """The passage's blocks that claim something which another passage might deny."""
    for place, block in enumerate(passage.blocks):
        if _claims(block) and (saying := _saying(passage, place, block.text)):
            yield saying


def contradicts(one: ComparableSentence, other: ComparableSentence) -> str | None:
    """What two sentences disagree about, or None."""
    about = quantities_disagree(one.quantities, other.quantities)
    if not about and (one.negated == other.negated or one.quantities != other.quantities):
        return None
    if not _alike(one, other, negation=not about) or not _same_matter(one, other):
        return None
    return about or "negation"


def _quoted(saying: ComparableSentence) -> str:
    text = saying.text if len(saying.text) <= _SHOWN else f"{saying.text[:_SHOWN]}…"
    return f"“{text}” ({saying.passage.title})"


def _claims(block: Block) -> bool:
    """Is it a sentence that says how things are? Titles, records of figures, code and questions do not."""
    text = block.text.strip()
    if block.kind in (BlockKind.CODE, BlockKind.ROW) or len(text) > _MOST_LETTERS:
        return False
    if text.endswith(("?", ":")) or text.count(": ") > 1:
        return False
    length = len(text.split())
    whole = length >= (1 if text.endswith((".", "!", "。")) else _SHORTEST)
    return whole and length <= _LONGEST and not _CODE.search(text) and not _EXAMPLE.search(text)


def _saying(passage: Passage, place: int, text: str) -> ComparableSentence | None:
    plain = _spelled(text)
    conditions = words(" ".join(_CONDITION.findall(plain)))
    counted = read_quantities(plain)
    every = words(counted.rest)
    said = tuple(_root(word) for word in every if word in _POSITIVE or word not in _NEGATORS | _PASSED_OVER)
    if not every or every[0] in _LEANING or len(set(said) - _SMALL) < FEWEST:
        return None
    return ComparableSentence(
        passage=passage,
        place=place,
        text=text,
        said=said,
        which=_which(every) | counted.named,
        bounds=_OR_ELSE.intersection(every),
        above=_which(words(" ".join((passage.title, *passage.headings)))),
        names=frozenset(name.lower() for name in _NAME.findall(counted.rest)),
        quantities=counted.quantities,
        negated=_odd(words(_CONDITION.sub(" ", plain))),
        condition=frozenset(map(_root, conditions)) - _SMALL | ({"not"} if _odd(conditions) else set()),
    )


def _spelled(text: str) -> str:
    """With each "not" as a word of its own, and what is no denial left out."""
    plain = _CANNOT.sub("can not", _WILL_NOT.sub("will not", text))
    plain = _SHORTENED.sub(r"\1 not", plain)
    return _BY_DEFAULT.sub("not enabled", _ON_BY_DEFAULT.sub("enabled", _NOT_ONLY.sub(" ", plain)))


def _odd(found: Sequence[str]) -> bool:
    return sum(word in _NEGATORS for word in found) % 2 == 1


def _root(word: str) -> str:
    """The word's beginning, one for all words of the same meaning."""
    short = _single(_POSITIVE.get(word, word))[:_STEM]
    return _SAME.get(short, short)


def _single(word: str) -> str:
    plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if plural else word


def _which(found: Sequence[str]) -> frozenset[str]:
    return _WHICH.intersection(map(_single, found))


def _alike(one: ComparableSentence, other: ComparableSentence, *, negation: bool) -> bool:
    """Are their other words nearly the same? Less will do where one holds all that the other says, or all that matters
    is the same; but not of a "not", which a detail more may explain."""
    here, there = frozenset(one.said), frozenset(other.said)
    if here == there:
        return True
    telling, others = here - _SMALL, there - _SMALL
    if telling == others and not negation:
        return _likeness(here, there) >= WITHIN
    if min(len(telling), len(others)) <= FEWEST:
        return False
    within = not negation and (here <= there or there <= here)
    return _likeness(here, there) >= (WITHIN if within else ALIKE)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """The part of all their words that both hold, 0 to 1."""
    return len(one & other) / len(one | other) if one or other else 1.0


def _same_matter(one: ComparableSentence, other: ComparableSentence) -> bool:
    """Do both speak of the same thing, under the same condition?"""
    pairs = ((one.names, other.names), (one.above, other.above), (one.bounds, other.bounds))
    if one.which != other.which or any(_apart(here, there) for here, there in pairs):
        return False
    if _likeness(one.condition, other.condition) < ALIKE:
        return False
    return not _exchanged(one.said, other.said)


def _apart(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one - other) and bool(other - one)


def _exchanged(one: Sequence[str], other: Sequence[str]) -> bool:
    """Does a telling word of one stand where the other has another one? Then they speak of different things."""
    own, theirs = set(one) - set(other) - _SMALL, set(other) - set(one) - _SMALL
    if not own or not theirs:
        return False
    changes = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return any(
        kind == "replace" and own.intersection(one[a:b]) and theirs.intersection(other[c:d])
        for kind, a, b, c, d in changes
    )


_SAME = {_single(word)[:_STEM]: _single(group.split()[0])[:_STEM] for group in _SYNONYMS for word in group.split()}
_SMALL = frozenset(map(_root, _UNTELLING))
