"""What `firstline doctor` and `/ready` look at."""
