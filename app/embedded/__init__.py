"""PostgreSQL and Redis as our own children, and the places on disk they live in."""
