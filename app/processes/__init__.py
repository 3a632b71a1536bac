"""The processes of the product on one machine and on many, and who keeps them alive."""
