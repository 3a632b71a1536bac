"""Hits as a reader wants them: each thing said once, and what belongs together side by side.

The same page often stands in several sources or locales; of passages that say the same under the same headings, one is
enough. Passages that differ in a number, a negation or a word for another do not say the same, however alike they are:
both stay, so that a contradiction can be seen. Neighbouring passages of one document are put together in its order, but
stay passages of their own: a citation names passage and block as they are stored, and a joined passage would be stored
nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from desk.passage import Hit, Passage
from desk.text import vocabulary, words

ALIKE = 0.9
"""The part of all their words that two texts share which say the same."""

PUBLIC = "public"
_NEGATIONS = vocabulary("no not never none nothing neither nor without cannot unless except kein keine nicht ohne nie")


@dataclass(frozen=True, slots=True)
class _Gist:
    """What is compared of a passage: its words, those of its headings, and those that turn the meaning."""

    words: frozenset[str]
    above: frozenset[str]
    telling: tuple[str, ...]


def merged(hits: Sequence[Hit], limit: int) -> list[Hit]:
    """The first `limit` hits that say something of their own, neighbours side by side; nothing that was not given. Of
    passages that say the same, a public one is kept where there is one, at the place of the first."""
    return _side_by_side(_different(hits, limit))


def _different(hits: Sequence[Hit], limit: int) -> list[Hit]:
    kept: list[tuple[Hit, _Gist]] = []
    for hit in hits:
        gist = _gist(hit.passage)
        place = next((n for n, (_, other) in enumerate(kept) if _same(gist, other)), None)
        if place is None and len(kept) < limit:
            kept.append((hit, gist))
        elif place is not None and hit.passage.audience == PUBLIC != kept[place][0].passage.audience:
            kept[place] = (hit, gist)
        if len(kept) == limit and all(each.passage.audience == PUBLIC for each, _ in kept):
            break
    return [hit for hit, _ in kept]


def _gist(passage: Passage) -> _Gist:
    said = words(passage.text)
    above = frozenset(words(" ".join((passage.title, *passage.headings))))
    telling = (word for word in said if any(map(str.isdigit, word)) or word in _NEGATIONS or word.endswith("n't"))
    return _Gist(frozenset(said), above, tuple(telling))


def _same(one: _Gist, other: _Gist) -> bool:
    """Near enough: the same numbers and negations in the same order, and both in words and in headings one has all that
    the other has, and little more. A word in the place of another ("hours" for "days") is no little thing."""
    if not one.words or one.telling != other.telling:
        return False
    if not (_nested(one.above, other.above) and _nested(one.words, other.words)):
        return False
    return len(one.words & other.words) >= ALIKE * len(one.words | other.words)


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
