"""How each outside party stands, what waits for it, and which alerts were told the other way meanwhile."""

from alembic import op

from migrations.rights import ACCOUNT, NOW, add_columns, create_table, lookup

revision = "0010"
down_revision = "0009"

PARTIES = f"""
    {ACCOUNT},
    party text,
    access text,
    state text NOT NULL,
    since {NOW},
    reason text,
    failures integer NOT NULL DEFAULT 0,
    next_probe_at timestamptz,
    probe_until timestamptz,
    told_at timestamptz,
    told_late_at timestamptz,
    PRIMARY KEY (account_id, party, access)"""

DUE = "SELECT DISTINCT account_id, party FROM parties WHERE state <> 'up' AND next_probe_at <= now()"
ALERT_WAITS = "kind = 'alert' AND waits_since IS NOT NULL AND told_at IS NULL"


def upgrade() -> None:
    """Make the table `parties` of `workers/tables.py`, and the columns of what waits."""
    create_table("parties", PARTIES)
    op.execute("CREATE INDEX parties_away ON parties (next_probe_at) WHERE state <> 'up'")
    add_columns("deliveries", "told_at timestamptz")
    for table, born in (("inbox_items", "received_at"), ("deliveries", "created_at")):
        add_columns(table, "waits_for text", "waits_since timestamptz")
        waiting = f"{table} (account_id, waits_for, {born}) WHERE waits_for IS NOT NULL"
        op.execute(f"CREATE INDEX {table}_waits ON {waiting}")
    _lookups()


def _lookups() -> None:
    """What the sweeper asks of all accounts at once."""
    lookup("firstline_parties_due()", "TABLE (account_id text, party text)", DUE)
    op.execute(f"CREATE INDEX deliveries_alerts_waiting ON deliveries (account_id) WHERE {ALERT_WAITS}")
    accounts = f"SELECT DISTINCT account_id FROM deliveries WHERE {ALERT_WAITS}"
    lookup("firstline_alerts_waiting()", "TABLE (account_id text)", accounts)
