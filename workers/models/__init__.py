"""The language models: who reads a message and drafts an answer. One file each."""
