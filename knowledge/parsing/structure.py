"""A page as headed sections of blocks: the one parsed form of Markdown, HTML and plain text."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from desk.passage import Block, BlockKind
from desk.text.lexicon import phrases
from desk.text.tokenizer import sentences
from knowledge.parsing.typography import settle_raised_figures

LONGEST_HEADING = 200
"""Characters; what is longer is a paragraph that was marked as a heading."""

LONGEST_LEAD = 400
"""Characters; what is longer leads to nothing, it says something itself."""

LABEL_LEVEL = 7
"""Of what a reader unfolds, and of a bold question: below every heading of HTML."""

LINE_BREAK = "\x03"
"""A line break that must stay one, as `clean` leaves no control characters in a page's own text."""

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\ufeff\u2060\u00ad"))


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading. `headings` is the path to it, outermost first, without the page's title."""

    headings: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """A page's title, if it says one, and its sections in order. Groups are numbered through the whole page."""

    title: str | None
    sections: tuple[Section, ...]


@dataclass(slots=True)
class SectionWriter:
    """Collects blocks under headings, in the order in which a reader meets them.

    The first `floor` entries of the path belong to an element around what is read: no heading within it ends them.
    """

    title: str = ""
    path: list[tuple[int, str]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    group: int = -1
    heading_is_bare: bool = False
    floor: int = 0
    step_leads: tuple[str, ...] = ()

    def heading(self, level: int, text: str) -> None:
        """Begin a section, unless it only repeats the title or the heading right above."""
        if not text:
            return
        if len(text) > LONGEST_HEADING:
            self.paragraph(text)
            return
        if self.heading_is_bare and self.path[-1:] and self.path[-1][1] == text:
            return
        self._close_section(level)
        self.path = self.path[: self.floor] + [entry for entry in self.path[self.floor :] if entry[0] < level]
        if self.path or text != self.title:
            self.path.append((level, text))
            self.heading_is_bare = True

    @contextmanager
    def fold(self, label: str = "") -> Iterator[None]:
        """What is written within stands under the label, and under its own headings; all of them end with it."""
        path, floor = self.path, self.floor
        self._close_section(LABEL_LEVEL + 1)
        self.floor = len(path)
        self.heading(LABEL_LEVEL, label)
        self.floor = len(self.path)
        yield
        self.floor = len(path)
        self._close_section(0)
        self.path, self.floor = path, floor

    def paragraph(self, text: str) -> None:
        """Add the sentences of a paragraph as one group."""
        lines = text.split(LINE_BREAK)
        self.add(
            BlockKind.SENTENCE, [sentence for line in lines for sentence in sentences(one_line(line), edited=True)]
        )

    def add(self, kind: BlockKind, texts: Sequence[str]) -> None:
        """Add one group of blocks; empty texts are left out."""
        self.add_blocks([Block(text, kind, 0) for text in texts])

    def add_blocks(self, blocks: Sequence[Block], outer_leads: tuple[str, ...] = ()) -> None:
        """Add blocks as one group; each gets what leads to it all before the leads it has."""
        blocks = [block for block in blocks if block.text.strip()]
        if not blocks:
            return
        self.group += 1
        leads = tuple(dict.fromkeys((*outer_leads, *self._leads_to(blocks[0]))))
        for block in blocks:
            own_leads = tuple(lead for lead in block.leads if len(lead) <= LONGEST_LEAD)
            self._append(replace(block, group=self.group, leads=(*leads, *own_leads)))
        self.heading_is_bare = False

    def finish(self) -> tuple[Section, ...]:
        """All sections."""
        self._close_section(0)
        return tuple(self.sections)

    def last_sentence(self, *, only_colon: bool = False) -> tuple[str, ...]:
        """What the text right above says, if that is a sentence, with what it leans on itself."""
        last = self.blocks[-1] if self.blocks else None
        if last is None or last.kind is not BlockKind.SENTENCE or len(last.text) > LONGEST_LEAD:
            return ()
        return (*last.leads, last.text) if not only_colon or last.text.endswith((":", "：")) else ()

    def _append(self, block: Block) -> None:
        if self.blocks and block.text.lower().startswith(phrases("leaning_sentence")):
            block = replace(block, leads=tuple(dict.fromkeys((*block.leads, *_leads_of_next(self.blocks[-1], block)))))
        self.blocks.append(block)

    def _leads_to(self, first: Block) -> tuple[str, ...]:
        """What the paragraph before says of a list, a table or code: its last sentence."""
        if first.kind is BlockKind.STEP:
            if first.number <= 1:
                self.step_leads = self.last_sentence()
            return self.step_leads or self.last_sentence()
        if first.kind is BlockKind.SENTENCE:
            return ()
        return self.last_sentence(only_colon=first.kind is BlockKind.CODE)

    def _close_section(self, next_level: int) -> None:
        # A heading with nothing under it, not even another heading, is text of its own.
        if self.heading_is_bare and len(self.path) > self.floor and next_level <= self.path[-1][0]:
            self.add(BlockKind.SENTENCE, [self.path[-1][1]])
        if self.blocks:
            self.sections.append(Section(tuple(text for _, text in self.path), tuple(self.blocks)))
            self.blocks, self.step_leads = [], ()


def _leads_of_next(previous: Block, block: Block) -> tuple[str, ...]:
    """What a text leans on that begins with "Otherwise" or "It": what the one before does, or the one before."""
    if block.kind is BlockKind.SENTENCE is previous.kind and previous.leads:
        return previous.leads
    return (*previous.leads, previous.text) if len(previous.text) <= LONGEST_LEAD else previous.leads


def one_line(text: str) -> str:
    """The text on one line, with single spaces and none of zero width, nor the brackets around a dropped icon; figures
    do not run into the marks of footnotes."""
    return " ".join(settle_raised_figures(text.translate(_INVISIBLE)).split()).replace(" ()", "")


def read_plain_text(body: str) -> ParsedPage:
    """Plain text: an empty line ends a paragraph."""
    writer = SectionWriter()
    for paragraph in re.split(r"\n[ \t]*\n", body):
        writer.paragraph(paragraph)
    return ParsedPage(None, writer.finish())
