"""The rungs of the ladder: who reads a message and drafts an answer. One file each."""
