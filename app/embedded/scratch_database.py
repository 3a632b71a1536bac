"""A database for the length of one command: empty, migrated, on a server of its own.

It shares nothing with the installation, whether one runs, is set up, or not: what is measured in it cannot touch the
real index. A command that is killed leaves its directory and perhaps its server behind; the next one ends and removes
both, which it knows by a lock that nobody holds.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.embedded.places import Lock, drop_runtime
from app.embedded.postgres import LOGIN_ROLE, EmbeddedPostgres
from desk.errors import BadSetting
from desk.platform.accounts import add_account
from desk.platform.database import Database
from desk.platform.encryption import Sealer, new_key

ACCOUNT = "scratch"
PREFIX = "firstline-scratch-"
YOUNG_SECONDS = 60
"""So old may a directory be whose maker has not yet locked it."""


@contextmanager
def scratch_database() -> Iterator[Database]:
    """The database, with the account `ACCOUNT`; gone at the end. Raises BadSetting when PostgreSQL is missing."""
    from migrations.run import migrate

    _remove_leftovers()
    with _scratch_directory() as directory, EmbeddedPostgres(directory, durable=False) as server:
        migrate(server.owner_url, LOGIN_ROLE)
        db = Database(server.url, Sealer([new_key()]))
        try:
            add_account(db, ACCOUNT)
            yield db
        finally:
            db.close()


@contextmanager
def _scratch_directory() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    directory.chmod(0o711 if os.geteuid() == 0 else 0o700)  # as root, Postgres runs as another user
    with Lock(directory):
        try:
            yield directory
        finally:
            _remove_server_files(EmbeddedPostgres(directory))


def _remove_leftovers() -> None:
    """What killed commands left. Directories of other users, and of commands at work, are let be."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            directory_stat = directory.lstat()
            if directory_stat.st_uid != os.geteuid() or directory.is_symlink():
                continue
            if not (directory / "lock").exists() and time.time() - directory_stat.st_mtime < YOUNG_SECONDS:
                continue
            with Lock(directory):
                server = EmbeddedPostgres(directory)
                server.clear()
                _remove_server_files(server)
        except (BadSetting, FileNotFoundError):  # in use, or another command was quicker
            continue


def _remove_server_files(server: EmbeddedPostgres) -> None:
    """Its sockets and its files, which can lie elsewhere (`Cluster.find_home`)."""
    drop_runtime(server.data_dir, server.name)
    shutil.rmtree(server.cluster.place.resolve(), ignore_errors=True)
    shutil.rmtree(server.data_dir, ignore_errors=True)
