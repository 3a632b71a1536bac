"""`firstline up` and `firstline demo`: every process of the product on one machine, from one command.

The order: lock, strays, socket, Redis and Postgres, migrations, keys and account; then web, workers and beat side by
side, while the caller's index runs.
"""

import contextlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from pydantic import SecretStr

from app.embedded.places import Lock
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.redis import EmbeddedRedis
from app.embedded.server import EmbeddedServer
from app.installation import address, bring_up_to_date, completed, read_or_make_keys, refuse_strange_keys
from app.processes.children import children, listen
from app.processes.supervisor import Child, Interrupted, Supervisor
from app.processes.terminal import Terminal
from desk.platform.settings import Settings

SLOW_START = 300.0  # seconds: Postgres may have much to recover after a power cut
WEB_START = 60.0


@dataclass(frozen=True, slots=True)
class Extras:
    """What the caller adds. Each function is given the complete settings of the running installation.

    `index` runs while the processes start, and returns its line for the report. `sign_in_link` makes the link to print.
    """

    index: Callable[[Settings], str] | None = None
    sign_in_link: Callable[[Settings], str] | None = None


@dataclass(slots=True)
class StartReport:
    """The start, line by line, each with the milliseconds since the line before."""

    terminal: Terminal
    began: float = field(default_factory=time.monotonic)
    last: float = field(default_factory=time.monotonic)

    def done(self, what: str) -> None:
        """One step is over."""
        now = time.monotonic()
        self.terminal.say(f"  {what:<52}{(now - self.last) * 1000:>7.0f} ms")
        self.last = now

    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self.began


def up(settings: Settings, extras: Extras | None = None, out: TextIO = sys.stdout) -> None:
    """Run everything until SIGTERM, SIGINT or SIGHUP; then leave no process and no lock.

    Raises BadSetting (directory in use, port taken, a server missing) and Temporary (something does not come up). In
    the demo a taken port is no error unless it was asked for: another is chosen.
    """
    terminal = Terminal(out)
    settings = settings.model_copy(update={"data_dir": settings.data_dir.absolute()})
    with contextlib.ExitStack() as stack, contextlib.suppress(Interrupted):
        stack.enter_context(Lock(settings.data_dir))
        stack.callback(terminal.say, "Stopped.")
        stack.callback(_address_file(settings).unlink, missing_ok=True)
        supervisor = stack.enter_context(Supervisor(terminal, settings.data_dir / "run"))  # ends what held the port
        listener = stack.enter_context(contextlib.closing(listen(settings)))
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        report = StartReport(terminal)
        if os.geteuid() == 0:
            terminal.say("  (running as root; an ordinary user would do)")
        settings = _prepare_servers(settings, supervisor, stack, report)
        for child in children(settings, listener):
            supervisor.start(child)
        _announce_ready(settings, extras or Extras(), supervisor, report)
        supervisor.run()
        terminal.say("Stopping; press Ctrl-C again to stop at once.")


def _prepare_servers(
    settings: Settings, supervisor: Supervisor, stack: contextlib.ExitStack, report: StartReport
) -> Settings:
    """Servers, tables, keys and account. Returns the complete settings."""
    if settings.redis_url is None:
        redis = EmbeddedRedis(settings.data_dir)
        _start_server(redis, supervisor)
        settings = settings.model_copy(update={"redis_url": SecretStr(redis.url)})
        report.done("Redis")
    if settings.database_url is None:
        postgres = EmbeddedPostgres(settings.data_dir)
        _start_server(postgres, supervisor)
        settings = completed(settings, postgres)
        report.done("PostgreSQL")
    if settings.keys is None:
        settings = settings.model_copy(update={"keys": SecretStr(read_or_make_keys(settings.data_dir))})
    before, after = bring_up_to_date(settings)
    refuse_strange_keys(settings)
    report.done("tables are up to date" if before == after else f"tables migrated to {after}")
    return settings


def _start_server(server: EmbeddedServer, supervisor: Supervisor) -> None:
    try:
        server.prepare()
    except BaseException:
        server.close()
        raise
    child = Child(
        server.name, server.program, server.clear, server.close, server.ready, grace=30, floor=0, log=server.start_log
    )
    supervisor.start(child)
    supervisor.wait(server.name, SLOW_START)
    server.settle()


def _announce_ready(settings: Settings, extras: Extras, supervisor: Supervisor, report: StartReport) -> None:
    """Wait for the processes, then say where they are reached."""
    if extras.index:
        report.done(extras.index(settings))
    supervisor.wait("web", WEB_START)
    report.done("web answers; workers and beat have started")
    _address_file(settings).write_text(f"http://{_url_host(settings.host)}:{settings.port}\n", encoding="utf-8")
    report.terminal.say(f"Ready after {report.seconds():.1f} s at {address(settings)}")
    if settings.demo:
        data_dir, policy = _relative_path(settings.data_dir), _relative_path(settings.policy)
        environment = f"FIRSTLINE_DATA_DIR={data_dir} FIRSTLINE_POLICY={policy}"
        report.terminal.say(f"Commands for this demo: {environment} firstline ...")
    if extras.sign_in_link:
        report.terminal.say(f"Sign in, once: {extras.sign_in_link(settings)}")


def _relative_path(path: Path) -> Path:
    current_directory = Path.cwd()
    return path.relative_to(current_directory) if path.is_relative_to(current_directory) else path


def _address_file(settings: Settings) -> Path:
    """Where other commands read the address (`installation.address`)."""
    return settings.data_dir / "address"


def _url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
