"""Measurements. `python -m bench` lists them; each says beside its figures how they were made."""
