"""Every server that speaks OpenAI's `/v1/embeddings`: OpenAI, vLLM, Ollama, LM Studio, text-embeddings-inference.

https://platform.openai.com/docs/api-reference/embeddings. Which text a model wants before questions and documents
("query: ", "search_document: ") stands on its card, and goes into the settings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.remote.embeddings_api import EmbeddingsApi, embedder_name
from knowledge.remote.json_http import JsonHttpClient
from knowledge.remote.token_budget import TokenBudget

URL = "https://api.openai.com/v1/embeddings"
MODEL = "text-embedding-3-small"
WINDOW = 8_192


@dataclass(frozen=True, slots=True)
class Prefixes:
    """What stands before every question, and before every document."""

    query: str = ""
    document: str = ""

    @property
    def longer(self) -> str:
        """The one that takes more of the window."""
        return max(self.query, self.document, key=lambda prefix: len(prefix.encode(errors="replace")))


class OpenAICompatible(EmbeddingsApi):
    """Vectors of one model (desk.ports.Embedder). `dimensions` only where another size than its own is wanted, and can
    be had; `token_budget` has the longer prefix taken off the window."""

    def __init__(
        self,
        client: JsonHttpClient,
        model: str,
        token_budget: TokenBudget,
        dimensions: int | None = None,
        prefixes: Prefixes = Prefixes(),
        most_texts: int = 32,
    ) -> None:
        options = {"encoding_format": "float"} | ({"dimensions": dimensions} if dimensions else {})
        super().__init__(client, model, token_budget, most_texts, dimensions, options)
        self.name = embedder_name("openai", model, dimensions, prefixes.document)
        self._prefixes = prefixes

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text, in order."""
        return self.embed(texts, self._prefixes.document)

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self.embed([text], self._prefixes.query)[0]
