"""What of a page's HTML no reader sees, and what a site puts around and into each of its pages."""

import re

from bs4.element import PageElement, Tag

_DROPPED_TAGS = frozenset({
    "script", "style", "nav", "footer", "aside", "template", "noscript", "svg", "iframe", "form", "button", "head",
    "title", "object", "video", "audio",
})  # fmt: skip
_DROPPED_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "complementary"})
_COOKIE_BANNER = re.compile(
    r"cookie-?(?:banner|bar|consent|law|message|notice|notification|popup)|onetrust|cookiebot"
    r"|\b(?:gdpr|consent)-?(?:banner|bar|manager|notice|popup)"
)


def is_boilerplate(tag: Tag) -> bool:
    """Is it a part of the page, with all that is in it, that is not to be read?"""
    return tag.name in _DROPPED_TAGS or (bool(tag.attrs) and (_is_hidden(tag) or _is_site_chrome(tag)))


def _is_site_chrome(tag: Tag) -> bool:
    """What a site puts around and into each of its pages: menus, questions about cookies, links to a heading itself."""
    if str(tag.get("role", "")).lower() in _DROPPED_ROLES:
        return True
    if tag.name == "a" and str(tag.get("href", "")).startswith("#"):
        return "skip" in _id_and_classes(tag) or not _has_text(tag, 0)
    return tag.name in ("div", "section") and _COOKIE_BANNER.search(_id_and_classes(tag)) is not None


def _has_text(node: PageElement, depth: int) -> bool:
    """Letters or digits; an icon is none. What is nested deeper than an icon is taken for something."""
    if isinstance(node, Tag):
        return depth > 2 or any(_has_text(child, depth + 1) for child in node.children)
    return any(map(str.isalnum, str(node)))


def _id_and_classes(tag: Tag) -> str:
    """Its id and classes, with hyphens, in lower case."""
    return " ".join([str(tag.get("id", "")), *map(str, tag.get("class") or ())]).lower().replace("_", "-")


def _is_hidden(tag: Tag) -> bool:
    style = str(tag.get("style", "")).replace(" ", "").lower()
    return (
        tag.has_attr("hidden")
        or str(tag.get("aria-hidden", "")).lower() == "true"
        or "display:none" in style
        or "visibility:hidden" in style
    )
