"""From a PDF's lines to headings, paragraphs and lists."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from knowledge.parsing.files.extract import ExtractBlock, ExtractKind
from knowledge.parsing.files.pdf_lines import BULLETS, PdfLine, PdfParagraph, letters_only
from knowledge.parsing.files.pdf_tables import PdfTable

LARGER = 1.12
"""So many times the text's size is a heading's."""

MOST_LEVELS = 4
LONGEST_HEADING = 120  # characters
SEVERAL = 3  # lines of a heading

_BULLET = re.compile(rf"[{re.escape(BULLETS)}*-]\s+(?=\S)|[{re.escape(BULLETS)}]\s*(?=\S)")
_NUMBER = re.compile(r"\(?\d{1,2}[.)]\s+(?=\S)")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_CUT_WORD = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)-$")
_SENTENCE_ENDS = (".", "!", "?", ":", ";", "…", ".”", '."', ".)")


@dataclass(frozen=True, slots=True)
class HeadingLevels:
    """What makes a line a heading, and of which level, from 1."""

    sizes: Mapping[float, int]
    outline: Mapping[str, int]
    text: float
    mostly_bold: bool

    @classmethod
    def from_pages(cls, pages: Sequence[Sequence[PdfParagraph]], outline: Mapping[str, int]) -> "HeadingLevels":
        """As the whole document has it."""
        lines = [line for page in pages for paragraph in page for line in paragraph]
        characters_by_size: Counter[float] = Counter()
        for line in lines:
            characters_by_size[line.size] += len(line.text)
        text_size = characters_by_size.most_common(1)[0][0]
        heading_sizes = sorted((size for size in characters_by_size if size >= text_size * LARGER), reverse=True)
        bold_characters = sum(len(line.text) for line in lines if line.bold)
        levels_by_size = {size: min(rank, MOST_LEVELS) for rank, size in enumerate(heading_sizes, 1)}
        return cls(levels_by_size, outline, text_size, bold_characters * 2 > characters_by_size.total())

    def level(self, line: PdfLine, paragraph: PdfParagraph) -> int | None:
        """The level of a heading; None for any other line."""
        if len(line.text) > LONGEST_HEADING or not (letters := letters_only(line.text)):
            return None
        if line.size in self.sizes:
            return self.outline.get(letters, self.sizes[line.size])
        if not line.bold or self.mostly_bold or line.size < self.text:
            return None
        if letters in self.outline:
            return self.outline[letters]
        stands_alone = len(paragraph) <= SEVERAL and all(other.bold for other in paragraph)
        return len(set(self.sizes.values())) + 1 if stands_alone and not line.text.endswith((".", ",", ";")) else None


def pdf_to_blocks(pages: Sequence[Sequence[PdfParagraph | PdfTable]], levels: HeadingLevels) -> list[ExtractBlock]:
    """All pages as blocks, in order."""
    writer = _BlockWriter(frozenset(_words(pages)))
    for page in pages:
        for part in page:
            if isinstance(part, PdfTable):
                writer.add_table(part)
            else:
                writer.add_paragraph(part, levels)
    return writer.finish()


def _words(pages: Sequence[Sequence[PdfParagraph | PdfTable]]) -> Iterator[str]:
    for page in pages:
        for part in page:
            for line in () if isinstance(part, PdfTable) else part:
                yield from (word.casefold() for word in _WORD.findall(line.text))


@dataclass(slots=True)
class _BlockWriter:
    """Holds the block that is being written, as text, until another begins."""

    words: frozenset[str]
    blocks: list[ExtractBlock] = field(default_factory=list)
    kind: ExtractKind = ExtractKind.PARAGRAPH
    level: int = 0
    ordered: bool = False
    left: float = 0.0
    text: str = ""

    def add_paragraph(self, paragraph: PdfParagraph, levels: HeadingLevels) -> None:
        """Lines that stand close to each other."""
        is_first = True
        for line in paragraph:
            level = levels.level(line, paragraph)
            if level is not None:
                self._add_heading(level, line, is_first)
            elif not line.text.strip(BULLETS):  # the text of the item stands in the next line
                self._begin_block(ExtractKind.ITEM, "", line.left)
            elif match := _BULLET.match(line.text) or _NUMBER.match(line.text):
                self._begin_block(
                    ExtractKind.ITEM, line.text[match.end() :], line.left, ordered=_NUMBER.match(line.text) is not None
                )
            elif self._continues_block(line, is_first):
                self.text = self._join_text(line.text)
            else:
                self._begin_block(ExtractKind.PARAGRAPH, line.text, line.left)
            is_first = False

    def add_table(self, table: PdfTable) -> None:
        """A sentence does not go on behind it."""
        self._end_block()
        self.kind = ExtractKind.TABLE
        self.blocks.append(ExtractBlock(ExtractKind.TABLE, table.html()))

    def finish(self) -> list[ExtractBlock]:
        """All blocks."""
        self._end_block()
        return self.blocks

    def _add_heading(self, level: int, line: PdfLine, is_first: bool) -> None:
        if not is_first and self.kind is ExtractKind.HEADING and self.level == level:
            self.text = self._join_text(line.text)
        else:
            self._begin_block(ExtractKind.HEADING, line.text, line.left, level)

    def _continues_block(self, line: PdfLine, is_first: bool) -> bool:
        """Is the line part of the block before it? What begins a box is, where a sentence was left open."""
        if not self.text:
            return self.kind is ExtractKind.ITEM
        if self.kind is ExtractKind.HEADING:
            return False
        if is_first:
            return line.text[0].islower() and not self.text.endswith(_SENTENCE_ENDS)
        return self.kind is ExtractKind.PARAGRAPH or line.left > self.left + 1 or line.text[0].islower()

    def _join_text(self, next_text: str) -> str:
        """A word that was parted at the end of the line is whole again; a hyphen of its own stays."""
        if self.text.endswith("\u00ad"):
            return self.text[:-1] + next_text
        cut_word, next_word = _CUT_WORD.search(self.text), _WORD.match(next_text)
        if not cut_word or not next_word or not next_text[0].islower():
            return f"{self.text} {next_text}"
        joined_word, hyphenated = cut_word[1] + next_word[0], f"{cut_word[1]}-{next_word[0]}"
        keep_hyphen = hyphenated.casefold() in self.words and joined_word.casefold() not in self.words
        return (self.text if keep_hyphen else self.text[:-1]) + next_text

    def _begin_block(self, kind: ExtractKind, text: str, left: float, level: int = 0, *, ordered: bool = False) -> None:
        self._end_block()
        self.kind, self.text, self.left, self.level, self.ordered = kind, text, left, level, ordered

    def _end_block(self) -> None:
        if text := self.text.replace("\u00ad", "").strip():
            self.blocks.append(ExtractBlock(self.kind, escape(text), self.level, self.ordered))
        self.text = ""
