"""Places on disk: the data directory, its lock, and the short directory for sockets."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
from pathlib import Path

from app.os_process import Identity
from desk.errors import BadSetting

SHORT = Path("/tmp")  # noqa: S108  # a socket's path may have 107 bytes, a checkout lies deeper; `runtime` guards it
PUBLIC = Path("/var/lib/firstline")


class Lock:
    """A lock on a directory that ends with the process that holds it, however that ends. The file names the pid."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "lock"
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take it, or raise BadSetting that names the holder."""
        if self._descriptor is not None:
            return
        make_directory(self.path.parent)
        while True:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                os.close(handle)
                raise BadSetting(self._taken_message()) from error
            if _same_file(handle, self.path):  # else its last holder removed it while we waited at the door
                break
            os.close(handle)
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._descriptor = handle

    def release(self) -> None:
        """Give it back and leave no file."""
        if self._descriptor is not None:
            self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> int | None:
        """The pid of whoever holds it now, this process included; None when it is free."""
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(os.read(handle, 20).strip() or b"0")
        finally:
            os.close(handle)
        return None

    def _taken_message(self) -> str:
        directory, pid = self.path.parent, self.holder()
        return f"{directory} is in use by process {pid}: stop that one, or set FIRSTLINE_DATA_DIR to another place"

    def __enter__(self) -> "Lock":
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def make_directory(directory: Path) -> None:
    """Make a directory of ours if it is missing. As root others may pass through it, not look: Postgres runs as another
    user and must get to its own files below."""
    if not directory.exists():
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o711 if os.geteuid() == 0 else 0o700)


def runtime(data_dir: Path) -> Path:
    """The short path of a data directory's sockets, the same on each start. Nothing is made yet."""
    return SHORT / f"firstline-{digest(data_dir)}-{os.geteuid()}"


def digest(directory: Path) -> str:
    """Twelve hex digits that tell one directory from another."""
    return hashlib.sha256(os.fsencode(directory.resolve())).hexdigest()[:12]


def make_runtime(data_dir: Path, name: str, owner: Identity | None = None) -> Path:
    """Make the socket directory of one server, 0700 and its owner's. Raises BadSetting when somebody else was there
    first: `/tmp` belongs to all."""
    directory = runtime(data_dir)
    mode = 0o711 if os.geteuid() == 0 else 0o700
    _make_owned_directory(directory, mode)
    _make_owned_directory(directory / name, 0o700, owner)
    return directory / name


def drop_runtime(data_dir: Path, name: str) -> None:
    """Remove one server's socket directory, and the one above when it was the last."""
    directory = runtime(data_dir)
    shutil.rmtree(directory / name, ignore_errors=True)
    with contextlib.suppress(OSError):
        directory.rmdir()


def reachable(path: Path, identity: Identity | None) -> bool:
    """Can this user enter (a directory) or run (a file) this path? It asks the system, as that user."""
    if identity is None:
        return os.access(path, os.X_OK)
    command = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
    completed = subprocess.run(command, cwd="/", check=False, user=identity.uid, group=identity.gid, extra_groups=[])  # noqa: S603  # our own words
    return completed.returncode == 0


def _make_owned_directory(directory: Path, mode: int, owner: Identity | None = None) -> None:
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    file_stat = directory.lstat()
    allowed_owners = {os.geteuid()} | ({owner.uid} if owner else set())
    if not stat.S_ISDIR(file_stat.st_mode) or file_stat.st_uid not in allowed_owners:
        raise BadSetting(f"{directory} belongs to somebody else; remove it, or set FIRSTLINE_DATA_DIR to another place")
    directory.chmod(mode)
    if owner:
        os.chown(directory, owner.uid, owner.gid)


def _same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
