"""When beat last beat, which is nobody's account; when an item was parked; an index for deliveries that went wrong."""

import sqlalchemy as sa
from alembic import op

from migrations.rights import lookup

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table of `workers/queue/heartbeats.py`. The product's role reaches it by these two functions alone."""
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    lookup(
        "firstline_beat(who text)",
        "void",
        "INSERT INTO heartbeats (name, beat_at) VALUES (who, now()) ON CONFLICT (name) DO UPDATE SET beat_at = now()",
        volatility="VOLATILE",
    )
    lookup(
        "firstline_heartbeat(who text)",
        "double precision",
        "SELECT extract(epoch FROM now() - beat_at)::double precision FROM heartbeats WHERE name = who",
    )
    op.add_column("inbox_items", sa.Column("parked_at", sa.DateTime(timezone=True)))
    op.execute(
        "CREATE INDEX deliveries_troubled ON deliveries (account_id, created_at) WHERE state IN ('failed', 'unknown')"
    )
