"""Voyage AI, which puts its own prompts before questions and documents, by `input_type`.

https://docs.voyageai.com/reference/embeddings-api
"""

from collections.abc import Sequence

from knowledge.remote.embeddings_api import EmbeddingsApi, embedder_name
from knowledge.remote.json_http import JsonHttpClient
from knowledge.remote.token_budget import TokenBudget

URL = "https://api.voyageai.com/v1/embeddings"
MODEL = "voyage-4"
WINDOW = 32_000
MOST_TEXTS = 128


class Voyage(EmbeddingsApi):
    """Vectors of a Voyage model (desk.ports.Embedder). `dimensions` only where another size than its own is wanted."""

    def __init__(
        self, client: JsonHttpClient, model: str, token_budget: TokenBudget, dimensions: int | None = None
    ) -> None:
        # Not cut by them: what does not fit is an error to be seen, not text that no vector stands for.
        options = {"truncation": False} | ({"output_dimension": dimensions} if dimensions else {})
        super().__init__(client, model, token_budget, MOST_TEXTS, dimensions, options)
        self.name = embedder_name("voyage", model, dimensions)

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text, in order."""
        return self.embed(texts, input_type="document")

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self.embed([text], input_type="query")[0]
