"""How an account reaches its outside parties."""

import sqlalchemy as sa
from alembic import op

from migrations.rights import protect

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table of `integration/connections.py`."""
    op.create_table(
        "connections",
        sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), primary_key=True),
        sa.Column("party", sa.Text, primary_key=True),
        sa.Column("config", sa.LargeBinary, nullable=False),
        sa.Column("cursor", sa.Text),
        sa.Column("blocked_until", sa.DateTime(timezone=True)),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    protect("connections")
