"""What of a page's HTML no reader sees, and what a site puts around and into each of its pages."""

import re
from collections.abc import Iterator

from bs4.element import NavigableString, PageElement, Tag

from desk.text.lexicon import phrases, words
from knowledge.parsing.markup.dom import (
    BLOCK_TAGS,
    HEADING_LEVELS,
    brief_text,
    clear_tag,
    id_and_classes,
    is_gone,
    outermost_tags,
    raw_text,
    role_of,
    tags,
)
from knowledge.parsing.markup.folds import is_hidden
from knowledge.parsing.markup.styles import StyleSheet

_DROPPED_TAGS = frozenset({
    "script", "style", "nav", "footer", "aside", "template", "noscript", "svg", "iframe", "form", "button", "head",
    "title", "object", "video", "audio",
})  # fmt: skip
_DROPPED_ROLES = frozenset({
    "navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "complementary", "tablist", "doc-noteref",
    "doc-backlink",
})  # fmt: skip
_COOKIE_BANNER = re.compile(
    r"cookie-?(?:banner|bar|consent|law|message|notice|notification|popup)|onetrust|cookiebot"
    r"|\b(?:gdpr|consent)-?(?:banner|bar|manager|notice|popup)"
)
_CHROME = re.compile(
    r"(?:^|\s)(?:breadcrumbs?|toc|table-of-contents|article-votes|(?:was-this-)?helpful(?:-widget|-buttons)?|pagination"
    r"|feedback-(?:widget|form)|page-feedback|(?:social-)?share(?:-(?:buttons?|links?|bar))?|social-links?"
    r"|edit-(?:this-)?page|article-share|back-to-top|copy-link)(?:\s|$)"
)
_CHROME_TAGS = frozenset({"div", "section", "ul", "ol", "p", "span", "a"})
_SELF_LINK = re.compile(r"anchor|header-?link|perma-?link|heading-link|hash-link|copy-link|skip")
_NOTE_LINK = re.compile(r"#(?:_?f(?:oot)?n|_ftn|cite|note|endnote|ref)[\w:-]*", re.IGNORECASE)
_NOTE_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[a-z]|[*†‡§↑↩^]+)[\])]?", re.IGNORECASE)
_LONGEST_CHROME = 150
_MOST_QUESTIONS = 20


def is_boilerplate(tag: Tag, sheet: StyleSheet) -> bool:
    """Is it a part of the page, with all that is in it, that is not to be read?"""
    if tag.name in _DROPPED_TAGS:
        return True
    return bool(tag.attrs) and (is_hidden(tag) or _is_hidden_by(sheet, tag) or _is_site_chrome(tag))


def _is_hidden_by(sheet: StyleSheet, tag: Tag) -> bool:
    return bool(sheet.hidden) and not sheet.hidden.isdisjoint(id_and_classes(tag).split())


def _is_site_chrome(tag: Tag) -> bool:
    """What a site puts around and into each of its pages: menus, questions about cookies, links to a heading itself."""
    if role_of(tag) in _DROPPED_ROLES:
        return True
    if tag.name == "a":
        return _is_self_link(tag) or _is_note_link(tag)
    if tag.name not in _CHROME_TAGS:
        return False
    names = id_and_classes(tag)
    is_banner = tag.name in ("div", "section") and _COOKIE_BANNER.search(names) is not None
    return is_banner or "breadcrumb" in str(tag.get("aria-label", "")).lower() or _CHROME.search(names) is not None


def _is_self_link(tag: Tag) -> bool:
    """A link that leads to the very place where it stands."""
    names = id_and_classes(tag)
    if str(tag.get("href", "")).startswith("#") and ("skip" in names or not _has_text(tag, 0)):
        return True
    return _SELF_LINK.search(names) is not None and _says_link(brief_text(tag))


def _says_link(text: str) -> bool:
    return text.lower().strip(" .#¶§🔗") in words("self_link_word")


def drop_self_links(soup: Tag) -> None:
    """Take out the links to itself that a heading shows beside its own words."""
    for heading in list(outermost_tags(soup, frozenset(HEADING_LEVELS))):
        whole = raw_text(heading)
        for link in [tag for tag in tags(heading) if tag.name in ("a", "button")]:
            text = "" if is_gone(link) else brief_text(link)
            is_marked = _says_link(text) or _SELF_LINK.search(id_and_classes(link)) is not None
            if text and text != whole and is_marked:
                clear_tag(link)


def _is_note_link(tag: Tag) -> bool:
    """The mark of a footnote, or the way back from it."""
    if not str(tag.get("href", "")).startswith("#"):
        return False
    is_reference = _NOTE_LINK.match(str(tag["href"])) is not None or "footnote" in id_and_classes(tag)
    return is_reference and _NOTE_MARK.fullmatch(brief_text(tag)) is not None


def drop_chrome_texts(soup: Tag) -> None:
    """Take out what asks for a rating of the page, and links to share or print it that stand alone."""
    for tag in [tag for tag in tags(soup) if tag.name == "a"]:
        if not is_gone(tag) and brief_text(tag).lower() in words("page_tool_link") and _stands_alone(tag):
            clear_tag(tag)
    for text in list(_rating_questions(soup))[:_MOST_QUESTIONS]:
        if (around := _widest_around(text)) is not None and not is_gone(around):
            clear_tag(around)


def _stands_alone(link: Tag) -> bool:
    """Is nothing but links beside it?"""
    parent = link.parent
    return parent is not None and all(
        not raw_text(part) or (isinstance(part, Tag) and part.name in ("a", "br")) for part in parent.children
    )


def _rating_questions(soup: Tag) -> Iterator[NavigableString]:
    for node in soup.descendants:
        if not isinstance(node, NavigableString) or len(node) > _LONGEST_CHROME:
            continue
        if " ".join(str(node).split()).lower().startswith(phrases("page_rating_question")):
            yield node


def _widest_around(text: NavigableString) -> Tag | None:
    """The largest element that holds little more than the question."""
    around: Tag | None = None
    for parent in text.parents:
        if parent.name in ("main", "article", "body", "html", "[document]"):
            return around
        if not 0 < len(brief_text(parent)) <= _LONGEST_CHROME:
            return around
        around = parent if parent.name in BLOCK_TAGS or parent.name in ("span", "legend") else around
    return around


def _has_text(node: PageElement, depth: int) -> bool:
    """Letters or digits; an icon is none. What is nested deeper than an icon is taken for something."""
    if isinstance(node, Tag):
        return depth > 2 or any(_has_text(child, depth + 1) for child in node.children)
    return any(map(str.isalnum, str(node)))
