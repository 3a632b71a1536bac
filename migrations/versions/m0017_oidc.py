"""Signing in by OpenID Connect: what was begun, and who of the provider's people is which user."""

from migrations.rights import ACCOUNT, NOW, create_table

revision = "0017"
down_revision = "0016"

ATTEMPTS = f"""
    {ACCOUNT},
    state text PRIMARY KEY,
    browser text NOT NULL,
    kept bytea NOT NULL,
    ends_at timestamptz NOT NULL"""

IDENTITIES = f"""
    {ACCOUNT},
    issuer text,
    subject text,
    user_id uuid NOT NULL,
    bound_at {NOW},
    PRIMARY KEY (account_id, issuer, subject),
    UNIQUE (account_id, issuer, user_id),
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id) ON DELETE CASCADE"""
"""Foreign keys do not look at row-level security, so the account is part of the key."""


def upgrade() -> None:
    """Make the tables `oidc_attempts` and `oidc_identities` of `integration/tables.py`."""
    create_table("oidc_attempts", ATTEMPTS)
    create_table("oidc_identities", IDENTITIES)
