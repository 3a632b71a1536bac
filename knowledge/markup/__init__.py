"""From a page to headed sections of blocks: HTML, Markdown and plain text."""
