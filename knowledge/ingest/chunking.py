"""Sections cut into passages that an embedder can read whole.

Sizes are counted in the embedder's own tokens, and the embedded text is the title, the heading path and the blocks, so
no text stands outside every vector. Lists, tables and code stay whole where they fit, and with the line that leads to
them ("To reset it:").
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from desk.passage import Block, BlockKind
from knowledge.parsing.structure import Section

MOST_TOKENS = 256
"""Of an embedded text, even if the embedder reads more: a passage is to be about one thing."""

SPECIAL_TOKENS = 2
MOST_PREFIX = 64
LONGEST_WORD = 40
_ENDLESS = re.compile(r"\w{100,}")

CountTokens = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage before it is stored: the heading path, the blocks, and the text that its vector stands for."""

    headings: tuple[str, ...]
    blocks: tuple[Block, ...]
    embedded: str


def cut_sections(title: str, sections: Sequence[Section], count: CountTokens, window: int) -> list[Chunk]:
    """All passages of a document, in order. `count` gives a text's tokens, `window` the most the embedder reads."""
    most = min(window, MOST_TOKENS) - SPECIAL_TOKENS
    return [passage for section in sections for passage in _cut_section(title, section, count, most)]


def _cut_section(title: str, section: Section, count: CountTokens, most: int) -> Iterator[Chunk]:
    prefix, cropped = _prefix(title, section.headings, count, min(MOST_PREFIX, most // 3))
    room = most - count(_readable(prefix))
    blocks = [*cropped, *section.blocks]
    for packed in _pack(_units(blocks, count, room), room):
        embedded = "\n".join([prefix, *(block.text for block in packed)])
        yield Chunk(section.headings, packed, _readable(embedded))


def _prefix(title: str, headings: Sequence[str], count: CountTokens, most: int) -> tuple[str, list[Block]]:
    """The title and the heading path; where that is too long, its beginning, and the whole as a block of its own."""
    whole = " > ".join([title, *headings])
    if count(_readable(whole)) <= most:
        return whole, []
    return next(_pieces(whole, count, most)), [Block(whole, BlockKind.SENTENCE, -1)]


@dataclass(frozen=True, slots=True)
class _Unit:
    """Blocks that stay together if they can: a list, a table, code, a paragraph, with the line that leads to it."""

    blocks: tuple[Block, ...]
    sizes: tuple[int, ...]

    @property
    def size(self) -> int:
        return sum(self.sizes)


def _units(blocks: Sequence[Block], count: CountTokens, room: int) -> Iterator[_Unit]:
    waiting: tuple[Block, ...] = ()
    for _, group in groupby(blocks, key=lambda block: block.group):
        members = (*waiting, *group)
        waiting = ()
        if members[-1].kind is BlockKind.SENTENCE and members[-1].text.endswith(":"):
            waiting = members[-1:]
            members = members[:-1]
        if members:
            yield _unit(members, count, room)
    if waiting:
        yield _unit(waiting, count, room)


def _unit(blocks: Sequence[Block], count: CountTokens, room: int) -> _Unit:
    fitting: list[Block] = []
    sizes: list[int] = []
    for block in blocks:
        for text in _fitting(block.text, count, room):
            fitting.append(replace(block, text=text))
            sizes.append(count(_readable(text)))
    return _Unit(tuple(fitting), tuple(sizes))


def _pack(units: Iterator[_Unit], room: int) -> Iterator[tuple[Block, ...]]:
    """Fill passages unit by unit; a unit moves on whole if the next passage can hold it, else it is cut at a block."""
    held: list[Block] = []
    used = 0
    for unit in units:
        if held and used + unit.size > room >= unit.size:
            yield tuple(held)
            held, used = [], 0
        for block, size in zip(unit.blocks, unit.sizes, strict=True):
            if held and used + size > room:
                yield tuple(held)
                held, used = [], 0
            held.append(block)
            used += size
    if held:
        yield tuple(held)


def _fitting(text: str, count: CountTokens, most: int) -> list[str]:
    """The text, or its pieces if it is too long for a passage of its own."""
    if len(text) <= most * LONGEST_WORD and count(_readable(text)) <= most:
        return [text]
    return list(_pieces(text, count, most))


def _pieces(text: str, count: CountTokens, most: int) -> Iterator[str]:
    """Cut between words; only a word that fills a passage by itself is cut inside."""
    held: list[str] = []
    used = 0
    for word in _short_words(text, count, most):
        size = count(_readable(word))
        if held and used + size > most:
            yield "".join(held).strip()
            held, used = [], 0
        held.append(word)
        used += size
    if held:
        yield "".join(held).strip()


def _short_words(text: str, count: CountTokens, most: int) -> Iterator[str]:
    for match in re.finditer(r"\S+\s*", text):
        word = match[0]
        if len(word) <= LONGEST_WORD or (len(word) <= most * 4 and count(_readable(word)) <= most):
            yield word
        else:
            yield from _slices(word, count, most)


def _slices(word: str, count: CountTokens, most: int) -> list[str]:
    """The word in pieces that fit; shorter ones where a small window meets characters of several tokens each."""
    length = LONGEST_WORD
    while True:
        slices = [word[place : place + length] for place in range(0, len(word), length)]
        if length == 1 or all(count(piece) <= most for piece in slices):
            return slices
        length //= 2


def _readable(text: str) -> str:
    """What the embedder is given: endless runs of letters broken up, which it would read as one unknown word."""
    return _ENDLESS.sub(lambda run: re.sub(rf"(\w{{{LONGEST_WORD}}})", r"\1 ", run[0]), text)
