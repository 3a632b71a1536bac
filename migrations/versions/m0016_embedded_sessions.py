"""Sessions of pages that stand inside another product's, each opened by a proof that works once."""

from migrations.rights import ACCOUNT, NOW, create_table

revision = "0016"
down_revision = "0015"

EMBEDDED_SESSIONS = f"""
    {ACCOUNT},
    proof text NOT NULL,
    hash text NOT NULL UNIQUE,
    person bytea NOT NULL,
    proof_ends_at timestamptz NOT NULL,
    created_at {NOW},
    seen_at {NOW},
    PRIMARY KEY (account_id, proof)"""


def upgrade() -> None:
    """Make the table `embedded_sessions` of `integration/tables.py`."""
    create_table("embedded_sessions", EMBEDDED_SESSIONS)
