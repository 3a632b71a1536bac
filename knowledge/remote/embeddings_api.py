"""Vectors from an `/embeddings` API: cut to the window, sent in batches, and checked one by one.

OpenAI, Voyage and everything that speaks like them answer `{"data": [{"index": 0, "embedding": [...]}, ...]}`, in
whatever order.
"""

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from desk.errors import Permanent, Temporary
from desk.text.tokenizer import clean
from knowledge.remote.json_http import JsonHttpClient
from knowledge.remote.token_budget import TokenBudget

MOST_BYTES = 100_000
"""Of the texts of one request. No token is shorter than a byte, and the narrowest limit is Voyage's of 120,000."""

MOST_DIMENSIONS = 4_000
"""What pgvector's HNSW index takes of a `halfvec`."""

NOTHING = "-"
"""Stands for an empty text, which these APIs refuse."""


class EmbeddingsApi:
    """The vectors of one model; `options` go into each request. Learns their size from the first answer, if it was not
    told. Safe between threads."""

    def __init__(
        self,
        client: JsonHttpClient,
        model: str,
        token_budget: TokenBudget,
        max_batch: int,
        dimensions: int | None,
        options: Mapping[str, object],
    ) -> None:
        self.window = token_budget.window
        self._client = client
        self._model = model
        self._token_budget = token_budget
        self._max_batch = max_batch
        self._dimensions = dimensions
        self._options = options
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str], prefix: str = "", **options: object) -> list[list[float]]:
        """One vector of unit length per text, in order. Raises Temporary, Permanent."""
        inputs = [prefix + (self._token_budget.cut(clean(text)).strip() or NOTHING) for text in texts]
        vectors: list[list[float]] = []
        for batch in _batches(inputs, self._max_batch):
            response = self._client.post({"model": self._model, "input": batch, **options, **self._options})
            vectors += self._parse_vectors(response, len(batch))
        return vectors

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has; asked once, when it was neither set nor seen yet."""
        if self._dimensions is None:
            self.embed(["size"])
        return self._dimensions or 0

    def count_tokens(self, text: str) -> int:
        """Counted here, see `knowledge/remote/token_budget.py`."""
        return self._token_budget.count(text)

    def _parse_vectors(self, response: Any, count: int) -> list[list[float]]:
        vectors = _vectors_in_order(response, count)
        if vectors is None:
            raise Temporary(f"{self._client.party} answered {count} texts with something else than their vectors")
        return [self._unit_vector(vector) for vector in vectors]

    def _unit_vector(self, numbers: object) -> list[float]:
        try:
            vector = np.array(numbers, dtype=np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise Temporary(f"{self._client.party} answered with a vector that is none") from error
        length = float(np.linalg.norm(vector)) if vector.ndim == 1 else 0.0
        if not np.isfinite(length) or length < 1e-9:
            raise Temporary(f"{self._client.party} answered with a vector of no length")
        self._check_dimensions(len(vector))
        unit: list[float] = (vector / length).tolist()
        return unit

    def _check_dimensions(self, size: int) -> None:
        with self._lock:
            self._dimensions = self._dimensions or size
            if size != self._dimensions:
                raise Permanent(
                    f"{self._client.party} gave {size} numbers for {self._model}, not {self._dimensions}: "
                    "FIRSTLINE_EMBEDDER_DIMENSIONS must be a size that the model has, or not be set"
                )
        if size > MOST_DIMENSIONS:
            raise Permanent(
                f"{self._model} has {size} dimensions, and at most {MOST_DIMENSIONS} can be indexed: "
                "set FIRSTLINE_EMBEDDER_DIMENSIONS, if the model can give fewer, or take another"
            )


def embedder_name(provider: str, model: str, dimensions: int | None, document_prefix: str = "") -> str:
    """What the vectors are kept under: `voyage:voyage-4`, `openai:text-embedding-3-large@256`. A size that was not
    asked for is the model's own, which its name stands for; a document prefix makes other vectors."""
    size = f"@{dimensions}" if dimensions else ""
    prefix = f"+{hashlib.sha256(document_prefix.encode(errors='replace')).hexdigest()[:8]}" if document_prefix else ""
    return f"{provider}:{model}{size}{prefix}"


def _batches(texts: Sequence[str], max_batch: int) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        text_size = len(text.encode())
        if batch and (len(batch) >= max_batch or size + text_size > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += text_size
    if batch:
        yield batch


def _vectors_in_order(response: Any, count: int) -> list[object] | None:
    """The vectors by `index`; None unless there is one for each text."""
    try:
        vectors_by_index = {entry["index"]: entry["embedding"] for entry in response["data"]}
        complete = len(response["data"]) == count
    except (TypeError, KeyError):
        return None
    return (
        [vectors_by_index[index] for index in range(count)]
        if complete and vectors_by_index.keys() == set(range(count))
        else None
    )
