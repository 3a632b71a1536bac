"""A page made ready for the index: parsed, cut, weighed and hashed. Pure; nothing here reads or writes the index."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import PurePosixPath

from desk.pages import DEFAULT_LOCALE, Page
from desk.ports import Embedder
from desk.text.tokenizer import clean
from knowledge.index.bm25 import index_weights, stemming_language
from knowledge.index.document import PreparedDocument, PreparedPassage
from knowledge.ingest.chunking import Chunk, cut_sections
from knowledge.parsing.parse import parse_page
from knowledge.parsing.structure import LONGEST_HEADING, Section, one_line


def prepare_page(page: Page, embedder: Embedder) -> PreparedDocument | None:
    """Parse and cut a page; None if it holds no text."""
    structure, locale = parse_page(page.body, page.markup), page.locale or DEFAULT_LOCALE
    title = one_line(clean(page.title or structure.title or _title_from_id(page.id)))[:LONGEST_HEADING]
    passages = chunk_sections(title, structure.sections, locale, embedder)
    if not passages:
        return None
    return PreparedDocument(
        external_id=page.id,
        url=page.url,
        title=title,
        locale=locale,
        audience=page.audience,
        collection=page.collection,
        stamp=page.stamp,
        version=_content_version(page, title, structure.sections),
        fingerprint=page_fingerprint(page),
        passages=passages,
    )


def chunk_sections(
    title: str, sections: Sequence[Section], locale: str, embedder: Embedder
) -> tuple[PreparedPassage, ...]:
    """The sections cut for this embedder, and weighed."""
    chunks = cut_sections(title, sections, embedder.count_tokens, embedder.window)
    return tuple(_prepare_passage(chunk, stemming_language(locale)) for chunk in chunks)


def page_fingerprint(page: Page) -> bytes:
    """SHA-256 of everything the source said."""
    digest = hashlib.sha256()
    for part in (page.id, page.body, page.markup, page.title, page.url, page.locale, page.audience, page.collection):
        encoded = None if part is None else part.encode("utf-8", "surrogatepass")
        digest.update(b"-" if encoded is None else b"%d:%b" % (len(encoded), encoded))
    return digest.digest()


def _content_version(page: Page, title: str, sections: Sequence[Section]) -> str:
    texts = [[section.headings, [block.text for block in section.blocks]] for section in sections]
    return _sha256([title, page.audience, page.collection, page.locale or DEFAULT_LOCALE, texts]).hex()[:16]


def _prepare_passage(chunk: Chunk, language: str) -> PreparedPassage:
    return PreparedPassage(
        headings=chunk.headings,
        blocks=chunk.blocks,
        embedded=chunk.embedded,
        content_hash=_sha256(chunk.embedded),
        weights=index_weights(chunk.embedded, language),
    )


def _title_from_id(page_id: str) -> str:
    """A title for a page that has none: `how-to/time_zones.md` → `time zones`."""
    return PurePosixPath(page_id).stem.replace("-", " ").replace("_", " ") or page_id


def _sha256(content: object) -> bytes:
    # ASCII JSON writes a lone surrogate as an escape, so any text can be hashed.
    return hashlib.sha256(json.dumps(content).encode()).digest()
