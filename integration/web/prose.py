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
        url_parts = urlsplit(url)
    except ValueError:
        return None
    return url if url_parts.scheme in ("http", "https") and url_parts.netloc else None


def text_blocks(text: str, numbers: Collection[int] = (), *, keep_sources: bool = False) -> tuple[TextBlock, ...]:
    """Our own reply or note (`desk/presentation/reply.py` wrote it), cut up for layout.

    `[n]` becomes a mark where `n` is in `numbers`. The list of sources is left out: pages show the sources themselves;
    with `keep_sources` an empty piece `sources` stands where it stood.
    """
    blocks = re.split(r"\n{2,}", visible_text(text).strip("\n"))
    return tuple(
        text_block for block in blocks for text_block in _visible_blocks(block, numbers, keep_sources=keep_sources)
    )


def _visible_blocks(paragraph: str, numbers: Collection[int], *, keep_sources: bool) -> Iterator[TextBlock]:
    if not _is_source_list(paragraph, numbers):
        yield from _split_block(paragraph, numbers)
    elif keep_sources:
        yield TextBlock("sources", ())


def _is_source_list(block: str, numbers: Collection[int]) -> bool:
    starts = [_SOURCE.match(line) for line in block.split("\n")]
    return all(start and int(start[1]) in numbers for start in starts)


def _split_block(paragraph: str, numbers: Collection[int]) -> Iterator[TextBlock]:
    """Runs of lines of one kind."""
    kind, run_lines = "", list[str]()
    for line in paragraph.split("\n"):
        line_kind = "steps" if _STEP.match(line) else "items" if _ITEM.match(line) else "paragraph"
        if line_kind != kind and run_lines:
            yield _build_block(kind, run_lines, numbers)
            run_lines = []
        kind = line_kind
        run_lines.append(line)
    if any(line.strip() for line in run_lines):
        yield _build_block(kind, run_lines, numbers)


def _build_block(kind: str, lines: list[str], numbers: Collection[int]) -> TextBlock:
    if kind == "paragraph":
        return TextBlock(kind, (_split_spans("\n".join(lines), numbers),))
    start = int(lines[0].split(".", 1)[0]) if kind == "steps" else 1
    prefix = _STEP if kind == "steps" else _ITEM
    return TextBlock(kind, tuple(_split_spans(prefix.sub("", line, count=1), numbers) for line in lines), start)


def _split_spans(text: str, numbers: Collection[int]) -> tuple[TextSpan, ...]:
    spans, end = [], 0
    for match in _MARK.finditer(text):
        if int(match[1]) in numbers:
            spans += [TextSpan(text[end : match.start()]), TextSpan(match[0], int(match[1]))]
            end = match.end()
    spans.append(TextSpan(text[end:]))
    return tuple(span for span in spans if span.text)
