"""From a PDF's lines to headings, paragraphs and lists."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from knowledge.parsing.files.extract import ExtractBlock, ExtractKind
from knowledge.parsing.files.pdf_lines import BULLETS, PdfLine, PdfParagraph, letters_only

LARGER = 1.12
"""So many times the text's size is a heading's."""

MOST_LEVELS = 4
LONGEST_HEADING = 120  # characters
SEVERAL = 3  # lines of a heading

_BULLET = re.compile(rf"[{re.escape(BULLETS)}*-]\s+(?=\S)|[{re.escape(BULLETS)}]\s*(?=\S)")
_NUMBER = re.compile(r"\(?\d{1,2}[.)]\s+(?=\S)")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LAST = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)-$")
_ENDS = (".", "!", "?", ":", ";", "…", ".”", '."', ".)")


@dataclass(frozen=True, slots=True)
class HeadingLevels:
    """What makes a line a heading, and of which level, from 1."""

    sizes: Mapping[float, int]
    outline: Mapping[str, int]
    text: float
    mostly_bold: bool

    @classmethod
    def of(cls, pages: Sequence[Sequence[PdfParagraph]], outline: Mapping[str, int]) -> "HeadingLevels":
        """As the whole document has it."""
        lines = [line for page in pages for box in page for line in box]
        drawn: Counter[float] = Counter()
        for line in lines:
            drawn[line.size] += len(line.text)
        text = drawn.most_common(1)[0][0]
        larger = sorted((size for size in drawn if size >= text * LARGER), reverse=True)
        bold = sum(len(line.text) for line in lines if line.bold)
        ranks = {size: min(rank, MOST_LEVELS) for rank, size in enumerate(larger, 1)}
        return cls(ranks, outline, text, bold * 2 > drawn.total())

    def level(self, line: PdfLine, box: PdfParagraph) -> int | None:
        """The level of a heading; None for any other line."""
        if len(line.text) > LONGEST_HEADING or not (key := letters_only(line.text)):
            return None
        if line.size in self.sizes:
            return self.outline.get(key, self.sizes[line.size])
        if not line.bold or self.mostly_bold or line.size < self.text:
            return None
        if key in self.outline:
            return self.outline[key]
        alone = len(box) <= SEVERAL and all(other.bold for other in box)
        return len(set(self.sizes.values())) + 1 if alone and not line.text.endswith((".", ",", ";")) else None


def pdf_to_blocks(pages: Sequence[Sequence[PdfParagraph]], levels: HeadingLevels) -> list[ExtractBlock]:
    """All pages as blocks, in order."""
    writer = _Writer(frozenset(_words(pages)))
    for page in pages:
        for box in page:
            writer.box(box, levels)
    return writer.finish()


def _words(pages: Sequence[Sequence[PdfParagraph]]) -> Iterator[str]:
    for page in pages:
        for box in page:
            for line in box:
                yield from (word.casefold() for word in _WORD.findall(line.text))


@dataclass(slots=True)
class _Writer:
    """Holds the block that is being written, as text, until another begins."""

    words: frozenset[str]
    blocks: list[ExtractBlock] = field(default_factory=list)
    kind: ExtractKind = ExtractKind.PARAGRAPH
    level: int = 0
    ordered: bool = False
    left: float = 0.0
    text: str = ""

    def box(self, box: PdfParagraph, levels: HeadingLevels) -> None:
        """Lines that stand close to each other."""
        first = True
        for line in box:
            level = levels.level(line, box)
            if level is not None:
                self._heading(level, line, first)
            elif not line.text.strip(BULLETS):  # the text of the item stands in the next line
                self._begin(ExtractKind.ITEM, "", line.left)
            elif match := _BULLET.match(line.text) or _NUMBER.match(line.text):
                self._begin(
                    ExtractKind.ITEM, line.text[match.end() :], line.left, ordered=_NUMBER.match(line.text) is not None
                )
            elif self._goes_on(line, first):
                self.text = self._joined(line.text)
            else:
                self._begin(ExtractKind.PARAGRAPH, line.text, line.left)
            first = False

    def finish(self) -> list[ExtractBlock]:
        """All blocks."""
        self._end()
        return self.blocks

    def _heading(self, level: int, line: PdfLine, first: bool) -> None:
        if not first and self.kind is ExtractKind.HEADING and self.level == level:
            self.text = self._joined(line.text)
        else:
            self._begin(ExtractKind.HEADING, line.text, line.left, level)

    def _goes_on(self, line: PdfLine, first: bool) -> bool:
        """Is the line part of the block before it? What begins a box is, where a sentence was left open."""
        if not self.text:
            return self.kind is ExtractKind.ITEM
        if self.kind is ExtractKind.HEADING:
            return False
        if first:
            return line.text[0].islower() and not self.text.endswith(_ENDS)
        return self.kind is ExtractKind.PARAGRAPH or line.left > self.left + 1 or line.text[0].islower()

    def _joined(self, more: str) -> str:
        """A word that was parted at the end of the line is whole again; a hyphen of its own stays."""
        if self.text.endswith("\u00ad"):
            return self.text[:-1] + more
        last, rest = _LAST.search(self.text), _WORD.match(more)
        if not last or not rest or not more[0].islower():
            return f"{self.text} {more}"
        whole, hyphened = last[1] + rest[0], f"{last[1]}-{rest[0]}"
        keep = hyphened.casefold() in self.words and whole.casefold() not in self.words
        return (self.text if keep else self.text[:-1]) + more

    def _begin(self, kind: ExtractKind, text: str, left: float, level: int = 0, *, ordered: bool = False) -> None:
        self._end()
        self.kind, self.text, self.left, self.level, self.ordered = kind, text, left, level, ordered

    def _end(self) -> None:
        if text := self.text.replace("\u00ad", "").strip():
            self.blocks.append(ExtractBlock(self.kind, escape(text), self.level, self.ordered))
        self.text = ""
