"""By which keys this database was sealed: their fingerprints, which belong to no account."""

from alembic import op

from migrations.rights import NOW, lookup

revision = "0011"
down_revision = "0010"

LIST = "SELECT fingerprint, since FROM sealing_keys ORDER BY since, fingerprint"
NOTE = "INSERT INTO sealing_keys (fingerprint) VALUES (named) ON CONFLICT DO NOTHING"
FORGET = "WITH gone AS (DELETE FROM sealing_keys WHERE fingerprint = named RETURNING 1) SELECT count(*) > 0 FROM gone"


def upgrade() -> None:
    """Make the table of `desk/platform/encryption_keys.py`. The product's role reaches it by these three functions
    alone."""
    op.execute(f"CREATE TABLE sealing_keys (fingerprint text PRIMARY KEY, since {NOW})")
    lookup("firstline_sealing_keys()", "TABLE (fingerprint text, since timestamptz)", LIST)
    lookup("firstline_note_sealing_key(named text)", "void", NOTE, "VOLATILE")
    lookup("firstline_forget_sealing_key(named text)", "boolean", FORGET, "VOLATILE")
