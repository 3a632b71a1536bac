"""An installation as a command finds it: its database, its keys, its address, whether `firstline up` runs or not.

Alembic is imported where it is needed: commands beside a running installation start without it.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from app.database import make_database, readable_url
from app.embedded.places import Lock
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.redis import EmbeddedRedis
from app.key_check import recognise_keys
from app.os_process import until
from desk.errors import BadSetting, Permanent, Refused, Temporary
from desk.platform.accounts import SLUG, add_account, get_account
from desk.platform.database import Database, Transaction
from desk.platform.encryption import new_key
from desk.platform.settings import Settings, read_settings

TURN_SECONDS = 30.0
"""How long a command waits for the server that another command is just starting or stopping."""

UNMIGRATED = {"42P01", "42883", "42703"}  # PostgreSQL: undefined table, function, column
FORBIDDEN = {"42501", "28000"}  # insufficient privilege, authorization
LOCKED = "55P03"


@contextmanager
def installation(
    settings: Settings, *, alone: bool = False, as_it_is: bool = False, any_keys: bool = False
) -> Iterator[Settings]:
    """Settings with database and keys: those that are set; those of the `firstline up` that runs on this data
    directory; or those of an embedded Postgres that runs as long as the command does, brought up to date at its start
    unless `as_it_is`. With `alone`, raises BadSetting while `firstline up` runs; for keys that the database does not
    know, unless `as_it_is` or `any_keys`.

    What the database refuses meanwhile becomes an error of ours, which says what to do.
    """
    with plain_words(), _find_installation(settings, alone, as_it_is) as ready:
        if not (as_it_is or any_keys):
            refuse_strange_keys(ready)
        yield ready


def refuse_strange_keys(settings: Settings) -> None:
    """Raises BadSetting for keys that this database does not know."""
    db = make_database(settings)
    try:
        recognise_keys(db)
    finally:
        db.close()


@contextmanager
def open_database(settings: Settings | None = None) -> Iterator[Database]:
    """The installation's database, for one command."""
    with installation(settings or read_settings()) as ready, closing(make_database(ready)) as db:
        yield db


@contextmanager
def open_installation(account: str | None) -> Iterator[tuple[Settings, Database, str]]:
    """Settings with database and keys, the database, and the id of an account (default: FIRSTLINE_ACCOUNT), for one
    command. Raises Refused if nobody made the account."""
    settings = read_settings()
    with installation(settings) as ready, closing(make_database(ready)) as db:
        yield ready, db, existing(db, account or settings.account)


@contextmanager
def open_account(account: str | None) -> Iterator[Transaction]:
    """One transaction of an account (default: FIRSTLINE_ACCOUNT), for one command. Raises Refused if there is none."""
    with open_installation(account) as (_, db, account_id), db.account(account_id) as tx:
        yield tx


def existing(db: Database, account: str) -> str:
    """The account's id. Raises Refused when nobody made it."""
    if SLUG.fullmatch(account):
        with db.account(account) as tx:
            if get_account(tx):
                return account
    raise Refused(f"no account {account!r}; `firstline accounts list` shows them, `firstline accounts add` makes one")


def completed(settings: Settings, server: EmbeddedPostgres) -> Settings:
    """The settings, with the embedded servers and the keys of the data directory in the empty places."""
    values = {
        "database_url": SecretStr(server.url),
        "database_owner_url": SecretStr(server.owner_url),
        "redis_url": settings.redis_url or SecretStr(EmbeddedRedis(settings.data_dir).url),
        "keys": settings.keys or SecretStr(read_or_make_keys(settings.data_dir)),
    }
    return settings.model_copy(update=values)


def read_or_make_keys(data_dir: Path) -> str:
    """The keys kept beside the data, made on the first start; the file is for its owner's eyes."""
    path = data_dir / "keys"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii", errors="replace").strip()
    with os.fdopen(handle, "w") as file:
        key = new_key()
        file.write(key + "\n")
    return key


def bring_up_to_date(settings: Settings) -> tuple[str | None, str | None]:
    """Migrate, and make the default account. Returns (revision before, after). Raises BadSetting, Temporary."""
    from migrations.run import migrate

    login = make_database(settings)
    try:
        _refuse_newer_tables(login)
        if settings.database_owner_url:
            owner = readable_url(settings.database_owner_url.get_secret_value(), "DATABASE_OWNER_URL")
            with plain_words():
                revisions = migrate(owner.render_as_string(hide_password=False), role_name(settings))
        else:
            revisions = _require_newest_tables(login)
        add_account(login, settings.account)
    finally:
        login.close()
    return revisions


def address(settings: Settings) -> str:
    """Where people reach the pages: FIRSTLINE_PUBLIC_URL, else what `firstline up` wrote down, else host and port."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    address_file = settings.data_dir / "address"
    if address_file.exists():
        return address_file.read_text(encoding="utf-8").strip()
    return f"http://{settings.host}:{settings.port}"


@contextmanager
def plain_words() -> Iterator[None]:
    """What the database refuses, as an error of ours: the first line alone, since the next ones may quote rows."""
    try:
        yield
    except DBAPIError as error:
        code, lines = str(getattr(error.orig, "sqlstate", "")), str(error.orig).strip().splitlines() or [""]
        if isinstance(error, ProgrammingError) and code in UNMIGRATED:
            raise BadSetting("the tables are missing or older than this version; `firstline migrate`") from error
        if code in FORBIDDEN:
            raise BadSetting(f"the database: {lines[0]}; `firstline doctor` tells more") from error
        if code == LOCKED:
            raise Temporary("other processes use the tables: stop web, workers and beat first") from error
        if isinstance(error, OperationalError):
            raise Temporary(f"the database: {lines[0]}") from error
        raise Permanent(f"the database: {lines[0]}") from error


def role_name(settings: Settings) -> str:
    """The product's login role, as the database calls it."""
    login = make_database(settings)
    try:
        with login.across() as connection:
            return str(connection.execute(text("SELECT current_user")).scalar_one())
    finally:
        login.close()


@contextmanager
def _find_installation(settings: Settings, alone: bool, as_it_is: bool) -> Iterator[Settings]:
    if settings.database_url:
        yield _with_data_dir(settings)
        return
    with _embedded_postgres(settings.data_dir, alone) as (server, is_ours):
        ready = completed(settings, server)
        if is_ours and not as_it_is:
            bring_up_to_date(ready)
        yield ready


def _refuse_newer_tables(db: Database) -> None:
    """Raises BadSetting for tables of a newer version."""
    from migrations.run import current_revision, knows

    with db.across() as connection, plain_words():
        revision = current_revision(connection)
    if revision and not knows(revision):
        raise BadSetting(f"the tables are at {revision}, which a newer Firstline made: install that one")


def _require_newest_tables(db: Database) -> tuple[str | None, str | None]:
    from migrations.run import current_revision, newest_revision

    with db.across() as connection:
        revision = current_revision(connection)
    if revision != newest_revision():
        raise BadSetting(
            f"DATABASE_OWNER_URL is not set, and the tables are at {revision}, not {newest_revision()}: "
            "set it to the role that owns them, and run `firstline migrate`"
        )
    return revision, revision


def _with_data_dir(settings: Settings) -> Settings:
    """With a database of the operator's own, `firstline up` may still have made keys and run Redis here."""
    values: dict[str, SecretStr] = {}
    redis = EmbeddedRedis(settings.data_dir)
    if settings.keys is None and (settings.data_dir / "keys").is_file():
        values["keys"] = SecretStr(read_or_make_keys(settings.data_dir))
    if settings.redis_url is None and redis.socket.exists():
        values["redis_url"] = SecretStr(redis.url)
    return settings.model_copy(update=values)


@contextmanager
def _embedded_postgres(data_dir: Path, alone: bool) -> Iterator[tuple[EmbeddedPostgres, bool]]:
    """The server, and whether it is ours: started for this command alone."""
    server = EmbeddedPostgres(data_dir)
    if not alone:
        lock = Lock(server.cluster.find_home())
        if lock.holder() and until(lambda: server.ready() or not lock.holder(), TURN_SECONDS) and server.ready():
            yield server, False
            return
    with server:
        yield server, True
