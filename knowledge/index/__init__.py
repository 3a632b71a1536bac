"""The index in Postgres: documents, passages, vectors, BM25 weights, and embedding model versions."""
