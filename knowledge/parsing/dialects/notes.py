"""Footnotes, abbreviations and attribute lists: what stands apart from the text it belongs to comes near it."""

import re

from knowledge.parsing.dialects.code import FenceReader, substitute_in_prose

_PAIR = r"""[\w-]+=(?:"[^"\n]{0,300}"|'[^'\n]{0,300}'|[\w-]+)"""
_ATTRIBUTES = re.compile(
    rf"""[ \t]*\{{:[^{{}}\n]{{0,300}}\}}"""
    rf"""|(?:[ \t]*\{{[.#][\w-]+|(?<=[)\]*`])\{{{_PAIR})(?:[ \t]+(?:[.#][\w-]+|{_PAIR}))*[ \t]*\}}"""
)
_ABBREVIATION = re.compile(r"^\*\[([^\]\n]{1,80})\]:[ \t]*(.+)$", re.M)
_NOTE = re.compile(r"[ ]{0,3}\[\^([^\]\s]{1,80})\]:[ \t]*(.*)")
_REFERENCE = re.compile(r"\[\^([^\]\s]{1,80})\](?!:)")
_HEADING = re.compile(r"[ ]{0,3}#{1,6}[ \t]")
MOST_ABBREVIATIONS = 200


def strip_attributes(markdown: str) -> str:
    """The text without `{: .note }`, `{#anchor}` and the like."""
    return substitute_in_prose(_ATTRIBUTES, lambda match: "", markdown) if "{" in markdown else markdown


def expand_abbreviations(markdown: str) -> str:
    """The first use of each abbreviation says what it stands for, as its reader learns when he points at it."""
    meanings = dict(_ABBREVIATION.findall(markdown)[:MOST_ABBREVIATIONS])
    if not meanings:
        return markdown
    markdown = _ABBREVIATION.sub("", markdown)
    names = "|".join(map(re.escape, sorted(meanings, key=len, reverse=True)))

    def expand(match: re.Match[str]) -> str:
        meaning = meanings.pop(match[1], None)
        return f"{match[1]} ({meaning.strip()})" if meaning else match[1]

    return substitute_in_prose(re.compile(rf"(?<![\w(])({names})(?!\w)"), expand, markdown)


def place_footnotes(markdown: str) -> str:
    """Each note stands at the end of the section that first refers to it, and the mark is raised there and here."""
    if "[^" not in markdown:
        return markdown
    lines, notes = _take_notes(markdown.split("\n"))
    if not notes:
        return markdown
    placed: list[str] = []
    waiting: list[str] = []
    fences = FenceReader()
    for line in lines:
        if fences.is_code(line):
            placed.append(line)
            continue
        if _HEADING.match(line):
            placed += _write_notes(waiting, notes)
        waiting += [name for name in _REFERENCE.findall(line) if name in notes and name not in waiting]
        placed.append(_REFERENCE.sub(lambda match: _mark(match[1], notes), line))
    return "\n".join([*placed, *_write_notes([*waiting, *notes], notes)])


def _mark(name: str, notes: dict[str, str]) -> str:
    return f"<sup>[{name}]</sup>"


def _write_notes(names: list[str], notes: dict[str, str]) -> list[str]:
    """Each note is written once."""
    written = [
        line for name in list(dict.fromkeys(names)) if name in notes for line in ("", f"[{name}] {notes.pop(name)}", "")
    ]
    names.clear()
    return written


def _take_notes(lines: list[str]) -> tuple[list[str], dict[str, str]]:
    """The lines without notes, and the notes; what is indented below one belongs to it."""
    kept: list[str] = []
    notes: dict[str, str] = {}
    fences = FenceReader()
    current = ""
    for line in lines:
        is_code = fences.is_code(line)
        if not is_code and (match := _NOTE.match(line)):
            current = match[1]
            notes[current] = match[2]
        elif current and not is_code and (line.startswith(("    ", "\t"))):
            notes[current] = f"{notes[current]} {line.strip()}"
        else:
            current = current if not line.strip() else ""
            kept.append(line)
    return kept, notes
