"""A database beside the session's, for tests that look across accounts or need a past of their own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import Connection, create_engine

from app.embedded.postgres import LOGIN_ROLE, EmbeddedPostgres
from desk.platform.database import Database, driver_url
from desk.platform.encryption import Sealer
from migrations.run import upgrade


@dataclass(frozen=True)
class OwnDatabase:
    """Its name, on the session's server."""

    server: EmbeddedPostgres
    name: str

    def there(self, url: str) -> str:
        """The same role, in this database."""
        return url.replace("/firstline?", f"/{self.name}?")

    def migrate(self, revision: str = "head") -> None:
        """Bring it up to a revision."""
        with self.begin(self.server.owner_url) as connection:
            upgrade(connection, LOGIN_ROLE, revision)

    @contextmanager
    def begin(self, url: str) -> Iterator[Connection]:
        """One transaction of a role, named by its address in the session's database."""
        engine = create_engine(driver_url(self.there(url)))
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()

    @contextmanager
    def open(self, sealer: Sealer) -> Iterator[Database]:
        """The product's session."""
        db = Database(self.there(self.server.url), sealer)
        try:
            yield db
        finally:
            db.close()


@contextmanager
def own_database(server: EmbeddedPostgres) -> Iterator[OwnDatabase]:
    """An empty one, with the extension; gone at the end."""
    own = OwnDatabase(server, f"own_{uuid.uuid4().hex[:8]}")
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {own.name} OWNER firstline_owner".encode())
        try:
            with psycopg.connect(own.there(server.superuser_url), autocommit=True) as there:
                there.execute("CREATE EXTENSION vector")
            yield own
        finally:
            connection.execute(f"DROP DATABASE {own.name} WITH (FORCE)".encode())
