"""Everything an installation knows, in one file: the database, and the keys where we keep them.

The file is a compressed tar: a member `tables/NAME` for each table, its rows as COPY writes them, all of one snapshot
taken while work goes on; `keys` where `firstline up` made them; and at the end `about.json`, which says what is in it,
so that half a file is known for one. It holds rows and no schema: `app/backup/restore.py` makes the tables by the
migrations of its own installation, and roles, rights and policies are that installation's. Whoever has the file and
the keys can read the tickets: it is written for its owner's eyes alone.
"""

import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, BinaryIO, Literal

import psycopg
from psycopg.sql import SQL, Identifier
from pydantic import BaseModel, ConfigDict
from sqlalchemy.engine import URL

from app.bootstrap import VERSION
from app.database import readable_url
from desk.errors import BadSetting, Refused, Temporary
from desk.platform.settings import Settings
from migrations.run import LOCK

TABLES, KEYS, ABOUT = "tables/", "keys", "about.json"
NOT_OURS_TO_KEEP = "alembic_version"  # the restore's migrations write it

OUR_TABLES = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
    "AND relowner = current_user::regrole ORDER BY relname"
)
"""For the owner: a table of somebody else's in the same database is none of ours."""

PLAIN_VALUES = "SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'; SET LOCAL client_encoding = 'UTF8'"
"""So that COPY writes what any other server reads."""

Progress = Callable[[int, int | None, str], None]
"""Called with (tables done, tables in all, the table's name)."""


class Table(BaseModel):
    """One table as the file holds it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    columns: tuple[str, ...]
    rows: int


class About(BaseModel):
    """What a backup says of itself. `tables` stand in the order in which they can be filled: foreign keys point up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["firstline-backup-1"] = "firstline-backup-1"
    version: str
    revision: str
    made_at: datetime
    keys: bool
    tables: tuple[Table, ...]

    def rows(self, table: str) -> int:
        """How many rows of a table it holds."""
        return sum(each_table.rows for each_table in self.tables if each_table.name == table)


def backup(settings: Settings, file: Path, progress: Progress | None = None) -> About:
    """Write the backup, readable by its owner alone. A failed one leaves no file.

    Raises Refused when the file is there already or its folder is not, Temporary when the database does not answer,
    OSError when the disk is full.
    """
    if file.exists():
        raise Refused(f"{file} is there already; name another file")
    if not file.parent.is_dir():
        raise Refused(f"there is no folder {file.parent}")
    keys = own_keys(settings)
    with (
        tempfile.TemporaryDirectory(dir=file.parent, prefix=".firstline-backup-") as scratch,
        _connect_as_owner(settings) as connection,
    ):
        temporary_file = Path(scratch) / "whole"
        with (
            new_private_file(temporary_file) as raw_file,
            tarfile.open(fileobj=raw_file, mode="w:gz", compresslevel=1) as tar,
        ):
            about = _write_archive(tar, connection, keys, Path(scratch) / "rows", progress)
        temporary_file.rename(file)
    return about


@contextmanager
def new_private_file(path: Path) -> Iterator[BinaryIO]:
    """A file that its owner alone may read, and that is on the disk at the end."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        yield handle
        handle.flush()
        os.fsync(handle.fileno())


def own_keys(settings: Settings) -> bytes | None:
    """The key file of the data directory, if those are the keys in use. Keys set from outside are not ours to keep."""
    path = settings.data_dir / KEYS
    content = path.read_bytes() if path.is_file() else None
    keys_in_use = settings.keys.get_secret_value().encode() if settings.keys else b""
    return content if content is not None and content.strip() == keys_in_use.strip() else None


def owner_url(settings: Settings) -> URL:
    """The role that owns the tables. Raises BadSetting when none is set, or the URL cannot be read."""
    if settings.database_owner_url is None:
        raise BadSetting("DATABASE_OWNER_URL is not set: backup and restore work under the role that owns the tables")
    return readable_url(settings.database_owner_url.get_secret_value(), "DATABASE_OWNER_URL")


def _connect_as_owner(settings: Settings) -> psycopg.Connection[tuple[Any, ...]]:
    url = owner_url(settings).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        return psycopg.connect(url, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise Temporary(f"DATABASE_OWNER_URL: {str(error).strip().splitlines()[0]}") from error


def _write_archive(
    tar: tarfile.TarFile,
    connection: psycopg.Connection[Any],
    keys: bytes | None,
    rows_file: Path,
    progress: Progress | None,
) -> About:
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (LOCK,))  # no migration meanwhile
    connection.execute(PLAIN_VALUES)
    revision, made_at = _current_revision(connection), datetime.now(UTC)
    tables = tuple(_add_tables(tar, connection, rows_file, progress))
    about = About(version=VERSION, revision=revision, made_at=made_at, keys=keys is not None, tables=tables)
    if keys is not None:
        _add_member(tar, KEYS, keys)
    _add_member(tar, ABOUT, about.model_dump_json(indent=1).encode())
    return about


def _add_tables(
    tar: tarfile.TarFile, connection: psycopg.Connection[Any], rows_file: Path, progress: Progress | None
) -> Iterator[Table]:
    names = _tables_in_order(connection)
    for index, name in enumerate(names):
        columns = _column_names(connection, name)
        yield Table(name=name, columns=columns, rows=_copy_rows(connection, name, columns, rows_file))
        tar.add(rows_file, TABLES + name, filter=_strip_owner)
        if progress:
            progress(index + 1, len(names), name)


def _current_revision(connection: psycopg.Connection[Any]) -> str:
    table_exists = connection.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL").fetchone()
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if table_exists == (True,) else None
    if row is None:
        raise Refused("there are no tables yet, so there is nothing to keep; `firstline migrate` makes them")
    return str(row[0])


def _tables_in_order(connection: psycopg.Connection[Any]) -> list[str]:
    """Our tables, each after those that its foreign keys point to."""
    names = [name for (name,) in connection.execute(OUR_TABLES)]
    references = connection.execute(
        "SELECT c.relname, f.relname FROM pg_constraint JOIN pg_class c ON c.oid = conrelid "
        "JOIN pg_class f ON f.oid = confrelid WHERE contype = 'f' AND conrelid <> confrelid"
    )
    sorter = TopologicalSorter({name: set[str]() for name in names if name != NOT_OURS_TO_KEEP})
    for table, referenced_table in references:
        if table in names:
            sorter.add(table, referenced_table)
    return list(sorter.static_order())


def _column_names(connection: psycopg.Connection[Any], table: str) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = ('public.' || quote_ident(%s))::regclass AND attnum > 0 "
        "AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        (table,),
    )
    return tuple(name for (name,) in rows)


def _copy_rows(connection: psycopg.Connection[Any], table: str, columns: Iterable[str], target: Path) -> int:
    names = SQL(", ").join(map(Identifier, columns))
    cursor = connection.cursor()
    with (
        target.open("wb") as file,
        cursor.copy(SQL("COPY public.{} ({}) TO STDOUT").format(Identifier(table), names)) as copy,
    ):
        for chunk in copy:
            file.write(chunk)
    return cursor.rowcount


def _add_member(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))


def _strip_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the names of this machine's users."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member
