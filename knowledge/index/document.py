"""A document as the index takes it: cut into passages, with the weights of their terms and the hashes of their
texts."""

from dataclasses import dataclass

from desk.passage import Block

CHUNKING_VERSION = 7
"""Raise it when parsing, cutting or weighing changes: all documents are then cut anew; unchanged texts keep their
vectors."""


@dataclass(frozen=True, slots=True)
class PreparedPassage:
    """A passage with the weights of its terms and the hash under which its vector is kept."""

    headings: tuple[str, ...]
    blocks: tuple[Block, ...]
    embedded: str
    content_hash: bytes
    weights: dict[int, float]


@dataclass(frozen=True, slots=True)
class PreparedDocument:
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
    passages: tuple[PreparedPassage, ...]
    recipe: int = CHUNKING_VERSION
