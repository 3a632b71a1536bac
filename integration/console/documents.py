"""The library as pages show it: sources, a list of documents, and one document with its passages and its uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from desk.passage import Block, BlockKind, Passage
from desk.platform.database import Transaction
from desk.text.tokenizer import clean
from integration.console.ticket_list import read_page_number
from knowledge.index.catalogue import (
    Document,
    DocumentFilter,
    FilterChoices,
    SourceStatus,
    count_documents,
    count_passages,
    filter_choices,
    get_documents,
    list_documents,
    list_passages,
    list_sources,
)
from workers.insights.recalls import CitationCounts, DocumentUse, citation_counts, cited_ids, document_uses

PER_PAGE = 50
PASSAGES_PER_PAGE = 30
USES = 50
LONGEST = 300

LISTS = {BlockKind.ITEM: "ul", BlockKind.STEP: "ol"}


@dataclass(frozen=True, slots=True)
class DocumentQuery:
    """The filter as typed, and what it means."""

    typed: Mapping[str, str]
    shelf: DocumentFilter
    page: int

    @property
    def narrowed(self) -> bool:
        """True if anything at all is asked for."""
        return any(self.typed.values())


@dataclass(frozen=True, slots=True)
class DocumentListing:
    """A page of documents with how often each was cited, all that fit counted, and what the filter can offer."""

    rows: tuple[tuple[Document, CitationCounts | None], ...]
    count: int
    choices: FilterChoices
    sources: tuple[SourceStatus, ...]

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.count // PER_PAGE))


@dataclass(frozen=True, slots=True)
class PassagePart:
    """Blocks of a passage that are shown as one: `kind` is p, ul, ol, rows or code; `start` is the number of
    its first step."""

    kind: str
    texts: tuple[str, ...]
    start: int = 1


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document with a page of its passages, the parts of each, and the drafts that cite it, the newest first."""

    document: Document
    source: SourceStatus | None
    passages: tuple[tuple[Passage, tuple[PassagePart, ...]], ...]
    first: int
    count: int
    page: int
    cited: CitationCounts | None
    uses: tuple[DocumentUse, ...]

    @property
    def pages(self) -> int:
        """How many pages of passages there are, at least one."""
        return max(1, -(-self.count // PASSAGES_PER_PAGE))


def read_document_query(args: Mapping[str, str], hidden: frozenset[str]) -> DocumentQuery:
    """The filter in a query string; whatever stands there, it is no error. `collection` may be asked for as `-`, for
    documents that have none."""
    names = ("title", "source", "audience", "locale", "collection")
    raw_values = {name: clean(args.get(name, "")).strip()[:LONGEST] for name in names}
    document_filter = DocumentFilter(
        source=raw_values["source"] or None,
        audience=raw_values["audience"] or None,
        locale=raw_values["locale"] or None,
        collection={"": None, "-": ""}.get(raw_values["collection"], raw_values["collection"]),
        title=raw_values["title"],
        hidden=hidden,
    )
    return DocumentQuery(raw_values, document_filter, read_page_number(args.get("page", "")))


def find_documents(tx: Transaction, query: DocumentQuery) -> DocumentListing:
    """The page that was asked for."""
    documents = list_documents(tx, PER_PAGE, (query.page - 1) * PER_PAGE, query.shelf)
    counts_by_document = citation_counts(tx, [document.id for document in documents]) if documents else {}
    return DocumentListing(
        rows=tuple((document, counts_by_document.get(document.id)) for document in documents),
        count=count_documents(tx, query.shelf),
        choices=filter_choices(tx, query.shelf.hidden),
        sources=tuple(list_sources(tx, query.shelf.hidden)),
    )


def open_document(
    tx: Transaction, document_id: str, page: int, embedder: str, hidden: frozenset[str]
) -> DocumentView | None:
    """One document, or None if this account has none of this id that its reader may see."""
    document = get_documents(tx, [document_id]).get(document_id)
    if document is None or document.audience in hidden:
        return None
    offset = (page - 1) * PASSAGES_PER_PAGE
    passages = list_passages(tx, document_id, embedder, PASSAGES_PER_PAGE, offset)
    document_ids = sorted({document_id, *cited_ids(tx, document.source, document.external_id)})
    return DocumentView(
        document=document,
        source=next((source for source in list_sources(tx) if source.name == document.source), None),
        passages=tuple((passage, passage_parts(passage.blocks)) for passage in passages),
        first=offset,
        count=count_passages(tx, document_id, embedder),
        page=page,
        cited=_sum_counts(list(citation_counts(tx, document_ids).values())),
        uses=tuple(document_uses(tx, document_ids, most=USES)),
    )


def page_number_of(ordinal: int) -> int:
    """On which page of its document a passage is shown."""
    return ordinal // PASSAGES_PER_PAGE + 1


def passage_parts(blocks: Sequence[Block]) -> tuple[PassagePart, ...]:
    """Neighbours of one group and kind, together."""
    return tuple(_build_part(list(part)) for _, part in groupby(blocks, key=lambda block: (block.group, block.kind)))


def _build_part(blocks: Sequence[Block]) -> PassagePart:
    kind, block_texts = blocks[0].kind, [block.text for block in blocks]
    if kind is BlockKind.SENTENCE:
        return PassagePart("p", (" ".join(block_texts),))
    if kind is BlockKind.CODE:
        return PassagePart("code", ("\n".join(block_texts),))
    shown_as = "rows" if kind is BlockKind.ROW else LISTS[kind]
    return PassagePart(shown_as, tuple(block_texts), blocks[0].number or 1)


def _sum_counts(counts: Sequence[CitationCounts]) -> CitationCounts | None:
    """Several ids of one document as one."""
    if not counts:
        return None
    return CitationCounts(
        sum(count.drafts for count in counts),
        sum(count.replies for count in counts),
        max(count.last_at for count in counts),
    )
