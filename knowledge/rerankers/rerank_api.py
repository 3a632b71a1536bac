"""The `/rerank` API that Cohere began and most speak: Cohere, Jina, vLLM, llama.cpp, LiteLLM, Infinity, and Voyage.

A query and documents go in, `[{"index": 3, "relevance_score": 0.91}, ...]` comes back, best first, under `results` or
(Voyage) `data`. Nothing but what all of them know is sent: some refuse a field they do not.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from desk.errors import Temporary
from desk.text.tokenizer import clean
from knowledge.remote.json_http import JsonHttpClient

MOST_QUERY = 4_000
MOST_TEXT = 8_000
"""Characters; a passage has some 1,500. What stands behind them is not weighed."""


class RerankAPI:
    """One reranking model (desk.ports.Reranker)."""

    def __init__(self, wire: JsonHttpClient, model: str) -> None:
        self.name = model
        self._wire = wire

    def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """One score per text, in order; the higher, the better it answers. Raises Temporary and Permanent."""
        if not texts:
            return []
        body = {
            "model": self.name,
            "query": clean(query)[:MOST_QUERY] or "-",
            "documents": [clean(text)[:MOST_TEXT] or "-" for text in texts],
        }
        scores = _scores(self._wire.post(body), len(texts))
        if scores is None:
            raise Temporary(f"{self._wire.party} answered {len(texts)} texts with something else than their scores")
        return scores


def _scores(answer: Any, count: int) -> list[float] | None:
    """The scores by `index`; None unless there is a number for each text."""
    try:
        given = answer["results"] if "results" in answer else answer["data"]
        scores = {entry["index"]: float(entry["relevance_score"]) for entry in given}
        complete = len(given) == count and scores.keys() == set(range(count))
    except (TypeError, KeyError, ValueError):
        return None
    ordered = [scores[place] for place in range(count)] if complete else []
    return ordered if complete and bool(np.isfinite(ordered).all()) else None
