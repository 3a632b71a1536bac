"""How an account reaches its outside parties."""

from migrations.rights import ACCOUNT, NOW, create_table

revision = "0005"
down_revision = "0004"

CONNECTIONS = f"""
    {ACCOUNT},
    party text,
    config bytea NOT NULL,
    cursor text,
    blocked_until timestamptz,
    updated_at {NOW},
    PRIMARY KEY (account_id, party)"""


def upgrade() -> None:
    """Make the table of `integration/connections.py`."""
    create_table("connections", CONNECTIONS)
