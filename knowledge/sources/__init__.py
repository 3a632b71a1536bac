"""Where pages come from, one file each; `app/bootstrap.py` lists them."""
