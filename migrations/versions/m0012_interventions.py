"""What people order, and what they decided about a ticket: whose it is, and that Firstline leaves it alone."""

from alembic import op

from migrations.rights import NOW, ROW, add_columns, create_table, lookup
from migrations.sweeping import sweep_functions

revision = "0012"
down_revision = "0011"

INTERVENTIONS = f"""
    {ROW},
    face text NOT NULL,
    external_id text NOT NULL,
    kind text NOT NULL,
    channel text NOT NULL,
    ticket_id text NOT NULL,
    actor_id text NOT NULL,
    actor bytea NOT NULL,
    body bytea NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    not_before {NOW},
    queue text NOT NULL DEFAULT 'act',
    enqueued_at timestamptz,
    missed_at timestamptz,
    claimed_by text,
    claim_id uuid,
    lease_until timestamptz,
    waits_for text,
    waits_since timestamptz,
    status text,
    result bytea,
    error text,
    created_at {NOW},
    done_at timestamptz,
    UNIQUE (account_id, face, external_id)"""

PROPOSED_ENTRIES = f"""
    {ROW},
    channel text NOT NULL,
    ticket_id text NOT NULL,
    question bytea NOT NULL,
    answer bytea NOT NULL,
    proposed_by bytea NOT NULL,
    state text NOT NULL DEFAULT 'proposed',
    created_at {NOW}"""

CLAIMS = ("claimed_by text", "claimed_name bytea", "claimed_at timestamptz")


def upgrade() -> None:
    """Make the tables `interventions` and `proposed_entries` of `workers/tables.py`, and the new columns."""
    add_columns("messages", "author bytea")
    add_columns("ticket_states", *CLAIMS, "switched_off boolean NOT NULL DEFAULT false")
    create_table("interventions", INTERVENTIONS)
    op.execute("CREATE INDEX interventions_ticket ON interventions (account_id, channel, ticket_id, id)")
    op.execute("CREATE INDEX interventions_left ON interventions (id) WHERE state IN ('waiting', 'claimed')")
    waiting = "interventions (account_id, waits_for, created_at) WHERE waits_for IS NOT NULL"
    op.execute(f"CREATE INDEX interventions_waits ON {waiting}")
    create_table("proposed_entries", PROPOSED_ENTRIES)
    op.execute("CREATE INDEX proposed_entries_state ON proposed_entries (account_id, state, created_at)")
    _sweeping()


def _sweeping() -> None:
    """What the sweeper calls, and the claims of a worker that has just started."""
    sweep_functions("interventions", "interventions", "claimed", "created_at")
    op.execute("DROP FUNCTION firstline_release_claims(text)")
    lookup(
        "firstline_release_claims(worker text)",
        "bigint",
        """WITH items AS (
               UPDATE inbox_items SET lease_until = now() WHERE state = 'claimed' AND claimed_by = worker RETURNING 1),
           sending AS (
               UPDATE deliveries SET lease_until = now() WHERE state = 'sending' AND claimed_by = worker RETURNING 1),
           acts AS (
               UPDATE interventions SET lease_until = now() WHERE state = 'claimed' AND claimed_by = worker RETURNING 1)
           SELECT (SELECT count(*) FROM items) + (SELECT count(*) FROM sending) + (SELECT count(*) FROM acts)""",
        volatility="VOLATILE",
    )
