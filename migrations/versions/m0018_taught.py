"""Which open questions a proposed entry answers, what an agent sent instead of a draft, and who changed an entry."""

from alembic import op

from migrations.rights import add_columns

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the new columns of `workers/tables.py`, `workers/insights/tables.py` and `knowledge/tables.py`."""
    add_columns("open_questions", "proposal_id uuid")
    op.execute("CREATE INDEX open_questions_proposal ON open_questions (proposal_id) WHERE proposal_id IS NOT NULL")
    op.execute("CREATE INDEX proposed_entries_entry ON proposed_entries (entry_id) WHERE entry_id IS NOT NULL")
    add_columns("run_feedback", "reply bytea")
    add_columns("written_entries", "version integer NOT NULL DEFAULT 1", "changed_by text")
