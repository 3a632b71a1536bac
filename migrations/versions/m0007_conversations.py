"""What counts a ticket's turns over its whole life, alerts that can be revised, and statuses to put back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns to `workers/tables.py`'s deliveries and messages."""
    op.add_column("deliveries", sa.Column("requester", sa.Text))
    op.add_column("deliveries", sa.Column("answers", ARRAY(sa.Text), nullable=False, server_default="{}"))
    op.add_column("deliveries", sa.Column("says", sa.Text))
    op.add_column("deliveries", sa.Column("revision", sa.Integer, nullable=False, server_default="0"))
    op.add_column("messages", sa.Column("status_before", sa.Text))
    theirs = "deliveries (account_id, requester, created_at) WHERE requester IS NOT NULL"
    op.execute(f"CREATE INDEX deliveries_requester ON {theirs}")
