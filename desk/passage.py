"""Knowledge as every room passes it on: passages, what search says of them, and citations."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

REPEATED = -1
"""The group of a block that stands in a passage only so that its others can be understood."""


class BlockKind(StrEnum):
    """What a block was in its document. `STEP` is an item of a numbered list; a `ROW` reads `Header: cell; ...`."""

    SENTENCE = "sentence"
    ITEM = "item"
    STEP = "step"
    ROW = "row"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """The smallest thing that can be cited. Blocks of one paragraph, list or table share a `group`.

    `leads` are the texts without which it would say something else, outermost first: the line above its list, the
    caption of its table, the sentence that "otherwise" leans on. `number` is a step's, 0 where there is none.
    """

    text: str
    kind: BlockKind
    group: int
    leads: tuple[str, ...] = ()
    number: int = 0


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk of one version of a document, with the headings above it, outermost first."""

    id: str
    document_id: str
    version: str
    title: str
    url: str | None
    headings: tuple[str, ...]
    blocks: tuple[Block, ...]
    locale: str = "en"
    audience: str = "public"
    source: str = ""
    external_id: str = ""
    """What its source is called, and what it calls the document: they outlive the document's id."""
    ordinal: int = 0
    """Its place among the document's passages."""

    @property
    def text(self) -> str:
        """All blocks, one a line."""
        return "\n".join(block.text for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that search returned, and why.

    `cosine` is in [-1, 1]; `lexical` is BM25 divided by the best of the candidates, in [0, 1]; `share` is the part of
    the query's IDF that the passage holds, in [0, 1]; `fused` ranks and means nothing on its own, as does `reranked`,
    a reranker's score where there is one.
    """

    passage: Passage
    cosine: float
    lexical: float
    share: float
    fused: float
    reranked: float | None = None


@dataclass(frozen=True, slots=True)
class SearchScope:
    """What a search may give: passages for these audiences, of these collections if given, best in this language. With
    `at`, what the documents said at that time."""

    audiences: frozenset[str]
    locale: str
    collections: frozenset[str] | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """Names document, version, passage and blocks (positions in `Passage.blocks`)."""

    document_id: str
    version: str
    passage_id: str
    blocks: tuple[int, ...]
