"""Lines to the terminal from several processes, each under its own name."""

import contextlib
import os
import threading
from typing import IO, TextIO

COLOURS = (36, 32, 33, 35, 34, 31)  # ANSI: cyan, green, yellow, magenta, blue, red
LONGEST = 65_536  # characters of a line without an end


class Terminal:
    """Writes whole lines from any thread. When nobody reads any more (a closed pipe) it falls silent and goes on."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._write_lock = threading.Lock()
        self._is_broken = False
        self._names: list[str] = []
        self._colour = out.isatty() and "NO_COLOR" not in os.environ

    def say(self, text: str) -> None:
        """One line of our own."""
        with self._write_lock:
            if self._is_broken:
                return
            try:
                self._out.write(text + "\n")
                self._out.flush()
            except (OSError, ValueError):  # ValueError: closed on our side
                self._silence()

    def relay(self, name: str, source: IO[bytes]) -> threading.Thread:
        """Pass on a child's output under its name until it ends; the thread reads on even when nobody listens, since a
        full pipe would stop the child."""
        prefix = self._prefix(name)

        def pump() -> None:
            with source:
                while line := source.readline(LONGEST):
                    if text := line.decode(errors="replace").rstrip():
                        self.say(prefix + text)

        thread = threading.Thread(target=pump, name=f"output of {name}", daemon=True)
        thread.start()
        return thread

    def _silence(self) -> None:
        """From now on to nowhere, lest what is still buffered fails once more when Python ends."""
        self._is_broken = True
        with contextlib.suppress(OSError, ValueError):
            null_device = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null_device, self._out.fileno())
            os.close(null_device)

    def _prefix(self, name: str) -> str:
        if name not in self._names:
            self._names.append(name)
        label = f"{name:<9} | "
        if not self._colour:
            return label
        return f"\033[{COLOURS[self._names.index(name) % len(COLOURS)]}m{label}\033[0m"
