"""The fused order's best, weighed anew by a reranker; while that does not answer, the fused order stands."""

import time
from collections.abc import Sequence
from dataclasses import replace

import structlog

from desk.errors import Permanent, Temporary
from desk.passage import Hit, Passage
from desk.ports import Reranker

WEIGHED = 40
"""How many of the best it is given."""

REST_SECONDS = 30.0
"""How long it is left alone after a failure, so that not every question waits for its time-out; Retry-After may ask
for more, and gets up to ten times this."""

log = structlog.get_logger(__name__)


class RerankStep:
    """One process's view of its reranker. Safe between threads."""

    def __init__(self, reranker: Reranker) -> None:
        self._reranker = reranker
        self._retry_at = 0.0

    def reorder(self, account: str, query: str, hits: Sequence[Hit]) -> list[Hit]:
        """All hits, the first `WEIGHED` of them by the reranker's score; as they are when it fails."""
        if len(hits) < 2 or time.monotonic() < self._retry_at:
            return list(hits)
        top_hits, remaining = hits[:WEIGHED], hits[WEIGHED:]
        try:
            scores = self._reranker.rerank(query, [_rerank_text(hit.passage) for hit in top_hits])
        except (Temporary, Permanent) as error:
            retry_after = error.retry_after if isinstance(error, Temporary) else None
            self._retry_at = time.monotonic() + min(max(retry_after or 0.0, REST_SECONDS), 10 * REST_SECONDS)
            log.warning("not reranked", account=account, reranker=self._reranker.name, why=str(error))
            return list(hits)
        reranked = [replace(hit, reranked=score) for hit, score in zip(top_hits, scores, strict=True)]
        return [*sorted(reranked, key=lambda hit: -(hit.reranked or 0.0)), *remaining]


def _rerank_text(passage: Passage) -> str:
    """The passage under its title and headings, as it was embedded."""
    return "\n".join([" > ".join([passage.title, *passage.headings]), passage.text])
