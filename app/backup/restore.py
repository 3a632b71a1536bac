"""Put a backup (`app/backup/backup.py`) in the place of what is there, all or nothing.

The file is read to its end before anything is touched. Then all happens in one transaction: our tables go, the
migrations make those of the backup's revision with the roles and rights of this installation, the rows come in, later
migrations run, and something sealed is opened with the keys that will be in use. Whatever fails, the old data is there.
"""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg.sql import SQL, Identifier
from pydantic import ValidationError
from sqlalchemy import Connection, create_engine, text

from app.backup.backup import (
    ABOUT,
    KEYS,
    NOT_OURS_TO_KEEP,
    OUR_TABLES,
    PLAIN_VALUES,
    TABLES,
    About,
    Progress,
    Table,
    new_private_file,
    own_keys,
    owner_url,
)
from app.database import make_sealer
from app.installation import plain_words, role_name
from app.key_check import SEALED, opens_sample
from desk.errors import Permanent, Refused
from desk.platform.encryption import Sealer
from desk.platform.encryption_keys import sealing_keys
from desk.platform.settings import Settings
from migrations.run import LOCK, knows, upgrade

PIECE = 1 << 18  # bytes
LOCK_MILLISECONDS = 10_000
MOST_WORDS = 10_000_000  # bytes of `about.json` and of `keys`
MOST_TOLD = 200  # characters: PostgreSQL quotes what it could not read
FORCED = "SELECT relforcerowsecurity FROM pg_class WHERE oid = ('public.' || quote_ident(%s))::regclass"


def restore(settings: Settings, file: Path, *, overwrite: bool = False, progress: Progress | None = None) -> About:
    """Replace everything by what the file holds, and bring it up to date; what the file says of itself.

    Raises Refused, and has changed nothing, for a file that is damaged or no backup or of a newer version, for keys
    that do not open it, and for an installation that holds tickets, unless told to `overwrite` them. Raises Temporary
    while other processes use the tables.
    """
    about, keys = examine(file)
    login_role = role_name(settings)
    if not knows(about.revision):
        raise Refused(f"{file} was made by Firstline {about.version}, newer than this one; upgrade first")
    keeps_own_keys = own_keys(settings) is not None
    sealer = Sealer(_split_keys(keys)) if keys and keeps_own_keys else make_sealer(settings)
    with _replace_keys(settings, keys if keeps_own_keys else None), _owner_transaction(settings) as connection:
        if not overwrite and (count := _count_tickets(connection)):
            raise Refused(f"this installation holds {count} tickets; `--overwrite` replaces them")
        _drop_everything(connection)
        upgrade(connection, login_role, about.revision)
        with _open_archive(file) as tar:
            _fill_tables(connection, about, tar, progress)
        upgrade(connection, login_role)
        _refuse_strange_keys(connection, sealer, file)
        connection.execute(text("ANALYZE"))
    return about


def examine(file: Path) -> tuple[About, bytes | None]:
    """Read the file to its end: what it says of itself, and the keys in it. Raises Refused when it is not whole."""
    try:
        row_counts, small_members = _read_members(file)
        about = About.model_validate_json(small_members[ABOUT])
    except ValidationError as error:
        raise Refused(f"{file} is not a backup of Firstline that this version can read") from error
    except KeyError as error:
        raise Refused(f"{file} is not a whole backup of Firstline: its end is missing") from error
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise Refused(f"{file} is damaged, or not a backup of Firstline: {error}") from error
    if {table.name: table.rows for table in about.tables} != row_counts or about.keys != (KEYS in small_members):
        raise Refused(f"{file} is damaged: it does not hold what it says")
    return about, small_members.get(KEYS)


def _read_members(file: Path) -> tuple[dict[str, int], dict[str, bytes]]:
    """How many rows of each table there are, and what else is in it. Raises ValueError for what a backup has not."""
    row_counts, small_members = dict[str, int](), dict[str, bytes]()
    with _open_archive(file) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is None or not (member.name.startswith(TABLES) or member.name in (KEYS, ABOUT)):
                raise ValueError(f"it holds {member.name!r}")
            if member.name.startswith(TABLES):
                lines = sum(piece.count(b"\n") for piece in _read_chunks(content))
                row_counts[member.name.removeprefix(TABLES)] = lines
            else:
                small_members[member.name] = content.read(MOST_WORDS)
    return row_counts, small_members


@contextmanager
def _open_archive(file: Path) -> Iterator[tarfile.TarFile]:
    """The members as they come. At the end, gzip's own checksum is read too: tarfile stops before it."""
    with gzip.open(file) as stream:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            yield tar
        while stream.read(PIECE):
            pass


def _read_chunks(content: IO[bytes]) -> Iterator[bytes]:
    while chunk := content.read(PIECE):
        yield chunk


@contextmanager
def _owner_transaction(settings: Settings) -> Iterator[Connection]:
    """One transaction of the owner. Nobody migrates meanwhile, and whoever uses the tables keeps them."""
    with plain_words():
        engine = create_engine(owner_url(settings), hide_parameters=True, connect_args={"connect_timeout": 5})
        try:
            with engine.begin() as connection:
                connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                yield connection
        except psycopg.Error as error:  # of COPY, which goes past SQLAlchemy
            raise Permanent(f"the backup does not fit: {str(error).splitlines()[0][:MOST_TOLD]}") from error
        finally:
            engine.dispose()


def _count_tickets(connection: Connection) -> int:
    if connection.execute(text("SELECT to_regclass('public.ticket_states')")).scalar_one() is None:
        return 0
    return int(connection.execute(text("SELECT count(*) FROM ticket_states")).scalar_one())


def _drop_everything(connection: Connection) -> None:
    """Drop our functions and tables. What belongs to somebody else stays; if it hangs on ours, this raises."""
    _drop_functions(connection, "prorettype <> 'trigger'::regtype")  # they may give rows of a table
    if tables := connection.execute(text(OUR_TABLES)).scalars().all():
        connection.execute(text("DROP TABLE " + ", ".join(f'public."{name}"' for name in tables)))
    _drop_functions(connection, "prorettype = 'trigger'::regtype")  # tables call them


def _drop_functions(connection: Connection, condition: str) -> None:
    own_functions = (
        "pronamespace = 'public'::regnamespace AND proowner = current_user::regrole AND proname LIKE 'firstline\\_%'"
    )
    statement = text(f"SELECT oid::regprocedure::text FROM pg_proc WHERE {own_functions} AND {condition}")  # noqa: S608  # both ours
    for (name,) in connection.execute(statement).all():
        connection.execute(text(f"DROP FUNCTION {name}"))


def _fill_tables(connection: Connection, about: About, tar: tarfile.TarFile, progress: Progress | None) -> None:
    """The rows of all tables. Vector indexes are made afterwards, which is many times as quick."""
    driver_connection = connection.connection.driver_connection
    assert isinstance(driver_connection, psycopg.Connection)  # noqa: S101  # readable_url says so
    existing_tables = set(connection.execute(text(OUR_TABLES)).scalars()) - {NOT_OURS_TO_KEEP}
    tables = {table.name: table for table in about.tables}
    if set(tables) != existing_tables:
        raise Refused(f"the backup does not hold the tables of {about.revision}")
    driver_connection.execute(PLAIN_VALUES)
    with _without_vector_indexes(connection):
        members = (member for member in tar if member.name.startswith(TABLES))
        for filled_count, member in enumerate(members, 1):
            table, content = tables[member.name.removeprefix(TABLES)], tar.extractfile(member)
            assert content is not None, "examine has seen it"  # noqa: S101  # an invariant, not a check
            _copy_rows(driver_connection, table, content)
            if progress:
                progress(filled_count, len(tables), table.name)


@contextmanager
def _without_vector_indexes(connection: Connection) -> Iterator[None]:
    indexes = connection.execute(text(_VECTOR_INDEXES)).all()
    for index in indexes:
        connection.execute(text(f'DROP INDEX public."{index.indexname}"'))
    yield
    for index in indexes:
        connection.exec_driver_sql(index.indexdef)


def _copy_rows(driver_connection: psycopg.Connection[Any], table: Table, content: IO[bytes]) -> None:
    """COPY does not work where row-level security binds, so for this transaction the owner is let off."""
    name, columns = Identifier(table.name), SQL(", ").join(map(Identifier, table.columns))
    row = driver_connection.execute(FORCED, (table.name,)).fetchone()
    was_forced = row == (True,)  # not where a table is no account's
    driver_connection.execute(SQL("ALTER TABLE public.{} NO FORCE ROW LEVEL SECURITY").format(name))
    cursor = driver_connection.cursor()
    with cursor.copy(SQL("COPY public.{} ({}) FROM STDIN").format(name, columns)) as copy:
        for chunk in _read_chunks(content):
            copy.write(chunk)
    if cursor.rowcount != table.rows:
        raise Refused(f"{table.name}: {cursor.rowcount} rows came in instead of {table.rows}")
    if was_forced:
        driver_connection.execute(SQL("ALTER TABLE public.{} FORCE ROW LEVEL SECURITY").format(name))


def _refuse_strange_keys(connection: Connection, sealer: Sealer, file: Path) -> None:
    """Keys that open nothing of what came in. Where one of several is missing, what it sealed stays shut, the next
    start says so, and the old data are not worth more."""
    if all(opens_sample(sealer, sealed) for sealed in _sealed_samples(connection)):
        return
    known_fingerprints = [key.fingerprint for key in sealing_keys(connection) or ()]
    known_text = f": {', '.join(known_fingerprints)}" if known_fingerprints else ""
    given_fingerprints = ", ".join(sealer.fingerprints)
    raise Refused(
        f"the keys of this installation do not open what {file} holds: instead of {given_fingerprints}, set "
        f"FIRSTLINE_KEYS to those that were in use{known_text} "
        f"(where the file holds them, `tar -xzOf {file} {KEYS}` prints them)"
    )


def _sealed_samples(connection: Connection) -> Iterator[bytes]:
    for table, column, _ in SEALED.values():
        sealed = connection.execute(text(f"SELECT {column} FROM {table} LIMIT 1")).scalar_one_or_none()  # noqa: S608
        if sealed is not None:
            yield bytes(sealed)


@contextmanager
def _replace_keys(settings: Settings, keys: bytes | None) -> Iterator[None]:
    """Lay the keys ready, and put them in the place of the old ones when all else has been done."""
    path, restored_path = settings.data_dir / KEYS, settings.data_dir / "keys.restored"
    if keys is None:
        yield
        return
    restored_path.unlink(missing_ok=True)
    try:
        with new_private_file(restored_path) as handle:
            handle.write(keys)
        yield
    except BaseException:
        restored_path.unlink(missing_ok=True)
        raise
    restored_path.replace(path)


def _split_keys(keys: bytes) -> list[str]:
    return [key.strip() for key in keys.decode("ascii", "replace").split(",") if key.strip()]


_VECTOR_INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%USING hnsw%'
"""
