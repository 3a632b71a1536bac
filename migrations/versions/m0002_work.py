"""Inbox, tickets, record and delivery, with the look-ups that the sweeper makes across accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from migrations.rights import lookup, protect

revision = "0002"
down_revision = "0001"

NOW = sa.func.now()


def account(primary_key: bool = False) -> sa.Column[str]:
    """The column that row-level security reads."""
    return sa.Column(
        "account_id", sa.Text, sa.ForeignKey("accounts.account_id"), nullable=False, primary_key=primary_key
    )


def identity() -> sa.Column[str]:
    """A UUID made by the product."""
    return sa.Column("id", UUID(as_uuid=False), primary_key=True)


def stamp(name: str, required: bool = False) -> sa.Column[object]:
    """A moment; a required one defaults to now."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not required, server_default=NOW if required else None)


def claim() -> list[sa.Column[object]]:
    """The columns by which a worker takes a row."""
    return [
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        stamp("not_before", required=True),
        stamp("enqueued_at"),
        sa.Column("claimed_by", sa.Text),
        sa.Column("claim_id", UUID(as_uuid=False)),
        stamp("lease_until"),
    ]


def upgrade() -> None:
    """Make the tables of `workers/tables.py`."""
    _inbox()
    _tickets()
    _ticket_states()
    _runs()
    _deliveries()
    _lookups()


def _inbox() -> None:
    op.create_table(
        "inbox_items",
        account(),
        identity(),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("ticket_id", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text),
        sa.Column("leads", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        stamp("received_at", required=True),
        *claim(),
        sa.Column("stage", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("error", sa.Text),
        stamp("done_at"),
        sa.UniqueConstraint("account_id", "channel", "external_id"),
    )
    op.execute("CREATE INDEX inbox_items_open ON inbox_items (not_before) WHERE state IN ('waiting', 'claimed')")
    op.execute("CREATE UNIQUE INDEX inbox_items_lead ON inbox_items (account_id, channel, message_id) WHERE leads")
    op.execute("CREATE INDEX inbox_items_parked ON inbox_items (account_id, received_at) WHERE state = 'parked'")
    op.execute("CREATE INDEX inbox_items_ticket ON inbox_items (account_id, channel, ticket_id)")
    protect("inbox_items")


def _tickets() -> None:
    op.create_table(
        "tickets",
        account(),
        identity(),
        sa.Column("via", sa.Text, nullable=False),
        sa.Column("requester", sa.LargeBinary, nullable=False),
        sa.Column("subject", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("tags", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("assignee", sa.Text),
        stamp("created_at", required=True),
    )
    op.create_table(
        "messages",
        account(),
        identity(),
        sa.Column("ticket_id", UUID(as_uuid=False), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("public", sa.Boolean, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("sources", sa.LargeBinary),
        sa.Column("delivery_id", UUID(as_uuid=False)),
        stamp("at", required=True),
        sa.UniqueConstraint("ticket_id", "position"),
        sa.UniqueConstraint("account_id", "delivery_id"),
    )
    protect("tickets")
    protect("messages")


def _ticket_states() -> None:
    op.create_table(
        "ticket_states",
        account(primary_key=True),
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("ticket_id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("category", sa.Text),
        sa.Column("requester", sa.LargeBinary),
        sa.Column("requester_hashes", ARRAY(sa.Text)),
        stamp("first_seen_at", required=True),
        stamp("updated_at", required=True),
    )
    op.create_index("ticket_states_newest", "ticket_states", ["account_id", sa.text("updated_at DESC")])
    op.create_index("ticket_states_requester", "ticket_states", ["requester_hashes"], postgresql_using="gin")
    protect("ticket_states")


def _runs() -> None:
    op.create_table(
        "runs",
        account(),
        identity(),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("ticket_id", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("category", sa.Text),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("dollars", sa.Float, nullable=False),
        sa.Column("input_tokens", sa.Integer, nullable=False),
        sa.Column("output_tokens", sa.Integer, nullable=False),
        sa.Column("milliseconds", sa.Float, nullable=False),
        sa.Column("policy_version", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("runs_ticket", "runs", ["account_id", "channel", "ticket_id", "at"])
    op.create_index("runs_day", "runs", ["account_id", "at"])
    op.create_table(
        "policies",
        account(primary_key=True),
        sa.Column("version", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        stamp("first_used_at", required=True),
    )
    for table in ("runs", "policies"):
        protect(table)


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        account(),
        identity(),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("ticket_id", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("run_id", UUID(as_uuid=False)),
        sa.Column("item_id", UUID(as_uuid=False)),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        *claim(),
        sa.Column("outgoing", sa.LargeBinary, nullable=False),
        sa.Column("foreign_id", sa.Text),
        sa.Column("reason", sa.Text),
        stamp("created_at", required=True),
        stamp("sent_at"),
        sa.UniqueConstraint("account_id", "key"),
    )
    op.execute("CREATE INDEX deliveries_open ON deliveries (not_before) WHERE state IN ('waiting', 'sending')")
    op.create_index("deliveries_ticket", "deliveries", ["account_id", "channel", "ticket_id"])
    protect("deliveries")


def _lookups() -> None:
    """What the sweeper calls. `due_*` marks what it returns, so that two sweepers do not return the same."""
    for name, table, busy in (
        ("firstline_due_items", "inbox_items", "claimed"),
        ("firstline_due_deliveries", "deliveries", "sending"),
    ):
        lookup(
            f"{name}(most integer, again interval)",
            "TABLE (account_id text, id uuid)",
            f"""UPDATE {table} SET enqueued_at = now() WHERE {table}.id IN (
                    SELECT due.id FROM {table} AS due
                    WHERE ((state = 'waiting' AND not_before <= now()) OR (state = '{busy}' AND lease_until < now()))
                      AND (enqueued_at IS NULL OR enqueued_at < now() - again OR enqueued_at < lease_until
                           OR enqueued_at < not_before)
                    ORDER BY not_before LIMIT most FOR UPDATE SKIP LOCKED)
                RETURNING {table}.account_id, {table}.id""",
            volatility="VOLATILE",
        )
    lookup(
        "firstline_release_claims(worker text)",
        "bigint",
        """WITH items AS (
               UPDATE inbox_items SET lease_until = now() WHERE state = 'claimed' AND claimed_by = worker RETURNING 1),
           sends AS (
               UPDATE deliveries SET lease_until = now() WHERE state = 'sending' AND claimed_by = worker RETURNING 1)
           SELECT (SELECT count(*) FROM items) + (SELECT count(*) FROM sends)""",
        volatility="VOLATILE",
    )
