"""Bring a database up to date, or say how far it is."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from desk.errors import Temporary
from desk.platform.database import driver_url

LOCK = 0x46495253  # "FIRS": two `migrate` at once take turns


def migrate(owner_url: str, login_role: str) -> tuple[str | None, str | None]:
    """Run what is missing, all or nothing, and give `login_role` its rights. Returns (revision before, after).

    Raises Temporary when the database does not answer.
    """
    engine = create_engine(driver_url(owner_url), connect_args={"connect_timeout": 5})
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            before = MigrationContext.configure(connection).get_current_revision()
            upgrade(connection, login_role)
            after = MigrationContext.configure(connection).get_current_revision()
    except OperationalError as error:
        raise Temporary("the database did not answer; is DATABASE_OWNER_URL right?") from error
    finally:
        engine.dispose()
    return before, after


def upgrade(connection: Connection, login_role: str, revision: str = "head") -> None:
    """Run what is missing up to a revision in the transaction that is open, and commit nothing."""
    config = _config()
    config.attributes.update(connection=connection, login_role=login_role)
    command.upgrade(config, revision)


def current_revision(connection: Connection) -> str | None:
    """How far the database is; None when it holds no tables yet."""
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar_one() is None:
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


@cache
def newest_revision() -> str | None:
    """The revision that this version of the product needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def knows(revision: str) -> bool:
    """Is this a revision of ours? One that is not was made by a newer version of the product."""
    return any(each.revision == revision for each in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
