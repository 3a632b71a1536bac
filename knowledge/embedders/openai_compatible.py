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


class OpenAICompatible:
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
        self.name = embedder_name("openai", model, dimensions, prefixes.document)
        self.window = token_budget.window
        self._token_budget = token_budget
        self._prefixes = prefixes
        self._api = EmbeddingsApi(client, model, token_budget, most_texts, dimensions)
        self._options: dict[str, object] = {"encoding_format": "float"}
        if dimensions:
            self._options["dimensions"] = dimensions

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has; asked once, if it was not set."""
        return self._api.dimensions(self._options)

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text, in order."""
        return self._api.embed(texts, self._options, self._prefixes.document)

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self._api.embed([text], self._options, self._prefixes.query)[0]

    def count_tokens(self, text: str) -> int:
        """Counted here, see `knowledge/remote/token_budget.py`."""
        return self._token_budget.count(text)
