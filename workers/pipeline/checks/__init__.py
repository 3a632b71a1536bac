"""Checks of a draft against its sources, and of how it speaks."""
