"""The walk of one item from its claim to its deliveries, and of one delivery to the other side."""
