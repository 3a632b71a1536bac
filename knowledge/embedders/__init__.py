"""Embedders, one file each; `app/bootstrap.py` lists them."""
