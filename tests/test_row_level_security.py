"""Row-level security, for every table that holds an account's rows: found in the catalogue, proved as the login role.

A new table needs nothing here. The rows are made from the catalogue: a value of each column's type, and for foreign
keys the row made before in the table they point to.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import uuid4

import pgvector.sqlalchemy  # noqa: F401  # so that SQLAlchemy knows the types of the columns it reads
import pytest
from sqlalchemy import Connection, Engine, MetaData, create_engine, text
from sqlalchemy.exc import DBAPIError

from app.embedded.postgres import LOGIN_ROLE
from desk.platform.database import Database, driver_url

NOT_AN_ACCOUNTS = {"alembic_version", "heartbeats", "sealing_keys"}
NOT_THEIRS = "row-level security|permission denied"

TABLES = """
    SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
           pg_get_userbyid(c.relowner) AS owner,
           EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'account_id') AS has_account
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY c.relname
"""
TYPES = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type,
           a.attnotnull AND NOT a.atthasdef AS needed
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
"""


def sample(type_: str) -> str:
    """A value of this type, as text. A text or id is new each time, so that no unique key is in the way."""
    dimensions = re.search(r"\((\d+)\)", type_)
    plain = type_.split("(")[0]
    return {
        "text": uuid4().hex,
        "uuid": str(uuid4()),
        "bytea": "\\x00",
        "timestamp with time zone": "2026-01-01T00:00:00Z",
        "date": "2026-01-01",
        "jsonb": "[]",
        "boolean": "true",
        "text[]": "{}",
        "bytea[]": "{}",
        "halfvec": "[1]",
        "sparsevec": "{1:1}/" + (dimensions.group(1) if dimensions else "1"),
    }.get(plain, "1")


@dataclass
class Rows:
    """Makes rows for one account, table by table, foreign keys first."""

    tables: MetaData
    types: dict[str, dict[str, tuple[str, bool]]]
    account: str
    made: dict[str, dict[str, str]] = field(default_factory=dict)

    def values(self, table: str) -> dict[str, str]:
        """A new row of the table."""
        row = {name: sample(type_) for name, (type_, needed) in self.types[table].items() if needed}
        for key in self.tables.tables[table].foreign_keys:
            parent = self.made.get(key.column.table.name)
            if parent and (key.parent.name in row):
                row[key.parent.name] = parent[key.column.name]
        return row | {"account_id": self.account}

    def insert(self, connection: Connection, table: str, row: dict[str, str]) -> None:
        """Insert it, each value cast from text."""
        places = ", ".join(f"CAST(:{name} AS {self.types[table][name][0]})" for name in row)
        connection.execute(text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"), row)

    def make(self, connection: Connection) -> None:
        """A row in every table."""
        for table in self.tables.sorted_tables:
            if table.name in NOT_AN_ACCOUNTS:
                continue
            row = self.values(table.name)
            self.insert(connection, table.name, row)
            self.made[table.name] = row


@pytest.fixture(scope="module")
def owner(owner_url: str) -> Iterator[Engine]:
    """The database as its owner."""
    engine = create_engine(driver_url(owner_url))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def protected(owner: Engine) -> list[str]:
    """Every table of the product but those that belong to no account."""
    with owner.connect() as connection:
        rows = connection.execute(text(TABLES)).all()
    return [row.name for row in rows if row.name not in NOT_AN_ACCOUNTS]


@pytest.fixture(scope="module")
def mine(owner: Engine, database: Database) -> Rows:
    """A row of one account in each table."""
    return make_rows(owner, database)


@pytest.fixture(scope="module")
def theirs(owner: Engine, database: Database) -> Rows:
    """A row of another account in each table."""
    return make_rows(owner, database)


def make_rows(owner: Engine, database: Database) -> Rows:
    """Rows made by the login role in its own account's transaction; the owner only reads the catalogue."""
    tables = MetaData()
    types: dict[str, dict[str, tuple[str, bool]]] = {}
    with owner.connect() as connection:
        tables.reflect(connection)
        for row in connection.execute(text(TYPES)):
            types.setdefault(row.relname, {})[row.attname] = (row.type, row.needed)
    rows = Rows(tables, types, f"rls-{uuid4().hex[:12]}")
    with database.account(rows.account) as tx:
        rows.make(tx.connection)
    return rows


def test_every_table_belongs_to_an_account_and_forces_row_level_security(owner: Engine) -> None:
    with owner.connect() as connection:
        tables = connection.execute(text(TABLES)).all()
    assert len(tables) > 10
    for table in tables:
        if table.name not in NOT_AN_ACCOUNTS:
            assert table.has_account, f"{table.name} has no account_id"
            assert table.enabled, f"{table.name} has no row-level security"
            assert table.forced, f"{table.name} does not force it on its owner"
            assert table.owner != LOGIN_ROLE, f"{table.name} belongs to the login role"


def test_the_login_role_cannot_step_around_it(database: Database) -> None:
    with database.across() as connection:
        role = connection.execute(
            text("SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user")
        ).one()
    assert tuple(role) == (LOGIN_ROLE, False, False, False)


def test_every_account_sees_its_own_rows_alone(
    database: Database, protected: list[str], mine: Rows, theirs: Rows
) -> None:
    for own, other in ((mine, theirs), (theirs, mine)):
        with database.account(own.account) as tx:
            for table in protected:
                seen = set(tx.execute(text(f"SELECT account_id FROM {table}")).scalars())
                assert own.account in seen, f"{table}: not even its own row"
                assert seen == {own.account}, f"{table}: the rows of {other.account} can be seen"


def test_without_an_account_nothing_is_seen(database: Database, protected: list[str], mine: Rows) -> None:
    for setting in (None, ""):
        with database.across() as connection:
            if setting is not None:
                connection.execute(text("SELECT set_config('firstline.account', :it, true)"), {"it": setting})
            for table in protected:
                assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0, table


def test_no_account_changes_or_deletes_anothers_rows(
    database: Database, owner: Engine, protected: list[str], mine: Rows, theirs: Rows
) -> None:
    for table in protected:
        for act in (f"UPDATE {table} SET account_id = account_id", f"DELETE FROM {table}"):
            reached = touched(database, mine.account, f"{act} WHERE account_id = :it", theirs.account)
            assert reached in (0, "permission denied"), act
    with owner.connect() as connection:
        for table in protected:
            left = connection.execute(
                text(f"SELECT count(*) FROM {table} WHERE account_id = :it"), {"it": theirs.account}
            )
            assert left.scalar_one() == 1, table


def test_no_account_writes_rows_for_another(database: Database, protected: list[str], mine: Rows, theirs: Rows) -> None:
    for table in protected:
        row = theirs.values(table)
        with database.account(mine.account) as tx, pytest.raises(DBAPIError, match=NOT_THEIRS):
            theirs.insert(tx.connection, table, row)


def test_no_account_gives_its_rows_to_another(
    database: Database, protected: list[str], mine: Rows, theirs: Rows
) -> None:
    for table in protected:
        given = touched(database, mine.account, f"UPDATE {table} SET account_id = :it", theirs.account)
        assert given in ("row-level security", "permission denied"), table


def test_every_named_function_is_the_products_alone(owner: Engine) -> None:
    functions = """
        SELECT p.proname AS name, p.prosecdef AS definer, p.proconfig::text AS config,
               has_function_privilege('public', p.oid, 'EXECUTE') AS anybody
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'public' AND p.proname LIKE 'firstline%'
    """
    with owner.connect() as connection:
        found = connection.execute(text(functions)).all()
    assert {"firstline_accounts", "firstline_token", "firstline_session"} <= {row.name for row in found}
    for function in found:
        assert not function.anybody, f"anybody may call {function.name}"
        assert "search_path=public, pg_temp" in (function.config or ""), f"{function.name} trusts the caller's path"


def touched(database: Database, account: str, statement: str, other: str) -> int | str:
    """How many rows a statement reaches, or why it reaches none. Always rolled back."""
    with database.engine.connect() as connection:
        connection.execute(text("SELECT set_config('firstline.account', :account, true)"), {"account": account})
        try:
            return connection.execute(text(statement), {"it": other}).rowcount
        except DBAPIError as error:
            found = re.search(NOT_THEIRS, str(error))
            if found is None:
                raise
            return found.group()
        finally:
            connection.rollback()
