"""When beat last beat, which is nobody's account; when an item was parked; an index for deliveries that went wrong."""

from alembic import op

from migrations.rights import NOW, add_columns, lookup

revision = "0009"
down_revision = "0008"

BEAT = "INSERT INTO heartbeats (name, beat_at) VALUES (who, now()) ON CONFLICT (name) DO UPDATE SET beat_at = now()"
SECONDS_SINCE = "SELECT extract(epoch FROM now() - beat_at)::double precision FROM heartbeats WHERE name = who"


def upgrade() -> None:
    """Make the table of `workers/queue/heartbeats.py`. The product's role reaches it by these two functions alone."""
    op.execute(f"CREATE TABLE heartbeats (name text PRIMARY KEY, beat_at {NOW})")
    lookup("firstline_beat(who text)", "void", BEAT, "VOLATILE")
    lookup("firstline_heartbeat(who text)", "double precision", SECONDS_SINCE)
    add_columns("inbox_items", "parked_at timestamptz")
    troubled = "deliveries (account_id, created_at) WHERE state IN ('failed', 'unknown')"
    op.execute(f"CREATE INDEX deliveries_troubled ON {troubled}")
