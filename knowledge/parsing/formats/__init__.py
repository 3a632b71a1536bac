"""Formats that are written as text: reStructuredText, AsciiDoc, Rich Text, mails and tables, each read into HTML."""
