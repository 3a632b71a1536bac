"""LlamaIndex's PGVectorStore in hybrid mode.

Split as it does by default: SentenceSplitter, 1,024 tokens, 200 shared. The incremental path is an IngestionPipeline
with a document store, which is read from its file before each run and written after it, as in a process of its own.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import BaseNode, NodeRelationship, RelatedNodeInfo, TextNode, TransformComponent
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.vector_stores.postgres import PGVectorStore
from pydantic import PrivateAttr

from bench.peers.lang_chain import whole
from bench.remembering import Remembering
from bench.stopwatch import Documents

PASSAGES = 20


class Vectors(BaseEmbedding):
    """The embedder as LlamaIndex calls it."""

    _memory: Remembering = PrivateAttr()

    def __init__(self, memory: Remembering) -> None:
        super().__init__(model_name=memory.name, embed_batch_size=256)
        self._memory = memory

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._memory.embed_query(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._memory.embed_query(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._memory.embed_documents([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._memory.embed_documents(texts)


class OurPassages(TransformComponent):
    """Instead of a splitter: the passages that Firstline cuts a document into."""

    passages: dict[str, list[str]]

    def __call__(self, nodes: Any, **_: Any) -> list[BaseNode]:
        """As the splitters do."""
        return [
            TextNode(text=passage, relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=node.node_id)})
            for node in nodes
            for passage in self.passages[node.metadata["text"]]
        ]


class LlamaIndex:
    """One table in the peers' database."""

    def __init__(self, url: str, memory: Remembering, table: str, passages: Mapping[str, list[str]] | None) -> None:
        self.name = f"LlamaIndex hybrid{', our passages' if passages else ''}"
        self._vectors = Vectors(memory)
        self._passages = passages
        split = OurPassages(passages=dict(passages)) if passages else SentenceSplitter()
        self._steps = [split, self._vectors]
        self._store = PGVectorStore(
            connection_string=url.replace("postgresql://", "postgresql+psycopg2://"),
            async_connection_string=url.replace("postgresql://", "postgresql+asyncpg://"),
            table_name=table,
            hybrid_search=True,
            embed_dim=memory.dimensions,
        )
        self._folder = tempfile.TemporaryDirectory()
        self._file = Path(self._folder.name, "documents.json")
        index = VectorStoreIndex.from_vector_store(self._store, embed_model=self._vectors)
        self._retriever = index.as_retriever(
            vector_store_query_mode="hybrid", similarity_top_k=PASSAGES, sparse_top_k=PASSAGES
        )

    def write(self, documents: Documents) -> None:
        """The pipeline without a document store: everything anew, after the table is emptied."""
        self._store.clear()
        IngestionPipeline(transformations=self._steps, vector_store=self._store, disable_cache=True).run(
            documents=self._given(documents)
        )

    def sync(self, documents: Documents) -> None:
        """The pipeline with a document store."""
        known = SimpleDocumentStore.from_persist_path(str(self._file)) if self._file.exists() else SimpleDocumentStore()
        IngestionPipeline(
            transformations=self._steps,
            vector_store=self._store,
            docstore=known,
            docstore_strategy=DocstoreStrategy.UPSERTS_AND_DELETE,
            disable_cache=True,
        ).run(documents=self._given(documents))
        known.persist(str(self._file))

    def ask(self, question: str) -> list[str]:
        """The documents of the best passages."""
        return [each.node.ref_doc_id or "" for each in self._retriever.retrieve(question)]

    def clear(self) -> None:
        """Empty the table and the document store."""
        self._store.clear()
        self._file.unlink(missing_ok=True)

    def _given(self, documents: Documents) -> list[Document]:
        return [self._document(each) for each in documents]

    def _document(self, given: Mapping[str, str]) -> Document:
        if self._passages is None:
            return Document(id_=given["id"], text=whole(given))
        return Document(id_=given["id"], text="", metadata={"text": given["text"]})
