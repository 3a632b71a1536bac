"""What counts a ticket's turns over its whole life, alerts that can be revised, and statuses to put back."""

from alembic import op

from migrations.rights import add_columns

revision = "0007"
down_revision = "0006"

DELIVERY_COLUMNS = (
    "requester text",
    "answers text[] NOT NULL DEFAULT '{}'",
    "says text",
    "revision integer NOT NULL DEFAULT 0",
)


def upgrade() -> None:
    """Add the columns to `workers/tables.py`'s deliveries and messages."""
    add_columns("deliveries", *DELIVERY_COLUMNS)
    add_columns("messages", "status_before text")
    theirs = "deliveries (account_id, requester, created_at) WHERE requester IS NOT NULL"
    op.execute(f"CREATE INDEX deliveries_requester ON {theirs}")
