"""Runs named children, restarts the dead, and stops them all: the one parent of `firstline up`.

It works from the main thread alone: Linux ends a child whose forking *thread* ends, and signals arrive there. Each
child leads a process group of its own, so Ctrl-C reaches us and not them, and nothing it started outlives it.
"""

import contextlib
import functools
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Self

from app.os_process import Program, birth, end, launch, left_a_group
from app.processes.terminal import Terminal
from desk.errors import FirstlineError, Temporary

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
IMPATIENT = 3.0  # seconds for each signal after the first


class Interrupted(BaseException):
    """Somebody asked us to stop while the start was under way."""


@dataclass(frozen=True, slots=True)
class Child:
    """One child to keep alive. `before` runs ahead of each start, `after` once it is stopped for good; `grace` is how
    long it may take to stop, in seconds. Children of one `floor` stop together, higher floors first: the servers stand
    on floor 0. With a `log` its output goes there, afresh at each start, and not to the terminal."""

    name: str
    program: Callable[[], Program]
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    ready: Callable[[], bool] = lambda: True
    grace: float = 20.0
    floor: int = 1
    log: Path | None = None


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a dead child waits, in seconds: doubled each time, forgotten once it has lived for `settled`."""

    first: float = 0.5
    most: float = 30.0
    settled: float = 60.0

    def seconds(self, deaths: int) -> float:
        """The pause after so many early deaths in a row (1 or more)."""
        return min(self.first * 2.0 ** min(deaths - 1, 30), self.most)


@dataclass(slots=True)
class Post:
    """A child and what has become of it: when it started and is due again, how often it died young in a row, how many
    signals it has been given to stop, and until when we wait after the last."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    program: Program | None = None
    started: float = 0.0
    deaths: int = 0
    due: float | None = None
    relay: threading.Thread | None = None
    stage: int = 0
    patience: float = 0.0


class Supervisor:
    """Use as a context: leaving it, in whatever way, stops every child, the last started first.

    `records` is a directory of one small file per living child, by which the next start finds what a `kill -9` of this
    process left running.
    """

    def __init__(self, terminal: Terminal, records: Path, backoff: Backoff | None = None) -> None:
        self.terminal = terminal
        self.records = records
        self.backoff = backoff or Backoff()
        self.posts: dict[str, Post] = {}
        self._stop_requests = 0
        self._interruptible = False
        self._undo_steps: list[Callable[[], object]] = []

    def start(self, child: Child) -> None:
        """Start a child and keep it alive from now on. Raises what its `before` raises."""
        with self._uninterrupted():
            post = self.posts[child.name] = Post(child)
            self._launch(post)

    def wait(self, name: str, seconds: float) -> None:
        """Tend all children until this one is ready. Raises Temporary when it is not within so many seconds, or dies
        three times."""
        post, deadline = self.posts[name], time.monotonic() + seconds
        while post.process is None or post.process.poll() is not None or not post.child.ready():
            if time.monotonic() > deadline or post.deaths > 2:
                raise Temporary(f"{name} does not come up; {post.child.log or 'its lines above'} may say why")
            with self._uninterrupted():
                self.tend()
            self._wait_for_signal(0.05)

    def run(self) -> None:
        """Keep the children alive until a signal asks for the end."""
        self._interruptible = False
        while not self._stop_requests:
            self.tend()
            self._wait_for_signal(self._seconds_until_due())

    def tend(self) -> None:
        """Notice the dead, and start again whom it is time for."""
        for post in self.posts.values():
            if post.process is not None and post.process.poll() is not None:
                self._handle_death(post)
            if post.process is None and post.due is not None and time.monotonic() >= post.due:
                self._restart(post)

    def stop(self) -> None:
        """Stop all, higher floors first; whoever does not listen is killed, with all it started."""
        for floor in sorted({post.child.floor for post in self.posts.values()}, reverse=True):
            self._stop_all([post for post in self.posts.values() if post.child.floor == floor])
        self.posts.clear()

    def pid(self, name: str) -> int | None:
        """The pid of a child, None while it is dead."""
        process = self.posts[name].process
        return process.pid if process else None

    def __enter__(self) -> Self:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        self._wakeup_fd = reader
        previous_fd = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self._undo_steps = [
            lambda: signal.set_wakeup_fd(previous_fd),
            lambda: os.close(reader),
            lambda: os.close(writer),
        ]
        for signal_number in (*ENDING, signal.SIGCHLD):
            previous_handler = signal.getsignal(signal_number)
            if signal_number == signal.SIGHUP and previous_handler == signal.SIG_IGN:  # nohup
                continue
            signal.signal(signal_number, self._on_signal if signal_number in ENDING else _ignore_signal)
            self._undo_steps.insert(0, functools.partial(signal.signal, signal_number, previous_handler))
        self._end_strays()
        self._interruptible = True
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Interrupted):
            self._interruptible = False
        self.stop()
        for step in self._undo_steps:
            step()

    def _launch(self, post: Post) -> None:
        post.due = None
        post.child.before()
        post.program = post.child.program()
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(post.child.log.open("wb")) if post.child.log else subprocess.PIPE
            post.process = process = launch(post.program, output)
        post.started = time.monotonic()
        if process.stdout:
            post.relay = self.terminal.relay(post.child.name, process.stdout)
        self._write_record(post.child.name, process.pid, post.program)

    def _restart(self, post: Post) -> None:
        try:
            self._launch(post)
        except (FirstlineError, OSError) as error:
            self._schedule_restart(post, str(error))

    def _handle_death(self, post: Post) -> None:
        process = post.process
        if process is None:
            return
        code = process.wait()
        self._clean_up(post)
        if time.monotonic() - post.started >= self.backoff.settled:
            post.deaths = 0
        self._schedule_restart(post, _describe_exit(code))

    def _schedule_restart(self, post: Post, what_happened: str) -> None:
        post.deaths += 1
        pause = self.backoff.seconds(post.deaths)
        post.due = time.monotonic() + pause
        self.terminal.say(f"{post.child.name} {what_happened}; starting it again in {pause:g} s")

    def _stop_all(self, posts: list[Post]) -> None:
        for post in posts:
            self._send_stop_signal(post)
        while running := [post for post in posts if post.process and post.process.poll() is None]:
            for post in running:
                is_hurried = self._stop_requests > 1 and post.stage == 1
                if is_hurried or time.monotonic() >= post.patience:
                    self._send_stop_signal(post)
            self._wait_for_signal(0.1)
        for post in posts:
            self._clean_up(post)
            post.child.after()

    def _send_stop_signal(self, post: Post) -> None:
        """The next signal; when all have been given, SIGKILL for the group."""
        if post.process is None or post.program is None:
            return
        signals = post.program.stop
        if post.stage < len(signals):
            post.process.send_signal(signals[post.stage])
            post.patience = time.monotonic() + (IMPATIENT if post.stage else post.child.grace)
        else:
            _kill_group(post.process.pid)
        post.stage += 1

    def _clean_up(self, post: Post) -> None:
        """No process of the child's group, no zombie, no record, and its last words are out."""
        if post.process is not None:
            _kill_group(post.process.pid)
            post.process.wait()
            post.process = None
        if post.relay is not None:
            post.relay.join(1.0)
        self._write_record(post.child.name, None)

    def _seconds_until_due(self) -> float:
        pauses = [post.due - time.monotonic() for post in self.posts.values() if post.due is not None]
        return max(0.0, min([1.0, *pauses]))

    def _wait_for_signal(self, seconds: float) -> None:
        """Until a signal (a child's death is one) or the time is up."""
        select.select([self._wakeup_fd], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._wakeup_fd, 4096)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop_requests += 1
        if self._interruptible:
            self._interruptible = False
            raise Interrupted

    @contextlib.contextmanager
    def _uninterrupted(self) -> Iterator[None]:
        was_interruptible, self._interruptible = self._interruptible, False
        try:
            yield
        finally:
            self._interruptible = was_interruptible
        if was_interruptible and self._stop_requests:
            self._interruptible = False
            raise Interrupted

    def _write_record(self, name: str, pid: int | None, program: Program | None = None) -> None:
        record_file = self.records / name
        if pid is None or program is None:
            record_file.unlink(missing_ok=True)
        elif mark := birth(pid):
            self.records.mkdir(parents=True, exist_ok=True)
            grace = self.posts[name].child.grace
            record_file.write_text(f"{pid}\n{int(program.stop[0])}\n{grace}\n{mark}\n")

    def _end_strays(self) -> None:
        """What an earlier supervisor left running, known by pid and moment of birth."""
        for record_file in sorted(self.records.glob("*")):
            with contextlib.suppress(ValueError, OSError):
                pid, stop, grace, mark = record_file.read_text().split("\n")[:4]
                if birth(int(pid)) == mark:
                    self.terminal.say(f"{record_file.name} of an earlier run is still there (process {pid}); ending it")
                    end(int(pid), ((signal.Signals(int(stop)), float(grace)), (signal.SIGKILL, 5)))
                    _kill_group(int(pid))
                elif left_a_group(int(pid), mark):
                    _kill_group(int(pid))
            record_file.unlink(missing_ok=True)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _describe_exit(code: int) -> str:
    return f"ended with code {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"


def _ignore_signal(number: int, frame: FrameType | None) -> None:
    """The wake-up pipe does the rest."""
