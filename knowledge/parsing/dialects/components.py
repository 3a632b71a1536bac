"""What the components of site generators show to a reader: a label above their content, the content alone, or nothing.

A property that is a title is text, all others are none. A component that nobody here knows keeps what stands in it.
"""

import re
from collections.abc import Mapping

from knowledge.parsing.dialects.tags import DialectTag, TagKind

HIDDEN = frozenset({
    "head", "script", "style", "hidden", "comment", "capture", "for", "tablerow", "todo", "noindex", "mermaid",
})  # fmt: skip
"""No reader sees what stands in them, or what they make of it cannot be known."""

INLINE = frozenset({
    "a", "abbr", "anchor", "b", "badge", "bold", "button", "code", "em", "fragment", "highlight", "icon", "image",
    "img", "inlinecode", "kbd", "key", "keys", "label", "link", "mark", "popover", "raw", "small", "span", "strong",
    "tag", "term", "text", "tooltip", "translate", "trans", "u", "var",
})  # fmt: skip
"""They stand in the middle of a sentence."""

DECORATION = frozenset({
    "anchor", "audio", "br", "color", "divider", "embed", "figure", "fragment", "hr", "icon", "iframe", "image", "img",
    "include", "link", "ref", "relref", "separator", "spacer", "video", "youtube", "logo", "assign", "set", "toc",
    "url", "post_url", "file", "gist", "relurl", "absurl", "import", "raw", "else",
})  # fmt: skip
"""A sentence says the same without them."""

CONDITIONS = frozenset({"if", "unless", "case", "when", "elsif", "elseif", "elif", "else"})

GENERIC_LABELS = frozenset({
    "note", "notes", "tip", "tips", "info", "information", "hint", "important", "warning", "warn", "caution", "danger",
    "attention", "error", "success", "question", "quote", "example", "abstract", "summary", "seealso", "see also",
    "callout", "alert", "notice", "check", "bug", "failure", "todo", "default", "admonition", "",
})  # fmt: skip
"""Titles that say nothing about the text below them, in a heading of which nothing but they stand."""

_TELLING_KINDS = {
    "deprecated": "Deprecated",
    "versionadded": "New in version",
    "versionchanged": "Changed in version",
    "versionremoved": "Removed in version",
    "beta": "Beta",
    "experimental": "Experimental",
    "legacy": "Legacy",
}
_LABELS = ("title", "label", "summary", "heading", "header", "question", "caption")
_LABELS_OF_TABS = ("title", "label", "header", "name", "tab", "value")
_TABS = frozenset({"tab", "tabitem", "tabpanel", "codegroupitem"})
_FIELDS = frozenset({"paramfield", "responsefield", "param", "property", "apiparam"})
_FIRST_POSITIONAL = frozenset({
    "tab", "details", "expand", "accordion", "accordion-item", "collapse", "dropdown", "step", "card", "toggle",
    "spoiler",
})  # fmt: skip
_SECOND_POSITIONAL = frozenset({"notice", "hint", "alert", "callout", "admonition", "panel"})
_MARKS = re.compile(r"[*`]+|</?[a-z][^<>]{0,200}>")


def label_of(tag: DialectTag) -> str:
    """The label that a component shows above its content; empty for none."""
    name, properties = tag.name.lower(), tag.properties
    if is_condition(tag):
        return condition_of(tag)
    if name in _FIELDS:
        return _field_label(properties)
    if name == "update":
        return as_label(" ".join(filter(None, map(properties.get, ("label", "description")))))
    labels = _LABELS_OF_TABS if name in _TABS else _LABELS
    if label := next(filter(None, map(properties.get, labels)), ""):
        return as_label(label)
    return as_label(_positional_label(name, tag)) or telling_kind(properties.get("type") or name)


def is_condition(tag: DialectTag) -> bool:
    """Is it a branch of a template?"""
    return tag.is_template and tag.name in CONDITIONS


def condition_of(tag: DialectTag) -> str:
    """The condition under which the content of a template's branch is shown."""
    words = tag.written.strip("{}% -+").split(None, 1)
    condition = words[1].strip() if len(words) > 1 else ""
    if tag.name in ("unless", "else", "when"):
        return {"unless": "If not", "else": "Otherwise", "when": "If it is"}[tag.name] + (condition and f" {condition}")
    return f"If {condition}" if tag.name != "case" else f"By {condition}"


def telling_kind(kind: str, argument: str = "") -> str:
    """A label for a kind of box that says something about its text by itself."""
    label = _TELLING_KINDS.get(kind.lower(), "")
    return f"{label} {argument}".strip() if label else ""


def as_label(text: str) -> str:
    """A title on one line without Markdown's marks; empty for one that says nothing."""
    label = " ".join(_MARKS.sub("", text).split())
    return "" if label.lower().rstrip(":!") in GENERIC_LABELS else label


def text_instead(tag: DialectTag) -> str | None:
    """What a component without content shows; None for one whose text cannot be known."""
    properties, name = tag.properties, tag.name.lower()
    shown = [properties.get(each, "") for each in ("title", "label", "text", "question", "heading")]
    title = next(filter(None, shown), "")
    details = next(filter(None, map(properties.get, ("description", "answer", "children", "content"))), "")
    if name == "update" or name in _TABS:
        title = label_of(tag)
    if text := ": ".join(filter(None, (title, details))):
        return text
    return "" if name in DECORATION else None


def is_hidden(tag: DialectTag) -> bool:
    """Does no reader see what stands in it?"""
    return tag.name.lower() in HIDDEN or (tag.name == "Visibility" and tag.properties.get("for") == "agents")


def is_component(tag: DialectTag, closed_names: frozenset[str]) -> bool:
    """Or is it a placeholder, such as <Name>, or an element of HTML, which Markdown knows itself?"""
    if tag.is_template or tag.name in ("fragment", "aside"):
        return True
    is_html_name = tag.name.islower() and "-" not in tag.name
    if is_html_name:
        return any(key.startswith("{") or key == "classname" for key in tag.properties)
    is_known = tag.kind is TagKind.VOID or tag.name in closed_names
    return is_known or (bool(tag.properties) and tag.name[0].isupper())


def _field_label(properties: Mapping[str, str]) -> str:
    name = next(filter(None, map(properties.get, ("path", "query", "body", "header", "name", "title"))), "")
    facts = [properties.get("type", ""), "required" if "required" in properties else ""]
    facts += [f"default {properties['default']}"] if properties.get("default") else []
    return as_label(f"{name}: {', '.join(filter(None, facts))}".rstrip(": "))


def _positional_label(name: str, tag: DialectTag) -> str:
    quoted = [value for value in tag.positional if f'"{value}"' in tag.written or f"'{value}'" in tag.written]
    if name in _FIRST_POSITIONAL:
        return quoted[0] if quoted else ""
    if name in _SECOND_POSITIONAL:
        return tag.positional[-1] if len(tag.positional) > 1 and quoted else ""
    return ""
