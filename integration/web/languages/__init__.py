"""The pages in their reader's language: one `.po` file for each, and how a page finds and speaks it."""
