"""Fakes of the knowledge room: an embedder of word counts that remembers, and a source made of a list."""

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence

import pytest

from desk.pages import Markup, Page, Stamps, UnchangedPage, UnreadablePage
from desk.platform.database import Database
from knowledge.ingest.index_source import index_source
from tests.knowledge.sized import Sized

MakePage = Callable[..., Page]


class WordEmbedder:
    """Texts with the same words lie close. Remembers every document text it was given."""

    name = "words"
    dimensions = 384
    window = 60

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        self.embedded += texts
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = [0.001] * self.dimensions
        for word in text.lower().split():
            digest = hashlib.sha256(word.strip(".,?!").encode("utf-8", "replace")).digest()
            vector[int.from_bytes(digest[:2]) % self.dimensions] += 1.0
        length = math.sqrt(sum(x * x for x in vector))
        return [x / length for x in vector]

    def count_tokens(self, text: str) -> int:
        return len(text.split())


class ListSource:
    """The pages of a list; an exception in the list is raised where it stands. Remembers the stamps it was told."""

    def __init__(self, *pages: Page | UnchangedPage | UnreadablePage | Exception, name: str = "list") -> None:
        self.name = name
        self.items = pages
        self.stamps: dict[str, str | None] = {}

    def count(self) -> int | None:
        return len(self.items)

    def pages(self, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
        for item in self.items:
            if isinstance(item, Exception):
                raise item
            self.stamps[item.id] = stamps(item.id)
            yield item


def make_page(page_id: str, body: str, **values: str) -> Page:
    return Page(page_id, body, Markup.MARKDOWN, **values)


@pytest.fixture
def embedder() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture
def source() -> type[ListSource]:
    return ListSource


@pytest.fixture
def page() -> MakePage:
    return make_page


@pytest.fixture
def old() -> Sized:
    return Sized("old", 384)


@pytest.fixture(params=[16, 1024])
def new(request: pytest.FixtureRequest) -> Sized:
    return Sized("new", request.param)


@pytest.fixture
def filled(
    database: Database, account: str, source: type[ListSource], page: MakePage, old: Sized
) -> Callable[..., ListSource]:
    """Seven pages in the index of the old embedder; called, it gives the source, perhaps with other bodies."""

    def pages(**other: str) -> ListSource:
        bodies = {f"p{n}": f"# Page {n}\n\nThe refund number {n} takes {n} days." for n in range(7)} | other
        return source(*(page(name, body) for name, body in bodies.items()))

    index_source(database, account, pages(), old)
    return pages
