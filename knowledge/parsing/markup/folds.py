"""What a reader sees by a click: panels of tabs, accordions, spoilers. Each becomes `<details>` with its label.

Whatever a page hides without anything that unfolds it stays hidden.
"""

import re
from collections.abc import Iterator
from itertools import islice

from bs4.element import NavigableString, PageElement, Tag

from desk.text.lexicon import words
from knowledge.parsing.markup.dom import (
    HEADING_LEVELS,
    clear_tag,
    id_and_classes,
    is_gone,
    raw_text,
    role_of,
    style_of,
    tags,
)
from knowledge.parsing.structure import LONGEST_HEADING

_CONTROL_ROLES = frozenset({"tab", "button", "switch"})
_CONTROL_CLASS = re.compile(
    r"\b(?:tab|tabs|tablinks?|nav-link|accordion|collapsed|collapsible|toggle|toggler|spoiler|expander|faq)\b"
)
_PANEL_CLASS = re.compile(r"(?:tab|accordion|collaps|spoiler|expand|faq)[\w-]*|\b(?:panel|pane|answer)\b")
_PANEL_ROLES = frozenset({"tabpanel", "region"})
_OTHER_ROLES = frozenset({
    "menu", "menubar", "dialog", "alertdialog", "listbox", "navigation", "tooltip", "search", "banner", "grid", "tree",
    "complementary", "contentinfo", "combobox",
})  # fmt: skip
_OTHER_CLASS = re.compile(
    r"\b(?:nav|navbar|menu|sidebar|drawer|dropdown|modal|popup|popover|dialog|search|cookie|tooltip|lightbox|carousel"
    r"|slide)"
)
_OTHER_TAGS = frozenset(
    {"nav", "form", "aside", "header", "footer", "dialog", "body", "html", "main", "input", "select"}
)
_REFERENCES = ("aria-controls", "data-bs-target", "data-target", "data-tab", "data-tabs-target", "data-panel", "href")
_QUOTED = re.compile(r"['\"]#?([\w-]{1,80})['\"]")
_HIDING = ("hidden", "style", "aria-hidden")
_KEEPS_ITS_NAME = frozenset({"tr", "td", "th", "tbody", "li", "dt", "dd", "span", "ul", "ol", "table", "p"})
_MOST_REFERENCES = 20


def unfold(soup: Tag) -> None:
    """Give each panel that something on the page opens its label, and take the hiding from it."""
    elements = list(tags(soup))
    by_id = {str(tag["id"]): tag for tag in reversed(elements) if tag.get("id")}
    labels: dict[int, tuple[Tag, Tag | None]] = {}
    for control in elements:
        if control.attrs and _is_control(control):
            for panel in _panels_of(control, by_id):
                labels.setdefault(id(panel), (panel, control))
    for element in elements:
        if element.attrs and id(element) not in labels and (named := _names_itself(element, by_id)):
            labels[id(element)] = (element, named)
    _pair_by_order(elements, labels)
    texts = [_label(control, panel) for panel, control in labels.values()]
    for (opened, opener), text in zip(labels.values(), texts, strict=True):
        _fold(opened, text)
        if opener is not None and not is_gone(opener):
            clear_tag(opener)


def _is_control(tag: Tag) -> bool:
    """Is it something to press, which shows a part of the page?"""
    if tag.name == "button" or role_of(tag) in _CONTROL_ROLES or tag.has_attr("aria-expanded"):
        return True
    if tag.has_attr("data-toggle") or tag.has_attr("data-bs-toggle"):
        return True
    around = list(islice(tag.parents, 2))
    names = " ".join(id_and_classes(each) for each in (tag, *around))
    return tag.name in ("a", "li", "div", "span", "h2", "h3", "h4", "h5", "p", "label") and (
        _CONTROL_CLASS.search(names) is not None or any(role_of(each) == "tablist" for each in around)
    )


def _panels_of(control: Tag, by_id: dict[str, Tag]) -> Iterator[Tag]:
    """What it opens: by name, or right behind it."""
    for name in _referred(control):
        panel = by_id.get(name)
        if (
            panel is not None
            and _is_panel(panel, surely=control.has_attr("aria-controls"))
            and not _holds(panel, control)
        ):
            yield panel
            return
    follower = _follower(control)
    if follower is not None and is_hidden(follower) and _is_panel(follower, surely=_is_folding(control)):
        yield follower


def _referred(control: Tag) -> list[str]:
    values = " ".join(str(control.get(name, "")) for name in _REFERENCES).split()
    names = [name.removeprefix("#") for name in values if not name.startswith("http")]
    return [*names, *_QUOTED.findall(str(control.get("onclick", ""))[:500])][:_MOST_REFERENCES]


def _is_panel(tag: Tag, *, surely: bool) -> bool:
    if tag.name in _OTHER_TAGS or role_of(tag) in _OTHER_ROLES or _OTHER_CLASS.search(id_and_classes(tag)):
        return False
    return surely or role_of(tag) in _PANEL_ROLES or _PANEL_CLASS.search(id_and_classes(tag)) is not None


def _is_folding(control: Tag) -> bool:
    return control.has_attr("aria-expanded") or _CONTROL_CLASS.search(id_and_classes(control)) is not None


def _holds(panel: Tag, control: Tag) -> bool:
    return any(parent is panel for parent in control.parents)


def _follower(control: Tag) -> Tag | None:
    """The element behind it, or behind the heading that it fills."""
    start: PageElement = control
    parent = control.parent
    if parent is not None and parent.name in HEADING_LEVELS:
        start = parent
    following = start.next_sibling
    while isinstance(following, NavigableString) and not following.strip():
        following = following.next_sibling
    return following if isinstance(following, Tag) else None


def _names_itself(panel: Tag, by_id: dict[str, Tag]) -> Tag | None:
    """What a panel says is its label, if it is one."""
    if role_of(panel) not in _PANEL_ROLES or (role_of(panel) == "region" and not is_hidden(panel)):
        return None
    names = str(panel.get("aria-labelledby", "")).split()
    named = by_id.get(names[0]) if names else None
    return named if named is not None and not _holds(panel, named) else None


def _pair_by_order(elements: list[Tag], labels: dict[int, tuple[Tag, Tag | None]]) -> None:
    """Tabs and panels that do not name each other belong together as they stand; a panel may have its label alone."""
    panels = [tag for tag in elements if role_of(tag) == "tabpanel" and id(tag) not in labels]
    used = {id(control) for _, control in labels.values()}
    tabs = [tag for tag in elements if role_of(tag) == "tab" and id(tag) not in used]
    for place, panel in enumerate(panels):
        labels[id(panel)] = (panel, tabs[place] if len(tabs) == len(panels) else None)


def _label(control: Tag | None, panel: Tag) -> str:
    text = _visible_text(control) if control is not None else ""
    text = text or str((control or panel).get("aria-label", ""))
    bare = text.lower().strip(" .…:")
    return "" if not bare or bare in words("unfolding_word") else text[:LONGEST_HEADING]


def _visible_text(tag: Tag) -> str:
    """Without its icon."""
    hidden = [each for each in tags(tag) if each.attrs and str(each.get("aria-hidden", "")) == "true"]
    for each in hidden:
        clear_tag(each)
    return raw_text(tag).strip("+−–▸▾▼▶›» ")


def _fold(panel: Tag, label: str) -> None:
    for name in _HIDING:
        panel.attrs.pop(name, None)
    if panel.name in _KEEPS_ITS_NAME:
        return
    panel.name = "details"
    if label:
        summary = Tag(name="summary")
        summary.append(NavigableString(label))
        panel.insert(0, summary)


def is_hidden(tag: Tag) -> bool:
    """Does the element say itself that nobody sees it?"""
    style = style_of(tag)
    return (
        tag.has_attr("hidden")
        or str(tag.get("aria-hidden", "")).lower() == "true"
        or "display:none" in style
        or "visibility:hidden" in style
    )
