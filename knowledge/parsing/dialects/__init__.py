"""The dialects of Markdown that site generators read: their tags, boxes, tabs and variables become plain Markdown."""
