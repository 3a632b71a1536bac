"""Where a Markdown text is code: nothing in it is a tag, a variable or a comment of a dialect."""

import re
from collections.abc import Callable, Iterator

_FENCE = re.compile(r"^(?:[ \t>]|[-*+] |\d{1,9}[.)] )*+(`{3,}(?!.*`)|~{3,})")
_DIRECTIVE = re.compile(r"(`{3,}|~{3,})\{(?!code|literal|math|mermaid)[\w-]+\}")
_TICKS = re.compile(r"`+")

Replace = Callable[[re.Match[str]], str]


class FenceReader:
    """Told line after line, says of each whether it belongs to a fenced block of code."""

    def __init__(self) -> None:
        self._fence = ""
        self._directives: list[str] = []

    @property
    def is_open(self) -> bool:
        """Is a block of code open after the last line?"""
        return bool(self._fence)

    def is_code(self, line: str) -> bool:
        """Is the next line one of code, or one that opens or closes it?"""
        bare = line.strip(" \t>\r\n")
        if not self._fence and self._is_directive(bare):
            return False
        if not self._fence:
            match = _FENCE.match(line)
            self._fence = match[1] if match else ""
            return match is not None
        if bare.startswith(self._fence) and not bare.strip(self._fence[0]):
            self._fence = ""
        return True

    def _is_directive(self, bare: str) -> bool:
        """Fences also surround the text of a directive of MyST, which is no code: ```{note}."""
        if match := _DIRECTIVE.match(bare):
            self._directives.append(match[1])
            return True
        if self._directives and bare == self._directives[-1]:
            self._directives.pop()
            return True
        return False


def substitute_in_prose(pattern: re.Pattern[str], replace: Replace, markdown: str) -> str:
    """The text with each match replaced that begins outside code."""
    parts: list[str] = []
    end = 0
    for match in matches_in_prose(pattern, markdown):
        parts += [markdown[end : match.start()], replace(match)]
        end = match.end()
    return "".join([*parts, markdown[end:]])


def matches_in_prose(pattern: re.Pattern[str], markdown: str) -> Iterator[re.Match[str]]:
    """The matches that begin outside code; they do not overlap."""
    if pattern.search(markdown) is None:
        return
    code = code_ranges(markdown)
    code_start, code_end = next(code, (len(markdown) + 1, 0))
    position = 0
    while match := pattern.search(markdown, position):
        while code_end <= match.start() and code_start <= match.start():
            code_start, code_end = next(code, (len(markdown) + 1, 0))
        if code_start <= match.start():
            position = code_end
            continue
        yield match
        position = max(match.end(), match.start() + 1)


def code_ranges(markdown: str) -> Iterator[tuple[int, int]]:
    """Where code begins and ends: fenced blocks line by line, and spans, which end in the paragraph they began in."""
    fences = FenceReader()
    position = paragraph_start = 0
    for line in markdown.splitlines(keepends=True):
        is_code = fences.is_code(line)
        if is_code or not line.strip():
            yield from _span_ranges(markdown, paragraph_start, position)
            paragraph_start = position + len(line)
        if is_code:
            yield position, position + len(line)
        position += len(line)
    yield from _span_ranges(markdown, paragraph_start, position)


def _span_ranges(markdown: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A span is closed by as many ticks as opened it."""
    runs = list(_TICKS.finditer(markdown, start, end))
    closers = _next_of_same_length([len(run[0]) for run in runs])
    index = 0
    while index < len(runs):
        closer = closers[index]
        if closer is not None:
            yield runs[index].start(), runs[closer].end()
        index = index + 1 if closer is None else closer + 1


def _next_of_same_length(lengths: list[int]) -> list[int | None]:
    following: dict[int, int] = {}
    closers: list[int | None] = []
    for index in range(len(lengths) - 1, -1, -1):
        closers.append(following.get(lengths[index]))
        following[lengths[index]] = index
    return closers[::-1]
