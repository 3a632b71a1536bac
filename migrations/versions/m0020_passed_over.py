"""Pages that were read and hold nothing to be searched, so that they need not be read again."""

from migrations.rights import ACCOUNT, NOW, create_table

revision = "0020"
down_revision = "0019"

PASSED_OVER_PAGES = f"""
    {ACCOUNT},
    source text NOT NULL,
    external_id text NOT NULL,
    stamp text NOT NULL,
    seen_at {NOW},
    PRIMARY KEY (account_id, source, external_id)"""


def upgrade() -> None:
    """Make the table."""
    create_table("passed_over_pages", PASSED_OVER_PAGES)
