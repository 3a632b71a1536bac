"""What an agent made of a draft: the two texts compared, without what every agent changes.

A reply is `as_is` when it is equal to the draft but for greeting, signature, citation marks, source list and white
space. Anything else is `edited`, be it one digit; below the similarity `ALIKE` it is `discarded`. What is left out must
hide no statement: a greeting ends at its comma or its line, a signature holds names, titles, companies, addresses of
mail and numbers to call. What might be more counts as written.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from desk.feedback.feedback import ALIKE, Change, DraftComparison, DraftUse
from desk.passage import Hit
from desk.policy.policy import Policy
from desk.ports import Source
from desk.presentation.reply import cited_pages, draft_text, source_list
from desk.run import Draft
from desk.text import lexicon
from desk.text.lexicon import any_of
from desk.text.search_words import UNSPACED_SCRIPT
from desk.text.tokenizer import clean, words
from workers.pipeline.checks.figures import hard_facts
from workers.pipeline.checks.groundedness import find_names

_REACH = ("link:", "mail:", "phone:")
_CONTACT = ("mail:", "phone:")
_NEGATIONS = lexicon.words("negation")
_GREETING = re.compile(rf"{any_of('greeting')}(?P<name>(?: [\w.'-]{{1,30}}){{0,3}}) ?(?:[,!]|$)", re.IGNORECASE)
_CLOSING = re.compile(rf"{any_of('mail_closing')} ?[,.!;]{{0,3}}", re.IGNORECASE)
_SIGNATURE_MARK = re.compile(r"--|—")
_POSTSCRIPT = re.compile(r"p\.?\s?s\b", re.IGNORECASE)
_SIGNATURE_SMALL = lexicon.words("signature_word")
_NO_SIGNATURE = lexicon.words("no_signature_word") | lexicon.words("condition")
_WORD_OF_NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_MAIL_ADDRESS = re.compile(r"\S+@\S+")
_BULLET = re.compile(r"[-*•–] {1,4}")
_SIGNATURE_LINES = 6
_SIGNATURE_WORDS = 8
_SAME_SIGNS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u200b": None})


def compare_draft(draft: Draft, hits: Sequence[Hit], reply: str, policy: Policy, author: str = "") -> DraftComparison:
    """What an agent's reply made of a draft. `author` is the agent's name, with which they may sign."""
    sources = cited_pages(draft, hits)
    omission = _Omission(draft, sources, policy, author)
    return compare_texts(omission.essence(draft_text(draft, sources)), omission.essence(reply))


def stated_text(draft: Draft, hits: Sequence[Hit], reply: str, policy: Policy, author: str = "") -> str:
    """An agent's reply as they wrote it, without greeting, signature, closings and citations: what can be taught."""
    return _Omission(draft, cited_pages(draft, hits), policy, author).stated(reply)


def compare_texts(draft: str, reply: str) -> DraftComparison:
    """Two texts of which nothing is left out any more."""
    if draft == reply:
        return DraftComparison(DraftUse.AS_IS, 1.0)
    similarity = _similarity(draft, reply)
    use = DraftUse.EDITED if similarity >= ALIKE else DraftUse.DISCARDED
    return DraftComparison(use, similarity, tuple(_changes(draft, reply)) or (Change.WORDING,))


class _Omission:
    """What is left out of both texts: the greeting and the courtesies of the draft, marks and list of its sources, the
    policy's closings, and a signature."""

    def __init__(self, draft: Draft, sources: Sequence[Source], policy: Policy, author: str) -> None:
        self._marks = re.compile(rf"\s?\[(?:{'|'.join(str(source.number) for source in sources) or '(?!)'})\]")
        self._source_lines = {_tidy(line) for line in source_list(sources).split("\n") if line}
        courtesies = [_tidy(each.text) for each in draft.statements if each.courtesy]
        self._openings = [each for each in courtesies if each]
        self._closings = [*courtesies, *map(_tidy, policy.closing_texts())]
        self._names = [name for name in (_tidy(author), *author.split()[:1]) if name]

    def essence(self, text: str) -> str:
        """What the text states, on one line."""
        joined = " ".join(_BULLET.sub("", line, count=1) for line in self._stating_lines(text))
        return _strip_ends(_tidy(self._marks.sub("", joined)), self._openings, self._closings)

    def stated(self, text: str) -> str:
        """What the text states, line by line."""
        joined = "\n".join(self._stating_lines(text))
        return _strip_ends(self._marks.sub("", joined).strip(), self._openings, self._closings)

    def _stating_lines(self, text: str) -> list[str]:
        lines = [_tidy(line) for line in clean(text).split("\n")]
        kept_lines = [line for line in lines if line and line not in self._source_lines]
        return self._without_signature(_without_greeting(kept_lines))

    def _without_signature(self, lines: list[str]) -> list[str]:
        for index in range(max(1, len(lines) - _SIGNATURE_LINES - 1), len(lines)):
            if self._opens_signature(lines[index]) and all(map(self._is_signature_line, lines[index + 1 :])):
                return lines[:index]
        return lines

    def _opens_signature(self, line: str) -> bool:
        """A closing line, the mark of a signature, or the agent's own name; the first two may bear that name."""
        named = next((name for name in self._names if line.lower().endswith(name.lower())), "")
        opening = line[: len(line) - len(named)].strip()
        return not opening.strip(" ,-–—") or bool(_CLOSING.fullmatch(opening) or _SIGNATURE_MARK.fullmatch(opening))

    def _is_signature_line(self, line: str) -> bool:
        return line in self._names or _may_be_contact(line)


def _tidy(text: str) -> str:
    """One spelling of quotes and spaces."""
    return " ".join(text.translate(_SAME_SIGNS).split())


def _strip_ends(text: str, openings: Sequence[str], closings: Sequence[str]) -> str:
    """The text without any of these at its ends."""
    for opening in openings:
        text = text.removeprefix(opening).strip()
    while closing := next((each for each in closings if each and text.endswith(each)), ""):
        text = text.removesuffix(closing).strip()
    return text


def _without_greeting(lines: list[str]) -> list[str]:
    """The greeting opens the first line, or is all of it; what else stands there stays."""
    match = _GREETING.match(lines[0]) if lines else None
    if match is None or _states_something(match["name"]):
        return lines
    rest = lines[0][match.end() :].strip()
    return [rest, *lines[1:]] if rest else lines[1:]


def _may_be_contact(line: str) -> bool:
    """A name, a title, a company, an address of mail or a number to call: short, written large, and no sentence."""
    word_count = len(words(line))
    is_sentence = line.endswith(("!", "?")) or (line.endswith(".") and word_count > 3)
    if word_count > _SIGNATURE_WORDS or is_sentence or _POSTSCRIPT.match(line) or _states_something(line):
        return False
    return all(map(_may_be_of_name, _WORD_OF_NAME.findall(_MAIL_ADDRESS.sub(" ", line))))


def _may_be_of_name(word: str) -> bool:
    folded = word.casefold()
    return folded in _SIGNATURE_SMALL or (word[0].isupper() and folded not in _NO_SIGNATURE)


def _states_something(text: str) -> bool:
    """Does it deny anything, or name a figure or a page?"""
    return bool(_negations(text)) or any(not fact.startswith(_CONTACT) for fact in hard_facts(text))


def _similarity(first: str, second: str) -> float:
    """2·M / T: see `DraftComparison`."""
    first_words, second_words = list(_compared_words(first)), list(_compared_words(second))
    total = len(first_words) + len(second_words)
    return round(2 * _common_words(first_words, second_words) / total, 4) if total else 1.0


def _common_words(first: Sequence[str], second: Sequence[str]) -> int:
    """How many words stand in both in one order: their longest common subsequence, by rows of bits, so that no text
    takes long (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004)."""
    places: dict[str, int] = {}
    for place, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << place
    every_place = (1 << len(first)) - 1
    row = every_place
    for word in second:
        matched = row & places.get(word, 0)
        row = ((row + matched) | (row - matched)) & every_place
    return len(first) - row.bit_count()


def _compared_words(text: str) -> Iterator[str]:
    """The words of a text in lower case; each character of a script that has no spaces."""
    for word in words(text):
        yield from word if UNSPACED_SCRIPT.search(word) else (word,)


def _changes(draft: str, reply: str) -> Iterator[Change]:
    facts, reply_facts = hard_facts(draft), hard_facts(reply)
    changed_facts = facts ^ reply_facts
    if any(not fact.startswith(_REACH) for fact in changed_facts):
        yield Change.FIGURE
    if find_names(draft) != find_names(reply):
        yield Change.NAME
    if _negations(draft) != _negations(reply):
        yield Change.NEGATION
    if any(fact.startswith(_REACH) for fact in changed_facts):
        yield Change.LINK


def _negations(text: str) -> Counter[str]:
    return Counter(word for word in words(text) if word in _NEGATIONS)
