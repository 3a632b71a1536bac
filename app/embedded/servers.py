"""PostgreSQL 18 with pgvector, and Redis, as our own children: nothing to install but Python packages.

Both listen on a unix socket in a directory of their own and on no port. Why it is done this way, and where the data
lies when we are root: `docs/decisions/embedded-servers.md`.
"""

import contextlib
import signal
import subprocess
from pathlib import Path
from typing import Self

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.embedded.binaries import redis_program
from app.embedded.places import Lock, drop_runtime, make_runtime, runtime
from app.embedded.postgres_cluster import SUPERUSER, Cluster
from app.os_process import PLAIN, Program, command_line, end, launch, until
from desk.errors import Temporary

DATABASE = "firstline"
LOGIN_ROLE = "firstline"
OWNER_ROLE = "firstline_owner"

FAST, AT_ONCE, KILL = signal.SIGINT, signal.SIGQUIT, signal.SIGKILL  # PostgreSQL: "Shutting Down the Server"

# Given on every start: the product relies on them. Errors are logged without rows or statements: no bodies in logs.
FIXED = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgres-%a.log",  # by weekday: seven files at the most
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedServer:
    """One server on a data directory, run alone (`with`, or `start` and `stop`) or by a supervisor, which calls
    `prepare` once, `clear` and `program` before each start, `settle` when it is `ready`, and `close` at the end."""

    name: str

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.absolute()
        self.socket_dir = runtime(self.data_dir) / self.name
        self.start_log = self.data_dir / f"{self.name}-start.log"
        self._lock: Lock | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Take the lock and make all that must be there before the first start. Raises BadSetting."""
        raise NotImplementedError

    def clear(self) -> None:
        """End what an earlier life left running and remove its traces. Only while our own child is dead."""
        raise NotImplementedError

    def program(self) -> Program:
        """What to run."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Does it answer a question?"""
        raise NotImplementedError

    def settle(self) -> None:
        """What is to be done once it answers."""

    def close(self) -> None:
        """Leave no socket and no lock. The server must have stopped."""
        if self._lock is not None:  # without the lock, what lies there is somebody else's
            drop_runtime(self.data_dir, self.name)
            self._lock.release()
            self._lock = None

    def start(self, seconds: float = 300) -> None:
        """Start it as our child and wait until it answers. Raises BadSetting or Temporary with its last words."""
        try:
            self.prepare()
            for _ in range(3):  # what a killed server left behind can take a moment to vanish
                if self._start_once(seconds):
                    return self.settle()
            last_lines = self.start_log.read_text(errors="replace").strip().splitlines()[-3:]
            raise Temporary(f"{self.name} does not start: {' / '.join(last_lines) or 'it said nothing'}")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop our child, by force if need be, and leave no process, socket or lock."""
        if self._process is not None:
            for signal_number, seconds in ((self.program().stop[0], 20), (AT_ONCE, 5), (KILL, None)):
                self._process.send_signal(signal_number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(seconds)
                    break
            self._process = None
        self.close()

    @property
    def pid(self) -> int | None:
        """The pid of our child."""
        return self._process.pid if self._process else None

    def _start_once(self, seconds: float) -> bool:
        self.clear()
        with self.start_log.open("wb") as log:
            process = self._process = launch(self.program(), log)
        until(lambda: process.poll() is not None or self.ready(), seconds)
        return process.poll() is None and self.ready()

    def _take_lock(self, home: Path) -> None:
        lock = Lock(home)
        lock.acquire()
        self._lock = lock

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL on `data_dir/postgres`, its socket in a short private directory.

    `url` is the product's login role (no superuser, owns nothing), `owner_url` owns the database and runs migrations,
    `superuser_url` owns the cluster. They are the same on each start, and known before it. `durable=False` gives up
    the data's safety for speed: tests only.
    """

    name = "postgres"

    def __init__(self, data_dir: Path, durable: bool = True) -> None:
        super().__init__(data_dir)
        self.durable = durable
        self.cluster = Cluster(self.data_dir / self.name)

    @property
    def url(self) -> str:
        """For the product."""
        return self._url(LOGIN_ROLE)

    @property
    def owner_url(self) -> str:
        """For migrations, backup and restore."""
        return self._url(OWNER_ROLE)

    @property
    def superuser_url(self) -> str:
        """For the cluster itself."""
        return self._url(SUPERUSER)

    def prepare(self) -> None:
        """Lock the cluster, and make it if this is the first start. Raises BadSetting that says what to do."""
        self._take_lock(self.cluster.find_home())
        self.cluster.open(self.start_log, self.durable)

    def clear(self) -> None:
        """End a server that outlived its parent (`kill -9`), and remove its socket."""
        pid = self.cluster.recorded_pid()
        if self.cluster.is_run_by(pid) and not end(pid, ((FAST, 15), (AT_ONCE, 10), (KILL, 5))):
            raise Temporary(f"an earlier PostgreSQL (process {pid}) does not stop")
        for trace in make_runtime(self.data_dir, self.name, self.cluster.identity).iterdir():
            trace.unlink()

    def program(self) -> Program:
        """`postgres` on our cluster, stopped by a fast shutdown."""
        settings = FIXED | {"unix_socket_directories": str(self.socket_dir)} | ({} if self.durable else FORGETFUL)
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        argv = (str(self.cluster.programs / "postgres"), "-D", str(self.cluster.path), *flags)
        return Program(argv, self._environment(), Path("/"), self.cluster.identity, (FAST, AT_ONCE))

    def ready(self) -> bool:
        """Does it answer a question?"""
        try:
            with psycopg.connect(self._url(SUPERUSER, "postgres"), connect_timeout=5) as connection:
                connection.execute("SELECT 1")
            return True
        except psycopg.OperationalError:
            return False

    def settle(self) -> None:
        """Roles, database and extension, where missing; a newer pgvector is put to use."""
        with psycopg.connect(self._url(SUPERUSER, "postgres"), autocommit=True) as connection:
            roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role in {OWNER_ROLE, LOGIN_ROLE} - roles:
                connection.execute(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE".encode())
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE} TEMPLATE template0".encode())
        with psycopg.connect(self.superuser_url, autocommit=True, options="-c client_min_messages=error") as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            connection.execute("ALTER EXTENSION vector UPDATE")

    def _url(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql://{role}@/{database}?host={self.socket_dir}"

    def _environment(self) -> dict[str, str]:
        """A stale pid file may name a process that has nothing to do with us, or a zombie that nobody reaps. The server
        passes over the pid of its "grandparent" there, and still looks whether old backends hold the shared memory."""
        pid = self.cluster.recorded_pid()
        return PLAIN | ({"PG_GRANDPARENT_PID": str(pid)} if pid and not self.cluster.is_run_by(pid) else {})


class EmbeddedRedis(EmbeddedServer):
    """Redis on a unix socket, in memory alone: Postgres holds what waits, and the sweeper enqueues it again.

    `url` is for Celery (kombu), `client_url` for redis-py. Both are known before the start.
    """

    name = "redis"

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self.socket = self.socket_dir / "redis.sock"

    @property
    def url(self) -> str:
        """The broker, as Celery spells it."""
        return f"redis+socket://{self.socket}"

    @property
    def client_url(self) -> str:
        """The same, as redis-py spells it."""
        return f"unix://{self.socket}"

    def prepare(self) -> None:
        """Lock the place. Redis keeps no files."""
        self._take_lock(self.data_dir / self.name)

    def clear(self) -> None:
        """End a server that outlived its parent, and remove its socket."""
        directory = make_runtime(self.data_dir, self.name)
        with contextlib.suppress(OSError, ValueError):
            pid = int((directory / "redis.pid").read_text())
            if str(self.socket) in command_line(pid):
                end(pid, ((signal.SIGTERM, 5), (KILL, 5)))
        for trace in directory.iterdir():
            trace.unlink()

    def program(self) -> Program:
        """Without a port and without files."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "pidfile": str(self.socket_dir / "redis.pid"),
            "dir": str(self.socket_dir),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        flags = [part for name, value in options.items() for part in (f"--{name}", value)]
        return Program((str(redis_program()), *flags), PLAIN, self.socket_dir)

    def ready(self) -> bool:
        """Does it answer a ping?"""
        no_retry = Retry(NoBackoff(), 0)  # redis-py waits seconds between its own attempts, unless told
        with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5, retry=no_retry) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False
