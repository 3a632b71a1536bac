"""Is a file published? What its author keeps from readers is no page, whichever of the many ways he has said it in.

Each site generator has words of its own; a page counts as published only when none of them says otherwise. Flags that
merely leave a page out of a menu or a sitemap (`nav_exclude`, `sitemap: false`, `orphan`) keep nothing from a reader.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from pathlib import PurePosixPath
from typing import Any

from desk.pages import PUBLIC
from knowledge.parsing.dialects.code import matches_in_prose
from knowledge.sources.files.front_matter import FrontMatter

_REASONS_WHEN_TRUE = {
    "draft": "is a draft",
    "isdraft": "is a draft",
    "unpublished": "is not published",
    "unlisted": "is unlisted",
    "hidden": "is hidden",
    "noindex": "is kept out of search (noindex)",
    "nosearch": "is kept out of search",
    "searchexclude": "is kept out of search",
    "archived": "is archived",
    "archive": "is archived",
    "internal": "is internal",
    "internalonly": "is internal",
    "private": "is private",
    "confidential": "is confidential",
    "headless": "is not rendered (headless)",
}
_REASONS_WHEN_FALSE = {
    "published": "is not published",
    "publish": "is not published",
    "ispublished": "is not published",
    "listed": "is unlisted",
    "public": "is not public",
    "ispublic": "is not public",
    "visible": "is hidden",
    "search": "is kept out of search",
    "searchable": "is kept out of search",
    "pagefind": "is kept out of search",
    "index": "is kept out of search (noindex)",
    "render": "is not rendered",
}
_STATE_KEYS = frozenset({"status", "state", "visibility", "access", "pagestatus", "publishstatus", "workflowstate"})
_UNPUBLISHED_STATES = frozenset({
    "draft", "hidden", "private", "internal", "unlisted", "unpublished", "archived", "pending", "scheduled", "review",
    "inreview", "wip", "workinprogress", "trashed", "deleted", "confidential", "restricted", "notpublished",
})  # fmt: skip
_BEGINS = ("publishdate", "publishon", "publishat", "publishedat", "pubdate", "releasedate", "date")
_ENDS = ("expirydate", "expires", "expiresat", "expireson", "unpublishdate", "unpublishat", "unavailableafter")
_GROUPS = frozenset({"seo", "build", "params", "head", "attrs", "search", "metadata", "meta"})
DEEPEST_GROUP = 5
_READER_FLAGS = frozenset({"internal", "internalonly", "private", "public", "ispublic", "visibility", "access"})
"""Words for who may read a page. One that names its audience itself is kept, for that audience."""

_FOLDERS = {
    "_drafts": "is a draft",
    "drafts": "is a draft",
    "_archive": "is archived",
    "_archived": "is archived",
    "_private": "is private",
    "_internal": "is internal",
    "_unpublished": "is not published",
}
_PARTIAL = re.compile(r"_(?!index\.)[\w-]+\.(?:mdx?|markdown)", re.IGNORECASE)
_META_TAG = re.compile(r"<meta\b[^>]{0,1000}>", re.IGNORECASE)
_ROBOTS_NAME = re.compile(r"""\bname\s*=\s*["']?(?:robots|googlebot|firstline)\b""", re.IGNORECASE)
_NOINDEX = re.compile(
    r"""\bcontent\s*=\s*(?:"[^"]*\b(?:noindex|none)\b|'[^']*\b(?:noindex|none)\b|noindex|none)""", re.I
)
MOST_READ_FOR_META = 200_000
"""Characters."""

_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0", "never"})


def unpublished_path(page_id: str) -> str | None:
    """Why a file in this place is not published."""
    *folders, name = PurePosixPath(page_id).parts
    for folder in folders:
        if reason := _FOLDERS.get(folder.lower()):
            return f"{reason}: it lies in {folder}"
    if ".draft." in name.lower():
        return "is a draft"
    return "is a part of other pages: its name begins with an underscore" if _PARTIAL.fullmatch(name) else None


def unpublished_flag(front_matter: FrontMatter, now: datetime | None = None) -> str | None:
    """Why a page with this front matter is not published (now)."""
    names_audience = str(front_matter.get("audience") or PUBLIC).lower() != PUBLIC
    for key, value in _flags(front_matter):
        if names_audience and key in _READER_FLAGS:
            continue
        if reason := _flag_reason(key, value) or _date_reason(key, value, now or datetime.now(UTC)):
            return reason
    return None


def unpublished_meta(text: str, *, is_markdown: bool = False) -> str | None:
    """Why a page with this text is not published: it tells robots not to keep it."""
    start = text[:MOST_READ_FOR_META]
    tags = (tag[0] for tag in (matches_in_prose(_META_TAG, start) if is_markdown else _META_TAG.finditer(start)))
    if any(_ROBOTS_NAME.search(tag) and _NOINDEX.search(tag) for tag in tags):
        return "is kept out of search (noindex)"
    return None


def _flags(front_matter: object, group: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Keys without case, hyphens and underscores, with their values, those of known groups with them."""
    if depth > DEEPEST_GROUP:
        return
    if isinstance(front_matter, list):
        for part in front_matter:
            yield from _flags(part, group, depth + 1)
    if not isinstance(front_matter, Mapping):
        return
    if str(front_matter.get("name")).lower() in ("robots", "googlebot"):
        yield "robots", front_matter.get("content")
    for key, value in front_matter.items():
        name = re.sub(r"[\W_]", "", str(key)).lower()
        yield (group + name if group == "search" else name), value
        if name in _GROUPS:
            yield from _flags(value, name, depth + 1)


def _flag_reason(key: str, value: Any) -> str | None:
    word = re.sub(r"[\W_]", "", str(value)).lower()
    if key in _REASONS_WHEN_TRUE and word in _TRUE:
        return _REASONS_WHEN_TRUE[key]
    if key in _REASONS_WHEN_FALSE and word in _FALSE:
        return _REASONS_WHEN_FALSE[key]
    if key in _STATE_KEYS and word in _UNPUBLISHED_STATES:
        return f"is not published ({key}: {value})"
    if key in ("robots", "metarobots") and re.search(r"\b(?:noindex|none)\b", str(value), re.IGNORECASE):
        return "is kept out of search (noindex)"
    return "is for some groups of readers alone" if key == "groups" and value else None


def _date_reason(key: str, value: Any, now: datetime) -> str | None:
    if key not in _BEGINS and key not in _ENDS:
        return None
    moment = _moment(value)
    if moment is None:
        return None
    if key in _BEGINS:
        return f"is not out before {moment:%Y-%m-%d}" if moment > now else None
    return f"has expired on {moment:%Y-%m-%d}" if moment <= now else None


def _moment(value: Any) -> datetime | None:
    """A day begins at midnight UTC; what is no date says nothing."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
