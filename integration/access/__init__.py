"""Who may come in, and how that is proven: sign-in, tokens, permissions, signatures, idempotency keys."""
