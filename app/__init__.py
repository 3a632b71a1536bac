"""The roof: builds everything, owns the registries, starts the processes and the `firstline` command."""
