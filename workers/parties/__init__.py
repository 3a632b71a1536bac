"""Outside services that are away: how each stands, whose a trouble is, and what people are told meanwhile."""
