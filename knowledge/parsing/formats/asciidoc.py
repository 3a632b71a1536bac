"""AsciiDoc, as far as help pages use it, read line by line into HTML.

There is no kept library for it in Python that runs no commands and is free to build on. Attributes that the text sets
are filled in, others stay as they are written; conditions on attributes that nobody here knows become labels; includes,
comments and passed-through HTML are left out.
"""

import re
from collections.abc import Generator, Iterator
from html import escape

from knowledge.parsing.dialects.components import as_label
from knowledge.parsing.files.extract import MOST_TEXT, Extract, UnreadableFile
from knowledge.parsing.formats.asciidoc_inline import inline_html
from knowledge.parsing.formats.asciidoc_table import table_html

DEEPEST = 60

_HEADING = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S.*)")
_ATTRIBUTE = re.compile(r":(!?)([\w-]+)(!?):(?:[ \t]+(.*))?$")
_BLOCK_ATTRIBUTES = re.compile(r"\[([^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\][ \t]*$")
_BLOCK_TITLE = re.compile(r"\.(?![ .])(.+)")
_FENCE = re.compile(r"(?:-{4,}|\.{4,}|={4,}|\*{4,}|_{4,}|\+{4,}|/{4,}|--|\|===|```\w*)$")
_ADMONITION = re.compile(r"(NOTE|TIP|IMPORTANT|WARNING|CAUTION):[ \t]+(.*)")
_ITEM = re.compile(r"[ \t]*(\*{1,6}|-|\.{1,6}|\d{1,4}\.|<(?:\d+|\.)>)[ \t]+(.*)")
_CHECKBOX = re.compile(r"\[[ x*]\] ")
_TERM = re.compile(r"[ \t]*(\S.*?)(:{2,4}|;;)(?:[ \t]+(.*))?$")
_CONDITION = re.compile(r"(ifdef|ifndef|ifeval|endif)::([\w,+.-]*)\[(.*)\]$")
_MACRO_LINE = re.compile(r"(?:include|image|video|audio|toc)::\S*\[.*\]$|toc::\[\]$|<<<$|'{3,}$")
_KEPT_FENCES = {"-": "pre", ".": "pre", "`": "pre"}


def read(content: bytes) -> Extract:
    """The file as HTML. Raises UnreadableFile for too much text."""
    reader = _Reader()
    html = "\n".join(reader.read(content.decode("utf-8", "replace").splitlines()))
    if len(html) > MOST_TEXT:
        raise UnreadableFile(f"has more than {MOST_TEXT:,} characters of text")
    return Extract(reader.title, html, {_flag_name(name): value for name, value in reader.attributes.items()})


def _flag_name(name: str) -> str:
    """Site generators put their own word before the flags of a page: `page-draft`, `jbake-status`."""
    return name.removeprefix("page-").removeprefix("jbake-")


class _Reader:
    def __init__(self) -> None:
        self.title: str | None = None
        self.attributes: dict[str, str] = {"nbsp": "\u00a0", "empty": "", "sp": " ", "amp": "&", "lt": "<", "gt": ">"}
        self.paragraph: list[str] = []
        self.lists: list[tuple[str, str]] = []
        self.style = ""
        self.block_title = ""
        self.continued = False
        self.in_item = False
        self.depth = 0

    def read(self, lines: list[str]) -> Iterator[str]:
        """The lines as HTML."""
        index = 0
        while index < len(lines):
            line = lines[index].rstrip()
            index += 1
            if (match := _CONDITION.match(line)) and self.depth < DEEPEST:
                index = yield from self._read_condition(match, lines, index)
            elif _FENCE.match(line) and self.depth < DEEPEST:
                end = _end_of_block(lines, index, line)
                yield from self._read_block(line, lines[index:end])
                index = end + 1
            else:
                yield from self._read_line(line)
        yield from self._end_paragraph()
        yield from self._end_lists()

    def _read_condition(self, match: re.Match[str], lines: list[str], index: int) -> Generator[str, None, int]:
        """Gives back where to go on."""
        kind, names, text = match[1], match[2], match[3]
        if kind == "endif":
            return index
        one_line = bool(text) and kind != "ifeval"
        end = index if one_line else _end_of_condition(lines, index)
        body = [text] if one_line else lines[index:end]
        known = [name in self.attributes for name in re.split(r"[,+]", names)] if names else [False]
        unset = kind == "ifndef"
        yield from self._end_paragraph()
        if any(known) and not unset:
            yield from self._read_inner(body)
        elif not (any(known) and unset):
            word = {"ifdef": "If", "ifndef": "If not"}.get(kind, "If")
            yield from self._in_details(f"{word} {names or text}", body)
        return end if one_line else end + 1

    def _read_line(self, line: str) -> Iterator[str]:
        if not line:
            yield from self._end_paragraph()
            return
        if line.startswith("//") or _MACRO_LINE.match(line) or _CONDITION.match(line):
            return
        if (match := _ATTRIBUTE.match(line)) and not self.paragraph:
            self._set(match)
        elif line == "+":
            yield from self._end_paragraph()
            self.continued = True
        elif not self.paragraph and (match := _BLOCK_ATTRIBUTES.match(line)):
            self.style = match[1]
        elif not self.paragraph and (match := _BLOCK_TITLE.fullmatch(line)):
            self.block_title = match[1]
        elif match := _HEADING.fullmatch(line):
            yield from self._read_heading(len(match[1]), match[2])
        elif match := _ITEM.match(line):
            yield from self._read_item(match[1], match[2])
        elif (match := _TERM.match(line)) and (not self.paragraph or (self.lists and self.lists[-1][1] == "dl")):
            yield from self._read_term(match)
        else:
            self.paragraph.append(line.strip() if self.in_item else line)

    def _set(self, match: re.Match[str]) -> None:
        if match[1] or match[3]:
            self.attributes.pop(match[2], None)
        else:
            self.attributes[match[2]] = self._fill(match[4] or "")

    def _fill(self, text: str) -> str:
        return re.sub(r"\{([\w-]+)\}", lambda match: self.attributes.get(match[1], match[0]), text)

    def _inline(self, text: str) -> str:
        return inline_html(self._fill(text))

    def _read_heading(self, level: int, text: str) -> Iterator[str]:
        yield from self._end_paragraph()
        yield from self._end_lists()
        self.style = self.block_title = ""
        if level == 1 and self.title is None:
            self.title = re.sub(r"<[^>]*>", "", self._inline(text))
        yield f"<h{level}>{self._inline(text)}</h{level}>"

    def _read_item(self, mark: str, text: str) -> Iterator[str]:
        yield from self._end_paragraph()
        self.continued = False
        mark = "1." if mark[0].isdigit() else mark
        kind = "ol" if mark[0] in ".1<" else "ul"
        if any(mark == other for other, _ in self.lists):
            while self.lists[-1][0] != mark:
                yield f"</li></{self.lists.pop()[1]}>"
            yield "</li>"
        else:
            yield from self._block_label()
            self.lists.append((mark, kind))
            yield f"<{kind}>"
        yield "<li>"
        self.paragraph, self.in_item = [_CHECKBOX.sub("", text)], True

    def _read_term(self, match: re.Match[str]) -> Iterator[str]:
        yield from self._end_paragraph()
        while self.lists and self.lists[-1][0] != match[2]:
            yield self._end_list()
        if not self.lists:
            yield "<dl>"
            self.lists.append((match[2], "dl"))
        else:
            yield "</dd>"
        yield f"<dt>{self._inline(match[1])}</dt><dd>"
        self.paragraph, self.in_item = [match[3]] if match[3] else [], True

    def _end_list(self) -> str:
        kind = self.lists.pop()[1]
        return f"</dd></{kind}>" if kind == "dl" else f"</li></{kind}>"

    def _end_lists(self) -> Iterator[str]:
        while self.lists:
            yield self._end_list()
        self.continued = self.in_item = False

    def _end_paragraph(self) -> Iterator[str]:
        lines, self.paragraph = self.paragraph, []
        if not lines:
            return
        if self.in_item and self.lists:
            self.in_item = False
            yield self._inline("\n".join(lines))
            return
        inside, self.continued = self.continued, False
        label = self._label()
        if match := _ADMONITION.match(lines[0]):
            lines = [match[2], *lines[1:]]
        text = self._inline("\n".join(lines))
        if not inside:
            yield from self._end_lists()
        is_code = lines[0].startswith((" ", "\t")) and not inside
        html = f"<pre>{escape(chr(10).join(lines))}</pre>" if is_code else f"<p>{text}</p>"
        yield f"<details><summary>{escape(label)}</summary>{html}</details>" if label else html

    def _label(self) -> str:
        """The title above a block, and with it its style is used up."""
        label, self.block_title, self.style = as_label(self._fill(self.block_title)), "", ""
        return label

    def _block_label(self) -> Iterator[str]:
        if label := self._label():
            yield f"<p>{escape(label)}</p>"

    def _read_block(self, fence: str, body: list[str]) -> Iterator[str]:
        style = self.style
        yield from self._end_paragraph()
        is_list_part, self.continued, self.in_item = self.continued, False, False
        if not is_list_part:
            yield from self._end_lists()
        label = self._label()
        if fence[0] in "/+":
            return
        if fence == "|===":
            yield table_html(body, style, self._inline, label)
        elif fence[0] in ".`" or (fence[0] == "-" and fence != "--"):
            yield from _wrapped(label, [f"<pre>{escape(chr(10).join(body))}</pre>"])
        elif style.startswith("tabs"):
            yield from self._read_tabs(body)
        else:
            yield from self._in_details(label, body)

    def _read_tabs(self, body: list[str]) -> Iterator[str]:
        """`Label::`, then `+` and the tab's text, until the next label."""
        label, lines = "", list[str]()
        for line in [*body, "\0::"]:
            if (match := _TERM.match(line)) and match[2] == "::" and not line.startswith(" "):
                if label:
                    yield from self._in_details(label, [each for each in lines if each.strip() != "+"])
                label, lines = match[1], [match[3] or ""]
            else:
                lines.append(line)

    def _in_details(self, label: str, body: list[str]) -> Iterator[str]:
        yield from _wrapped(label, self._read_inner(body))

    def _read_inner(self, body: list[str]) -> Iterator[str]:
        inner = _Reader()
        inner.attributes, inner.title, inner.depth = self.attributes, self.title or "", self.depth + 1
        yield from inner.read(body)


def _wrapped(label: str, html: Iterator[str] | list[str]) -> Iterator[str]:
    yield f"<details><summary>{escape(label)}</summary>" if label else "<div>"
    yield from html
    yield "</details>" if label else "</div>"


def _end_of_block(lines: list[str], start: int, fence: str) -> int:
    fence = "```" if fence.startswith("```") else fence
    return next((index for index in range(start, len(lines)) if lines[index].rstrip() == fence), len(lines))


def _end_of_condition(lines: list[str], start: int) -> int:
    depth = 1
    for index in range(start, len(lines)):
        if match := _CONDITION.match(lines[index].rstrip()):
            depth += -1 if match[1] == "endif" else int(not match[3] or match[1] == "ifeval")
        if depth == 0:
            return index
    return len(lines)
