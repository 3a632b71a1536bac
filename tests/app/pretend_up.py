"""A small `up` for tests, run as a process: Postgres, Redis and two pretended children on a data directory.

pretend_up.py DATA_DIR [GRACE]       prints `ready` and runs until a signal
"""

import contextlib
import sys
from pathlib import Path

from app.embedded.places import Lock
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.redis import EmbeddedRedis
from app.os_process import Program
from app.processes.supervisor import Backoff, Child, Interrupted, Supervisor
from app.processes.terminal import Terminal

STUBBORN = "trap '' TERM; sleep 1000 & echo deaf; while :; do sleep 1; done"


def main(data_dir: Path, grace: float) -> None:
    """Run until told to stop."""
    with Lock(data_dir), contextlib.suppress(Interrupted):
        terminal = Terminal(sys.stdout)
        with Supervisor(terminal, data_dir / "run", Backoff(first=0.05)) as supervisor:
            for server in (EmbeddedPostgres(data_dir, durable=False), EmbeddedRedis(data_dir)):
                server.prepare()
                calls = (server.program, server.clear, server.close, server.ready)
                supervisor.start(Child(server.name, *calls, floor=0, log=server.start_log))
                supervisor.wait(server.name, 60)
                server.settle()
            supervisor.start(Child("worker", lambda: Program(("sleep", "1000"))))
            supervisor.start(Child("deaf", lambda: Program(("sh", "-c", STUBBORN)), grace=grace))
            terminal.say("ready")
            supervisor.run()
    terminal.say("stopped")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.3)
