"""What embedders and rerankers behind an API share: the line, the vectors that come over it, lengths."""
