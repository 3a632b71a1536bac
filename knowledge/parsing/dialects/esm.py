"""What of MDX and of templates is a program and no text: imports, exports and comments; and the values they define."""

import re
from collections.abc import Iterator

from knowledge.parsing.dialects.code import FenceReader, matches_in_prose, substitute_in_prose
from knowledge.parsing.dialects.tags import literal

LONGEST_STATEMENT = 400
"""Lines."""

_STATEMENT = re.compile(
    r"""import\s*(?:["'][^"'\n]+["']\s*;?\s*$|[\w*{][^\n]*?\bfrom\s*["'][^"'\n]+["']|\{\s*$|\w+\s*,\s*\{\s*$)"""
    r"""|export\s+(?:const|let|var|function|async|default|class|enum|type|interface)\b|export\s*[{*]"""
)
_COMMENT = re.compile(r"\{/\*|\{\{/\*|\{\{<\s*/\*|\{#|\{%[-+]?\s*#")
_COMMENT_ENDS = {"{/*": "*/}", "{{/*": "*/}}", "{#": "#}"}
_BRACKETS = re.compile(r"""[(\[{]|[)\]}]|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`|//.*""")
_CONSTANT = re.compile(r"export\s+(?:const|let|var)\s+(\w+)(?:\s*:\s*\w+)?\s*=\s*([^;]*?);?\s*$", re.S)
_MEMBER = re.compile(r"""["']?(\w+)["']?\s*:\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`$]*`|-?\d[\d.]*)""")
_ASSIGNED = re.compile(r"""\{%[-+]?\s*(?:assign|set)\s+([\w.]+)\s*=\s*("[^"\n]*"|'[^'\n]*'|-?\d[\d.]*)\s*[-+]?%\}""")


def strip_comments(markdown: str) -> str:
    """The text without comments of MDX, Hugo and Jinja. One that is never closed is text."""
    if not _COMMENT.search(markdown):
        return markdown
    parts: list[str] = []
    end = 0
    last_ends = {mark: markdown.rfind(mark) for mark in _COMMENT_ENDS.values()}
    for match in matches_in_prose(_COMMENT, markdown):
        closing = _COMMENT_ENDS.get(match[0])
        if closing is None or match.start() < end or match.end() > last_ends[closing]:
            continue
        parts.append(markdown[end : match.start()])
        end = markdown.index(closing, match.end()) + len(closing)
    return "".join([*parts, markdown[end:]])


def split_statements(markdown: str) -> tuple[str, dict[str, str]]:
    """The text without imports and exports, and the constants that it defines, by name."""
    constants = {match[1]: literal(match[2]) or "" for match in matches_in_prose(_ASSIGNED, markdown)}
    if "import" not in markdown and "export" not in markdown:
        return markdown, constants
    kept: list[str] = []
    for is_statement, text in _statements(markdown.split("\n")):
        if is_statement:
            constants |= _constants(text)
        else:
            kept.append(text)
    return "\n".join(kept), constants


def _statements(lines: list[str]) -> Iterator[tuple[bool, str]]:
    """Each line of text, and each statement whole: it ends where all its brackets are closed."""
    fences = FenceReader()
    index = 0
    while index < len(lines):
        line = lines[index]
        if fences.is_code(line) or not _STATEMENT.match(line):
            yield False, line
            index += 1
            continue
        end = _statement_end(lines, index)
        yield True, "\n".join(lines[index:end])
        index = end


def _statement_end(lines: list[str], start: int) -> int:
    depth = 0
    for index in range(start, min(len(lines), start + LONGEST_STATEMENT)):
        for mark in _BRACKETS.findall(lines[index]):
            depth += (mark in "([{") - (mark in ")]}") if len(mark) == 1 else 0
        if depth <= 0 and not lines[index].rstrip().endswith(("=", "=>", ",")):
            return index + 1
    empty = (index for index in range(start, len(lines)) if not lines[index].strip())
    return next(empty, len(lines))


def _constants(statement: str) -> dict[str, str]:
    match = _CONSTANT.match(statement)
    if match is None:
        return {}
    value = literal(match[2])
    if value is not None:
        return {match[1]: value}
    return {f"{match[1]}.{name}": literal(text) or "" for name, text in _MEMBER.findall(match[2])}


_LITERAL_EXPRESSION = re.compile(r"""\{\s*("[^"{}\n]*"|'[^'{}\n]*'|`[^`$\n]*`)\s*\}""")


def unwrap_literals(markdown: str) -> str:
    """The text with `{"a string"}` as the string."""
    if "{" not in markdown:
        return markdown
    return substitute_in_prose(_LITERAL_EXPRESSION, lambda match: literal(match[1]) or "", markdown)
