"""Processes of the operating system: start one, know it again, end it."""

import contextlib
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from desk.errors import BadSetting

LAUNCH = Path(__file__).with_name("launch.py")
PLAIN = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""The environment of programs that are not ours."""

LINUX = sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class Identity:
    """A user to run as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how to ask it to stop: the signals, from polite to impatient, before it is killed. The first
    is also what Linux sends it when we are killed. `handles` are file descriptors that it inherits."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    identity: Identity | None = None
    stop: tuple[signal.Signals, ...] = (signal.SIGTERM,)
    handles: tuple[int, ...] = ()


def unprivileged() -> Identity | None:
    """Whom to become when we are root, for programs that refuse root: `firstline` if there is such a user, else
    `nobody`. None when we are not root. Raises BadSetting if the system knows neither."""
    if os.geteuid() != 0:
        return None
    for name in ("firstline", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return Identity(user.pw_name, user.pw_uid, user.pw_gid)
    raise BadSetting("running as root, and the system has no user `firstline` or `nobody`: start as an ordinary user")


def launch(program: Program, output: int | IO[bytes] = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start a program in a session and process group of its own, stdout and stderr both to `output`.

    Call it from the main thread: Linux takes the end of the *thread* that forked for the death of the parent.
    """
    identity = program.identity
    ids = (str(identity.uid), str(identity.gid)) if identity else ("-1", "-1")
    trampoline = (sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(int(program.stop[0])), *ids)
    return subprocess.Popen(  # noqa: S603  # programs and arguments are our own
        (*trampoline, *program.argv),
        env=dict(program.env),
        cwd=program.cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=program.handles,
    )


def birth(pid: int) -> str | None:
    """A mark of this very process: another one that later gets the same pid has another mark. None when it is dead;
    a zombie is dead."""
    if pid <= 0:
        return None
    if LINUX:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()  # man 5 proc: state is the third field, starttime the 22nd
        return None if fields[0] in "ZX" else f"{_boot_id()}:{fields[19]}"
    state, _, started_at = _run_ps("state=,lstart=", pid).strip().partition(" ")
    return None if not started_at or state.startswith("Z") else started_at.strip()


def left_a_group(pid: int, mark: str) -> bool:
    """Is the process that bore this mark dead, and some of its group alive? Linux gives no pid away that is still the
    id of a group; elsewhere, and after a reboot, the answer is no."""
    if not LINUX or birth(pid) is not None or mark.partition(":")[0] != _boot_id():
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, 0)
        return True
    return False


def command_line(pid: int) -> str:
    """The command line of a process, arguments parted by blanks; empty when it is dead."""
    if LINUX:
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    return _run_ps("command=", pid).strip()


def end(pid: int, signals: Sequence[tuple[signal.Signals, float]]) -> bool:
    """End a process that is not our child: each signal in turn, each with its seconds to work. True when it is dead."""
    mark = birth(pid)
    for number, seconds in signals:
        if mark is None or birth(pid) != mark:
            return True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
        until(lambda: birth(pid) != mark, seconds)
    return birth(pid) != mark


def until(condition: Callable[[], object], seconds: float, pause: float = 0.02) -> bool:
    """Wait until something holds; False when it did not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _run_ps(columns: str, pid: int) -> str:
    argv = ["/bin/ps", "-ww", "-o", columns, "-p", str(pid)]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout  # noqa: S603  # a pid is all that varies
