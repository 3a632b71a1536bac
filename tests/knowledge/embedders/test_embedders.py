"""What every embedder must do (desk.ports.Embedder), and what the one in the box does besides."""

import math
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.errors import BadSetting
from desk.ports import Embedder
from knowledge.embedders.minilm import MODEL, MiniLM
from knowledge.embedders.openai_compatible import OpenAICompatible, Prefixes
from knowledge.embedders.voyage import Voyage
from knowledge.remote.json_http import JsonHttpClient
from knowledge.remote.token_budget import token_budget_for
from tests.lookalikes.embeddings import KEY, Embeddings

SHARED = MiniLM(threads=2)


@pytest.fixture(
    params=[
        "fake",
        "minilm",
        pytest.param("voyage", marks=pytest.mark.loopback),
        pytest.param("openai", marks=pytest.mark.loopback),
        pytest.param("openai with a tokenizer", marks=pytest.mark.loopback),
    ]
)
def any_embedder(request: pytest.FixtureRequest, embedder: Embedder) -> Iterator[Embedder]:
    if request.param in ("fake", "minilm"):
        yield SHARED if request.param == "minilm" else embedder
        return
    with Embeddings() as party:
        path = "/voyage/v1/embeddings" if request.param == "voyage" else "/v1/embeddings"
        wire = JsonHttpClient("the look-alike", party.url + path, KEY)
        if request.param == "voyage":
            yield Voyage(wire, "look-64", token_budget_for(512))
        else:
            tokenizer = MODEL / "tokenizer.json" if "tokenizer" in request.param else None
            yield OpenAICompatible(
                wire, "look-alike", token_budget_for(512, tokenizer, "passage: "), 32, Prefixes("", "passage: ")
            )
        wire.close()


def cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def test_vectors_have_the_promised_size_and_unit_length(any_embedder: Embedder) -> None:
    for vector in [*any_embedder.embed_documents(["one", "two words"]), any_embedder.embed_query("three")]:
        assert len(vector) == any_embedder.dimensions
        assert math.isclose(cosine(vector, vector), 1.0, abs_tol=1e-4)


def test_one_text_gives_one_vector_whatever_else_is_in_the_batch(any_embedder: Embedder) -> None:
    texts = ["How do I get my money back?", "x", "A long text about invoices and taxes. " * 20]
    together = any_embedder.embed_documents(texts)
    assert together == [any_embedder.embed_documents([text])[0] for text in texts]
    assert any_embedder.embed_documents(texts[::-1]) == together[::-1]


def test_texts_that_share_words_are_closer_than_others(any_embedder: Embedder) -> None:
    query = any_embedder.embed_query("cancel my subscription")
    near, far = any_embedder.embed_documents(["You can cancel my subscription any time", "Bake bread with rye flour"])
    assert cosine(query, near) > cosine(query, far)


def test_no_texts_give_no_vectors(any_embedder: Embedder) -> None:
    assert any_embedder.embed_documents([]) == []


@pytest.mark.parametrize("text", ["", " \n", "\0", "\ud800", "مرحبا", "🦄" * 3000, "x" * 300_000], ids=range(7))
def test_odd_texts_are_embedded_and_counted(any_embedder: Embedder, text: str) -> None:
    assert len(any_embedder.embed_query(text)) == any_embedder.dimensions
    assert any_embedder.count_tokens(text) >= 0


def test_more_words_are_more_tokens(any_embedder: Embedder) -> None:
    assert any_embedder.count_tokens("one two three") > any_embedder.count_tokens("one")


def test_what_fits_the_window_is_read_to_its_last_word(any_embedder: Embedder) -> None:
    text = "word"
    while any_embedder.count_tokens(f"{text} word end") <= any_embedder.window - 2:
        text += " word"
    whole, other = any_embedder.embed_documents([f"{text} end", f"{text} fin"])
    assert whole != other


def test_the_window_of_the_model_in_the_box_ends_at_256_tokens() -> None:
    text = "word " * 254
    assert SHARED.count_tokens(text) == SHARED.window - 2
    assert SHARED.embed_query(text) == SHARED.embed_query(text + "and this is not read")
    assert SHARED.embed_query(text) != SHARED.embed_query("word " * 253)


def test_threads_share_one_model_and_get_the_same_vectors(tmp_path: Path) -> None:
    fresh = MiniLM(shutil.copytree(MODEL, tmp_path / "model"), threads=2)
    results: list[list[float]] = []
    threads = [threading.Thread(target=lambda: results.append(fresh.embed_query("refund"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [SHARED.embed_query("refund")] * 4


def test_nothing_is_loaded_before_the_first_use(tmp_path: Path) -> None:
    model = MiniLM(tmp_path)
    with pytest.raises(BadSetting, match="install Firstline again"):
        model.embed_query("x")


def test_a_model_that_was_tampered_with_is_refused(tmp_path: Path) -> None:
    for path in MODEL.iterdir():
        shutil.copy(path, tmp_path)
    with (tmp_path / "tokenizer.json").open("ab") as file:
        file.write(b" ")
    with pytest.raises(BadSetting, match=r"tokenizer\.json is not the file"):
        MiniLM(tmp_path).count_tokens("x")
