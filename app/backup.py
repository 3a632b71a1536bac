"""Everything an installation knows, in one file: the database, and the keys where we keep them.

The file is a tar with `about.json`, `database.dump` (pg_dump's own format, taken in one snapshot while work goes on)
and, where `firstline up` made them, `keys`. Whoever has such a file can read the tickets: it is written for its
owner's eyes alone.
"""

import io
import json
import os
import subprocess
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine, text

from app.binaries import postgres_programs
from app.bootstrap import VERSION
from desk.db import driver_url
from desk.errors import BadSetting, Permanent, Refused
from desk.settings import Settings
from migrations.run import newest_revision

DUMP, KEYS, ABOUT = "database.dump", "keys", "about.json"


def backup(settings: Settings, file: Path) -> int:
    """Write the backup; how many bytes it has. Raises Refused when the file is there already, Permanent on failure."""
    if file.exists():
        raise Refused(f"{file} is there already; name another file")
    with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
        dump, whole = Path(scratch) / DUMP, Path(scratch) / "whole.tar"
        _run("pg_dump", _owner(settings), "--format=custom", "--enable-row-security", "--no-comments",
             "--exclude-extension=*", f"--file={dump}")  # fmt: skip
        whole.touch(mode=0o600)
        with tarfile.open(whole, "w") as tar:
            _add(tar, ABOUT, json.dumps(_about()).encode())
            if (keys := settings.data_dir / KEYS).exists():
                _add(tar, KEYS, keys.read_bytes())
            tar.add(dump, DUMP)
        whole.rename(file)
    return file.stat().st_size


def restore(settings: Settings, file: Path, *, overwrite: bool = False) -> dict[str, str]:
    """Put a backup in the place of what is there; what the backup says of itself.

    All or nothing. Raises Refused for a file that is no backup or of a newer version, and for an installation that
    holds tickets, unless told to overwrite them.
    """
    with tempfile.TemporaryDirectory() as scratch:
        about, keys = _unpack(file, Path(scratch))
        if about.get("revision", "") > (newest_revision() or ""):
            raise Refused(f"{file} was made by Firstline {about['version']}, newer than this one; upgrade first")
        if not overwrite and (count := _tickets(settings)):
            raise Refused(f"this installation holds {count} tickets; `--overwrite` replaces them")
        if keys:
            _put_keys(settings, keys)
        _empty(settings)
        _run("pg_restore", _owner(settings), "--single-transaction", "--no-owner", str(Path(scratch) / DUMP))
    return about


def _about() -> dict[str, str | None]:
    return {"version": VERSION, "revision": newest_revision(), "made_at": datetime.now(UTC).isoformat()}


def _owner(settings: Settings) -> str:
    if settings.database_owner_url is None:
        raise BadSetting("DATABASE_OWNER_URL is not set: a backup is made under the role that owns the tables")
    return settings.database_owner_url.get_secret_value()


def _run(program: str, url: str, *arguments: str) -> None:
    argv = [str(postgres_programs() / program), f"--dbname={url}", *arguments]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    if done.returncode:
        raise Permanent(f"{program} failed: {done.stderr.strip() or done.returncode}")


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))


def _unpack(file: Path, scratch: Path) -> tuple[dict[str, str], bytes | None]:
    try:
        with tarfile.open(file) as tar:
            tar.extractall(scratch, members=[tar.getmember(DUMP), tar.getmember(ABOUT)], filter="data")
            keys = tar.extractfile(KEYS) if KEYS in tar.getnames() else None
            return json.loads((scratch / ABOUT).read_text()), keys.read() if keys else None
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise Refused(f"{file} is not a backup of Firstline: {error}") from error


def _put_keys(settings: Settings, keys: bytes) -> None:
    path = settings.data_dir / KEYS
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(keys)


def _tickets(settings: Settings) -> int:
    engine = create_engine(driver_url(_owner(settings)))
    with engine.connect() as connection:
        there = connection.execute(text("SELECT to_regclass('ticket_states')")).scalar_one()
        count = connection.execute(text("SELECT count(*) FROM ticket_states")).scalar_one() if there else 0
    engine.dispose()
    return int(count)


def _empty(settings: Settings) -> None:
    """Drop all tables and functions of ours; the extension stays."""
    engine = create_engine(driver_url(_owner(settings)))
    with engine.begin() as connection:
        for (name,) in connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all():
            connection.execute(text(f'DROP TABLE "{name}" CASCADE'))
        ours = "SELECT oid::regprocedure::text FROM pg_proc WHERE proname LIKE 'firstline\\_%'"
        for (name,) in connection.execute(text(ours)).all():
            connection.execute(text(f"DROP FUNCTION {name}"))
    engine.dispose()
