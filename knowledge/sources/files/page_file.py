"""One file as a page, wherever it lies: in a folder, or in an archive."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from desk.pages import Markup, Page, Stamps, UnchangedPage, UnreadablePage
from knowledge.parsing.files import sandbox
from knowledge.sources.files.decode import decode_text
from knowledge.sources.files.front_matter import FrontMatter, split_front_matter, text_field
from knowledge.sources.files.kinds import MARKUP, suffix_of, title_of_export
from knowledge.sources.files.publication import unpublished_flag, unpublished_meta, unpublished_path
from knowledge.sources.files.site import Complete

MOST_BYTES = 10_000_000
MOST_BYTES_CONFINED = 50_000_000

_HEADED = re.compile(r"\s*(?:# |<)")
_WEB_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


class NotPublished(Exception):
    """The words say why, and stand behind the page's name: "is a draft"."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file that is to be read. `read` gives its bytes, up to the number that is asked for; it raises OSError, or
    ValueError that says what is wrong. `stamp` tells this version of it from all others; `complete` adds what its
    folder knows."""

    id: str
    read: Callable[[int], bytes]
    stamp: Callable[[], str]
    complete: Complete | None = None


def read_page_file(file: PageFile, stamps: Stamps) -> Page | UnchangedPage | UnreadablePage:
    """The file as a page; what is wrong with it stops nothing."""
    try:
        return _read(file, stamps)
    except NotPublished as error:
        return UnreadablePage(file.id, str(error), unpublished=True)
    except OSError as error:
        return UnreadablePage(file.id, error.strerror or "cannot be opened")
    except (ValueError, RuntimeError) as error:
        return UnreadablePage(file.id, str(error))


def _read(file: PageFile, stamps: Stamps) -> Page | UnchangedPage:
    if reason := unpublished_path(file.id):
        raise NotPublished(reason)
    suffix = suffix_of(file.id)
    return _read_confined(file, suffix, stamps) if suffix in sandbox.READERS else _read_text(file, MARKUP[suffix])


def _read_text(file: PageFile, markup: Markup) -> Page:
    content = read_bounded(file, MOST_BYTES)
    front_matter, body = split_front_matter(decode_text(content, is_html=markup is Markup.HTML))
    _refuse_unpublished(front_matter, body, markup)
    if file.complete and markup is Markup.MARKDOWN:
        body = file.complete(body, file.id, front_matter)
    return _build_page(file.id, front_matter, body, markup)


def _read_confined(file: PageFile, suffix: str, stamps: Stamps) -> Page | UnchangedPage:
    """What is read in a process of its own takes long: a file that has not been written since is left alone."""
    stamp = f"{sandbox.RECIPE}-{file.stamp()}"
    if stamps(file.id) == stamp:
        return UnchangedPage(file.id)
    content = read_bounded(file, MOST_BYTES if suffix in sandbox.PLAIN_TEXT else MOST_BYTES_CONFINED)
    if suffix in sandbox.PLAIN_TEXT:
        content = decode_text(content).encode("utf-8", "replace")
    extract = sandbox.read_file(content, suffix)
    _refuse_unpublished(extract.metadata, "", Markup.HTML)
    title = extract.title or title_of_export(file.id)
    return replace(_build_page(file.id, extract.metadata, extract.html, Markup.HTML), title=title, stamp=stamp)


def _refuse_unpublished(front_matter: FrontMatter, body: str, markup: Markup) -> None:
    reason = unpublished_flag(front_matter)
    if reason is None and markup is not Markup.TEXT:
        reason = unpublished_meta(body, is_markdown=markup is Markup.MARKDOWN)
    if reason:
        raise NotPublished(reason)


def _build_page(page_id: str, front_matter: FrontMatter, body: str, markup: Markup) -> Page:
    url = text_field(front_matter, "url")
    return Page(
        id=page_id,
        body=body,
        markup=markup,
        title=text_field(front_matter, "title") or (None if _HEADED.match(body) else title_of_export(page_id)),
        url=url if url and _WEB_ADDRESS.match(url) else None,
        locale=text_field(front_matter, "locale") or "",
        audience=(text_field(front_matter, "audience") or "public").lower(),
        collection=text_field(front_matter, "collection") or "",
    )


def read_bounded(file: PageFile, max_bytes: int) -> bytes:
    """All of its bytes. Raises OSError, and ValueError when it is larger."""
    content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"is larger than {max_bytes:,} bytes")
    return content
