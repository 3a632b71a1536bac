"""Pages that contradict or double one another, as the nightly scan finds them."""

from migrations.rights import ACCOUNT, NOW, create_table

revision = "0021"
down_revision = "0020"

LIBRARY_FINDINGS = f"""
    {ACCOUNT},
    key bytea NOT NULL,
    kind text NOT NULL,
    about text NOT NULL,
    one_document uuid NOT NULL,
    other_document uuid NOT NULL,
    one_passage uuid NOT NULL,
    other_passage uuid NOT NULL,
    one_text text NOT NULL,
    other_text text NOT NULL,
    found_at {NOW},
    dismissed_at timestamptz,
    dismissed_by bytea,
    PRIMARY KEY (account_id, key)"""


def upgrade() -> None:
    """Make the table `library_findings` of `workers/insights/tables.py`."""
    create_table("library_findings", LIBRARY_FINDINGS)
