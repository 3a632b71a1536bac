"""Pages of Confluence: what its HTML export puts around a page goes, and its macros become boxes with their titles:
those of the export and those of the storage format (`<ac:structured-macro>`).
"""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

_SIGNS = re.compile(
    r"<ac:[a-z-]+[\s>]|id=[\"']main-content[\"'] class=[\"']wiki-content|confluence-information-macro|"
    r"class=[\"']expand-container"
)
MOST_TAGS = 100_000
"""With more the page is refused where it is read."""

MOST_BOXES = 1000
"""With more it is read like any page: to move so many, in each other, takes long."""

_BOXES = re.compile(r"<ac:structured-macro\b|confluence-information-macro[\"' ]|expand-container|\bpanel\b")
_CHROME = ("breadcrumb-section", "page-metadata", "footer", "likes-and-labels-container", "comments-section")
_HIDDEN_MACROS = frozenset({
    "toc", "children", "pagetree", "attachments", "recently-updated", "contentbylabel", "excerpt-include", "livesearch",
    "jira", "change-history", "gallery", "profile", "anchor", "status-hidden", "include", "page-tree", "drawio",
})  # fmt: skip
_CODE_MACROS = frozenset({"code", "noformat"})
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.S)
_GENERIC = frozenset({"info", "note", "tip", "warning", "panel", "", "information"})


def is_confluence(html: str) -> bool:
    """Does the page come from Confluence?"""
    is_small = html.count("<") <= MOST_TAGS and sum(1 for _ in _BOXES.finditer(html)) <= MOST_BOXES
    return is_small and _SIGNS.search(html) is not None


def simplify_confluence(html: str) -> str:
    """The page's own content, as plain HTML."""
    soup = BeautifulSoup(_CDATA.sub(_escape_cdata, html), "html.parser")
    for tag in list(soup.find_all("ac:structured-macro"))[::-1]:
        _replace_macro(soup, tag)
    for tag in list(soup.find_all(class_="confluence-information-macro")):
        _replace_box(soup, tag, tag.find(class_="title"))
    for tag in list(soup.find_all(class_="expand-container")):
        _replace_box(soup, tag, tag.find(class_="expand-control"))
    for tag in list(soup.find_all(class_="panel")):
        _replace_box(soup, tag, tag.find(class_=("panelHeader", "codeHeader")))
    for tag in list(_without_text(soup)):
        tag.decompose()
    return _whole_page(soup)


def _escape_cdata(match: re.Match[str]) -> str:
    return match[1].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _whole_page(soup: BeautifulSoup) -> str:
    """The main content, below the page's title without the name of its space."""
    content = soup.find(id="main-content")
    if not isinstance(content, Tag):
        return str(soup)
    title = soup.find(id="title-text") or soup.find("title")
    text = title.get_text(" ", strip=True) if isinstance(title, Tag) else ""
    heading = soup.new_tag("h1")
    heading.string = text.partition(" : ")[2] or text
    return f"<main>{heading if text else ''}{content}</main>"


def _without_text(soup: BeautifulSoup) -> Iterator[Tag]:
    for name in ("ac:parameter", "ac:placeholder", "ac:task-id", "ac:task-status", "ac:emoticon", "ri:user"):
        yield from soup.find_all(name)
    for name in _CHROME:
        yield from soup.find_all(id=name)
        yield from soup.find_all(class_=name)


def _replace_macro(soup: BeautifulSoup, macro: Tag) -> None:
    """A macro's body under its title; the text of a status; nothing of what only lists other pages."""
    name = str(macro.get("ac:name", "")).lower()
    parameters = {
        str(each.get("ac:name", "")).lower(): each.get_text(" ", strip=True)
        for each in macro.find_all("ac:parameter", recursive=False)
    }
    if name in _HIDDEN_MACROS:
        macro.decompose()
        return
    title = parameters.get("title", "")
    body = macro.find(["ac:rich-text-body", "ac:plain-text-body"], recursive=False)
    if not isinstance(body, Tag):
        macro.replace_with(NavigableString(f" {title} " if name == "status" else ""))
        return
    body.name = "pre" if name in _CODE_MACROS else "div"
    _fold(soup, macro, body, title)


def _replace_box(soup: BeautifulSoup, box: Tag, label: object) -> None:
    title = ""
    if isinstance(label, Tag):
        title = label.get_text(" ", strip=True)
        label.decompose()
    body = soup.new_tag("div")
    for child in list(box.contents):
        body.append(child.extract())
    _fold(soup, box, body, title)


def _fold(soup: BeautifulSoup, old: Tag, body: Tag, title: str) -> None:
    body.attrs = {}
    if title.lower() in _GENERIC:
        old.replace_with(body.extract())
        return
    details, summary = soup.new_tag("details"), soup.new_tag("summary")
    summary.string = title
    details.append(summary)
    details.append(body.extract())
    old.replace_with(details)
