"""Sources, what their pages are kept under, and which stamp they had."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.rights import protect

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make `sources`, with a row for each folder that was indexed before, and add columns to what it fills."""
    op.create_table(
        "sources",
        sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("settings", JSONB, nullable=False, server_default="{}"),
        sa.Column("audience", sa.Text),
        sa.Column("locale", sa.Text),
        sa.Column("collection", sa.Text, nullable=False, server_default=""),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("tried_at", sa.DateTime(timezone=True)),
        sa.Column("synced_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text),
        sa.Column("report", JSONB),
    )
    op.add_column("documents", sa.Column("collection", sa.Text, nullable=False, server_default=""))
    op.add_column("documents", sa.Column("stamp", sa.Text))
    op.add_column("passages", sa.Column("collection", sa.Text, nullable=False, server_default=""))
    _known_folders()
    protect("sources")


def _known_folders() -> None:
    """The owner is bound by row-level security too, so for this one statement it is let off."""
    op.execute("ALTER TABLE documents NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO sources (account_id, name, kind, settings, synced_at) "
        "SELECT account_id, source, 'folder', jsonb_build_object('path', substr(source, length('folder:') + 1)), "
        "max(seen_at) FROM documents WHERE source LIKE 'folder:%' GROUP BY account_id, source"
    )
    op.execute("ALTER TABLE documents FORCE ROW LEVEL SECURITY")
