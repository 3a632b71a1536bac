"""Lists of phrases, found as whole words in a text in one pass.

Four things are more than the word itself: `selbstmord*` is every word that begins so; `mich ... umbringen` lets a few
words stand between; accents may be left out ("resilier", "kuendigen", "oldurecegim"); and in scripts written without
spaces a phrase may stand inside a run.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from desk.text.lexicon import any_of
from desk.text.tokenizer import words

_DOUBLED = re.compile(r"[^aeiouwxy\W][aeiou][bdgmnprt]$")

_NO_SPACES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, kana and Han."""
_UNSPACED = re.compile(f"[{_NO_SPACES}]")
_WRAPPED = re.compile(f"(?<=[{_NO_SPACES}])\n(?=[{_NO_SPACES}])")
_ELIDED = re.compile(rf"({any_of('elided')}')(?=[^\W\d_]{{2}})")
_MASK = "|"
_ELLIPSIS = "..."
_GAP = 4
"""So many words may stand where a phrase has an ellipsis."""
_LONE = 5
"""A word alone in its phrase is found without its accents from this many letters on."""


def _letter_bases() -> dict[int, str]:
    """The plain letters of the Latin ones that carry something; of the few that Unicode does not take apart too."""
    bases = {ord(letter): plain for letter, plain in zip("łøđıæœ", ("l", "o", "d", "i", "ae", "oe"), strict=True)}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        base = "".join(c for c in unicodedata.normalize("NFKD", chr(code)) if not unicodedata.combining(c))
        if base.isascii() and base.isalpha():
            bases[code] = base
    return bases


_BASES = _letter_bases()
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def without_accents(word: str) -> str:
    """The word without accents, as those write who have no key for them."""
    return word if word.isascii() else word.translate(_BASES)


@dataclass(frozen=True, slots=True)
class PhraseMatch:
    """A phrase that stands in a text: at which of its words, and how it stands there."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class _PhraseWord:
    """One word of a phrase: the forms it may have, or how it begins, and whether an ellipsis stands before it."""

    forms: frozenset[str]
    stems: tuple[str, ...] = ()
    apart: bool = False


class _Node:
    """Where one stands after the first words of some phrases: a tree, so that lists may be long and texts hostile."""

    def __init__(self) -> None:
        self.ends = False
        self._children: dict[_PhraseWord, _Node] = {}
        self._next, self._apart = _Branches(), _Branches()

    def child(self, word: _PhraseWord) -> "_Node":
        """The node after this word of a phrase, made if it is new."""
        if word not in self._children:
            node = self._children[word] = _Node()
            (self._apart if word.apart else self._next).add(word, node)
        return self._children[word]

    def after(self, word: str, skipped: int) -> Iterator[tuple["_Node", int]]:
        """The nodes that a word of a text leads to, and how many words have been passed over at each."""
        if not skipped:
            yield from ((node, 0) for node in self._next.after(word))
        yield from ((node, 0) for node in self._apart.after(word))
        if self._apart and skipped < _GAP:
            yield self, skipped + 1


class _Branches:
    """The nodes of the words that may come next."""

    def __init__(self) -> None:
        self._by_form: dict[str, list[_Node]] = {}
        self._by_stem: dict[str, list[_Node]] = {}
        self._lengths: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._by_form or self._by_stem)

    def add(self, word: _PhraseWord, node: _Node) -> None:
        for form in word.forms:
            self._by_form.setdefault(form, []).append(node)
        for stem in word.stems:
            self._by_stem.setdefault(stem, []).append(node)
        self._lengths.update(map(len, word.stems))

    def after(self, word: str) -> Iterator[_Node]:
        yield from self._by_form.get(word, ())
        for length in self._lengths:
            if length <= len(word):
                yield from self._by_stem.get(word[:length], ())


class _PhraseIndex:
    """Phrases, so kept that a text is gone through once."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, phrase: Iterable[_PhraseWord]) -> None:
        node = self._root
        for word in phrase:
            node = node.child(word)
        node.ends = node is not self._root

    def spans(self, text_words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Where a phrase begins, and how many words it has; the longest for each place."""
        for start in range(len(text_words)):
            if length := self._longest_from(text_words, start):
                yield start, length

    def _longest_from(self, text_words: Sequence[str], start: int) -> int:
        states, length = [(self._root, 0)], 0
        for index in range(start, len(text_words)):
            states = [next_state for node, skipped in states for next_state in node.after(text_words[index], skipped)]
            if not states:
                break
            if any(node.ends and not skipped for node, skipped in states):
                length = index + 1 - start
        return length


class Phrases:
    """Finds phrases as whole words, in any case, whatever stands between the words but letters.

    With `inflect`, each English word is also found as plural, past and -ing form ("sue": sued, suing). What is part of
    an `unless` does not count ("bomb", unless "bath bomb"). If `exact`, no accent may be left out.
    """

    def __init__(
        self, phrases: Iterable[str], inflect: bool = False, unless: Iterable[str] = (), exact: bool = False
    ) -> None:
        self._exact, self._accentless = _PhraseIndex(), _PhraseIndex()
        self._runs: list[str] = []
        for phrase in phrases:
            self._add_phrase(phrase, inflect, exact)
        exceptions = tuple(unless)
        self._unless = Phrases(exceptions, inflect) if exceptions else None

    def find(self, text: str) -> str | None:
        """The first phrase that stands in the text, as the text has it, or None."""
        return next(iter(self.find_all(text)), None)

    def find_all(self, text: str) -> list[str]:
        """All phrases that stand in the text, in order, as the text has them."""
        return [match.text for match in self.matches(text)]

    def matches(self, text: str) -> list[PhraseMatch]:
        """All phrases that stand in the text, in order, each with its place among `cut` words; one for each place."""
        text_words = phrase_words(text)
        if self._unless:
            text_words = self._unless._mask_matches(text_words)
        matches = {
            start: PhraseMatch(start, " ".join(text_words[start : start + length]))
            for start, length in self._phrase_spans(text_words)
        }
        for run in self._matching_runs(text_words):
            joined_text = " ".join(text_words)
            start = joined_text.count(" ", 0, joined_text.index(run))
            matches.setdefault(start, PhraseMatch(start, run))
        return [matches[start] for start in sorted(matches)]

    def _add_phrase(self, phrase: str, inflect: bool, exact: bool) -> None:
        if _UNSPACED.search(phrase):
            self._runs.append(" ".join(phrase_words(phrase)))
            return
        parts = [part.split() for part in phrase.split(_ELLIPSIS)]
        is_single_word = sum(map(len, parts)) == 1
        is_distinct = not is_single_word or any(map(_is_distinct_without_accents, phrase_words(phrase)))
        accentless = is_distinct and not exact
        index = self._accentless if accentless else self._exact
        index.add(
            word for at, part in enumerate(parts) for word in _phrase_words(part, inflect, accentless, apart=at > 0)
        )

    def _phrase_spans(self, text_words: Sequence[str]) -> list[tuple[int, int]]:
        return [*self._exact.spans(text_words), *self._accentless.spans([without_accents(word) for word in text_words])]

    def _matching_runs(self, text_words: Sequence[str]) -> list[str]:
        joined_text = " ".join(text_words)
        if not self._runs or not _UNSPACED.search(joined_text):
            return []
        return [run for run in self._runs if run in joined_text]

    def _mask_matches(self, text_words: list[str]) -> list[str]:
        """The words, with a mark in place of what is one of these phrases."""
        masked_words = list(text_words)
        for start, length in self._phrase_spans(text_words):
            masked_words[start : start + length] = [_MASK] * length
        joined_text = " ".join(masked_words)
        for run in self._matching_runs(masked_words):
            joined_text = joined_text.replace(run, f" {_MASK} ")
        return joined_text.split()


def phrase_words(text: str) -> list[str]:
    """The words of a text as phrases are compared: "l'avocat" is two, and a line wrapped inside a run is one run."""
    return _split_elisions(words(_WRAPPED.sub("", text)))


def _split_elisions(text_words: list[str]) -> list[str]:
    parts: list[str] = []
    for word in text_words:
        elision = _ELIDED.match(word) if "'" in word else None
        parts += [elision.group(1), word[elision.end() :]] if elision else [word]
    return parts


def _is_distinct_without_accents(word: str) -> bool:
    """Is this word, alone, still itself without its accents? Not if short (Polish "sąd", English "sad"), nor if the
    accent is on the last letter, where it tells words apart (French "piraté", English "pirate")."""
    last_letter = word[-1]
    return (
        not word.isascii()
        and len(word) >= _LONE
        and (without_accents(last_letter) == last_letter or last_letter == "ı")
    )


def _phrase_words(part: Iterable[str], inflect: bool, accentless: bool, apart: bool) -> Iterator[_PhraseWord]:
    """The words of a phrase up to the next ellipsis; `apart` if one stands before them."""
    for raw_word in part:
        for word in phrase_words(raw_word):
            if raw_word.endswith("*"):
                yield _PhraseWord(frozenset(), tuple(sorted(_spellings(word, False, accentless))), apart)
            else:
                yield _PhraseWord(_spellings(word, inflect, accentless), (), apart)
            apart = False


def _spellings(word: str, inflect: bool, accentless: bool) -> frozenset[str]:
    forms = _inflected_forms(word) if inflect else frozenset({word})
    if not accentless:
        return forms
    return frozenset(without_accents(spelling) for form in forms for spelling in (form, form.translate(_DIGRAPHS)))


@lru_cache(maxsize=4096)
def _inflected_forms(word: str) -> frozenset[str]:
    """The word and its light English inflections; too many forms do no harm."""
    forms = {word, word + "s", word + "'s", word + "es", word + "ed", word + "ing"}
    if word.endswith("e"):
        forms |= {word + "d", word[:-1] + "ing"}
    if word.endswith("y"):
        forms |= {word[:-1] + "ies", word[:-1] + "ied"}
    if _DOUBLED.search(word):
        forms |= {word + word[-1] + "ed", word + word[-1] + "ing"}
    if word.endswith("l"):
        forms |= {word + "led", word + "ling"}
    return frozenset(forms)


@lru_cache(maxsize=256)
def phrases_for_topic(listed: tuple[str, ...], unless: tuple[str, ...] = ()) -> Phrases:
    """The phrases of a policy's topic, inflected; built once per list."""
    return Phrases(listed, inflect=True, unless=unless)
