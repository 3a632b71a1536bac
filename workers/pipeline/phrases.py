"""Lists of phrases, found as whole words in a text in one pass."""

import re
from collections.abc import Iterable
from functools import lru_cache

from desk.text import words

_DOUBLED = re.compile(r"[^aeiouwxy\W][aeiou][bdgmnprt]$")


class Phrases:
    """Finds phrases as whole words, in any case, whatever stands between the words but letters.

    With `inflect`, each English word is also found as plural, past and -ing form ("sue": sued, suing).
    """

    def __init__(self, phrases: Iterable[str], inflect: bool = False) -> None:
        self._by_first: dict[str, list[tuple[frozenset[str], ...]]] = {}
        for phrase in phrases:
            forms = tuple(_forms(word) if inflect else frozenset({word}) for word in words(phrase))
            for first in forms[0] if forms else ():
                self._by_first.setdefault(first, []).append(forms)

    @classmethod
    def listed(cls, text: str) -> "Phrases":
        """The phrases of one text, separated by commas."""
        return cls(phrase for phrase in text.split(",") if phrase.strip())

    def find(self, text: str) -> str | None:
        """The first phrase that stands in the text, as the text has it, or None."""
        return next(iter(self.find_all(text)), None)

    def find_all(self, text: str) -> list[str]:
        """All phrases that stand in the text, in order, as the text has them."""
        found = words(text)
        matches = []
        for at, word in enumerate(found):
            for forms in self._by_first.get(word, ()):
                taken = found[at : at + len(forms)]
                if len(taken) == len(forms) and all(w in form for w, form in zip(taken, forms, strict=True)):
                    matches.append(" ".join(taken))
                    break
        return matches


@lru_cache(maxsize=4096)
def _forms(word: str) -> frozenset[str]:
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
def phrases(listed: tuple[str, ...]) -> Phrases:
    """The phrases of a policy's topic, inflected; built once per list."""
    return Phrases(listed, inflect=True)


def alternation(listed: str) -> str:
    """A pattern that matches any of the words listed, each whole; `_` stands for the space in a phrase."""
    return rf"\b(?:{'|'.join(word.replace('_', ' ') for word in listed.split())})\b"
