"""A look-alike of the providers of vectors and rankings.

`POST /v1/embeddings` is OpenAI's, `POST /voyage/v1/embeddings` Voyage's, `POST /v1/rerank` Cohere's (and Jina's,
vLLM's), `POST /voyage/v1/rerank` Voyage's. Vectors are hashed words, so texts that share words lie close, and are not
of unit length; answers come in no helpful order. A model called `...-16` gives 16 numbers, one without a number 384.

Effects: `embedded`, with the model, the texts and how they were meant, and `reranked`.
"""

import hashlib
import re
from typing import Any

from tests.lookalikes.stage import Answer, LookAlike, Request, serve

KEY = "key-look-alike"
MOST_TEXTS = 128
MOST_TOKENS = 8_000
_VOYAGE_FIELDS = {"input", "model", "input_type", "truncation", "output_dimension", "output_dtype", "encoding_format"}
_RERANK_FIELDS = {"query", "documents", "model"}


class Refusal(Exception):
    """An error as this provider words it."""

    def __init__(self, status: int, message: str, code: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


class Embeddings(LookAlike):
    """Both kinds of provider. `key` is what it takes; None takes all."""

    name = "embeddings"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.key: str | None = KEY

    def answer(self, request: Request) -> Answer:
        """Vectors or scores."""
        voyage = request.path.startswith("/voyage")
        try:
            if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
                raise Refusal(401, "Incorrect API key provided.", "invalid_api_key")
            body = request.json
            if request.path.endswith("/v1/embeddings"):
                return Answer(body=self._embed(body, voyage))
            if request.path.endswith("/v1/rerank"):
                return Answer(body=self._rerank(body, voyage))
            raise Refusal(404, "Not found.", "not_found")
        except Refusal as refusal:
            if voyage:
                return Answer(refusal.status, {"detail": refusal.message})
            error = {"message": refusal.message, "type": "invalid_request_error", "param": None, "code": refusal.code}
            return Answer(refusal.status, {"error": error})

    def _embed(self, body: dict[str, Any], voyage: bool) -> dict[str, Any]:
        texts, model = body["input"], body["model"]
        if voyage and (odd := body.keys() - _VOYAGE_FIELDS):
            raise Refusal(400, f"Argument {sorted(odd)} is not supported by our API.")
        if model == "unknown":
            raise Refusal(404, "The model `unknown` does not exist.", "model_not_found")
        if not texts or len(texts) > MOST_TEXTS or not all(texts):
            raise Refusal(400, f"'$.input' is invalid: {texts!r}")
        if any(len(text.encode()) > 4 * MOST_TOKENS for text in texts):
            raise Refusal(400, "This model's maximum context length is exceeded.", "context_length_exceeded")
        size = body.get("output_dimension") or body.get("dimensions") or _size(model)
        self.note("embedded", model=model, texts=texts, meant=body.get("input_type"), size=size)
        data = [
            {"object": "embedding", "index": place, "embedding": vector(model, text, size)}
            for place, text in enumerate(texts)
        ]
        return {"object": "list", "data": data[::-1], "model": model, "usage": {"total_tokens": len(texts)}}

    def _rerank(self, body: dict[str, Any], voyage: bool) -> dict[str, Any]:
        if odd := body.keys() - _RERANK_FIELDS:
            raise Refusal(400, f"Argument {sorted(odd)} is not supported by our API.")
        asked = set(_words(body["query"]))
        self.note("reranked", model=body["model"], query=body["query"], texts=body["documents"])
        scores = [len(asked & set(_words(text))) / (1 + len(text)) for text in body["documents"]]
        best = sorted(enumerate(scores), key=lambda pair: -pair[1])
        results = [{"index": place, "relevance_score": value} for place, value in best]
        return {"object": "list", "data": results} if voyage else {"id": "r1", "results": results, "meta": {}}


def vector(model: str, text: str, size: int) -> list[float]:
    """Counts of hashed words; another model hashes otherwise."""
    numbers = [0.01] * size
    for word in _words(text):
        digest = hashlib.sha256(f"{model} {word}".encode()).digest()
        numbers[int.from_bytes(digest[:4]) % size] += 1.0
    return numbers


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _size(model: str) -> int:
    number = re.search(r"-(\d+)$", model)
    return int(number[1]) if number else 384


if __name__ == "__main__":
    serve(Embeddings)
