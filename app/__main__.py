"""`python -m app` is the `firstline` command."""

from app.cli import main

main()
