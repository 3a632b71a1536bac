"""LangChain's PGVectorStore (langchain-postgres), dense and hybrid.

Split as its tutorials do: RecursiveCharacterTextSplitter, 1,000 characters, 200 shared. The hybrid has its text column
and the GIN index that it recommends; its defaults else (`plainto_tsquery`, a weighted sum of both halves). The
incremental path is `index()` with an SQLRecordManager in the same Postgres.
"""

from collections.abc import Mapping

from langchain_classic.indexes import SQLRecordManager
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.indexing import index
from langchain_postgres import Column, PGEngine, PGVectorStore
from langchain_postgres.v2.hybrid_search_config import HybridSearchConfig
from langchain_text_splitters import RecursiveCharacterTextSplitter
from sqlalchemy import create_engine, text

from bench.remembering import Remembering
from bench.stopwatch import Documents

PASSAGES = 20


class Vectors(Embeddings):
    """The embedder as LangChain calls it."""

    def __init__(self, memory: Remembering) -> None:
        self._memory = memory

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector per text."""
        return self._memory.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self._memory.embed_query(text)


class LangChain:
    """One table in the peers' database."""

    def __init__(
        self, url: str, memory: Remembering, table: str, hybrid: bool, passages: Mapping[str, list[str]] | None
    ) -> None:
        self.name = f"LangChain {'hybrid' if hybrid else 'dense'}{', our passages' if passages else ''}"
        self._url = url.replace("postgresql://", "postgresql+psycopg://")
        self._table, self._passages = table, passages
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        engine = PGEngine.from_connection_string(self._url.replace("+psycopg", "+asyncpg"))
        config = _hybrid(table) if hybrid else None
        engine.init_vectorstore_table(
            table,
            memory.dimensions,
            overwrite_existing=True,
            hybrid_search_config=config,
            id_column=Column("langchain_id", "TEXT", nullable=False),
        )
        self._store = PGVectorStore.create_sync(engine, Vectors(memory), table, hybrid_search_config=config)
        if config:
            self._store.apply_hybrid_search_index()
        self._sql = create_engine(self._url)
        self._records = SQLRecordManager(f"bench/{table}", engine=self._sql)
        self._records.create_schema()

    def write(self, documents: Documents) -> None:
        """`add_documents` under ids of our own: what is there is written over."""
        split = self._split(documents)
        self._store.add_documents(split, ids=[str(number) for number in range(len(split))])

    def sync(self, documents: Documents) -> None:
        """`index()`, full clean-up: what is gone leaves the index, as it does in Firstline."""
        index(
            self._split(documents),
            self._records,
            self._store,
            cleanup="full",
            source_id_key="document",
            key_encoder="sha256",
        )

    def ask(self, question: str) -> list[str]:
        """The documents of the best passages."""
        return [each.metadata["document"] for each in self._store.similarity_search(question, k=PASSAGES)]

    def clear(self) -> None:
        """Empty the table and the records."""
        with self._sql.begin() as connection:
            connection.execute(text(f'TRUNCATE "{self._table}"'))
        self._records.delete_keys(self._records.list_keys())

    def _split(self, documents: Documents) -> list[Document]:
        if self._passages is None:
            pages = [Document(whole(each), metadata={"document": each["id"]}) for each in documents]
            return self._splitter.split_documents(pages)
        return [
            Document(passage, metadata={"document": each["id"]})
            for each in documents
            for passage in self._passages[each["text"]]
        ]


def whole(document: Mapping[str, str]) -> str:
    """The text with its title, where it does not begin with it."""
    body, title = document["text"], document["title"]
    return body if body.lstrip("# \n").startswith(title) else f"{title}\n\n{body}"


def _hybrid(table: str) -> HybridSearchConfig:
    return HybridSearchConfig(
        tsv_column="content_tsv", primary_top_k=PASSAGES, secondary_top_k=PASSAGES, index_name=f"{table}_tsv"
    )
