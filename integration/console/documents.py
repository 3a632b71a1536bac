"""The library as pages show it: sources, a list of documents, and one document with its passages and its uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    """Blocks of a passage that are shown as one: `kind` is p, ul, ol, rows or code."""

    kind: str
    texts: tuple[str, ...]


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
    typed = {name: clean(args.get(name, "")).strip()[:LONGEST] for name in names}
    shelf = DocumentFilter(
        source=typed["source"] or None,
        audience=typed["audience"] or None,
        locale=typed["locale"] or None,
        collection={"": None, "-": ""}.get(typed["collection"], typed["collection"]),
        title=typed["title"],
        hidden=hidden,
    )
    return DocumentQuery(typed, shelf, read_page_number(args.get("page", "")))


def find_documents(tx: Transaction, asked: DocumentQuery) -> DocumentListing:
    """The page that was asked for."""
    found = list_documents(tx, PER_PAGE, (asked.page - 1) * PER_PAGE, asked.shelf)
    cited = citation_counts(tx, [document.id for document in found]) if found else {}
    return DocumentListing(
        rows=tuple((document, cited.get(document.id)) for document in found),
        count=count_documents(tx, asked.shelf),
        choices=filter_choices(tx, asked.shelf.hidden),
        sources=tuple(list_sources(tx, asked.shelf.hidden)),
    )


def open_document(
    tx: Transaction, document_id: str, page: int, embedder: str, hidden: frozenset[str]
) -> DocumentView | None:
    """One document, or None if this account has none of this id that its reader may see."""
    document = get_documents(tx, [document_id]).get(document_id)
    if document is None or document.audience in hidden:
        return None
    first = (page - 1) * PASSAGES_PER_PAGE
    shown = list_passages(tx, document_id, embedder, PASSAGES_PER_PAGE, first)
    ids = sorted({document_id, *cited_ids(tx, document.source, document.external_id)})
    return DocumentView(
        document=document,
        source=next((each for each in list_sources(tx) if each.name == document.source), None),
        passages=tuple((passage, passage_parts(passage.blocks)) for passage in shown),
        first=first,
        count=count_passages(tx, document_id, embedder),
        page=page,
        cited=_all(list(citation_counts(tx, ids).values())),
        uses=tuple(document_uses(tx, ids, most=USES)),
    )


def page_number_of(ordinal: int) -> int:
    """On which page of its document a passage is shown."""
    return ordinal // PASSAGES_PER_PAGE + 1


def passage_parts(blocks: Sequence[Block]) -> tuple[PassagePart, ...]:
    """Neighbours of one group and kind, together."""
    found: list[tuple[tuple[int, BlockKind], list[str]]] = []
    for block in blocks:
        if not found or found[-1][0] != (block.group, block.kind):
            found.append(((block.group, block.kind), []))
        found[-1][1].append(block.text)
    return tuple(_part(kind, texts) for (_, kind), texts in found)


def _part(kind: BlockKind, texts: Sequence[str]) -> PassagePart:
    if kind is BlockKind.SENTENCE:
        return PassagePart("p", (" ".join(texts),))
    if kind is BlockKind.CODE:
        return PassagePart("code", ("\n".join(texts),))
    return PassagePart("rows" if kind is BlockKind.ROW else LISTS[kind], tuple(texts))


def _all(counted: Sequence[CitationCounts]) -> CitationCounts | None:
    """Several ids of one document as one."""
    if not counted:
        return None
    return CitationCounts(
        sum(each.drafts for each in counted),
        sum(each.replies for each in counted),
        max(each.last_at for each in counted),
    )
