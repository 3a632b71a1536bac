"""Questions that get an answer or are given up: no driver's time-out covers a name server, or a stopped server."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class TimedQuestion(Generic[T]):
    """Asked in a thread of its own, from now on; several at once wait for each other no longer than the slowest."""

    def __init__(self, name: str, ask: Callable[[], Iterable[T]]) -> None:
        self.name = name
        self._answers: list[T] = []
        self._faults: list[BaseException] = []
        self._asked_at = time.monotonic()
        self._thread = threading.Thread(target=self._collect_answers, args=(ask,), name=f"asking: {name}", daemon=True)
        self._thread.start()

    @property
    def open(self) -> bool:
        """Is there still no end to it?"""
        return self._thread.is_alive()

    def wait(self, seconds: float) -> bool:
        """False when it is still open so many seconds after it was asked."""
        self._thread.join(max(0.0, self._asked_at + seconds - time.monotonic()))
        return not self.open

    def answers(self) -> list[T]:
        """What was answered so far. Raises what went wrong."""
        if self._faults:
            raise self._faults[0]
        return list(self._answers)

    def _collect_answers(self, ask: Callable[[], Iterable[T]]) -> None:
        try:
            self._answers.extend(ask())
        except BaseException as error:  # noqa: BLE001  # raised again where the answers are read
            self._faults.append(error)
