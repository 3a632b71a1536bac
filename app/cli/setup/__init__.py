"""Commands on who may do what and what is connected."""
