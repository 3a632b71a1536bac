"""PDF and Word files, read into HTML in a process of their own."""
