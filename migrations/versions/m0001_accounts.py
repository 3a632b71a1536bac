"""Accounts, and the pgvector extension."""

import sqlalchemy as sa
from alembic import op

from migrations.rights import login_role, lookup, protect

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the ground: every later table refers to an account."""
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {login_role()}")
    op.execute(f"GRANT SELECT ON alembic_version TO {login_role()}")
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("paused_at", sa.DateTime(timezone=True)),
        sa.Column("paused_by", sa.Text),
    )
    protect("accounts", "SELECT, INSERT, UPDATE")
    lookup(
        "firstline_accounts()",
        "SETOF accounts",
        "SELECT account_id, title, created_at, paused_at, paused_by FROM accounts ORDER BY account_id",
    )
