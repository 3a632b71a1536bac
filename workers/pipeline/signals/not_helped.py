"""Does the customer say that the answer did not help? Asked only of what follows an automatic reply of ours."""

from desk.text import lexicon
from desk.text.phrase_matcher import Phrases

_NOT_HELPED = Phrases(lexicon.phrases("not_helped"), exact=True)


def says_not_helped(text: str) -> bool:
    """In whole words of ten languages, or anywhere in Japanese and Chinese."""
    return _NOT_HELPED.find(text) is not None
