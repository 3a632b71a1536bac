"""What a lead lives in: the first screen, the queue of drafts, who did what, and people."""
