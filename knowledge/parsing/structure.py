"""A page as headed sections of blocks: the one parsed form of Markdown, HTML and plain text."""

import re
from dataclasses import dataclass, field

from desk.passage import Block, BlockKind
from desk.text.tokenizer import sentences

LONGEST_HEADING = 200
"""Characters; what is longer is a paragraph that was marked as a heading."""

LINE_BREAK = "\x03"
"""A line break that must stay one, as `clean` leaves no control characters in a page's own text."""


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
    """Collects blocks under headings, in the order in which a reader meets them."""

    title: str = ""
    path: list[tuple[int, str]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    group: int = -1
    heading_is_bare: bool = False

    def heading(self, level: int, text: str) -> None:
        """Begin a section, unless it only repeats the title."""
        if not text:
            return
        if len(text) > LONGEST_HEADING:
            self.paragraph(text)
            return
        self._close_section(level)
        self.path = [entry for entry in self.path if entry[0] < level]
        if self.path or text != self.title:
            self.path.append((level, text))
            self.heading_is_bare = True

    def return_to(self, path: list[tuple[int, str]]) -> None:
        """End the section and go back to an outer path."""
        self._close_section(0)
        self.path = path

    def paragraph(self, text: str) -> None:
        """Add the sentences of a paragraph as one group."""
        lines = text.split(LINE_BREAK)
        self.add(
            BlockKind.SENTENCE, [sentence for line in lines for sentence in sentences(one_line(line), edited=True)]
        )

    def add(self, kind: BlockKind, texts: list[str]) -> None:
        """Add one group of blocks; empty texts are left out."""
        if texts := [text for text in texts if text.strip()]:
            self.group += 1
            self.blocks += [Block(text, kind, self.group) for text in texts]
            self.heading_is_bare = False

    def finish(self) -> tuple[Section, ...]:
        """All sections."""
        self._close_section(0)
        return tuple(self.sections)

    def _close_section(self, next_level: int) -> None:
        # A heading with nothing under it, not even another heading, is text of its own.
        if self.heading_is_bare and self.path and next_level <= self.path[-1][0]:
            self.add(BlockKind.SENTENCE, [self.path[-1][1]])
        if self.blocks:
            self.sections.append(Section(tuple(text for _, text in self.path), tuple(self.blocks)))
            self.blocks = []


def one_line(text: str) -> str:
    """The text on one line, with single spaces and none of zero width, nor the brackets around a dropped icon."""
    line = " ".join(text.replace("\u200b", "").replace("\ufeff", "").split())
    return line.replace(" ()", "")


def read_plain_text(body: str) -> ParsedPage:
    """Plain text: an empty line ends a paragraph."""
    writer = SectionWriter()
    for paragraph in re.split(r"\n[ \t]*\n", body):
        writer.paragraph(paragraph)
    return ParsedPage(None, writer.finish())
