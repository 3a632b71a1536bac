"""What agents and customers did with each draft, and the entries that leads accept for the knowledge."""

from alembic import op

from migrations.rights import ACCOUNT, NOW, ROW, add_columns, create_table

revision = "0015"
down_revision = "0014"

RUN_FEEDBACK = f"""
    {ACCOUNT},
    run_id uuid NOT NULL REFERENCES runs ON DELETE CASCADE,
    kind text NOT NULL,
    source_id text NOT NULL,
    channel text NOT NULL,
    ticket_id text NOT NULL,
    value text NOT NULL DEFAULT '',
    similarity double precision,
    changes text[] NOT NULL DEFAULT '{{}}',
    comment bytea,
    at timestamptz NOT NULL,
    PRIMARY KEY (account_id, run_id, kind, source_id)"""

WRITTEN_ENTRIES = f"""
    {ROW},
    question text NOT NULL,
    answer text NOT NULL,
    audience text NOT NULL,
    locale text NOT NULL,
    created_at {NOW},
    updated_at {NOW}"""


def upgrade() -> None:
    """Make `run_feedback` of `workers/insights/tables.py` and `written_entries` of `knowledge/tables.py`, and note who
    decided about a proposed entry."""
    create_table("run_feedback", RUN_FEEDBACK)
    op.execute("CREATE INDEX run_feedback_ticket ON run_feedback (account_id, channel, ticket_id)")
    op.execute("CREATE INDEX run_feedback_at ON run_feedback (account_id, kind, at)")
    create_table("written_entries", WRITTEN_ENTRIES)
    add_columns("proposed_entries", "decided_by bytea", "decided_at timestamptz", "entry_id uuid")
