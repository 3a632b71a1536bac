"""A look-alike of a help centre's website: pages under paths, with validators, and whatever headers a test gives.

A page that is put has an ETag and a Last-Modified of its content, and answers 304 to who knows it. Paths count with
their query. Journal: nothing; `requests` tells what was asked.
"""

import gzip
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.lookalikes.stage import Answer, LookAlike, Request, serve

MODIFIED = "Wed, 04 Nov 2026 08:30:00 GMT"


@dataclass(frozen=True)
class Resource:
    """What stands under a path."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    validators: bool = True
    stream: Iterable[bytes] | None = None


class Website(LookAlike):
    """Nothing at first; robots.txt is not there either."""

    name = "website"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.resources: dict[str, Resource] = {}

    def put(
        self, path: str, body: str | bytes = b"", status: int = 200, *, validators: bool = True, **headers: str
    ) -> None:
        """Something under a path. Headers by their names with `_` for `-`; HTML unless those say otherwise."""
        content = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
        given = {"Content-Type": "text/html; charset=utf-8"} | {
            name.replace("_", "-").title(): value for name, value in headers.items()
        }
        with self.lock:
            self.resources[path] = Resource(content, status, given, validators)

    def page(self, path: str, text: str, *links: str, head: str = "", lang: str = "en", **headers: Any) -> None:
        """A page of one heading, one paragraph and links."""
        shown = "".join(f'<li><a href="{link}">{link}</a></li>' for link in links)
        self.put(
            path,
            f'<!doctype html><html lang="{lang}"><head><title>Help</title>{head}</head><body>'
            f"<nav><ul>{shown}</ul></nav><main><h1>{path}</h1><p>{text}</p></main></body></html>",
            **headers,
        )

    def sitemap(self, path: str, *urls: str, index: bool = False, zipped: bool = False) -> None:
        """A sitemap of these addresses, or paths of this site."""
        outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
        listed = "".join(f"<{inner}><loc>{url if '://' in url else self.url + url}</loc></{inner}>\n" for url in urls)
        xml = f'<?xml version="1.0"?>\n<{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</{outer}>'
        self.put(path, gzip.compress(xml.encode()) if zipped else xml, content_type="application/xml")

    def remove(self, path: str) -> None:
        """Gone: 404."""
        with self.lock:
            del self.resources[path]

    def asked(self) -> list[str]:
        """The paths that were asked for, but for robots.txt and a sitemap that is not there."""
        with self.lock:
            return [path for each in self.requests if (path := _where(each)) not in self._left_out()]

    def _left_out(self) -> set[str]:
        return {"/robots.txt", "/sitemap.xml"} - (self.resources.keys() & {"/sitemap.xml"})

    def answer(self, request: Request) -> Answer:
        """What stands there."""
        found = self.resources.get(_where(request))
        if found is None:
            return Answer(404, b"<h1>Not found</h1>", {"Content-Type": "text/html"})
        headers = dict(found.headers)
        if found.validators and found.status == 200:
            etag = f'"{hashlib.sha256(found.body).hexdigest()[:16]}"'
            headers |= {"ETag": etag, "Last-Modified": MODIFIED}
            if request.headers.get("if-none-match") == etag:
                return Answer(304, b"", {"ETag": etag, **{n: v for n, v in headers.items() if n == "X-Robots-Tag"}})
        return Answer(found.status, found.body, headers, found.stream)


def _where(request: Request) -> str:
    return request.path + (f"?{urlencode(request.query)}" if request.query else "")


if __name__ == "__main__":
    serve(Website)
