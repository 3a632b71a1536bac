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
    """Documents and, by content hash, the vectors of all their passages as Postgres reads them. `new_vectors`: how
    many of the vectors are new. `failed`: why the others of the batch could not be embedded, by their ids."""

    documents: Sequence[PreparedDocument]
    vectors: dict[bytes, str]
    new_vectors: int
    failed: dict[str, str]


@dataclass(slots=True)
class _PendingBatch:
    documents: Sequence[PreparedDocument]
    vectors: dict[bytes, str]
    missing: list[bytes]
    future: Future[list[str]] = field(init=False)


class EmbedAhead:
    """At most two batches are in hand: the one that is embedded, in a thread of its own, and the one handed back."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._thread = ThreadPoolExecutor(1, "embed")
        self._in_flight: _PendingBatch | None = None

    def __enter__(self) -> "EmbedAhead":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(cancel_futures=True)

    def submit_batch(self, documents: Sequence[PreparedDocument], vectors: dict[bytes, str]) -> EmbeddedBatch | None:
        """Have a batch embedded but for the `vectors` that are there; the batch before it, done. Raises what the
        embedder raised on that."""
        texts, previous = _texts_by_hash(documents), self._in_flight
        pending = {*previous.vectors, *previous.missing} if previous else set()
        known = vectors.keys() | pending
        missing = [content_hash for content_hash in texts if content_hash not in known]
        batch = _PendingBatch(documents, vectors, missing)
        batch.future = self._thread.submit(_embed_texts, self._embedder, [texts[each] for each in missing])
        finished = self.collect()
        if finished:
            batch.vectors |= {each: finished.vectors[each] for each in texts.keys() & pending & finished.vectors.keys()}
        self._in_flight = batch
        return finished

    def collect(self) -> EmbeddedBatch | None:
        """The batch that was sent last, done; None if there is none."""
        batch, self._in_flight = self._in_flight, None
        if batch is None:
            return None
        try:
            new_vectors = dict(zip(batch.missing, batch.future.result(), strict=True))
        except Exception as error:  # noqa: BLE001  # whatever it trips over: is it the embedder, or a text?
            self._raise_unless_embedder_works(error)
            new_vectors = {}
        return self._complete_batch(batch, new_vectors)

    def _complete_batch(self, batch: _PendingBatch, new_vectors: dict[bytes, str]) -> EmbeddedBatch:
        """What is still missing (after a failure) is made document by document."""
        embedded, failed = list[PreparedDocument](), dict[str, str]()
        for document in batch.documents:
            try:
                new_vectors |= self._embed_missing(document, batch.vectors.keys() | new_vectors.keys())
                embedded.append(document)
            except Exception as error:  # noqa: BLE001  # as above
                self._raise_unless_embedder_works(error)
                failed[document.external_id] = _failure_message(error)
        return EmbeddedBatch(embedded, batch.vectors | new_vectors, len(new_vectors), failed)

    def _embed_missing(self, document: PreparedDocument, existing_hashes: Set[bytes]) -> dict[bytes, str]:
        texts = {
            content_hash: text
            for content_hash, text in _texts_by_hash([document]).items()
            if content_hash not in existing_hashes
        }
        vectors = self._thread.submit(_embed_texts, self._embedder, list(texts.values())).result() if texts else []
        return dict(zip(texts, vectors, strict=True))

    def _raise_unless_embedder_works(self, error: Exception) -> None:
        """Raises the error, if it is none of the text's: the embedder takes no other text either."""
        try:
            self._thread.submit(_embed_texts, self._embedder, [PROBE]).result()
        except Exception:  # noqa: BLE001  # the first error says more
            raise error from None


def _texts_by_hash(documents: Sequence[PreparedDocument]) -> dict[bytes, str]:
    return {passage.content_hash: passage.embedded for document in documents for passage in document.passages}


def _failure_message(error: Exception) -> str:
    """An error of ours says it in words; of another, its kind must do: it may hold the text."""
    return f"cannot be embedded: {error if isinstance(error, FirstlineError) else type(error).__name__}"


def _embed_texts(embedder: Embedder, texts: Sequence[str]) -> list[str]:
    vectors: list[str] = []
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        vectors += map(_vector_literal, embedder.embed_documents(texts[start : start + TEXTS_AT_ONCE]))
    return vectors


def _vector_literal(vector: Sequence[float]) -> str:
    if not all(map(math.isfinite, vector)):
        raise Permanent("the embedder gave a vector that is none")
    return str(vector)
