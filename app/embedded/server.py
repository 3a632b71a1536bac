"""A server as our own child, on a data directory: nothing to install but Python packages.

It listens on a unix socket in a directory of its own and on no port. Why it is done this way, and where the data lies
when we are root: `docs/decisions/embedded-servers.md`.
"""

import contextlib
import signal
import subprocess
from pathlib import Path
from typing import Self

from app.embedded.places import Lock, drop_runtime, runtime
from app.os_process import Program, launch, until
from desk.errors import Temporary

FAST, AT_ONCE, KILL = signal.SIGINT, signal.SIGQUIT, signal.SIGKILL  # PostgreSQL: "Shutting Down the Server"


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
