"""What `firstline connect` made at an outside party, so that `firstline disconnect` removes that and nothing else."""

from migrations.rights import ACCOUNT, NOW, create_table

revision = "0013"
down_revision = "0012"

CONNECTION_RESOURCES = f"""
    {ACCOUNT},
    party text,
    kind text,
    foreign_id text NOT NULL,
    created_at {NOW},
    PRIMARY KEY (account_id, party, kind)"""


def upgrade() -> None:
    """Make the table of `integration/resources.py`. It outlives its connection only while something could not be
    removed."""
    create_table("connection_resources", CONNECTION_RESOURCES)
