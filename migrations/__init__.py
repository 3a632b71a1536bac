"""The database's history. `firstline migrate` runs it under the owner's role."""
