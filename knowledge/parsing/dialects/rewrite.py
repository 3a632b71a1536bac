"""Tags of dialects become marks, each on a line of its own, that `containers.py` reads; or words in a sentence."""

import re
from collections import Counter
from dataclasses import dataclass, field

from knowledge.parsing.dialects.components import (
    INLINE,
    condition_of,
    is_component,
    is_condition,
    is_hidden,
    label_of,
    text_instead,
)
from knowledge.parsing.dialects.tags import LONGEST_TAG, DialectTag, TagKind, find_tags

OPEN_MARK, CLOSE_MARK, NAMES_FENCES = "\x04", "\x05", "\x06"
"""First on a line, the third last on one: the blocks of code in it have names. `clean` leaves none in a page's text."""

LONGEST_INDENT = 200
"""Characters of a line that are kept to see how it begins."""

_CODE_GROUPS = frozenset({"codegroup", "code-group", "requestexample", "responseexample", "codeblocks"})

_ONLY_MARKERS = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*")
_BRANCHES = frozenset({"else", "elsif", "elseif", "elif", "when"})
_ITEM_LABELS = re.compile(r"""(["'])(.*?)\1""")
_VALUE_LABELS = re.compile(r"\{[^{}]*\}")
_PAIR = re.compile(r"""["']?(label|value)["']?\s*:\s*(["'])(.*?)\2""")


@dataclass(slots=True)
class _Open:
    """A component that is not closed yet. `labels` are those that it gives to its tabs, by value or in order."""

    tag: DialectTag
    is_block: bool
    closing_text: str = ""
    labels: list[str] = field(default_factory=list)
    labels_by_value: dict[str, str] = field(default_factory=dict)


def rewrite_tags(markdown: str) -> str:
    """The text without tags of dialects."""
    tags = list(find_tags(markdown))
    if not tags:
        return markdown
    closed = Counter(tag.name for tag in tags if tag.kind is TagKind.CLOSE)
    return _Rewriter(markdown, closed).rewrite(tags)


class _Rewriter:
    def __init__(self, markdown: str, closed: Counter[str]) -> None:
        self.markdown = markdown
        self.closed = closed
        self.closed_names = frozenset(closed)
        self.parts: list[str] = []
        self.line = ""
        self.open: list[_Open] = []
        self.hidden = 0
        self.position = 0

    def rewrite(self, tags: list[DialectTag]) -> str:
        for tag in tags:
            if tag.kind is TagKind.CLOSE:
                self.closed[tag.name] -= 1
            if not is_component(tag, self.closed_names):
                continue
            self._add(self.markdown[self.position : tag.start])
            self.position = tag.end
            self._rewrite_tag(tag)
        self.hidden = 0
        self._add(self.markdown[self.position :])
        return "".join(self.parts)

    def _rewrite_tag(self, tag: DialectTag) -> None:
        if tag.kind is TagKind.CLOSE:
            self._close(tag)
        elif tag.kind is TagKind.OPEN and tag.name in _BRANCHES and tag.is_template:
            self._branch(tag)
        elif tag.kind is TagKind.VOID or self.closed[tag.name] <= 0:
            self._add_void(tag)
        else:
            self._begin(tag)

    def _add(self, text: str) -> None:
        if self.hidden or not text:
            return
        self.parts.append(text)
        _, newline, after = text.rpartition("\n")
        self.line = (after if newline else self.line + text)[:LONGEST_INDENT]

    def _begin(self, tag: DialectTag) -> None:
        is_block = self._is_block(tag)
        opened = _Open(tag, is_block, labels=_item_labels(tag), labels_by_value=_value_labels(tag))
        self.open.append(opened)
        if is_hidden(tag) or self.hidden:
            self.hidden += 1
        elif is_block:
            self._mark(OPEN_MARK + self._label(tag) + NAMES_FENCES * (tag.name.lower() in _CODE_GROUPS))
        elif is_condition(tag):
            self._add(f"({condition_of(tag)}: ")
            opened.closing_text = ")"
        elif tip := tag.properties.get("tip") or tag.properties.get("content", ""):
            opened.closing_text = f" ({tip})"

    def _branch(self, tag: DialectTag) -> None:
        """The next branch of a condition: what it says holds under another one."""
        if self.hidden or not self.open or not is_condition(self.open[-1].tag):
            return
        if self.open[-1].is_block:
            self._mark(CLOSE_MARK)
            self._mark(OPEN_MARK + condition_of(tag))
        else:
            self._add(f"; {condition_of(tag)}: ")

    def _close(self, tag: DialectTag) -> None:
        """Closes the innermost of that name, and what was left open in it."""
        if not any(opened.tag.name == tag.name for opened in self.open[-100:]):
            return
        while self.open:
            opened = self.open.pop()
            if self.hidden:
                self.hidden -= 1
            elif opened.is_block:
                self._mark(CLOSE_MARK)
            else:
                self._add(opened.closing_text)
            if opened.tag.name == tag.name:
                return

    def _add_void(self, tag: DialectTag) -> None:
        text = text_instead(tag)
        if self._stands_alone(tag):
            self._add(f"\n{self._indent()}{text}\n{self._indent()}" if text else "")
        elif text is None and not tag.is_template:
            self._add(f"{{{tag.name}}}")
        else:
            self._add(text or "")

    def _label(self, tag: DialectTag) -> str:
        """Its own label, or the one that the tabs around it give to it."""
        for opened in reversed(self.open[:-1]):
            if label := opened.labels_by_value.get(tag.properties.get("value", "")):
                return label
            if opened.labels and tag.name.lower().startswith("tab"):
                return opened.labels.pop(0)
            if opened.labels or opened.labels_by_value:
                break
        return label_of(tag)

    def _is_block(self, tag: DialectTag) -> bool:
        if not _ONLY_MARKERS.fullmatch(self.line) or (tag.name.lower() in INLINE and not tag.is_template):
            return False
        if self._ends_line(tag.end) or (label_of(tag) and not is_condition(tag)):
            return True
        return self._rest_of_line(tag.end).endswith((">", "}"))

    def _stands_alone(self, tag: DialectTag) -> bool:
        return _ONLY_MARKERS.fullmatch(self.line) is not None and self._ends_line(tag.end)

    def _ends_line(self, position: int) -> bool:
        """Does nothing but other tags follow on the line?"""
        rest = self._rest_of_line(position)
        return not rest or (rest.startswith(("<", "{%", "{{<", "{{%")) and rest.endswith((">", "}")))

    def _rest_of_line(self, position: int) -> str:
        return self.markdown[position : position + LONGEST_TAG].partition("\n")[0].strip()

    def _indent(self) -> str:
        return re.sub(r"[^ \t>]", " ", self.line if _ONLY_MARKERS.fullmatch(self.line) else _leading(self.line))

    def _mark(self, mark: str) -> None:
        indent = self._indent()
        self._add(f"\n{indent}{mark}\n{indent}")


def _leading(line: str) -> str:
    match = _ONLY_MARKERS.match(line)
    return match[0] if match else ""


def _item_labels(tag: DialectTag) -> list[str]:
    """`items={['npm', 'yarn']}`: the labels of the tabs in it, in order."""
    return [label for _, label in _ITEM_LABELS.findall(tag.properties.get("{items}", ""))]


def _value_labels(tag: DialectTag) -> dict[str, str]:
    """`values={[{label: 'macOS', value: 'mac'}]}`: the labels of the tabs in it, by their values."""
    by_value: dict[str, str] = {}
    for group in _VALUE_LABELS.findall(tag.properties.get("{values}", "")):
        pair = {name: value for name, _, value in _PAIR.findall(group)}
        if "label" in pair and "value" in pair:
            by_value[pair["value"]] = pair["label"]
    return by_value
