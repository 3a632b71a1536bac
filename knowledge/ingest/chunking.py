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
_ENDLESS_WORD = re.compile(r"\w{100,}")

CountTokens = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage before it is stored: the heading path, the blocks, and the text that its vector stands for."""

    headings: tuple[str, ...]
    blocks: tuple[Block, ...]
    embedded: str


def cut_sections(title: str, sections: Sequence[Section], count_tokens: CountTokens, window: int) -> list[Chunk]:
    """All passages of a document, in order. `window`: the most tokens the embedder reads."""
    max_tokens = min(window, MOST_TOKENS) - SPECIAL_TOKENS
    return [chunk for section in sections for chunk in _cut_section(title, section, count_tokens, max_tokens)]


def _cut_section(title: str, section: Section, count_tokens: CountTokens, max_tokens: int) -> Iterator[Chunk]:
    prefix, prefix_blocks = _make_prefix(title, section.headings, count_tokens, min(MOST_PREFIX, max_tokens // 3))
    body_tokens = max_tokens - count_tokens(_break_long_words(prefix))
    blocks = [*prefix_blocks, *section.blocks]
    for chunk_blocks in _pack_units(_group_units(blocks, count_tokens, body_tokens), body_tokens):
        embedded = "\n".join([prefix, *(block.text for block in chunk_blocks)])
        yield Chunk(section.headings, chunk_blocks, _break_long_words(embedded))


def _make_prefix(
    title: str, headings: Sequence[str], count_tokens: CountTokens, max_tokens: int
) -> tuple[str, list[Block]]:
    """The title and the heading path; where that is too long, its beginning, and the whole as a block of its own."""
    full_path = " > ".join([title, *headings])
    if count_tokens(_break_long_words(full_path)) <= max_tokens:
        return full_path, []
    return next(_split_text(full_path, count_tokens, max_tokens)), [Block(full_path, BlockKind.SENTENCE, -1)]


@dataclass(frozen=True, slots=True)
class _Unit:
    """Blocks that stay together if they can: a list, a table, code, a paragraph, with the line that leads to it."""

    blocks: tuple[Block, ...]
    sizes: tuple[int, ...]

    @property
    def size(self) -> int:
        return sum(self.sizes)


def _group_units(blocks: Sequence[Block], count_tokens: CountTokens, body_tokens: int) -> Iterator[_Unit]:
    lead_in: tuple[Block, ...] = ()
    for _, group in groupby(blocks, key=lambda block: block.group):
        unit_blocks = (*lead_in, *group)
        lead_in = ()
        if unit_blocks[-1].kind is BlockKind.SENTENCE and unit_blocks[-1].text.endswith(":"):
            lead_in = unit_blocks[-1:]
            unit_blocks = unit_blocks[:-1]
        if unit_blocks:
            yield _make_unit(unit_blocks, count_tokens, body_tokens)
    if lead_in:
        yield _make_unit(lead_in, count_tokens, body_tokens)


def _make_unit(blocks: Sequence[Block], count_tokens: CountTokens, body_tokens: int) -> _Unit:
    fitting_blocks: list[Block] = []
    sizes: list[int] = []
    for block in blocks:
        for text in _split_if_too_long(block.text, count_tokens, body_tokens):
            fitting_blocks.append(replace(block, text=text))
            sizes.append(count_tokens(_break_long_words(text)))
    return _Unit(tuple(fitting_blocks), tuple(sizes))


def _pack_units(units: Iterator[_Unit], body_tokens: int) -> Iterator[tuple[Block, ...]]:
    """Fill passages unit by unit; a unit moves on whole if the next passage can hold it, else it is cut at a block."""
    pending: list[Block] = []
    tokens = 0
    for unit in units:
        if pending and tokens + unit.size > body_tokens >= unit.size:
            yield tuple(pending)
            pending, tokens = [], 0
        for block, size in zip(unit.blocks, unit.sizes, strict=True):
            if pending and tokens + size > body_tokens:
                yield tuple(pending)
                pending, tokens = [], 0
            pending.append(block)
            tokens += size
    if pending:
        yield tuple(pending)


def _split_if_too_long(text: str, count_tokens: CountTokens, max_tokens: int) -> list[str]:
    """The text, or its pieces if it is too long for a passage of its own."""
    if len(text) <= max_tokens * LONGEST_WORD and count_tokens(_break_long_words(text)) <= max_tokens:
        return [text]
    return list(_split_text(text, count_tokens, max_tokens))


def _split_text(text: str, count_tokens: CountTokens, max_tokens: int) -> Iterator[str]:
    """Cut between words; only a word that fills a passage by itself is cut inside."""
    pending: list[str] = []
    tokens = 0
    for word in _split_words(text, count_tokens, max_tokens):
        size = count_tokens(_break_long_words(word))
        if pending and tokens + size > max_tokens:
            yield "".join(pending).strip()
            pending, tokens = [], 0
        pending.append(word)
        tokens += size
    if pending:
        yield "".join(pending).strip()


def _split_words(text: str, count_tokens: CountTokens, max_tokens: int) -> Iterator[str]:
    for match in re.finditer(r"\S+\s*", text):
        word = match[0]
        if len(word) <= LONGEST_WORD or (
            len(word) <= max_tokens * 4 and count_tokens(_break_long_words(word)) <= max_tokens
        ):
            yield word
        else:
            yield from _slice_word(word, count_tokens, max_tokens)


def _slice_word(word: str, count_tokens: CountTokens, max_tokens: int) -> list[str]:
    """The word in pieces that fit; shorter ones where a small window meets characters of several tokens each."""
    length = LONGEST_WORD
    while True:
        slices = [word[start : start + length] for start in range(0, len(word), length)]
        if length == 1 or all(count_tokens(word_slice) <= max_tokens for word_slice in slices):
            return slices
        length //= 2


def _break_long_words(text: str) -> str:
    """What the embedder is given: endless runs of letters broken up, which it would read as one unknown word."""
    return _ENDLESS_WORD.sub(lambda run: re.sub(rf"(\w{{{LONGEST_WORD}}})", r"\1 ", run[0]), text)
