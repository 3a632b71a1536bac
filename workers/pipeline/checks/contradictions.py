"""Sentences of two passages that cannot both be true: nearly the same words, with other numbers, periods or a "not".

Without a model this sees only what is said alike. What speaks of different things is let go: other plans, platforms,
roles or names; table rows, code, questions and examples; dates of events; conditions that differ. Better one
contradiction missed than answers held back all day: the pairs of both kinds stand in the tests.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import product

from desk.passage import Block, BlockKind, Citation, Passage
from desk.run import Finding
from desk.text import lexicon
from desk.text.lexicon import any_of, any_word
from desk.text.stemmer import beginning, singular
from desk.text.tokenizer import words
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
_SHOWN = 160
_MOST_LETTERS = 600
_SHORTEST, _LONGEST = 6, 45  # words: of what has no full stop, and of anything that can be compared as one claim

_NEGATORS = lexicon.words("claim_negation")
_POSITIVE = lexicon.pairs("claim_opposite")
_SHORTENED = re.compile(rf"\b({any_of('shortened_not')})n['’]t\b", re.I)
_CANNOT = re.compile(r"\b(?:cannot|can['’]t)\b", re.I)
_WILL_NOT = re.compile(r"\bwon['’]t\b", re.I)
_BY_DEFAULT = re.compile(r"\b(disabled|off)(?=\sby\sdefault)", re.I)
_ON_BY_DEFAULT = re.compile(r"\bon(?=\sby\sdefault)", re.I)
_NOT_ONLY = re.compile(rf"\b{any_of('no_denial')}", re.I)
_CONDITION = re.compile(rf"{any_word('condition')}[^,;:.]*", re.I)
_EXAMPLE = re.compile(rf"^\W*{any_of('example')}\b|\b{any_of('example_within')},?\s[^.]*\d", re.IGNORECASE)
_CODE = re.compile(r"[{}\\]|<\w|\|\||\w\((?!e?s\))[\w\"')]|\"\s*:|[=!]=|\s=\s|[=-]>|::|^\s*[#$>]\s")
_NAME = re.compile(r"(?<![\w'’])(?<!^)[A-Z][\w-]*\w")

_WHICH = lexicon.words("which")
_OR_ELSE = lexicon.words("bound")
_UNTELLING = lexicon.words("claim_small_word")
_PASSED_OVER = lexicon.words("passed_over")
_LEANING = lexicon.words("leaning_claim")


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
    for contradiction in find_contradictions(tuple(evidence.passages.values()), evidence.draft.citations):
        yield Finding(
            CHECK, f"{_quote(contradiction.one)} against {_quote(contradiction.other)} ({contradiction.about})"
        )


def find_contradictions(passages: Sequence[Passage], citations: Sequence[Citation]) -> tuple[Contradiction, ...]:
    """What the cited blocks and the other passages that were found disagree about; at most `MOST`, each pair once."""
    cited_places = {(citation.passage_id, position) for citation in citations for position in citation.blocks}
    if not cited_places or len(passages) < 2:
        return ()
    all_sentences = [sentence for passage in passages for sentence in comparable_sentences(passage)]
    cited_sentences = [sentence for sentence in all_sentences if (sentence.passage.id, sentence.place) in cited_places]
    contradictions: dict[frozenset[str], Contradiction] = {}
    for cited, other in product(cited_sentences, all_sentences):
        if cited.passage.id != other.passage.id and (about := contradicts(cited, other)):
            contradictions.setdefault(frozenset({cited.text, other.text}), Contradiction(cited, other, about))
    return tuple(contradictions.values())[:MOST]


def comparable_sentences(passage: Passage) -> Iterator[ComparableSentence]:
    """The passage's blocks that claim something which another passage might deny."""
    for position, block in enumerate(passage.blocks):
        if _is_claim(block) and (sentence := _to_sentence(passage, position, block.text)):
            yield sentence


def contradicts(first: ComparableSentence, second: ComparableSentence) -> str | None:
    """What two sentences disagree about, or None."""
    about = quantities_disagree(first.quantities, second.quantities)
    if not about and (first.negated == second.negated or first.quantities != second.quantities):
        return None
    if not _is_worded_alike(first, second, negation=not about) or not _is_same_matter(first, second):
        return None
    return about or "negation"


def _quote(sentence: ComparableSentence) -> str:
    text = sentence.text if len(sentence.text) <= _SHOWN else f"{sentence.text[:_SHOWN]}…"
    return f"“{text}” ({sentence.passage.title})"


def _is_claim(block: Block) -> bool:
    """Is it a sentence that says how things are? Titles, records of figures, code and questions do not."""
    text = block.text.strip()
    if block.kind in (BlockKind.CODE, BlockKind.ROW) or len(text) > _MOST_LETTERS:
        return False
    if text.endswith(("?", ":")) or text.count(": ") > 1:
        return False
    length = len(text.split())
    is_sentence = length >= (1 if text.endswith((".", "!", "。")) else _SHORTEST)
    return is_sentence and length <= _LONGEST and not _CODE.search(text) and not _EXAMPLE.search(text)


def _to_sentence(passage: Passage, position: int, text: str) -> ComparableSentence | None:
    plain_text = _normalise_negations(text)
    conditions = words(" ".join(_CONDITION.findall(plain_text)))
    counted_quantities = read_quantities(plain_text)
    all_words = words(counted_quantities.rest)
    roots = tuple(_word_root(word) for word in all_words if word in _POSITIVE or word not in _NEGATORS | _PASSED_OVER)
    if not all_words or all_words[0] in _LEANING or len(set(roots) - _SMALL) < FEWEST:
        return None
    return ComparableSentence(
        passage=passage,
        place=position,
        text=text,
        said=roots,
        which=_distinguishing_words(all_words) | counted_quantities.named,
        bounds=_OR_ELSE.intersection(all_words),
        above=_distinguishing_words(words(" ".join((passage.title, *passage.headings)))),
        names=frozenset(name.lower() for name in _NAME.findall(counted_quantities.rest)),
        quantities=counted_quantities.quantities,
        negated=_is_negated(words(_CONDITION.sub(" ", plain_text))),
        condition=frozenset(map(_word_root, conditions)) - _SMALL | ({"not"} if _is_negated(conditions) else set()),
    )


def _normalise_negations(text: str) -> str:
    """With each "not" as a word of its own, and what is no denial left out."""
    plain = _CANNOT.sub("can not", _WILL_NOT.sub("will not", text))
    plain = _SHORTENED.sub(r"\1 not", plain)
    return _BY_DEFAULT.sub("not enabled", _ON_BY_DEFAULT.sub("enabled", _NOT_ONLY.sub(" ", plain)))


def _is_negated(word_list: Sequence[str]) -> bool:
    return sum(word in _NEGATORS for word in word_list) % 2 == 1


def _word_root(word: str) -> str:
    """The word's beginning, one for all words of the same meaning."""
    root = beginning(singular(_POSITIVE.get(word, word)))
    return _SAME.get(root, root)


def _distinguishing_words(word_list: Sequence[str]) -> frozenset[str]:
    return _WHICH.intersection(map(singular, word_list))


def _is_worded_alike(first: ComparableSentence, second: ComparableSentence, *, negation: bool) -> bool:
    """Are their other words nearly the same? Less will do where one holds all that the other says, or all that matters
    is the same; but not of a "not", which a detail more may explain."""
    words_here, words_there = frozenset(first.said), frozenset(second.said)
    if words_here == words_there:
        return True
    telling_here, telling_there = words_here - _SMALL, words_there - _SMALL
    if telling_here == telling_there and not negation:
        return _overlap(words_here, words_there) >= WITHIN
    if min(len(telling_here), len(telling_there)) <= FEWEST:
        return False
    is_subset = not negation and (words_here <= words_there or words_there <= words_here)
    return _overlap(words_here, words_there) >= (WITHIN if is_subset else ALIKE)


def _overlap(first: frozenset[str], second: frozenset[str]) -> float:
    """The part of all their words that both hold, 0 to 1."""
    return len(first & second) / len(first | second) if first or second else 1.0


def _is_same_matter(first: ComparableSentence, second: ComparableSentence) -> bool:
    """Do both speak of the same thing, under the same condition?"""
    pairs = ((first.names, second.names), (first.above, second.above), (first.bounds, second.bounds))
    if first.which != second.which or any(
        _each_has_own(first_words, second_words) for first_words, second_words in pairs
    ):
        return False
    if _overlap(first.condition, second.condition) < ALIKE:
        return False
    return not _has_exchanged_words(first.said, second.said)


def _each_has_own(first: frozenset[str], second: frozenset[str]) -> bool:
    return bool(first - second) and bool(second - first)


def _has_exchanged_words(first: Sequence[str], second: Sequence[str]) -> bool:
    """Does a telling word of one stand where the other has another one? Then they speak of different things."""
    own_words, other_words = set(first) - set(second) - _SMALL, set(second) - set(first) - _SMALL
    if not own_words or not other_words:
        return False
    changes = SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    return any(
        kind == "replace" and own_words.intersection(first[a:b]) and other_words.intersection(second[c:d])
        for kind, a, b, c, d in changes
    )


_SAME = {
    beginning(singular(word)): beginning(singular(group.split()[0]))
    for group in lexicon.phrases("synonym")
    for word in group.split()
}
_SMALL = frozenset(map(_word_root, _UNTELLING))
