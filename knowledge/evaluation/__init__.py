"""How well search finds what it should: question sets, and the figures made of them."""
