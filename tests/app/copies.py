"""Copies of a database, each for one test at a time. To copy one takes many times as long as to empty it, so it goes to
the next test if all that was done in it was to write rows."""

import uuid
from dataclasses import dataclass, field
from functools import cached_property

import psycopg
from sqlalchemy.engine import make_url

SHAPE = """
    SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
        SELECT 'class', oid, xmin, relfilenode FROM pg_class WHERE oid >= 16384
        UNION ALL SELECT 'function', oid, xmin, 0 FROM pg_proc WHERE oid >= 16384
        UNION ALL SELECT 'schema', oid, xmin, 0 FROM pg_namespace WHERE nspname !~ '^pg_'
        UNION ALL SELECT 'column', attrelid, xmin, 0 FROM pg_attribute WHERE attrelid >= 16384
        UNION ALL SELECT 'policy', oid, xmin, 0 FROM pg_policy
        UNION ALL SELECT 'constraint', oid, xmin, 0 FROM pg_constraint WHERE oid >= 16384
        UNION ALL SELECT 'trigger', oid, xmin, 0 FROM pg_trigger
        UNION ALL SELECT 'default', oid, xmin, 0 FROM pg_attrdef
        UNION ALL SELECT 'extension', oid, xmin, 0 FROM pg_extension
        UNION ALL SELECT 'setting', setdatabase, xmin, 0 FROM pg_db_role_setting
    ) AS things (kind, id, changed, file), concat_ws('-', kind, id, changed, file) AS line
"""
"""One word for all that is in the catalogue but rows: whatever is made, altered or granted gives another."""

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
END_ALL = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


@dataclass
class Copies:
    """The copies of a database that was migrated."""

    superuser_url: str
    template: str
    free: list[str] = field(default_factory=list)

    def take(self) -> str:
        """The name of a database that is as the template."""
        return self.free.pop() if self.free else self._copy()

    def give_back(self, name: str) -> None:
        """Let the next test have it, emptied; or drop it."""
        with self._connect(name) as connection:
            connection.execute(END_ALL, (name,))
            if self._shape(connection) == self.first_rows_and_shape[1]:
                self._empty(connection)
                self.free.append(name)
                return
        with self._connect("postgres") as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    @cached_property
    def first_rows_and_shape(self) -> tuple[dict[str, list[str]], str]:
        """What the template has: its rows by table, and its shape."""
        with self._connect(self.template) as connection:
            names = [name for (name,) in connection.execute(TABLES)]
            rows = {name: connection.execute(f"SELECT t::text FROM {name} t".encode()).fetchall() for name in names}
            return {name: [row for (row,) in found] for name, found in rows.items()}, self._shape(connection)

    def _copy(self) -> str:
        assert self.first_rows_and_shape, "read before there is a copy: a template must have no visitors then"
        name = f"own_{uuid.uuid4().hex[:12]}"
        with self._connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name} OWNER firstline_owner TEMPLATE {self.template}".encode())
        return name

    def _empty(self, connection: psycopg.Connection) -> None:
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")  # no order among tables
            for table, rows in self.first_rows_and_shape[0].items():
                connection.execute(f"DELETE FROM {table}".encode())
                for row in rows:
                    connection.execute(f"INSERT INTO {table} SELECT (%s::{table}).*".encode(), (row,))

    def _shape(self, connection: psycopg.Connection) -> str:
        found = connection.execute(SHAPE).fetchone()
        assert found
        return str(found[0])

    def _connect(self, name: str) -> psycopg.Connection:
        return psycopg.connect(in_database(self.superuser_url, name), autocommit=True)


def in_database(url: str, name: str) -> str:
    """The same URL for another database."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)
