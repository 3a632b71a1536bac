"""A page made ready for the index: parsed, cut, weighed and hashed. Pure; nothing here reads or writes the index."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from desk.passage import Block
from desk.ports import DEFAULT_LOCALE, Embedder, Page
from desk.text import clean
from knowledge.chunking import Cut, cut
from knowledge.lexical import language_of, terms_of, weigh
from knowledge.markup.parse import parse
from knowledge.markup.structure import LONGEST_HEADING, Section, squeeze

RECIPE = 5
"""Raise it when parsing, cutting or weighing changes: all documents are then cut anew; unchanged texts keep their
vectors."""


@dataclass(frozen=True, slots=True)
class ReadyPassage:
    """A passage with the weights of its terms and the hash under which its vector is kept."""

    headings: tuple[str, ...]
    blocks: tuple[Block, ...]
    embedded: str
    content_hash: bytes
    weights: dict[int, float]


@dataclass(frozen=True, slots=True)
class ReadyDocument:
    """A document as it will stand in the index. `version` changes with what is read, `fingerprint` with any byte."""

    external_id: str
    url: str | None
    title: str
    locale: str
    audience: str
    collection: str
    stamp: str | None
    version: str
    fingerprint: bytes
    passages: tuple[ReadyPassage, ...]
    recipe: int = RECIPE


def prepare(page: Page, embedder: Embedder) -> ReadyDocument | None:
    """Parse and cut a page; None if it holds no text."""
    structure, locale = parse(page.body, page.markup), page.locale or DEFAULT_LOCALE
    title = squeeze(clean(page.title or structure.title or _name(page.id)))[:LONGEST_HEADING]
    passages = passages_of(title, structure.sections, locale, embedder)
    if not passages:
        return None
    return ReadyDocument(
        external_id=page.id,
        url=page.url,
        title=title,
        locale=locale,
        audience=page.audience,
        collection=page.collection,
        stamp=page.stamp,
        version=_version(page, title, structure.sections),
        fingerprint=fingerprint(page),
        passages=passages,
    )


def passages_of(title: str, sections: Sequence[Section], locale: str, embedder: Embedder) -> tuple[ReadyPassage, ...]:
    """The sections cut for this embedder, and weighed."""
    cuts = cut(title, sections, embedder.count_tokens, embedder.window)
    return tuple(_passage(one, language_of(locale)) for one in cuts)


def fingerprint(page: Page) -> bytes:
    """SHA-256 of everything the source said."""
    digest = hashlib.sha256()
    for part in (page.id, page.body, page.markup, page.title, page.url, page.locale, page.audience, page.collection):
        written = None if part is None else part.encode("utf-8", "surrogatepass")
        digest.update(b"-" if written is None else b"%d:%b" % (len(written), written))
    return digest.digest()


def _version(page: Page, title: str, sections: Sequence[Section]) -> str:
    texts = [[section.headings, [block.text for block in section.blocks]] for section in sections]
    return _sha256([title, page.audience, page.collection, page.locale or DEFAULT_LOCALE, texts]).hex()[:16]


def _passage(one: Cut, language: str) -> ReadyPassage:
    return ReadyPassage(
        headings=one.headings,
        blocks=one.blocks,
        embedded=one.embedded,
        content_hash=_sha256(one.embedded),
        weights=weigh(terms_of(one.embedded, language)),
    )


def _name(page_id: str) -> str:
    """A title for a page that has none: `how-to/time_zones.md` → `time zones`."""
    return PurePosixPath(page_id).stem.replace("-", " ").replace("_", " ") or page_id


def _sha256(content: object) -> bytes:
    # ASCII JSON writes a lone surrogate as an escape, so any text can be hashed.
    return hashlib.sha256(json.dumps(content).encode()).digest()
