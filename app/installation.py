"""An installation as a command finds it: its database, its keys, its address, whether `firstline up` runs or not."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from app.bootstrap import make_celery, make_database
from app.embedded import LOGIN_ROLE, EmbeddedPostgres, EmbeddedRedis
from desk.accounts import add_account
from desk.db import Database, Transaction
from desk.errors import BadSetting, Temporary
from desk.privacy import new_key
from desk.settings import Settings, read_settings
from migrations.run import current_revision, migrate, newest_revision
from workers.tasks import handle_item, publish


@contextmanager
def installation(settings: Settings, *, alone: bool = False) -> Iterator[Settings]:
    """Settings with database and keys: those that are set; those of the `firstline up` that runs on this data
    directory; or those of an embedded Postgres that runs as long as the command does. With `alone`, raises BadSetting
    while `firstline up` runs."""
    if settings.database_url:
        yield settings
        return
    with _embedded_postgres(settings.data_dir, alone) as server:
        yield completed(settings, server)


@contextmanager
def open_database(settings: Settings | None = None) -> Iterator[Database]:
    """The installation's database, for one command."""
    with installation(settings or read_settings()) as ready:
        db = make_database(ready)
        try:
            yield db
        finally:
            db.close()


@contextmanager
def open_account(account: str | None) -> Iterator[Transaction]:
    """One transaction of an account (default: FIRSTLINE_ACCOUNT), for one command."""
    settings = read_settings()
    with open_database(settings) as db, db.account(account or settings.account) as tx:
        yield tx


def completed(settings: Settings, server: EmbeddedPostgres) -> Settings:
    """The settings, with the embedded servers and the keys of the data directory in the empty places."""
    found = {
        "database_url": SecretStr(server.url),
        "database_owner_url": SecretStr(server.owner_url),
        "redis_url": settings.redis_url or SecretStr(EmbeddedRedis(settings.data_dir).url),
        "keys": settings.keys or SecretStr(read_or_make_keys(settings.data_dir)),
    }
    return settings.model_copy(update=found)


def read_or_make_keys(data_dir: Path) -> str:
    """The keys kept beside the data, made on the first start; the file is for its owner's eyes."""
    path = data_dir / "keys"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w") as file:
        key = new_key()
        file.write(key + "\n")
    return key


def bring_up_to_date(settings: Settings) -> tuple[str | None, str | None]:
    """Migrate, and make the default account. Returns (revision before, after). Raises BadSetting, Temporary."""
    login = make_database(settings)
    try:
        if settings.database_owner_url:
            role = login.engine.url.username or LOGIN_ROLE
            revisions = migrate(settings.database_owner_url.get_secret_value(), role)
        else:
            revisions = _expect_newest(login)
        add_account(login, settings.account)
    finally:
        login.close()
    return revisions


def publish_item(settings: Settings, account: str, item_id: str) -> bool:
    """Hand an item to the broker; False when there is none now, and then the sweeper does it later."""
    if settings.redis_url is None:
        return False
    make_celery(settings)
    try:
        publish(handle_item, account, item_id)
    except Temporary:
        return False
    return True


def address(settings: Settings) -> str:
    """Where people reach the pages: FIRSTLINE_PUBLIC_URL, else what `firstline up` wrote down, else host and port."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    written = settings.data_dir / "address"
    if written.exists():
        return written.read_text(encoding="utf-8").strip()
    return f"http://{settings.host}:{settings.port}"


def _expect_newest(db: Database) -> tuple[str | None, str | None]:
    with db.across() as connection:
        found = current_revision(connection)
    if found != newest_revision():
        raise BadSetting(
            f"DATABASE_OWNER_URL is not set, and the tables are at {found}, not {newest_revision()}: "
            "set it to the role that owns them, and run `firstline migrate`"
        )
    return found, found


@contextmanager
def _embedded_postgres(data_dir: Path, alone: bool) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(data_dir)
    if not alone and server.ready():
        yield server
        return
    with server:
        yield server
