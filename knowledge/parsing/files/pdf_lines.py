"""The lines of a PDF's pages: their text, how large and how bold it is, and whether it stands on every page."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pdfminer.layout import LTChar, LTComponent, LTFigure, LTPage, LTTextBox, LTTextLine

EDGE = 0.1
"""The part of a page's height, above and below, where headers and footers stand."""

OFTEN = 2
"""Pages with the same line at the same place of the edge, from which on it is a header or a footer."""

BULLETS = "•‣◦▪▫■□●○◆◇►▸➢➤✓✔–∙·\uf0b7\uf0a7\uf0d8\uf076"

_CID = re.compile(r"\(cid:\d+\)")
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u00a0": " "}
)
_BOLD = re.compile(r"bold|black|heavy|semibold|demi|-medi\b|cmbx", re.IGNORECASE)
_LEADER = re.compile(r"(?:[.·_…] ?){5,}\s*(?:\d{1,4}|[ivxlc]{1,7})?$")
_PAGE_NUMBER = re.compile(
    r"\W*(?:[^\W\d_]{1,8}\.?\s*)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:of|/|von|de|sur|di)\s*\d{1,4})?\W*", re.I
)


@dataclass(frozen=True, slots=True)
class PdfLine:
    """A line. `size` in points, to the half; `left` in points; `edge`: how high it stands, if that is where headers and
    footers do."""

    text: str
    size: float
    bold: bool
    left: float
    edge: int | None = None
    middle: tuple[float, float] = (0.0, 0.0)
    """Where its middle is, from the left and from the page's upper edge."""


PdfParagraph = Sequence[PdfLine]
"""Lines that stand close to each other."""


def lines_of(page: LTPage) -> list[PdfParagraph]:
    """The page's lines in reading order, but for those of a table of contents."""
    boxes = ([_read_line(line_box, page) for line_box in box] for box in _text_boxes(page))
    return [lines for box in boxes if (lines := [line for line in box if line.text and not _LEADER.search(line.text)])]


def without_headers_and_footers(pages: Sequence[Sequence[PdfParagraph]]) -> list[list[PdfParagraph]]:
    """The pages without headers, footers and page numbers. What is no paragraph stays."""
    counts = Counter(
        key
        for page in pages
        for key in {_repetition_key(line) for box in page for line in box if line.edge is not None}
    )

    def stays(line: PdfLine) -> bool:
        return line.edge is None or not (counts[_repetition_key(line)] >= OFTEN or _PAGE_NUMBER.fullmatch(line.text))

    return [[lines for box in page if (lines := [line for line in box if stays(line)])] for page in pages]


def letters_only(text: str) -> str:
    """The text's letters alone: what a heading and its entry in the outline have in common."""
    return "".join(character for character in text.casefold() if character.isalpha())


def readable(text: str) -> str:
    """On one line, with ligatures as letters and without what the file has no letter for."""
    return " ".join(_CID.sub("", text).translate(_LIGATURES).split())


def _text_boxes(item: LTPage | LTFigure) -> Iterator[LTTextBox]:
    for child in item:
        if isinstance(child, LTTextBox):
            yield child
        elif isinstance(child, LTFigure):
            yield from _text_boxes(child)


def _read_line(line: LTTextLine, page: LTPage) -> PdfLine:
    characters = [
        character for character in line if isinstance(character, LTChar) and not character.get_text().isspace()
    ]
    sizes = Counter(round(_font_size(character) * 2) / 2 for character in characters)
    bold_count = sum(bool(_BOLD.search(character.fontname)) for character in characters)
    return PdfLine(
        text=readable(line.get_text()),
        size=sizes.most_common(1)[0][0] if sizes else 0.0,
        bold=bool(characters) and bold_count * 10 >= len(characters) * 9,
        left=line.x0,
        edge=_edge_height(line, page),
        middle=((line.x0 + line.x1) / 2, page.y1 - (line.y0 + line.y1) / 2),
    )


def _font_size(character: LTChar) -> float:
    return float(character.size)


def _edge_height(line: LTComponent, page: LTPage) -> int | None:
    height = page.height * EDGE
    at_edge = line.y0 >= page.y1 - height or line.y1 <= page.y0 + height
    return round(line.y0) if at_edge else None


def _repetition_key(line: PdfLine) -> tuple[str, float, int | None]:
    return letters_only(line.text), line.size, line.edge
