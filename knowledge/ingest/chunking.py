"""Sections cut into passages that an embedder can read whole, and a stranger can understand alone.

Sizes are counted in the embedder's own tokens, and the embedded text is the title, the heading path and the blocks, so
no text stands outside every vector. Lists, tables and code stay whole where they fit, and with the line that leads to
them ("To reset it:"). Wherever else a cut falls, the passage repeats what its blocks depend on: no passage says what
the page does not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from desk.passage import REPEATED, Block, BlockKind
from knowledge.embedders.measure import CountTokens, Measure
from knowledge.parsing.structure import Section

MOST_TOKENS = 256
"""Of an embedded text, even if the embedder reads more: a passage is to be about one thing."""

SPECIAL_TOKENS = 2
MOST_PREFIX = 64

LONGEST_WHOLE = 2_000
"""Characters of a block that is shown whole in each passage that embeds a part of it; a longer one is cut itself."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage before it is stored: the heading path, the blocks, and the text that its vector stands for."""

    headings: tuple[str, ...]
    blocks: tuple[Block, ...]
    embedded: str


def cut_sections(title: str, sections: Sequence[Section], count_tokens: CountTokens, window: int) -> list[Chunk]:
    """All passages of a document, in order. `window`: the most tokens the embedder reads."""
    measure = Measure(count_tokens)
    max_tokens = min(window, MOST_TOKENS) - SPECIAL_TOKENS
    return [chunk for section in sections for chunk in _cut_section(title, section, measure, max_tokens)]


def _cut_section(title: str, section: Section, measure: Measure, max_tokens: int) -> Iterator[Chunk]:
    prefix, prefix_blocks = _make_prefix(title, section.headings, measure, min(MOST_PREFIX, max_tokens // 3))
    filler = _Filler(measure, max_tokens - measure.size(prefix))
    for unit in _group_units([*prefix_blocks, *section.blocks]):
        filler.add_unit(unit)
    for parts in filler.finish():
        embedded = measure.as_embedded("\n".join([prefix, *(part.text for part in parts)]))
        yield Chunk(section.headings, tuple(part.block for part in parts), embedded)


def _make_prefix(title: str, headings: Sequence[str], measure: Measure, max_tokens: int) -> tuple[str, list[Block]]:
    """The title and the heading path; where that is too long, its beginning, and the whole as a block of its own."""
    full_path = " > ".join([title, *headings])
    if measure.size(full_path) <= max_tokens:
        return full_path, []
    return measure.beginning(full_path, max_tokens), [Block(full_path, BlockKind.SENTENCE, REPEATED)]


def _group_units(blocks: Sequence[Block]) -> Iterator[tuple[Block, ...]]:
    """Blocks that stay together if they can: a list, a table, code, a paragraph, with the line that leads to it."""
    lead_in: tuple[Block, ...] = ()
    groups = [tuple(group) for _, group in groupby(blocks, key=lambda block: block.group)]
    for place, group in enumerate(groups):
        unit, lead_in = (*lead_in, *group), ()
        if _leads_on(unit[-1], groups[place + 1] if place + 1 < len(groups) else ()):
            unit, lead_in = unit[:-1], unit[-1:]
        if unit:
            yield unit
    if lead_in:
        yield lead_in


def _leads_on(last: Block, following: Sequence[Block]) -> bool:
    if last.kind is not BlockKind.SENTENCE:
        return False
    is_lead = bool(following) and following[0].kind is not BlockKind.SENTENCE and last.text in following[0].leads
    return is_lead or last.text.endswith(":")


@dataclass(frozen=True, slots=True)
class _Part:
    """A block as a passage shows it, and what of it the passage embeds."""

    block: Block
    text: str
    size: int


@dataclass(slots=True)
class _Filler:
    """Fills passages unit by unit; a unit moves on whole if the next passage can hold it, else it is cut at a block."""

    measure: Measure
    room: int
    full: list[tuple[_Part, ...]] = field(default_factory=list)
    pending: list[_Part] = field(default_factory=list)
    tokens: int = 0
    shown: set[str] = field(default_factory=set)

    def add_unit(self, unit: Sequence[Block]) -> None:
        """Add blocks that stay together if they can."""
        parts = [part for block in unit for part in self._parts(block)]
        size = sum(part.size for part in parts)
        if self.pending and self.tokens + size > self.room >= size:
            self._flush()
        for part in parts:
            self._add(part)

    def finish(self) -> list[tuple[_Part, ...]]:
        """All passages."""
        self._flush()
        return self.full

    def _flush(self) -> None:
        if self.pending:
            self.full.append(tuple(self.pending))
        self.pending, self.tokens, self.shown = [], 0, set()

    def _add(self, part: _Part) -> None:
        missing = self._missing_leads(part)
        if self.pending and self.tokens + part.size + sum(lead.size for lead in missing) > self.room:
            before = self._step_before(part)
            self._flush()
            missing = self._missing_leads(part)
            if before and part.size + before.size + sum(lead.size for lead in missing) <= self.room:
                missing = [*missing, before]
        for each in (*missing, part):
            self.pending.append(each)
            self.tokens += each.size
            self.shown.add(each.block.text)

    def _missing_leads(self, part: _Part) -> list[_Part]:
        """What the block depends on and the passage does not show yet; it is embedded as far as there is room."""
        leads = part.block.leads
        missing = [
            Block(text, BlockKind.SENTENCE, REPEATED, leads[:place])
            for place, text in enumerate(leads)
            if text not in self.shown
        ]
        room = min(self._room_for_leads(part.block), self.room - part.size)
        parts: list[_Part] = []
        for lead in missing:
            embedded = self.measure.beginning(lead.text, room) if room > 0 else ""
            size = self.measure.size(embedded)
            parts.append(_Part(lead, embedded, size))
            room -= size
        return parts

    def _step_before(self, part: _Part) -> _Part | None:
        """The step before the one at which a list is cut, if it is short."""
        last = self.pending[-1]
        is_next = part.block.kind is last.block.kind is BlockKind.STEP and part.block.group == last.block.group
        if not is_next or last.size > self.room // 4:
            return None
        return replace(last, block=replace(last.block, group=REPEATED))

    def _room_for_leads(self, block: Block) -> int:
        return min(self.room // 2, sum(map(self.measure.size, block.leads)))

    def _parts(self, block: Block) -> Iterator[_Part]:
        """The block, or as many parts as passages must hold it. One that is not too long for a reader is shown whole
        with each of them: half a sentence says something else."""
        texts = self.measure.split(block.text, self.room - self._room_for_leads(block))
        is_whole = len(block.text) <= LONGEST_WHOLE
        for place, text in enumerate(texts):
            shown = replace(block, group=REPEATED if place else block.group) if is_whole else replace(block, text=text)
            yield _Part(shown, text, self.measure.size(text))
