"""From a source to the index: sync, parse, chunk, embed, write, and what may be deleted."""
