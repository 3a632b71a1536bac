"""The library: documents, passages, vectors, search."""
