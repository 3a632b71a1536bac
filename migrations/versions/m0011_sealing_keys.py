"""By which keys this database was sealed: their fingerprints, which belong to no account."""

import sqlalchemy as sa
from alembic import op

from migrations.rights import lookup

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table of `desk/platform/encryption_keys.py`. The product's role reaches it by these three functions
    alone."""
    op.create_table(
        "sealing_keys",
        sa.Column("fingerprint", sa.Text, primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    lookup(
        "firstline_sealing_keys()",
        "TABLE (fingerprint text, since timestamptz)",
        "SELECT fingerprint, since FROM sealing_keys ORDER BY since, fingerprint",
    )
    lookup(
        "firstline_note_sealing_key(named text)",
        "void",
        "INSERT INTO sealing_keys (fingerprint) VALUES (named) ON CONFLICT DO NOTHING",
        volatility="VOLATILE",
    )
    lookup(
        "firstline_forget_sealing_key(named text)",
        "boolean",
        "WITH gone AS (DELETE FROM sealing_keys WHERE fingerprint = named RETURNING 1) SELECT count(*) > 0 FROM gone",
        volatility="VOLATILE",
    )
