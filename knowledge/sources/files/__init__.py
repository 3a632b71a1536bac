"""From a file of a folder to a page: its kind, its charset, its front matter, and whether it is published at all."""
