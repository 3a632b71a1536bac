"""Text as pages show it. Templates escape everything; nothing here makes HTML."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

_MARK = re.compile(r"\[(\d{1,3})\]")
_SOURCE = re.compile(r"\[(\d{1,3})\] \S")
_STEP = re.compile(r"\d{1,3}\. ")
_ITEM = re.compile(r"- ")

# Controls become their pictures (U+2400 block); what could reorder the line around it, and lone surrogates, which no
# encoder takes, become a replacement character.
_PICTURES = {code: 0x2400 + code for code in range(32) if code not in (9, 10)} | {0x7F: 0x2421}
_HIDDEN = dict.fromkeys([*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD)
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
_VISIBLE = _PICTURES | _HIDDEN | _SURROGATES


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A stretch of text, or, with `mark`, a citation's number."""

    text: str
    mark: int | None = None


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A paragraph (one line of spans, newlines kept), a list of `steps` or `items` (a line each), or the place of the
    `sources`."""

    kind: str
    lines: tuple[tuple[TextSpan, ...], ...]
    start: int = 1


def visible_text(text: object) -> str:
    """The text with every control character as something that can be seen and does no harm."""
    return str(text).translate(_VISIBLE)


def web_link(url: str | None) -> str | None:
    """The address if a browser may follow it (http or https), else None: a document's address is not ours."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def text_blocks(text: str, numbers: Collection[int] = (), *, keep_sources: bool = False) -> tuple[TextBlock, ...]:
    """Our own reply or note (`desk/presentation/reply.py` wrote it), cut up for layout.

    `[n]` becomes a mark where `n` is in `numbers`. The list of sources is left out: pages show the sources themselves;
    with `keep_sources` an empty piece `sources` stands where it stood.
    """
    blocks = re.split(r"\n{2,}", visible_text(text).strip("\n"))
    return tuple(piece for block in blocks for piece in _shown(block, numbers, keep_sources=keep_sources))


def _shown(block: str, numbers: Collection[int], *, keep_sources: bool) -> Iterator[TextBlock]:
    if not _is_source_list(block, numbers):
        yield from _cut(block, numbers)
    elif keep_sources:
        yield TextBlock("sources", ())


def _is_source_list(block: str, numbers: Collection[int]) -> bool:
    starts = [_SOURCE.match(line) for line in block.split("\n")]
    return all(start and int(start[1]) in numbers for start in starts)


def _cut(block: str, numbers: Collection[int]) -> Iterator[TextBlock]:
    """Runs of lines of one kind."""
    kind, held = "", list[str]()
    for line in block.split("\n"):
        this = "steps" if _STEP.match(line) else "items" if _ITEM.match(line) else "paragraph"
        if this != kind and held:
            yield _piece(kind, held, numbers)
            held = []
        kind = this
        held.append(line)
    if any(line.strip() for line in held):
        yield _piece(kind, held, numbers)


def _piece(kind: str, lines: list[str], numbers: Collection[int]) -> TextBlock:
    if kind == "paragraph":
        return TextBlock(kind, (_spans("\n".join(lines), numbers),))
    start = int(lines[0].split(".", 1)[0]) if kind == "steps" else 1
    opening = _STEP if kind == "steps" else _ITEM
    return TextBlock(kind, tuple(_spans(opening.sub("", line, count=1), numbers) for line in lines), start)


def _spans(text: str, numbers: Collection[int]) -> tuple[TextSpan, ...]:
    spans, at = [], 0
    for found in _MARK.finditer(text):
        if int(found[1]) in numbers:
            spans += [TextSpan(text[at : found.start()]), TextSpan(found[0], int(found[1]))]
            at = found.end()
    spans.append(TextSpan(text[at:]))
    return tuple(span for span in spans if span.text)
