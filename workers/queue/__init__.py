"""What waits and who has it: inbox, outbox, leases, back-off, and what becomes of a failure."""
