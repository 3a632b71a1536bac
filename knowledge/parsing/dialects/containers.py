"""Boxes, tabs and folds become `<details>` of HTML with their label as `<summary>`, and their text moves to the left.

Read line by line: the marks of `rewrite.py`, `!!! note "Title"`, `??? q "Title"` and `=== "Tab"` with an indented body,
`:::tip[Title]` up to its closing colons, and quotes that begin with `[!NOTE]`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from knowledge.parsing.dialects.code import FenceReader
from knowledge.parsing.dialects.components import as_label, telling_kind
from knowledge.parsing.dialects.rewrite import CLOSE_MARK, NAMES_FENCES, OPEN_MARK

DEEPEST = 60

_INDENTED = re.compile(
    r"""(?P<indent>[ ]*)(?:(?:!!!|\?\?\?\+?)(?P<kinds>(?:[ \t]*[\w-]+)*+)[ \t]*(?P<box>"[^"]*"|'[^']*')?"""
    r"""|===[!+]?[ \t]*(?P<tab>"[^"]*"|'[^']*'))[ \t]*"""
)
_COLONS = re.compile(r"(?P<indent>[ \t]*)(?P<colons>:{3,})[ \t]*(?P<rest>[^:\s].*)?")
_COLON_REST = re.compile(
    r"""\{?(?P<kind>[\w.-]*)\}?[ \t]*(?:\[(?P<bracket>.*)\])?(?P<props>\{[^{}]*\})?[ \t]*(?P<title>.*)"""
)
_PROP_TITLE = re.compile(r"""\b(?:title|label|summary)\s*=\s*(["'])(.*?)\1""")
_MYST_FENCE = re.compile(
    r"(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})\{(?P<kind>(?!code|literal|math|mermaid)[\w-]+)\}[ \t]*(?P<title>.*)"
)
_ALERT = re.compile(r"(?P<indent>[ \t]*)>[ \t]*\[!(?P<kind>[\w -]+)\][-+]?[ \t]*(?P<title>.*)")
_QUOTE = re.compile(r"[ \t]*>[ ]?")
_TITLED_FENCE = re.compile(
    r"""[ \t]*(?:`{3,}|~{3,})[\w+#.-]*[ \t]*(?:[^`\n]*?\b(?:title|name|tab|label|filename)=(["'])(?P<title>.*?)\1"""
    r"""|\[(?P<bracket>[^\]\n]+)\])"""
)
_NAMED_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})[\w+#.-]+[ \t]+(?P<title>[^`={}\n]+)")
# Lines that hold nothing but a template's directive: {% include x %}, {start_tabs}.
_DIRECTIVE = re.compile(r"^[ \t]*(?::{3,}.*|\{%.*%\}|\{\{.*\}\}|\{!.*!\}|\{[\w|/.:-]+\}|-{1,3}8<-{1,3}.*)[ \t]*$")
_OPTION = re.compile(r"[ \t]*:[\w-]+:(?: .*)?$")
_ZULIP_TAB = re.compile(r"[ \t]*\{tab\|(?P<name>[\w-]+)\}[ \t]*")


@dataclass(slots=True)
class _Container:
    """One that is open. `margin`: what is taken away on the left of its lines; None until its first line is seen.
    `prefix` is put there instead. `end`: the mark that closes it; its body is indented by `body_indent` otherwise."""

    end: str
    has_label: bool
    indent: int
    prefix: str
    margin: int | None = None
    body_indent: int = 0
    names_fences: bool = False


def unfold_containers(markdown: str) -> str:
    """The text with HTML for boxes, tabs and folds."""
    return "\n".join(_Unfolder().unfold(markdown.split("\n")))


class _Unfolder:
    def __init__(self) -> None:
        self.open: list[_Container] = []
        self.fences = FenceReader()
        self.in_options = False
        self.open_fence_box = False

    def unfold(self, lines: list[str]) -> Iterator[str]:
        for line in lines:
            yield from self._read_line(line)
        while self.open:
            yield from self._close()

    def _read_line(self, line: str) -> Iterator[str]:
        yield from self._end_indented(line)
        was_quoted = self._in_quote()
        if was_quoted:
            line = _QUOTE.sub("", line, count=1)
        in_code = self.fences.is_code(line)
        if in_code:
            yield from self._read_code(line)
            return
        if self.in_options and _OPTION.match(line):
            return
        self.in_options = False
        if opened := list(self._open_container(line)):
            yield from opened
        elif not self._is_dropped(line):
            yield self._moved(line)

    def _read_code(self, line: str) -> Iterator[str]:
        label = self._fence_label(line) if not self.open_fence_box else ""
        if label and len(self.open) < DEEPEST:
            yield from self._begin("fence", as_label(label), line)
            self.open_fence_box = True
        yield self._moved(line)
        if self.open_fence_box and not self.fences.is_open:
            self.open_fence_box = False
            yield from self._close()

    def _fence_label(self, line: str) -> str:
        if match := _TITLED_FENCE.match(line):
            return match["title"] or match["bracket"]
        match = _NAMED_FENCE.match(line) if any(each.names_fences for each in self.open[-2:]) else None
        return match["title"].strip() if match else ""

    def _open_container(self, line: str) -> Iterator[str]:
        """Nothing, if the line neither opens nor closes one."""
        bare = line.lstrip(" \t>")
        if bare.startswith(OPEN_MARK):
            label = bare[1:].removesuffix(NAMES_FENCES)
            yield from self._begin(CLOSE_MARK, label, line, names_fences=bare.endswith(NAMES_FENCES))
        elif bare.startswith(CLOSE_MARK):
            yield from self._close_through(CLOSE_MARK)
        elif match := _INDENTED.fullmatch(line):
            kinds = (match["kinds"] or "").split()
            title = (match["box"] or match["tab"] or "").strip("\"'")
            label = as_label(title) or (telling_kind(kinds[0]) if kinds else "")
            yield from self._begin("", label, line, body_indent=len(match["indent"]) + 4)
        elif (match := _COLONS.fullmatch(line)) and match["rest"]:
            yield from self._begin_colons(match, line)
        elif match:
            yield from self._close_through(match["colons"])
        elif match := _MYST_FENCE.fullmatch(line):
            self.in_options = True
            label = as_label(match["title"]) or telling_kind(match["kind"], match["title"])
            yield from self._begin(match["fence"], label, line)
        elif self.open and line.strip() and line.strip() == self.open[-1].end:
            yield from self._close()
        elif match := _ALERT.fullmatch(line):
            yield from self._begin(">", as_label(match["title"]) or telling_kind(match["kind"]), line)
        elif match := _ZULIP_TAB.fullmatch(line):
            yield from self._next_zulip_tab(match["name"], line)
        elif line.strip() == "{end_tabs}" and self._in("{tab}"):
            yield from self._close_through("{tab}")

    def _next_zulip_tab(self, name: str, line: str) -> Iterator[str]:
        if self._in("{tab}"):
            yield from self._close_through("{tab}")
        yield from self._begin("{tab}", name.replace("-", " "), line)

    def _in(self, end: str) -> bool:
        return any(each.end == end for each in self.open)

    def _in_quote(self) -> bool:
        return self._in(">")

    def _begin_colons(self, match: re.Match[str], line: str) -> Iterator[str]:
        rest = _COLON_REST.fullmatch(match["rest"])
        title = _PROP_TITLE.search(match["rest"])
        kind = rest["kind"] if rest else ""
        words = (rest["bracket"] or rest["title"] or "") if rest else ""
        label = as_label(title[2] if title else words.partition("{")[0]) or telling_kind(kind, words)
        self.in_options = match["rest"].startswith("{")
        yield from self._begin(match["colons"], label, line, names_fences=kind == "code-group")

    def _begin(
        self, end: str, label: str, line: str, body_indent: int = 0, *, names_fences: bool = False
    ) -> Iterator[str]:
        if len(self.open) >= DEEPEST:
            yield label
            return
        prefix = self._prefix(line)
        indent = _indent(line)
        margin = {">": 0, "{tab}": indent, "fence": indent}.get(end, body_indent or None)
        self.open.append(_Container(end, bool(label), indent, prefix, margin, body_indent, names_fences))
        yield ""
        if label:
            yield from (f"{prefix}<details>", f"{prefix}<summary>{escape(label, quote=False)}</summary>", "")

    def _close(self) -> Iterator[str]:
        closed = self.open.pop()
        yield ""
        if closed.has_label:
            yield from (f"{closed.prefix}</details>", "")

    def _close_through(self, end: str) -> Iterator[str]:
        """Close the innermost that this mark ends, and what was left open in it; a mark that ends none is no text."""
        yield ""
        ends = [index for index, each in enumerate(self.open) if _ends(end, each.end)]
        while ends and len(self.open) > ends[-1]:
            yield from self._close()

    def _end_indented(self, line: str) -> Iterator[str]:
        """Close what ends where its lines are no longer indented, or quoted."""
        if not line.strip(" \t"):
            if self._in_quote():
                yield from self._close_through(">")
            return
        while self.open:
            last = self.open[-1]
            is_over = last.body_indent and _indent(line) < last.body_indent
            if not is_over and not (last.end == ">" and not _QUOTE.match(line)):
                return
            yield from self._close()

    def _prefix(self, line: str) -> str:
        """How far to the right the container itself stands, as it is written."""
        moved = self._moved(line)
        return moved[: len(moved) - len(moved.lstrip(" \t"))]

    def _moved(self, line: str) -> str:
        """The line where its container stands."""
        if not self.open or not line.strip():
            return line
        container = self.open[-1]
        line = line.expandtabs(4) if line[:1] in " \t" else line
        if container.margin is None:
            container.margin = max(container.indent, _indent(line))
        return container.prefix + line[min(container.margin, _indent(line)) :]

    def _is_dropped(self, line: str) -> bool:
        return _DIRECTIVE.match(line) is not None


def _ends(mark: str, end: str) -> bool:
    if mark.startswith(":"):
        return end.startswith(":") and len(mark) >= len(end)
    return mark == end


def _indent(line: str) -> int:
    line = line.expandtabs(4) if line[:1] in " \t" else line
    return len(line) - len(line.lstrip(" "))
