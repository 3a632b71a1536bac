"""One batch of passages is embedded while the batch before it is written and the next is cut.

A batch that fails is tried again document by document, so that a text no embedder takes costs its own page alone. An
embedder that fails with any text at all is away, or set up wrongly: that ends the run.
"""

import math
from collections.abc import Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType

from desk.errors import FirstlineError, Permanent
from desk.ports import Embedder
from knowledge.index.document import PreparedDocument

TEXTS_AT_ONCE = 64
"""So that the vectors of a page of any length are held as text alone, which is smaller than lists of numbers."""

PROBE = "probe"
"""A text that every embedder takes."""


@dataclass(frozen=True, slots=True)
class EmbeddedBatch:
    """Documents and, by content hash, the vectors of all their passages as Postgres reads them. `made`: how many of
    the vectors are new. `failed`: why the others of the batch could not be embedded, by their ids."""

    documents: Sequence[PreparedDocument]
    vectors: dict[bytes, str]
    made: int
    failed: dict[str, str]


@dataclass(slots=True)
class _Batch:
    documents: Sequence[PreparedDocument]
    vectors: dict[bytes, str]
    missing: list[bytes]
    making: Future[list[str]] = field(init=False)


class EmbedAhead:
    """At most two batches are in hand: the one that is embedded, in a thread of its own, and the one handed back."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._thread = ThreadPoolExecutor(1, "embed")
        self._flying: _Batch | None = None

    def __enter__(self) -> "EmbedAhead":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(cancel_futures=True)

    def send(self, documents: Sequence[PreparedDocument], vectors: dict[bytes, str]) -> EmbeddedBatch | None:
        """Have a batch embedded but for the `vectors` that are there; the batch before it, done. Raises what the
        embedder raised on that."""
        texts = _texts(documents)
        before = self._flying
        coming = {*before.vectors, *before.missing} if before else set()
        batch = _Batch(documents, vectors, [key for key in texts if key not in vectors and key not in coming])
        batch.making = self._thread.submit(_embed, self._embedder, [texts[key] for key in batch.missing])
        done = self.last()
        if done:
            batch.vectors |= {key: done.vectors[key] for key in texts.keys() & coming & done.vectors.keys()}
        self._flying = batch
        return done

    def last(self) -> EmbeddedBatch | None:
        """The batch that was sent last, done; None if there is none."""
        batch, self._flying = self._flying, None
        if batch is None:
            return None
        try:
            made = dict(zip(batch.missing, batch.making.result(), strict=True))
        except Exception as error:  # noqa: BLE001  # whatever it trips over: is it the embedder, or a text?
            self._probe(error)
            made = {}
        return self._whole(batch, made)

    def _whole(self, batch: _Batch, made: dict[bytes, str]) -> EmbeddedBatch:
        """What is still missing (after a failure) is made document by document."""
        whole, failed = list[PreparedDocument](), dict[str, str]()
        for ready in batch.documents:
            try:
                made |= self._missing(ready, batch.vectors.keys() | made.keys())
                whole.append(ready)
            except Exception as error:  # noqa: BLE001  # as above
                self._probe(error)
                failed[ready.external_id] = _why(error)
        return EmbeddedBatch(whole, batch.vectors | made, len(made), failed)

    def _missing(self, ready: PreparedDocument, there: Set[bytes]) -> dict[bytes, str]:
        texts = {key: text for key, text in _texts([ready]).items() if key not in there}
        made = self._thread.submit(_embed, self._embedder, list(texts.values())).result() if texts else []
        return dict(zip(texts, made, strict=True))

    def _probe(self, error: Exception) -> None:
        """Raises the error, if it is none of the text's: the embedder takes no other text either."""
        try:
            self._thread.submit(_embed, self._embedder, [PROBE]).result()
        except Exception:  # noqa: BLE001  # the first error says more
            raise error from None


def _texts(documents: Sequence[PreparedDocument]) -> dict[bytes, str]:
    return {passage.content_hash: passage.embedded for ready in documents for passage in ready.passages}


def _why(error: Exception) -> str:
    """An error of ours says it in words; of another, its kind must do: it may hold the text."""
    return f"cannot be embedded: {error if isinstance(error, FirstlineError) else type(error).__name__}"


def _embed(embedder: Embedder, texts: Sequence[str]) -> list[str]:
    made: list[str] = []
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        made += map(_written, embedder.embed_documents(texts[start : start + TEXTS_AT_ONCE]))
    return made


def _written(vector: Sequence[float]) -> str:
    if not all(map(math.isfinite, vector)):
        raise Permanent("the embedder gave a vector that is none")
    return str(vector)
