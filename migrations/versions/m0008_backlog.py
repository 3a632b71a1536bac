"""What keeps a ticket's cost the same however much lies behind it or waits with it: indexes, the money of a day in one
row, and what the sweeper knows of the broker."""

from alembic import op

from migrations.rights import ACCOUNT, add_columns, create_table
from migrations.sweeping import LEFT, sweep_functions

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make what `workers/queue/outbox.py` and `workers/record.py` ask by."""
    op.execute(
        "CREATE INDEX deliveries_foreign ON deliveries (account_id, channel, foreign_id) WHERE foreign_id IS NOT NULL"
    )
    _requesters()
    _spending()
    for table, queue, busy, born in (
        ("inbox_items", "answer", "claimed", "received_at"),
        ("deliveries", "deliver", "sending", "created_at"),
    ):
        _waiting(table, queue)
        _sweeping(table, busy, born)


def _requesters() -> None:
    """Under row-level security Postgres takes no index whose operator may leak what it sees, and those of arrays may:
    the one on the whole array was never used. The id's hash stands first in it, the address's second."""
    op.execute("DROP INDEX ticket_states_requester")
    for place in (1, 2):
        op.execute(
            f"CREATE INDEX ticket_states_requester_{place} ON ticket_states "
            f"(account_id, (requester_hashes[{place}]), first_seen_at)"
        )


SPENT_BEFORE = """INSERT INTO daily_spend (account_id, day, dollars)
    SELECT account_id, (at AT TIME ZONE 'UTC')::date, sum(dollars) FROM runs WHERE dollars > 0 GROUP BY 1, 2"""

ADD_TO_DAY = """CREATE FUNCTION firstline_spend() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS
    $body$ BEGIN
        INSERT INTO daily_spend AS spent (account_id, day, dollars)
        VALUES (NEW.account_id, (NEW.at AT TIME ZONE 'UTC')::date, NEW.dollars)
        ON CONFLICT (account_id, day) DO UPDATE SET dollars = spent.dollars + excluded.dollars;
        RETURN NULL;
    END $body$"""

ON_EACH_RUN = """CREATE CONSTRAINT TRIGGER runs_spend AFTER INSERT ON runs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.dollars > 0 AND NEW.account_id = nullif(current_setting('firstline.account', true), ''))
    EXECUTE FUNCTION firstline_spend()"""


def _spending() -> None:
    """The day's row is written as the run commits. Written any sooner it would stay locked while the worker goes on,
    and a busy account's runs would wait for each other. A restore brings both tables, and counts nothing again."""
    columns = f"{ACCOUNT}, day date, dollars double precision NOT NULL, PRIMARY KEY (account_id, day)"
    create_table("daily_spend", columns)
    op.execute(SPENT_BEFORE)
    op.execute(ADD_TO_DAY)
    op.execute("REVOKE ALL ON FUNCTION firstline_spend() FROM PUBLIC")  # a trigger's caller needs no right to it
    op.execute(ON_EACH_RUN)


# --- What waits, and what of it the broker holds ----------------------------------------------------------------------


def _waiting(table: str, queue: str) -> None:
    add_columns(table, f"queue text NOT NULL DEFAULT '{queue}'", "missed_at timestamptz")
    busy = "state IN ('waiting', 'claimed', 'sending')"
    op.execute(f"CREATE INDEX {table}_left ON {table} (id) WHERE {busy} AND ({LEFT} OR missed_at IS NOT NULL)")


def _sweeping(table: str, busy: str, born: str) -> None:
    name = table.removeprefix("inbox_")
    op.execute(f"DROP FUNCTION firstline_due_{name}(integer, interval)")
    sweep_functions(table, name, busy, born)
