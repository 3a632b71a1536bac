"""PDF and Word files; and the process of their own in which they and all other formats are read into HTML."""
