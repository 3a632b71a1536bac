"""What every table and every look-up across accounts needs, said once."""

from alembic import context, op


def login_role() -> str:
    """The product's role, quoted for SQL."""
    role = str(context.config.attributes["login_role"])
    return '"' + role.replace('"', '""') + '"'


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
    name_and_types = signature
    op.execute(f"REVOKE ALL ON FUNCTION {name_and_types} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {name_and_types} TO {login_role()}")
