"""A case: a folder with `case.json` and the input, and what the product made of it (see `README.md`)."""

import gzip
import html
import http.server
import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.reading.product import ReadMessage, ShownPassage


@dataclass
class Case:
    """One, before and after it went through the product."""

    folder: Path
    told: str = ""
    """What reading the source said."""
    root: str = ""
    """The address of its site."""
    passages: list[ShownPassage] = field(default_factory=list)
    """Of all sources, best first."""
    own: list[ShownPassage] = field(default_factory=list)
    """Of this case, found in any way."""
    answer: str = ""
    message: ReadMessage = field(default_factory=lambda: ReadMessage(wants_person=False, topics="", questions=()))
    newest: str = ""

    @cached_property
    def about(self) -> dict[str, Any]:
        """`case.json`."""
        return dict(json.loads((self.folder / "case.json").read_text("utf-8")))

    @property
    def right(self) -> dict[str, Any]:
        """What must hold."""
        return dict(self.about["right"])

    @property
    def source(self) -> str:
        """What its documents' source is called."""
        return f"case-{self.about['id']}"

    @property
    def locale(self) -> str:
        """The reader's language."""
        return str(self.about.get("locale", "en"))

    def text(self) -> str:
        """All that was indexed of it, as far as it was found."""
        return " ¦ ".join(whole(passage) for passage in self.own)

    def holds(self, page: str) -> bool:
        """Is this page in the index?"""
        return any(passage.page in (page, f"{self.root}{page}") for passage in self.own)

    def words_of(self, page: str) -> str:
        """The words of a page, as good a query for it as any."""
        path = self.folder / ("site" if self.about["enter"] == "site" else "") / page.lstrip("/")
        text = path.read_bytes().decode("utf-8", "replace")
        text = re.sub(r"^---\n.*?\n---\n", "", text, flags=re.DOTALL)
        text = re.sub(r"<head>.*?</head>|<[^<>]*>", " ", text, flags=re.DOTALL)
        return " ".join(re.sub(r"[^\w'’-]+", " ", html.unescape(text)).split())[:200]


class Site(http.server.BaseHTTPRequestHandler):
    """Serves a case's `site` folder, on an address of its own, as its `site.json` says."""

    folder: Path
    rules: dict[str, Any]

    def do_GET(self) -> None:
        """One file."""
        path = self.path.partition("?")[0]
        rule = self.rules.get(path, {})
        file = self.folder / rule.get("file", path.lstrip("/"))
        if not file.is_file():
            self.send_error(404)
            return
        body = file.read_bytes().replace(b"{{root}}", f"http://{self.headers['Host']}".encode())
        body = (b"\xef\xbb\xbf" if rule.get("bom") else b"") + body
        body = gzip.compress(body) if rule.get("gzip") else body
        kinds = {".html": "text/html; charset=utf-8", ".xml": "application/xml"}
        self.send_response(200)
        self.send_header("Content-Type", rule.get("type") or kinds.get(file.suffix, "text/plain; charset=utf-8"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def flat(text: str) -> str:
    """With single, ordinary spaces."""
    return " ".join(text.split())


def whole(passage: ShownPassage) -> str:
    """Headings and lines of a passage."""
    return flat(" ".join([*passage.headings, *passage.lines]))
