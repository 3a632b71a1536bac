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

    def __init__(self, client: JsonHttpClient, model: str) -> None:
        self.name = model
        self._client = client

    def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """One score per text, in order; the higher, the better it answers. Raises Temporary and Permanent."""
        if not texts:
            return []
        body = {
            "model": self.name,
            "query": clean(query)[:MOST_QUERY] or "-",
            "documents": [clean(text)[:MOST_TEXT] or "-" for text in texts],
        }
        scores = _parse_scores(self._client.post(body), len(texts))
        if scores is None:
            raise Temporary(f"{self._client.party} answered {len(texts)} texts with something else than their scores")
        return scores


def _parse_scores(response: Any, count: int) -> list[float] | None:
    """The scores by `index`; None unless there is a number for each text."""
    try:
        results = response["results"] if "results" in response else response["data"]
        scores = {entry["index"]: float(entry["relevance_score"]) for entry in results}
        complete = len(results) == count and scores.keys() == set(range(count))
    except (TypeError, KeyError, ValueError):
        return None
    scores_in_order = [scores[index] for index in range(count)] if complete else []
    return scores_in_order if complete and bool(np.isfinite(scores_in_order).all()) else None
