"""What keeps a ticket's cost the same however much lies behind it: indexes, and the money of a day in one row."""

import sqlalchemy as sa
from alembic import op

from migrations.rights import protect

revision = "0010"
down_revision = "0007"


def upgrade() -> None:
    """Make what `workers/outbox.py` and `workers/record.py` ask by."""
    op.execute(
        "CREATE INDEX deliveries_foreign ON deliveries (account_id, channel, foreign_id) WHERE foreign_id IS NOT NULL"
    )
    _requesters()
    _spending()


def _requesters() -> None:
    """Under row-level security Postgres takes no index whose operator may leak what it sees, and those of arrays may:
    the one on the whole array was never used. The id's hash stands first in it, the address's second."""
    op.execute("DROP INDEX ticket_states_requester")
    for place in (1, 2):
        op.execute(
            f"CREATE INDEX ticket_states_requester_{place} ON ticket_states "
            f"(account_id, (requester_hashes[{place}]), first_seen_at)"
        )


def _spending() -> None:
    """The day's row is written as the run commits. Written any sooner it would stay locked while the worker goes on,
    and a busy account's runs would wait for each other. A restore brings both tables, and counts nothing again."""
    op.create_table(
        "daily_spend",
        sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("dollars", sa.Double, nullable=False),
    )
    protect("daily_spend")
    op.execute(
        "INSERT INTO daily_spend (account_id, day, dollars) "
        "SELECT account_id, (at AT TIME ZONE 'UTC')::date, sum(dollars) FROM runs WHERE dollars > 0 GROUP BY 1, 2"
    )
    op.execute(
        """CREATE FUNCTION firstline_spend() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS
           $body$ BEGIN
               INSERT INTO daily_spend AS spent (account_id, day, dollars)
               VALUES (NEW.account_id, (NEW.at AT TIME ZONE 'UTC')::date, NEW.dollars)
               ON CONFLICT (account_id, day) DO UPDATE SET dollars = spent.dollars + excluded.dollars;
               RETURN NULL;
           END $body$"""
    )
    op.execute("REVOKE ALL ON FUNCTION firstline_spend() FROM PUBLIC")  # a trigger's caller needs no right to it
    op.execute(
        """CREATE CONSTRAINT TRIGGER runs_spend AFTER INSERT ON runs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
           WHEN (NEW.dollars > 0 AND NEW.account_id = nullif(current_setting('firstline.account', true), ''))
           EXECUTE FUNCTION firstline_spend()"""
    )
