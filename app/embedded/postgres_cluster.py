"""PostgreSQL's files: where they lie, whose they are, how they are first made."""

import os
import pwd
import shutil
from pathlib import Path

from app.embedded.binaries import POSTGRES_MAJOR, postgres_programs
from app.embedded.places import PUBLIC, digest, make_directory, reachable
from app.os_process import PLAIN, Identity, Program, birth, command_line, launch, unprivileged
from desk.errors import BadSetting

SUPERUSER = "postgres"

# Written into postgresql.conf by initdb: an operator may change them there.
LOCALE_FLAGS = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
"""The same on every system."""
ACCESS_FLAGS = ("--auth-local=trust", "--auth-host=reject")
"""The socket's directory, 0700, is the lock on the door."""
TUNABLE = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",  # parallel workers share memory in /dev/shm, 64 MB in many containers
    "max_parallel_maintenance_workers": "0",
}


class Cluster:
    """The cluster of one data directory.

    `place` is where it lies as seen from the data directory, a symbolic link when it had to lie elsewhere.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.identity = unprivileged()
        self._programs: Path | None = None

    @property
    def path(self) -> Path:
        """PostgreSQL's own data directory, symbolic links resolved."""
        return self.place.resolve() / "cluster"

    @property
    def programs(self) -> Path:
        """The directory of `postgres`, `initdb` and the rest, for the user that runs this cluster."""
        if self._programs is None:
            self._programs = postgres_programs(self.identity)
        return self._programs

    def find_home(self) -> Path:
        """The directory of cluster and lock, made if missing. Where the user we become cannot enter the data directory,
        it is a public place, and a symbolic link says so. Raises BadSetting when the link leads nowhere."""
        if not self.place.is_symlink() and not self.place.exists():
            make_directory(self.place.parent)
            if reachable(self.place.parent, self.identity):
                make_directory(self.place)
            else:
                public_directory = PUBLIC / f"data-{digest(self.place.parent)}"
                make_directory(public_directory)
                self.place.symlink_to(public_directory)
        if not self.place.exists():
            link_target = os.readlink(self.place)
            raise BadSetting(f"{self.place} points to {link_target}, which is gone: bring it back, or remove the link")
        return self.place.resolve()

    def open(self, log: Path, durable: bool) -> None:
        """Make the cluster if there is none; else see that it is ours to run. Raises BadSetting that says what to do.
        Hold the lock of its home."""
        if self.path.exists():
            self._adopt_owner()
            self._require_major()
        else:
            self._make_cluster(log, durable)

    def recorded_pid(self) -> int:
        """The pid in `postmaster.pid`, or 0. It may be anybody's by now."""
        try:
            return abs(int((self.path / "postmaster.pid").read_text().split("\n", 1)[0]))
        except (OSError, ValueError):
            return 0

    def is_run_by(self, pid: int) -> bool:
        """Is this process, alive and no zombie, a `postgres` on these very files?"""
        return birth(pid) is not None and f"-D {self.path} " in command_line(pid) + " "

    def _adopt_owner(self) -> None:
        """As root we become whoever owns the cluster; as anybody else we must be the owner."""
        file_stat = self.path.stat()
        if self.identity is None and file_stat.st_uid != os.geteuid():
            raise BadSetting(
                f"{self.path} belongs to user {_user_name(file_stat.st_uid)}: start as that user, or as root"
            )
        if self.identity is not None and file_stat.st_uid != self.identity.uid:
            self.identity = Identity(_user_name(file_stat.st_uid), file_stat.st_uid, file_stat.st_gid)

    def _require_major(self) -> None:
        major = (self.path / "PG_VERSION").read_text().strip()
        if major != str(POSTGRES_MAJOR):
            raise BadSetting(
                f"{self.path} was made by PostgreSQL {major}, this Firstline brings {POSTGRES_MAJOR}: "
                "`firstline backup` with the Firstline that made it, move the directory away, then `firstline restore`"
            )

    def _make_cluster(self, log: Path, durable: bool) -> None:
        """initdb beside the final place, then move it in: a start killed in the middle leaves no half cluster."""
        new_cluster = self.path.with_name("cluster.new")
        shutil.rmtree(new_cluster, ignore_errors=True)
        new_cluster.mkdir(mode=0o700)
        if self.identity:
            os.chown(new_cluster, self.identity.uid, self.identity.gid)
        with log.open("wb") as output:
            exit_code = launch(self._initdb_program(new_cluster, durable), output).wait()
        if exit_code:
            last_lines = " / ".join(log.read_text(errors="replace").strip().splitlines()[-3:])
            raise BadSetting(f"no database could be made in {self.place}: {last_lines}")
        new_cluster.rename(self.path)

    def _initdb_program(self, new_cluster: Path, durable: bool) -> Program:
        command = (str(self.programs / "initdb"), "-D", str(new_cluster), "-U", SUPERUSER, "-E", "UTF8")
        sync_flags = () if durable else ("--no-sync",)
        settings = [part for name, value in TUNABLE.items() for part in ("--set", f"{name}={value}")]
        flags = (*LOCALE_FLAGS, *ACCESS_FLAGS, *sync_flags, *settings)
        return Program((*command, *flags), PLAIN, Path("/"), self.identity)


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
