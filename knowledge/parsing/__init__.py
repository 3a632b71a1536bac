"""From a page or file to headed sections of blocks: HTML, Markdown, plain text, and files."""
