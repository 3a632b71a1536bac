"""The prompts: Markdown files beside this one, filled with `$name` places, versioned by their hash.

Only what the policy says and numbers go into a system prompt; what customers and documents say goes into delimited
user messages, and cannot close its own delimiter.
"""

import hashlib
import re
from functools import cache
from pathlib import Path
from string import Template

from desk.text.tokenizer import clean, words

_FOLDER = Path(__file__).parent
_COPIED = 8
"""So many words in a row are not written alike by chance."""
_TAGS = "conversation|message|subject|ticket_fields|questions|newest_message|policy"
_DELIMITERS = re.compile(rf"<(?=\s{{0,3}}/?\s{{0,3}}(?:{_TAGS})\b)", re.IGNORECASE)


@cache
def prompt(name: str) -> str:
    """The text of one prompt file, by its name without `.md`."""
    return (_FOLDER / f"{name}.md").read_text(encoding="utf-8").strip()


def filled(name: str, **values: str) -> str:
    """The prompt with its places filled in. Raises KeyError where one is missing."""
    return Template(prompt(name)).substitute(values).strip()


def untrusted(text: str) -> str:
    """Text from outside that can stand between delimiters: cleaned, and unable to open or close one."""
    return _DELIMITERS.sub("‹", clean(text)).strip()


@cache
def prompts_version() -> str:
    """The first 12 hex digits of the SHA-256 of all prompt files, in order of their names."""
    files = sorted(_FOLDER.glob("*.md"))
    return hashlib.sha256(b"\0".join(file.name.encode() + b"\n" + file.read_bytes() for file in files)).hexdigest()[:12]


def copied(text: str) -> str | None:
    """Words in a row that the text shares with a prompt, or None: eight of them are no coincidence."""
    text_words = words(text)
    prompt_runs = _prompt_word_runs()
    for start in range(len(text_words) - _COPIED + 1):
        if tuple(text_words[start : start + _COPIED]) in prompt_runs:
            return " ".join(text_words[start : start + _COPIED])
    return None


@cache
def _prompt_word_runs() -> frozenset[tuple[str, ...]]:
    """Every run of eight words of every prompt."""
    runs: set[tuple[str, ...]] = set()
    for file in _FOLDER.glob("*.md"):
        prompt_words = words(prompt(file.stem))
        runs.update(tuple(prompt_words[start : start + _COPIED]) for start in range(len(prompt_words) - _COPIED + 1))
    return frozenset(runs)
