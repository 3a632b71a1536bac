"""What every table and every look-up across accounts needs, said once."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context, op

ACCOUNT = "account_id text NOT NULL REFERENCES accounts"
"""The column that row-level security reads."""
ROW = f"{ACCOUNT}, id uuid PRIMARY KEY"
"""The same, and a UUID made by the product."""
MESSAGE = "channel text NOT NULL, ticket_id text NOT NULL, message_id text NOT NULL"
"""The message of a ticket that a row is about."""
NOW = "timestamptz NOT NULL DEFAULT now()"
"""A moment that defaults to now."""


def login_role() -> str:
    """The product's role, quoted for SQL."""
    role = str(context.config.attributes["login_role"])
    return '"' + role.replace('"', '""') + '"'


def create_table(name: str, columns: str) -> None:
    """A table of the accounts', with the rights that the product needs."""
    op.execute(f"CREATE TABLE {name} ({columns})")
    protect(name)


def add_columns(table: str, *columns: str) -> None:
    """Columns of a table that is there already."""
    op.execute(f"ALTER TABLE {table} " + ", ".join(f"ADD COLUMN {column}" for column in columns))


@contextmanager
def without_row_security(*tables: str) -> Iterator[None]:
    """The owner is bound by row-level security too: for these statements it is let off."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    yield
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def protect(table: str, rights: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Row-level security by account, forced; the owner sees all rows, for the named functions and for backups."""
    own = "account_id = nullif(current_setting('firstline.account', true), '')"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_account ON {table} TO {login_role()} USING ({own}) WITH CHECK ({own})")
    op.execute(f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute(f"GRANT {rights} ON {table} TO {login_role()}")


def lookup(signature: str, returns: str, body: str, volatility: str = "STABLE") -> None:
    """A named function that sees all accounts; only the product's role may call it."""
    op.execute(
        f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE sql {volatility} SECURITY DEFINER "
        f"SET search_path = public, pg_temp AS $body$ {body} $body$"
    )
    op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {login_role()}")
