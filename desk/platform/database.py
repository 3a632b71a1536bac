"""The database session. A transaction is always one account's: row-level security hides every other account's rows.

`statement_timeout` and `lock_timeout` make a stuck database an error instead of a hang.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Engine, Executable, MetaData, Row, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from desk.errors import Temporary
from desk.platform.encryption import Sealer

T = TypeVar("T")
Rows = Mapping[str, Any] | Sequence[Mapping[str, Any]]

metadata = MetaData()
"""All tables of all rooms; each room's `tables.py` adds its own."""


SESSION = (
    "statement_timeout=30s",
    "lock_timeout=10s",
    "idle_in_transaction_session_timeout=60s",
    # Search meets accounts of very different sizes: a plan made for all of them is wrong for each.
    "plan_cache_mode=force_custom_plan",
    # pgvector filters after the index: without iteration, row-level security would leave too few rows.
    "hnsw.iterative_scan=relaxed_order",
    "hnsw.ef_search=200",
)
"""What every connection sets. `hnsw` is pgvector's; Postgres keeps its settings until it loads the extension."""

USUAL: Mapping[str, str] = {}
ACCOUNT = "firstline.account"
ENTER = text("SELECT set_config(name, value, true) FROM unnest(:names ::text[], :values ::text[]) AS own (name, value)")
"""Opens each transaction, so it is parsed once."""
LOOK = text("SELECT 1")


def driver_url(url: str) -> URL:
    """The URL for SQLAlchemy with the psycopg 3 driver."""
    return make_url(url).set(drivername="postgresql+psycopg")


def from_row(kind: type[T], row: Row[Any], /, **fields_to_set: object) -> T:
    """A dataclass out of the columns that are named like its fields. To be set are those that a column gives as a word,
    and those that have no column; what else is missing keeps its default."""
    columns = row._mapping
    names = (field.name for field in fields(kind))  # type: ignore[arg-type]  # a dataclass
    return kind(**{name: columns[name] for name in names if name in columns} | fields_to_set)


@dataclass(frozen=True, slots=True)
class Transaction:
    """An open transaction of one account."""

    account: str
    connection: Connection
    sealer: Sealer

    def execute(self, statement: Executable, values: Rows | None = None) -> CursorResult[Any]:
        """Run one statement as this account."""
        return self.connection.execute(statement, values)

    def seal(self, value: str) -> bytes:
        """Encrypt for a sealed column."""
        return self.sealer.seal(value)

    def open(self, value: bytes) -> str:
        """Decrypt a sealed column."""
        return self.sealer.open(value)


class Database:
    """A small connection pool under the product's login role.

    `account(id)` opens a transaction for one account; `across()` opens one that sees no account's rows and may only
    call the named SQL functions of the migrations. Both raise Temporary when Postgres is away.
    """

    def __init__(self, url: str, sealer: Sealer, pool_size: int = 8) -> None:
        self.sealer = sealer
        self.engine: Engine = create_engine(
            driver_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
            hide_parameters=True,  # an error must not print what a customer wrote
            connect_args={
                "connect_timeout": 5,
                "options": " ".join(f"-c {option}" for option in SESSION),
            },
        )

    @contextmanager
    def account(self, account: str, settings: Mapping[str, str] = USUAL) -> Iterator[Transaction]:
        """A transaction that sees and writes this account's rows alone; committed at the end, rolled back on error.
        `settings` are Postgres's own, for this transaction."""
        transaction_settings = {ACCOUNT: account, **settings}
        with self._transaction(
            ENTER, {"names": list(transaction_settings), "values": list(transaction_settings.values())}
        ) as connection:
            yield Transaction(account, connection, self.sealer)

    @contextmanager
    def across(self) -> Iterator[Connection]:
        """A transaction of no account, for the named functions that look across accounts."""
        with self._transaction(LOOK, {}) as connection:
            yield connection

    @contextmanager
    def _transaction(self, first_statement: Executable, values: Mapping[str, Any]) -> Iterator[Connection]:
        """A transaction with its first statement. A connection that died in the pool shows by that, and another is
        taken, for nothing has been done yet: so that no connection need be asked each time before it is used."""
        with _temporary_when_away(), self._connect_with_retry(first_statement, values) as connection:
            yield connection
            connection.commit()

    def _connect_with_retry(self, first_statement: Executable, values: Mapping[str, Any]) -> Connection:
        try:
            return self._connect(first_statement, values)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        return self._connect(first_statement, values)  # the pool has dropped all others too

    def _connect(self, first_statement: Executable, values: Mapping[str, Any]) -> Connection:
        connection = self.engine.connect()
        try:
            connection.execute(first_statement, values)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


@contextmanager
def _temporary_when_away() -> Iterator[None]:
    try:
        yield
    except (OperationalError, PoolTimeout) as error:
        raise Temporary("the database did not answer", retry_after=5) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Temporary("the database connection broke", retry_after=5) from error
        raise
