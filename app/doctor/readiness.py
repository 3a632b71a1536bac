"""What `GET /ready` asks: is all there that a ticket needs, and are the tables those of this version?

Each check is given up after `MOST_SECONDS`; one that is still open then is not asked a second time, so that probes do
not pile up on a server that hangs.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from celery import Celery
from sqlalchemy import Connection, text

from app.doctor.deadline import TimedQuestion
from desk.errors import BadSetting, Temporary
from desk.platform.database import Database

MOST_SECONDS = 3.0

Check = Callable[[], None]


def make_checks(db: Database, celery: Celery) -> Mapping[str, Check]:
    """By name: each raises when what it looks at is away or wrong."""

    def postgres() -> None:
        with db.across() as connection:
            connection.execute(text("SELECT 1"))

    def migrations() -> None:
        with db.across() as connection:
            refuse_other_tables(connection)

    def broker() -> None:
        with celery.connection_for_write() as connection:
            connection.ensure_connection(max_retries=0, timeout=1)

    checks = (postgres, migrations, broker)
    return {check.__name__: bounded(check.__name__, check) for check in checks}


def bounded(name: str, check: Check) -> Check:
    """The same, in `MOST_SECONDS` at the most. Raises Temporary then."""
    questions: list[TimedQuestion[None]] = []

    def ask() -> Iterator[None]:
        check()
        yield None

    def look() -> None:
        if not (questions and questions[0].open):
            questions[:] = [TimedQuestion(name, ask)]
        question = questions[0]
        if not question.wait(MOST_SECONDS):
            raise Temporary(f"no answer within {MOST_SECONDS:g} s")
        question.answers()

    return look


def refuse_other_tables(connection: Connection) -> None:
    """Raises BadSetting for tables that are missing, or older or newer than this version."""
    from migrations.run import current_revision, newest_revision  # Alembic, which the start can do without

    current, newest = current_revision(connection), newest_revision()
    if current != newest:
        state = f"the tables are at {current}" if current else "there are no tables"
        raise BadSetting(f"{state}, and this version needs {newest}; run `firstline migrate`")


def installation_id(db: Database) -> str | None:
    """The same for all processes on this database, and another one for every other database; None where it cannot be
    told. It says nothing about where the database is."""
    with suppress(Temporary), db.across() as connection:
        return identity(connection)
    return None


def identity(connection: Connection) -> str | None:
    """As `installation_id`; None for a role that may not ask its server for a name."""
    if not connection.execute(text(_MAY_ASK)).scalar_one():
        return None
    return hashlib.sha256(connection.execute(text(_IDENTITY)).scalar_one().encode()).hexdigest()[:16]


_MAY_ASK = "SELECT has_function_privilege('pg_control_system()', 'EXECUTE')"
_IDENTITY = """
    SELECT format('firstline %s %s', system_identifier, oid) FROM pg_control_system(), pg_database
    WHERE datname = current_database()
"""
