"""Inbox, tickets, record and delivery, with the look-ups that the sweeper makes across accounts."""

from alembic import op

from migrations.rights import ACCOUNT, MESSAGE, NOW, ROW, create_table, lookup

revision = "0002"
down_revision = "0001"

CLAIM = f"""state text NOT NULL, attempts integer NOT NULL DEFAULT 0, not_before {NOW}, enqueued_at timestamptz,
    claimed_by text, claim_id uuid, lease_until timestamptz"""
"""The columns by which a worker takes a row."""

TABLES = {
    "inbox_items": f"""
        {ROW},
        channel text NOT NULL,
        external_id text NOT NULL,
        kind text NOT NULL,
        ticket_id text NOT NULL,
        message_id text,
        leads boolean NOT NULL DEFAULT false,
        payload bytea NOT NULL,
        received_at {NOW},
        {CLAIM},
        stage text,
        outcome text,
        error text,
        done_at timestamptz,
        UNIQUE (account_id, channel, external_id)""",
    "tickets": f"""
        {ROW},
        via text NOT NULL,
        requester bytea NOT NULL,
        subject bytea NOT NULL,
        status text NOT NULL,
        priority text NOT NULL,
        tags text[] NOT NULL DEFAULT '{{}}',
        assignee text,
        created_at {NOW}""",
    "messages": f"""
        {ROW},
        ticket_id uuid NOT NULL REFERENCES tickets (id),
        position integer NOT NULL,
        role text NOT NULL,
        public boolean NOT NULL,
        body bytea NOT NULL,
        sources bytea,
        delivery_id uuid,
        at {NOW},
        UNIQUE (ticket_id, position),
        UNIQUE (account_id, delivery_id)""",
    "ticket_states": f"""
        {ACCOUNT},
        channel text,
        ticket_id text,
        state text NOT NULL,
        category text,
        requester bytea,
        requester_hashes text[],
        first_seen_at {NOW},
        updated_at {NOW},
        PRIMARY KEY (account_id, channel, ticket_id)""",
    "runs": f"""
        {ROW},
        {MESSAGE},
        action text NOT NULL,
        category text,
        confidence double precision NOT NULL,
        dollars double precision NOT NULL,
        input_tokens integer NOT NULL,
        output_tokens integer NOT NULL,
        milliseconds double precision NOT NULL,
        policy_version text NOT NULL,
        at timestamptz NOT NULL,
        body bytea NOT NULL""",
    "policies": f"""
        {ACCOUNT},
        version text,
        text text NOT NULL,
        first_used_at {NOW},
        PRIMARY KEY (account_id, version)""",
    "deliveries": f"""
        {ROW},
        {MESSAGE},
        run_id uuid,
        item_id uuid,
        kind text NOT NULL,
        key text NOT NULL,
        {CLAIM},
        outgoing bytea NOT NULL,
        foreign_id text,
        reason text,
        created_at {NOW},
        sent_at timestamptz,
        UNIQUE (account_id, key)""",
}

INDEXES = (
    "INDEX inbox_items_open ON inbox_items (not_before) WHERE state IN ('waiting', 'claimed')",
    "UNIQUE INDEX inbox_items_lead ON inbox_items (account_id, channel, message_id) WHERE leads",
    "INDEX inbox_items_parked ON inbox_items (account_id, received_at) WHERE state = 'parked'",
    "INDEX inbox_items_ticket ON inbox_items (account_id, channel, ticket_id)",
    "INDEX ticket_states_newest ON ticket_states (account_id, updated_at DESC)",
    "INDEX ticket_states_requester ON ticket_states USING gin (requester_hashes)",
    "INDEX runs_ticket ON runs (account_id, channel, ticket_id, at)",
    "INDEX runs_day ON runs (account_id, at)",
    "INDEX deliveries_open ON deliveries (not_before) WHERE state IN ('waiting', 'sending')",
    "INDEX deliveries_ticket ON deliveries (account_id, channel, ticket_id)",
)

DUE = """UPDATE {table} SET enqueued_at = now() WHERE {table}.id IN (
             SELECT due.id FROM {table} AS due
             WHERE ((state = 'waiting' AND not_before <= now()) OR (state = '{busy}' AND lease_until < now()))
               AND (enqueued_at IS NULL OR enqueued_at < now() - again OR enqueued_at < lease_until
                    OR enqueued_at < not_before)
             ORDER BY not_before LIMIT most FOR UPDATE SKIP LOCKED)
         RETURNING {table}.account_id, {table}.id"""
"""Marks what it returns, so that two sweepers do not return the same."""

RELEASE = """WITH items AS (
        UPDATE inbox_items SET lease_until = now() WHERE state = 'claimed' AND claimed_by = worker RETURNING 1),
    sends AS (
        UPDATE deliveries SET lease_until = now() WHERE state = 'sending' AND claimed_by = worker RETURNING 1)
    SELECT (SELECT count(*) FROM items) + (SELECT count(*) FROM sends)"""


def upgrade() -> None:
    """Make the tables of `workers/tables.py`, and what the sweeper calls."""
    for table, columns in TABLES.items():
        create_table(table, columns)
    for index in INDEXES:
        op.execute(f"CREATE {index}")
    due = "(most integer, again interval)", "TABLE (account_id text, id uuid)"
    for name, table, busy in (("items", "inbox_items", "claimed"), ("deliveries", "deliveries", "sending")):
        lookup(f"firstline_due_{name}{due[0]}", due[1], DUE.format(table=table, busy=busy), "VOLATILE")
    lookup("firstline_release_claims(worker text)", "bigint", RELEASE, "VOLATILE")
