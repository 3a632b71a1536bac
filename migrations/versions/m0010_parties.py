"""How each outside party stands, what waits for it, and which alerts were told the other way meanwhile."""

import sqlalchemy as sa
from alembic import op

from migrations.rights import lookup, protect

revision = "0010"
down_revision = "0009"


def moment(name: str) -> sa.Column[object]:
    """A moment, or nothing."""
    return sa.Column(name, sa.DateTime(timezone=True))


def upgrade() -> None:
    """Make the table `parties` of `workers/tables.py`, and the columns of what waits."""
    op.create_table(
        "parties",
        sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), primary_key=True),
        sa.Column("party", sa.Text, primary_key=True),
        sa.Column("access", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("reason", sa.Text),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        moment("next_probe_at"),
        moment("probe_until"),
        moment("told_at"),
        moment("told_late_at"),
    )
    op.execute("CREATE INDEX parties_away ON parties (next_probe_at) WHERE state <> 'up'")
    protect("parties")
    op.add_column("deliveries", moment("told_at"))
    for table, moment_of_age in (("inbox_items", "received_at"), ("deliveries", "created_at")):
        op.add_column(table, sa.Column("waits_for", sa.Text))
        op.add_column(table, moment("waits_since"))
        op.execute(
            f"CREATE INDEX {table}_waits ON {table} (account_id, waits_for, {moment_of_age}) "
            "WHERE waits_for IS NOT NULL"
        )
    _lookups()


def _lookups() -> None:
    """What the sweeper asks of all accounts at once."""
    lookup(
        "firstline_parties_due()",
        "TABLE (account_id text, party text)",
        "SELECT DISTINCT account_id, party FROM parties WHERE state <> 'up' AND next_probe_at <= now()",
    )
    op.execute(
        "CREATE INDEX deliveries_alerts_waiting ON deliveries (account_id) "
        "WHERE kind = 'alert' AND waits_since IS NOT NULL AND told_at IS NULL"
    )
    lookup(
        "firstline_alerts_waiting()",
        "TABLE (account_id text)",
        "SELECT DISTINCT account_id FROM deliveries "
        "WHERE kind = 'alert' AND waits_since IS NOT NULL AND told_at IS NULL",
    )
