"""Doors and telephones: one folder per outside party, and who may come in."""
