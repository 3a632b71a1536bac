"""The usual stacks on the same documents. They pin other versions than the product, so they run in an environment of
their own (`requirements.txt` here), which imports nothing of the product but its embedder."""
