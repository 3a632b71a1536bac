"""What is kept of a page's last visit, as its stamp in the index: how to ask whether it has changed, and its links.

The links are there because a server that answers "not modified" sends no page, and one that answers with an error
sends none either; yet what only this page leads to is still in the site.
"""

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass

from desk.errors import Temporary
from knowledge.sources.website.http_fetch import HttpResponse, decompress

RECIPE = 2
"""Raise it when the website source reads another page, title, locale or links out of the same answer."""

LONGEST = 16_000
"""Characters of packed links. A page with more of them has no stamp, and is read every time."""

_MOST_UNPACKED = 5_000_000
_LONGEST_TAG = 500


@dataclass(frozen=True, slots=True)
class PageVisit:
    """A page as it was met. `links` are paths within the site, or whole addresses."""

    etag: str = ""
    modified: str = ""
    digest: str = ""
    links: tuple[str, ...] = ()
    text: str = ""
    """Hash of what a reader sees, by which a page is known again under another address."""

    def conditional_headers(self) -> dict[str, str]:
        """The headers that ask for the page only if it has changed (RFC 9110, section 13.1)."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in headers.items() if value}


def record_visit(response: HttpResponse, links: tuple[str, ...], text: str) -> PageVisit:
    """This visit."""
    return PageVisit(
        _sendable_tag(response.header("etag")),
        _sendable_tag(response.header("last-modified")),
        body_digest(response),
        links,
        text,
    )


def _sendable_tag(tag: str) -> str:
    """What can be sent back as it came."""
    return tag if tag.isascii() and len(tag) <= _LONGEST_TAG else ""


def body_digest(response: HttpResponse) -> str:
    """Of all that the page is read from."""
    header_values = [
        response.headers.get(name, ()) for name in ("content-type", "content-language", "x-robots-tag", "link")
    ]
    return hashlib.sha256(repr(header_values).encode() + response.body).hexdigest()[:32]


def write_stamp(visit: PageVisit) -> str | None:
    """As a stamp; None when it would be too long."""
    packed = base64.b85encode(zlib.compress("\n".join(visit.links).encode(), 6)).decode() if visit.links else ""
    if len(packed) > LONGEST:
        return None
    return json.dumps([RECIPE, visit.etag, visit.modified, visit.digest, packed, visit.text], separators=(",", ":"))


def read_stamp(stamp: str | None) -> PageVisit | None:
    """From a stamp; None when there is none, or it is of another recipe."""
    if not stamp:
        return None
    try:
        recipe, *fields = json.loads(stamp)
        if recipe != RECIPE:
            return None
        etag, modified, digest, packed, text = map(str, fields)
        links = b"".join(decompress([base64.b85decode(packed)], _MOST_UNPACKED)).decode() if packed else ""
        return PageVisit(etag, modified, digest, tuple(links.split("\n")) if links else (), text)
    except (ValueError, TypeError, Temporary):
        return None
