"""Accounts, and the pgvector extension."""

from alembic import op

from migrations.rights import NOW, login_role, lookup, protect

revision = "0001"
down_revision = None

COLUMNS = f"account_id text PRIMARY KEY, title text NOT NULL, created_at {NOW}, paused_at timestamptz, paused_by text"


def upgrade() -> None:
    """Make the ground: every later table refers to an account."""
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {login_role()}")
    op.execute(f"GRANT SELECT ON alembic_version TO {login_role()}")
    op.execute(f"CREATE TABLE accounts ({COLUMNS})")
    protect("accounts", "SELECT, INSERT, UPDATE")
    listing = "SELECT account_id, title, created_at, paused_at, paused_by FROM accounts ORDER BY account_id"
    lookup("firstline_accounts()", "SETOF accounts", listing)
