"""reStructuredText, by docutils. Files are not included and raw HTML is not let through; what only Sphinx knows keeps
its content: directives become boxes with their argument as label, roles their text.
"""

import re
from collections.abc import Callable, Sequence
from html import escape, unescape
from itertools import dropwhile
from typing import Any, ClassVar

from docutils import nodes
from docutils.core import publish_parts
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.states import Inliner

from knowledge.parsing.dialects.components import as_label, telling_kind
from knowledge.parsing.files.extract import MOST_TEXT, Extract, UnreadableFile

_SETTINGS = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "report_level": 5,
    "halt_level": 5,
    "embed_stylesheet": False,
    "stylesheet_path": "",
    "syntax_highlight": "none",
    "doctitle_xform": True,
    "docinfo_xform": True,
    "initial_header_level": 2,
    "smart_quotes": False,
    "input_encoding": "unicode",
    "line_length_limit": 100_000,
    "math_output": "LaTeX",
}
_HIDDEN = frozenset({
    "toctree", "todo", "todolist", "include", "literalinclude", "index", "raw", "image-map", "automodule", "autoclass",
    "autofunction", "graphviz", "uml", "mermaid", "plot", "highlight", "currentmodule", "default-domain", "role",
    "title", "sectnum", "contents", "header", "footer", "target-notes", "meta-data", "tabularcolumns", "comment",
})  # fmt: skip
_LABELLED = frozenset({
    "tab", "tab-item", "group-tab", "dropdown", "collapse", "details", "expand", "toggle", "card", "grid-item-card",
    "admonition", "topic", "sidebar", "step", "tip-box",
})  # fmt: skip
_CODE = frozenset({"code-block", "sourcecode", "code-tab", "highlight-code", "prompt", "terminal", "command-output"})
_CONDITIONS = {"only": "Only for", "ifconfig": "If"}
_GENERIC_TITLE = re.compile(
    r'<p class="admonition-title">(?:Note|Warning|Caution|Danger|Attention|Important|Hint|Tip|Error|See also)!?</p>'
)
_CHAPTER = re.compile(r"<h2>(.*?)</h2>", re.S)
_OPTION = re.compile(r"\s*:[\w-]+:")
_TARGET = re.compile(r"\s*<[^<>]*>$")
_FIELD = re.compile(r"^:([\w -]+):[ \t]*(.*)$")
_ROLE_MENU = re.compile(r"\s*-->\s*")


def read(content: bytes) -> Extract:
    """The file as HTML. Raises UnreadableFile that says what is wrong with it."""
    text = content.decode("utf-8", "replace")
    _let_all_names_be_known()
    try:
        parts = publish_parts(text, writer="html5", settings_overrides=_SETTINGS)
    except RecursionError as error:
        raise UnreadableFile("is nested too deep") from error
    html = _GENERIC_TITLE.sub("", parts["subtitle"] + parts["body"])
    html = html.replace("<aside", "<div").replace("</aside>", "</div>")
    if len(html) > MOST_TEXT:
        raise UnreadableFile(f"has more than {MOST_TEXT:,} characters of text")
    return Extract(_title(parts["title"], html), html, _metadata(text))


def _title(stated: str, html: str) -> str | None:
    """The document's title, or that of its only chapter, where something stands above it."""
    chapters = _CHAPTER.findall(html)
    title = stated or (chapters[0] if len(chapters) == 1 else "")
    return unescape(re.sub(r"<[^>]*>", "", title)).strip() or None


def _metadata(text: str) -> dict[str, str]:
    """The fields above the text, and those of `.. meta::`, on lines of their own."""
    fields = {"nosearch": "true"} if re.search(r"^:nosearch:", text[:5000], re.M) else {}
    for line in text[:20_000].splitlines():
        if match := _FIELD.match(line.strip()):
            fields.setdefault(match[1].lower(), match[2] or "true")
        elif line.strip() and fields and not line.startswith((" ", "..")):
            break
    return fields


class _AnyDirective(Directive):
    """A directive that docutils does not know: its content, under its label."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[Any] = None

    def run(self) -> Sequence[nodes.Node]:
        """Its nodes."""
        if self.name in _HIDDEN:
            return []
        argument, *more = (self.arguments[0] if self.arguments else "").split("\n")
        more = [line for line in more if not _OPTION.match(line)]
        label, rest = self._label(argument)
        body = [self._paragraph(" ".join([rest, *more]).strip())] if rest or more else []
        body += self._code() if self.name in _CODE else self._content()
        if not label:
            return body
        opening = f"<details><summary>{escape(label)}</summary>"
        return [nodes.raw("", opening, format="html"), *body, nodes.raw("", "</details>", format="html")]

    def _label(self, argument: str) -> tuple[str, str]:
        """The label, and what of the argument is text."""
        if self.name in _CONDITIONS:
            return "" if argument == "html" else f"{_CONDITIONS[self.name]} {argument}", ""
        if self.name == "code-tab":
            return " ".join(argument.split()[1:]) or argument, ""
        if self.name in _CODE:
            return "", ""
        version, _, rest = argument.partition(" ")
        if telling := telling_kind(self.name, version):
            return telling, rest
        return as_label(self._option("title") or self._option("summary") or argument), ""

    def _option(self, name: str) -> str:
        found = re.search(rf"^\s*:{name}:\s*(.+)$", self.block_text, re.M)
        return found[1].strip() if found else ""

    def _paragraph(self, text: str) -> nodes.Node:
        inline, _ = self.state.inline_text(text, self.lineno)
        return nodes.paragraph("", "", *inline)

    def _content(self) -> list[nodes.Node]:
        container = nodes.container()
        options = len(self.content) - len(self._content_lines())
        self.state.nested_parse(self.content[options:], self.content_offset, container)
        return list(container.children)

    def _code(self) -> list[nodes.Node]:
        text = "\n".join(self._content_lines()).strip("\n")
        return [nodes.literal_block(text, text)]

    def _content_lines(self) -> list[str]:
        """Without options."""
        return list(dropwhile(_OPTION.match, self.content))


def _any_role(
    name: str, rawtext: str, text: str, lineno: int, inliner: Inliner, options: Any = None, content: Any = None
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """The text of a role, without the target that it leads to: `:ref:`Fees <fees>``."""
    shown = _ROLE_MENU.sub(" > ", _TARGET.sub("", text).lstrip("~!")) or text
    return [nodes.inline(rawtext, shown)], []


def _let_all_names_be_known() -> None:
    """As Sphinx does it: the look-up that docutils asks gives an answer for every name. This process reads one file."""
    known_directive, known_role = directives.directive, roles.role

    def directive(name: str, language: Any, document: Any) -> tuple[Any, list[Any]]:
        if name in _HIDDEN | _LABELLED | _CODE or not (found := known_directive(name, language, document))[0]:
            return _AnyDirective, []
        return found

    def role(name: str, language: Any, lineno: int, reporter: Any) -> tuple[Any, list[Any]]:
        found: tuple[Callable[..., Any] | None, list[Any]] = known_role(name, language, lineno, reporter)
        return found if found[0] else (_any_role, [])

    directives.directive = directive  # type: ignore[assignment]
    roles.role = role  # type: ignore[assignment]
