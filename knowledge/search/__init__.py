"""A question answered with hits: query embedding, hybrid search, fusion, re-rank, merge."""
