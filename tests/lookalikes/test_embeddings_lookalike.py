"""The look-alike of the providers of vectors answers as they do: shapes, limits, faults; and runs as a process."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lookalikes.embeddings import KEY, Embeddings

pytestmark = pytest.mark.loopback


@pytest.fixture
def party() -> Iterator[Embeddings]:
    with Embeddings() as party:
        yield party


def ask(url: str, body: dict[str, Any], key: str = KEY) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize("path", ["/v1/embeddings", "/voyage/v1/embeddings"])
def test_the_same_text_has_the_same_vector_and_the_order_is_told_by_index(party: Embeddings, path: str) -> None:
    status, answer = ask(party.url + path, {"model": "look-8", "input": ["one two", "three", "one two"]})
    vectors = {entry["index"]: entry["embedding"] for entry in answer["data"]}
    assert status == 200
    assert [len(vectors[place]) for place in range(3)] == [8, 8, 8]
    assert vectors[0] == vectors[2] != vectors[1]
    assert [entry["index"] for entry in answer["data"]] != [0, 1, 2]
    assert party.effects("embedded")[0]["texts"] == ["one two", "three", "one two"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/embeddings", {"model": "unknown", "input": ["x"]}, 404),
        ("/v1/embeddings", {"model": "look-8", "input": [""]}, 400),
        ("/v1/embeddings", {"model": "look-8", "input": []}, 400),
        ("/v1/embeddings", {"model": "look-8", "input": ["x"] * 129}, 400),
        ("/v1/embeddings", {"model": "look-8", "input": ["x" * 40_000]}, 400),
        ("/voyage/v1/embeddings", {"model": "look-8", "input": ["x"], "dimensions": 4}, 400),
        ("/voyage/v1/rerank", {"model": "look", "query": "x", "documents": ["x"], "top_n": 4}, 400),
        ("/v1/elsewhere", {}, 404),
    ],
)
def test_what_the_providers_refuse_is_refused(party: Embeddings, path: str, body: dict[str, Any], status: int) -> None:
    answered, answer = ask(party.url + path, body)
    assert answered == status
    assert ("detail" in answer) == path.startswith("/voyage")
    assert party.journal == []


def test_another_key_is_refused(party: Embeddings) -> None:
    assert ask(f"{party.url}/v1/embeddings", {"model": "look", "input": ["x"]}, key="other")[0] == 401


@pytest.mark.parametrize(("path", "name"), [("/v1/rerank", "results"), ("/voyage/v1/rerank", "data")])
def test_a_ranking_comes_best_first_with_scores(party: Embeddings, path: str, name: str) -> None:
    _, answer = ask(party.url + path, {"model": "look", "query": "zebra", "documents": ["horse", "zebra"]})
    assert [entry["index"] for entry in answer[name]] == [1, 0]
    assert answer[name][0]["relevance_score"] > answer[name][1]["relevance_score"]


def test_it_runs_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "tests.lookalikes.embeddings"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            url = process.stdout.readline().split()[-1]
            assert ask(f"{url}/v1/embeddings", {"model": "look", "input": ["x"]})[0] == 200
        finally:
            process.terminate()
