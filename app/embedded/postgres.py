"""PostgreSQL 18 with pgvector as our own child: its start options, roles and database."""

from pathlib import Path

import psycopg

from app.embedded.places import make_runtime
from app.embedded.postgres_cluster import SUPERUSER, Cluster
from app.embedded.server import AT_ONCE, FAST, KILL, EmbeddedServer
from app.os_process import PLAIN, Program, end
from desk.errors import Temporary

DATABASE = "firstline"
LOGIN_ROLE = "firstline"
OWNER_ROLE = "firstline_owner"


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
