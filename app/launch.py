"""The first moments of a child: drop root, die with the parent where Linux allows, become the program.

Run by path with `python -I -S`, so it may import the standard library alone. It is a program and no `preexec_fn`,
because code between fork and exec of a threaded parent can dead-lock, and because the death signal has to be asked for
after setuid, which forgets it.

    launch.py PARENT SIGNAL UID GID PROGRAM [ARGUMENT ...]        (UID -1: stay who we are)
"""

import ctypes  # all imports before the drop: the new user may not be able to read Python's own library
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(parent: int, death_signal: int, uid: int, gid: int, *argv: str) -> None:
    """Become `argv`; exits 127 with a line on stderr when that is impossible."""
    libc = ctypes.CDLL(None)
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(f"{argv[0]}: the parent is gone already")
    for name in ("SIGPIPE", "SIGXFSZ"):  # Python ignores these, and an ignored signal survives exec
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        os.execvp(argv[0], argv)  # noqa: S606  # this is what the file is for
    except OSError as error:
        sys.stderr.write(f"{argv[0]}: {error.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    numbers = [int(number) for number in sys.argv[1:5]]
    main(numbers[0], numbers[1], numbers[2], numbers[3], *sys.argv[5:])
