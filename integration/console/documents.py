"""The library as pages show it: sources, a list of documents, and one document with its passages and its uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desk.db import Transaction
from desk.passage import Block, BlockKind, Passage
from desk.text import clean
from integration.console.listing import read_page
from knowledge.catalogue import (
    Choices,
    Document,
    Shelf,
    Sync,
    choices,
    count_documents,
    count_passages,
    get_documents,
    list_documents,
    list_passages,
    list_sources,
)
from workers.recalls import Citing, Use, citing, ids_of, uses_of

PER_PAGE = 50
PASSAGES_PER_PAGE = 30
USES = 50
LONGEST = 300

LISTS = {BlockKind.ITEM: "ul", BlockKind.STEP: "ol"}


@dataclass(frozen=True, slots=True)
class AskedDocuments:
    """The filter as typed, and what it means."""

    typed: Mapping[str, str]
    shelf: Shelf
    page: int

    @property
    def narrowed(self) -> bool:
        """True if anything at all is asked for."""
        return any(self.typed.values())


@dataclass(frozen=True, slots=True)
class DocumentListing:
    """A page of documents with how often each was cited, all that fit counted, and what the filter can offer."""

    rows: tuple[tuple[Document, Citing | None], ...]
    count: int
    choices: Choices
    sources: tuple[Sync, ...]

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.count // PER_PAGE))


@dataclass(frozen=True, slots=True)
class Part:
    """Blocks of a passage that are shown as one: `kind` is p, ul, ol, rows or code."""

    kind: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document with a page of its passages, the parts of each, and the drafts that cite it, the newest first."""

    document: Document
    source: Sync | None
    passages: tuple[tuple[Passage, tuple[Part, ...]], ...]
    first: int
    count: int
    page: int
    cited: Citing | None
    uses: tuple[Use, ...]

    @property
    def pages(self) -> int:
        """How many pages of passages there are, at least one."""
        return max(1, -(-self.count // PASSAGES_PER_PAGE))


def read_documents_asked(args: Mapping[str, str], hidden: frozenset[str]) -> AskedDocuments:
    """The filter in a query string; whatever stands there, it is no error. `collection` may be asked for as `-`, for
    documents that have none."""
    names = ("title", "source", "audience", "locale", "collection")
    typed = {name: clean(args.get(name, "")).strip()[:LONGEST] for name in names}
    shelf = Shelf(
        source=typed["source"] or None,
        audience=typed["audience"] or None,
        locale=typed["locale"] or None,
        collection={"": None, "-": ""}.get(typed["collection"], typed["collection"]),
        title=typed["title"],
        hidden=hidden,
    )
    return AskedDocuments(typed, shelf, read_page(args.get("page", "")))


def find_documents(tx: Transaction, asked: AskedDocuments) -> DocumentListing:
    """The page that was asked for."""
    found = list_documents(tx, PER_PAGE, (asked.page - 1) * PER_PAGE, asked.shelf)
    cited = citing(tx, [document.id for document in found]) if found else {}
    return DocumentListing(
        rows=tuple((document, cited.get(document.id)) for document in found),
        count=count_documents(tx, asked.shelf),
        choices=choices(tx, asked.shelf.hidden),
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
    ids = sorted({document_id, *ids_of(tx, document.source, document.external_id)})
    return DocumentView(
        document=document,
        source=next((each for each in list_sources(tx) if each.name == document.source), None),
        passages=tuple((passage, parts(passage.blocks)) for passage in shown),
        first=first,
        count=count_passages(tx, document_id, embedder),
        page=page,
        cited=_all(list(citing(tx, ids).values())),
        uses=tuple(uses_of(tx, ids, most=USES)),
    )


def page_of(ordinal: int) -> int:
    """On which page of its document a passage is shown."""
    return ordinal // PASSAGES_PER_PAGE + 1


def parts(blocks: Sequence[Block]) -> tuple[Part, ...]:
    """Neighbours of one group and kind, together."""
    found: list[tuple[tuple[int, BlockKind], list[str]]] = []
    for block in blocks:
        if not found or found[-1][0] != (block.group, block.kind):
            found.append(((block.group, block.kind), []))
        found[-1][1].append(block.text)
    return tuple(_part(kind, texts) for (_, kind), texts in found)


def _part(kind: BlockKind, texts: Sequence[str]) -> Part:
    if kind is BlockKind.SENTENCE:
        return Part("p", (" ".join(texts),))
    if kind is BlockKind.CODE:
        return Part("code", ("\n".join(texts),))
    return Part("rows" if kind is BlockKind.ROW else LISTS[kind], tuple(texts))


def _all(counted: Sequence[Citing]) -> Citing | None:
    """Several ids of one document as one."""
    if not counted:
        return None
    return Citing(
        sum(each.drafts for each in counted),
        sum(each.replies for each in counted),
        max(each.last_at for each in counted),
    )
