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
from desk.text.tokenizer import word_set, words

ALIKE = 0.9
"""The part of all their words that two texts share which say the same."""

LONGER = 1.5
"""What is longer than that says more, or the same twice."""

_NUMBER = re.compile(r"\d+")
_TELLING = re.compile(r"\d|n't$")
_NEGATIONS = word_set("no not never none nothing neither nor without cannot unless except kein keine nicht ohne nie")


class _Gist:
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
        return frozenset(self._said)

    @cached_property
    def above(self) -> frozenset[str]:
        return frozenset(words(" ".join((self.hit.passage.title, *self.hit.passage.headings))))

    @cached_property
    def telling(self) -> list[str]:
        return [word for word in self._said if word in _NEGATIONS or (not word.isalpha() and _TELLING.search(word))]

    @cached_property
    def _said(self) -> list[str]:
        return words(self.text)


def merge_hits(hits: Iterable[Hit], limit: int) -> list[Hit]:
    """The first `limit` hits that say something of their own, neighbours side by side; nothing that was not given. Of
    passages that say the same, a public one is kept where there is one, at the place of the first."""
    return _side_by_side(_different(hits, limit))


def _different(hits: Iterable[Hit], limit: int) -> list[Hit]:
    kept: list[_Gist] = []
    for hit in hits:
        gist = _Gist(hit)
        place = next((n for n, other in enumerate(kept) if _same(gist, other)), None)
        if place is None and len(kept) < limit:
            kept.append(gist)
        elif place is not None and hit.passage.audience == PUBLIC != kept[place].hit.passage.audience:
            kept[place] = gist
        if len(kept) == limit and all(each.hit.passage.audience == PUBLIC for each in kept):
            break
    return [each.hit for each in kept]


def _same(one: _Gist, other: _Gist) -> bool:
    """Near enough: the same numbers and negations in the same order, and both in words and in headings one has all that
    the other has, and little more. A word in the place of another ("hours" for "days") is no little thing."""
    if not _as_long(len(one.text), len(other.text)) or not _nested(one.above, other.above):
        return False
    if one.numbers != other.numbers or not one.words or not _nested(one.words, other.words):
        return False
    if one.telling != other.telling:
        return False
    return len(one.words & other.words) >= ALIKE * len(one.words | other.words)


def _as_long(one: int, other: int) -> bool:
    return max(one, other) <= LONGER * min(one, other)


def _nested(one: frozenset[str], other: frozenset[str]) -> bool:
    return one <= other or other <= one


def _side_by_side(hits: Sequence[Hit]) -> list[Hit]:
    """Runs of neighbours, each at the place of its best."""
    places = {_place(hit.passage): hit for hit in hits}
    placed: dict[str, Hit] = {}
    for hit in hits:
        document, version, ordinal = _place(hit.passage)
        while (document, version, ordinal - 1) in places:
            ordinal -= 1
        while next_one := places.get((document, version, ordinal)):
            placed.setdefault(next_one.passage.id, next_one)
            ordinal += 1
        placed.setdefault(hit.passage.id, hit)
    return list(placed.values())


def _place(passage: Passage) -> tuple[str, str, int]:
    return passage.document_id, passage.version, passage.ordinal
