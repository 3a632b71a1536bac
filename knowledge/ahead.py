"""One batch of passages is embedded while the batch before it is written and the next is cut."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType

from desk.ports import Embedder
from knowledge.prepare import ReadyDocument

TEXTS_AT_ONCE = 64
"""So that the vectors of a page of any length are held as text alone, which is smaller than lists of numbers."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Documents and, by content hash, the vectors of all their passages as Postgres reads them. `made`: how many of
    the vectors are new."""

    documents: Sequence[ReadyDocument]
    vectors: dict[bytes, str]
    made: int


@dataclass(slots=True)
class _Batch:
    documents: Sequence[ReadyDocument]
    vectors: dict[bytes, str]
    missing: list[bytes]
    making: Future[list[str]] = field(init=False)


class Ahead:
    """At most two batches are in hand: the one that is embedded, in a thread of its own, and the one handed back."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._thread = ThreadPoolExecutor(1, "embed")
        self._flying: _Batch | None = None

    def __enter__(self) -> "Ahead":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(cancel_futures=True)

    def send(self, documents: Sequence[ReadyDocument], vectors: dict[bytes, str]) -> Embedded | None:
        """Have a batch embedded but for the `vectors` that are there; the batch before it, done. Raises what the
        embedder raised on that."""
        texts = {passage.content_hash: passage.embedded for ready in documents for passage in ready.passages}
        before = self._flying
        coming = {*before.vectors, *before.missing} if before else set()
        batch = _Batch(documents, vectors, [key for key in texts if key not in vectors and key not in coming])
        batch.making = self._thread.submit(_embed, self._embedder, [texts[key] for key in batch.missing])
        done = self.last()
        if done:
            batch.vectors |= {key: done.vectors[key] for key in texts.keys() & coming}
        self._flying = batch
        return done

    def last(self) -> Embedded | None:
        """The batch that was sent last, done; None if there is none."""
        batch, self._flying = self._flying, None
        if batch is None:
            return None
        made = dict(zip(batch.missing, batch.making.result(), strict=True))
        return Embedded(batch.documents, batch.vectors | made, len(made))


def _embed(embedder: Embedder, texts: Sequence[str]) -> list[str]:
    made: list[str] = []
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        made += map(str, embedder.embed_documents(texts[start : start + TEXTS_AT_ONCE]))
    return made
