"""Hits as a reader wants them: each thing said once, and what belongs together side by side.

The same page often stands in several sources or locales; of passages that say the same under the same headings, one is
enough. Passages that differ in a number, a negation or a word for another do not say the same, however alike they are:
both stay, so that a contradiction can be seen. Neighbouring passages of one document are put together in its order, but
stay passages of their own: a citation names passage and block as they are stored, and a joined passage would be stored
nowhere.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from desk.pages import PUBLIC
from desk.passage import Hit, Passage
from desk.text import lexicon
from desk.text.tokenizer import words

ALIKE = 0.9
"""The part of all their words that two texts share which say the same."""

LONGER = 1.5
"""What is longer than that says more, or the same twice."""

_NUMBER = re.compile(r"\d+")
_NUMBER_OR_NEGATION = re.compile(r"\d|n't$")
_NEGATIONS = lexicon.words("passage_negation")


class _Comparable:
    """What is compared of a passage: its length first and the words of its headings, which few share; then its numbers,
    all its words, and those that turn the meaning."""

    def __init__(self, hit: Hit) -> None:
        self.hit = hit
        self.text = hit.passage.text

    @cached_property
    def numbers(self) -> list[str]:
        return _NUMBER.findall(self.text)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(self._all_words)

    @cached_property
    def heading_words(self) -> frozenset[str]:
        return frozenset(words(" ".join((self.hit.passage.title, *self.hit.passage.headings))))

    @cached_property
    def meaning_words(self) -> list[str]:
        return [
            word
            for word in self._all_words
            if word in _NEGATIONS or (not word.isalpha() and _NUMBER_OR_NEGATION.search(word))
        ]

    @cached_property
    def _all_words(self) -> list[str]:
        return words(self.text)


def merge_hits(hits: Iterable[Hit], limit: int) -> list[Hit]:
    """The first `limit` hits that say something of their own, neighbours side by side; nothing that was not given. Of
    passages that say the same, a public one is kept where there is one, at the place of the first."""
    return _group_neighbours(_distinct_hits(hits, limit))


def _distinct_hits(hits: Iterable[Hit], limit: int) -> list[Hit]:
    distinct: list[_Comparable] = []
    for hit in hits:
        comparable = _Comparable(hit)
        index = next((i for i, other in enumerate(distinct) if _says_the_same(comparable, other)), None)
        if index is None and len(distinct) < limit:
            distinct.append(comparable)
        elif index is not None and hit.passage.audience == PUBLIC != distinct[index].hit.passage.audience:
            distinct[index] = comparable
        if len(distinct) == limit and all(item.hit.passage.audience == PUBLIC for item in distinct):
            break
    return [item.hit for item in distinct]


def _says_the_same(left: _Comparable, right: _Comparable) -> bool:
    """Near enough: the same numbers and negations in the same order, and both in words and in headings one has all that
    the other has, and little more. A word in the place of another ("hours" for "days") is no little thing."""
    if not _similar_length(len(left.text), len(right.text)) or not _is_subset_either_way(
        left.heading_words, right.heading_words
    ):
        return False
    if left.numbers != right.numbers or not left.words or not _is_subset_either_way(left.words, right.words):
        return False
    if left.meaning_words != right.meaning_words:
        return False
    return len(left.words & right.words) >= ALIKE * len(left.words | right.words)


def _similar_length(left: int, right: int) -> bool:
    return max(left, right) <= LONGER * min(left, right)


def _is_subset_either_way(left: frozenset[str], right: frozenset[str]) -> bool:
    return left <= right or right <= left


def _group_neighbours(hits: Sequence[Hit]) -> list[Hit]:
    """Runs of neighbours, each at the place of its best."""
    hits_by_position = {_position(hit.passage): hit for hit in hits}
    ordered: dict[str, Hit] = {}
    for hit in hits:
        document_id, version, ordinal = _position(hit.passage)
        while (document_id, version, ordinal - 1) in hits_by_position:
            ordinal -= 1
        while neighbour := hits_by_position.get((document_id, version, ordinal)):
            ordered.setdefault(neighbour.passage.id, neighbour)
            ordinal += 1
        ordered.setdefault(hit.passage.id, hit)
    return list(ordered.values())


def _position(passage: Passage) -> tuple[str, str, int]:
    return passage.document_id, passage.version, passage.ordinal
