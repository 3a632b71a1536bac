"""Redis as our own child, in memory alone."""

import contextlib
import signal
from pathlib import Path

from app.embedded.binaries import redis_program
from app.embedded.places import make_runtime
from app.embedded.server import KILL, EmbeddedServer
from app.os_process import PLAIN, Program, command_line, end


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
        import redis  # here, because most commands start no server
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        no_retry = Retry(NoBackoff(), 0)  # redis-py waits seconds between its own attempts, unless told
        with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5, retry=no_retry) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False
