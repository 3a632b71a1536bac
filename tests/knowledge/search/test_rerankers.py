"""What every reranker must do (desk.ports.Reranker), and what search does with one, and without one that fails."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from desk.errors import Permanent, Temporary
from desk.passage import SearchScope
from desk.platform.database import Database
from desk.ports import Reranker
from knowledge.ingest.index_source import index_source
from knowledge.remote.json_http import JsonHttpClient
from knowledge.rerankers.rerank_api import RerankAPI
from knowledge.search import rerank
from knowledge.search.library import PostgresLibrary
from tests.lookalikes.embeddings import KEY, Embeddings

PUBLIC = frozenset({"public"})


class Remembered:
    """Likes texts with more of the letter z. Remembers what it was asked; raises `fault` if there is one."""

    name = "fake"

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.asked: list[tuple[str, list[str]]] = []

    def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        self.asked.append((query, list(texts)))
        if self.fault:
            raise self.fault
        return [float(text.count("z")) for text in texts]


@pytest.fixture
def party() -> Iterator[Embeddings]:
    with Embeddings() as party:
        yield party


@pytest.fixture
def remote(party: Embeddings) -> Iterator[RerankAPI]:
    wire = JsonHttpClient("the reranker", f"{party.url}/v1/rerank", KEY)
    yield RerankAPI(wire, "look-alike")
    wire.close()


@pytest.fixture(
    params=[
        "fake",
        pytest.param("/v1/rerank", marks=pytest.mark.loopback),
        pytest.param("/voyage/v1/rerank", marks=pytest.mark.loopback),
    ]
)
def any_reranker(request: pytest.FixtureRequest) -> Iterator[Reranker]:
    if request.param == "fake":
        yield Remembered()
        return
    with Embeddings() as party:
        wire = JsonHttpClient("the reranker", party.url + request.param, KEY)
        yield RerankAPI(wire, "look-alike")
        wire.close()


def test_each_text_has_its_score_in_order(any_reranker: Reranker) -> None:
    scores = any_reranker.rerank("zebra", ["a horse", "zebra", "a zebra in the zoo"])
    assert len(scores) == 3
    assert scores[0] < min(scores[1:])
    assert any_reranker.rerank("zebra", ["zebra", "a horse"]) == [scores[1], scores[0]]


def test_no_texts_have_no_scores(any_reranker: Reranker) -> None:
    assert any_reranker.rerank("zebra", []) == []


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "x" * 300_000], ids=range(4))
def test_odd_texts_have_scores_too(any_reranker: Reranker, text: str) -> None:
    assert len(any_reranker.rerank(text, [text, "zebra"])) == 2


@pytest.mark.loopback
@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"results": null}',
        '{"results": []}',
        '{"results": [{"index": 0, "relevance_score": 1}]}',
        '{"results": [{"index": 0, "relevance_score": 1}, {"index": 0, "relevance_score": 1}]}',
        '{"results": [{"index": 0, "relevance_score": 1}, {"index": 2, "relevance_score": 1}]}',
        '{"results": [{"index": 0, "relevance_score": 1}, {"index": 1, "relevance_score": NaN}]}',
        '{"results": [{"index": 0, "relevance_score": "high"}, {"index": 1, "relevance_score": 1}]}',
        '{"results": [{"index": 0}, {"index": 1}]}',
    ],
)
def test_an_answer_that_scores_not_every_text_is_not_taken(party: Embeddings, remote: RerankAPI, answer: str) -> None:
    party.fail(garble=answer)
    with pytest.raises(Temporary, match="something"):
        remote.rerank("x", ["one", "two"])


@pytest.mark.loopback
def test_a_refused_key_says_so(party: Embeddings, remote: RerankAPI) -> None:
    party.key = "another"
    with pytest.raises(Permanent, match="the reranker refused the key"):
        remote.rerank("x", ["one"])


# --- In search


@pytest.fixture
def search(database: Database, account: str, embedder: Any, source: Any, page: Any) -> Callable[..., list[Any]]:
    """Search three pages, of which the one that fits least has the most z."""
    bodies = ("Refunds take days.", "Refunds take days. Pizza.", "Refunds: zzz.")
    index_source(database, account, source(*(page(str(n), body, title="T") for n, body in enumerate(bodies))), embedder)
    libraries: dict[int, PostgresLibrary] = {}

    def search(reranker: Reranker | None, limit: int = 5) -> list[Any]:
        library = libraries.setdefault(id(reranker), PostgresLibrary(database, embedder, reranker=reranker))
        return library.search(account, "refunds take days", SearchScope(PUBLIC, "en"), limit=limit)

    return search


def test_the_reranker_orders_and_the_other_scores_stay(search: Callable[..., list[Any]]) -> None:
    fused, reranked = search(None), search(Remembered())
    assert [hit.passage.text for hit in reranked] == [hit.passage.text for hit in fused[::-1]]
    assert [hit.reranked for hit in reranked] == [3.0, 2.0, 0.0]
    same = {hit.passage.id: (hit.cosine, hit.share, hit.fused) for hit in fused}
    assert {hit.passage.id: (hit.cosine, hit.share, hit.fused) for hit in reranked} == same


def test_the_reranker_sees_more_than_was_asked_for_with_titles(search: Callable[..., list[Any]]) -> None:
    reranker = Remembered()
    (best,) = search(reranker, limit=1)
    assert best.passage.text == "Refunds: zzz."
    ((query, texts),) = reranker.asked
    assert query == "refunds take days"
    assert sorted(texts) == ["T\nRefunds take days.", "T\nRefunds take days.\nPizza.", "T\nRefunds: zzz."]


def test_no_more_than_forty_are_weighed(search: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rerank, "WEIGHED", 2)
    fused, reranked = search(None), search(Remembered())
    assert [hit.passage.id for hit in reranked] == [fused[place].passage.id for place in (1, 0, 2)]
    assert reranked[2].reranked is None


@pytest.mark.parametrize("fault", [Temporary("is away"), Permanent("refused the key")])
def test_without_an_answer_the_fused_order_stands_and_it_is_said(
    search: Callable[..., list[Any]], fault: Exception
) -> None:
    reranker = Remembered(fault)
    with capture_logs() as logs:
        hits = search(reranker)
    assert hits == search(None)
    assert [(entry["event"], entry["why"]) for entry in logs] == [("not reranked", str(fault))]


def test_a_reranker_that_failed_is_left_alone_for_a_while(
    search: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    reranker = Remembered(Temporary("is away"))
    search(reranker)
    assert search(reranker)
    assert len(reranker.asked) == 1
    reranker.fault = None
    later = time.monotonic() + rerank.REST_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert search(reranker)[0].reranked == 3.0
