"""What PDF and Word files are read into: blocks in reading order, written down as HTML for the one parser."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from html import unescape
from itertools import groupby

MOST_TEXT = 10_000_000
"""Characters of HTML."""

_TAG = re.compile("<[^>]*>")


class UnreadableFile(ValueError):
    """A file that is no page; the words say why, and stand behind its name: "is damaged"."""


class ExtractKind(StrEnum):
    """What a block is, by the element it becomes."""

    HEADING = "h"
    ITEM = "li"
    PARAGRAPH = "p"
    TABLE = "table"
    CODE = "pre"


@dataclass(frozen=True, slots=True)
class ExtractBlock:
    """One block. `html` is what stands in its element, escaped; `level` is that of a heading, from 1, or how deep a
    list's item stands, from 0; `ordered` says whether its list is numbered."""

    kind: ExtractKind
    html: str
    level: int = 0
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Extract:
    """A file as a page: its title, if it says one, its body, and what it says about itself by name."""

    title: str | None
    html: str
    metadata: Mapping[str, str] = field(default_factory=dict)


def with_title(blocks: Sequence[ExtractBlock], title: str | None) -> Extract:
    """The blocks as a page. Its title is what is written as one (a heading of level 0), or the only heading of the
    highest level, if the text begins with it, or else what the file says of itself. All other headings stand below the
    first level, so that no chapter gives the page its name. Raises UnreadableFile for too much text."""
    headings = [block for block in blocks if block.kind is ExtractKind.HEADING]
    highest = min((block.level for block in headings), default=0)
    top_headings = [block for block in headings if block.level == highest]
    if top_headings and (highest == 0 or top_headings == blocks[:1]):
        title = unescape(_TAG.sub("", top_headings[0].html))
        blocks = [block for block in blocks if block is not top_headings[0]]
    shifted = [replace(each, level=each.level + 1) if each.kind is ExtractKind.HEADING else each for each in blocks]
    return Extract(title, blocks_to_html(shifted))


def blocks_to_html(blocks: Sequence[ExtractBlock]) -> str:
    """The blocks as HTML. Raises UnreadableFile when that is too much text for one page."""
    html = "\n".join(_html_lines(blocks))
    if len(html) > MOST_TEXT:
        raise UnreadableFile(f"has more than {MOST_TEXT:,} characters of text")
    return html


def _html_lines(blocks: Sequence[ExtractBlock]) -> Iterator[str]:
    open_lists: list[tuple[int, str]] = []
    """Those that are open, outermost first, by the level of their items; in each, an item is."""
    for block in _merge_code_lines(blocks):
        own_list = (block.level, "ol" if block.ordered else "ul") if block.kind is ExtractKind.ITEM else (-1, "")
        while open_lists and (
            open_lists[-1][0] > own_list[0] or (open_lists[-1][0] == own_list[0] and open_lists[-1] != own_list)
        ):
            yield f"</li></{open_lists.pop()[1]}>"
        if block.kind is ExtractKind.ITEM:
            yield "</li>" if open_lists and open_lists[-1] == own_list else f"<{own_list[1]}>"
            yield f"<li>{block.html}"
            open_lists += [own_list] if not open_lists or open_lists[-1] != own_list else []
        elif block.kind is ExtractKind.HEADING:
            level = min(block.level, 6)
            yield f"<h{level}>{block.html}</h{level}>"
        else:
            yield f"<{block.kind}>{block.html}</{block.kind}>"
    while open_lists:
        yield f"</li></{open_lists.pop()[1]}>"


def _merge_code_lines(blocks: Sequence[ExtractBlock]) -> Iterator[ExtractBlock]:
    """With lines of code that follow each other in one block."""
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        if kind is ExtractKind.CODE:
            yield ExtractBlock(kind, "\n".join(block.html for block in group))
        else:
            yield from group
