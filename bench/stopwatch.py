"""The same measurements of every stack, whatever process it runs in. Needs nothing but Python."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

Documents = Sequence[Mapping[str, str]]
"""Each with `id`, `title` and `text`."""


class Stack(Protocol):
    """One way to index and to search. Its table is empty when it is made."""

    name: str

    def write(self, documents: Documents) -> None:
        """Its plain path: index all of them, whether they are there or not."""
        ...

    def sync(self, documents: Documents) -> None:
        """Its incremental path: bring the index in step with them."""
        ...

    def ask(self, question: str) -> list[str]:
        """The passages' documents by their ids, best first."""
        ...

    def clear(self) -> None:
        """Empty it."""
        ...


class Memory(Protocol):
    """An embedder that remembers; `forgetful` makes it embed questions each time."""

    forgetful: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one stack on one set of documents: seconds, milliseconds a question, and what was found for each."""

    stack: str
    index: float
    again_plain: float
    again_incremental: float
    change: float
    p50: float
    p95: float
    p50_embedding: float
    p95_embedding: float
    orders: list[list[str]]


def measure(
    stack: Stack, memory: Memory, documents: Documents, changed: Documents, questions: Sequence[str]
) -> dict[str, Any]:
    """Time everything that is compared. Vectors are remembered throughout, but where they are said to be made."""
    stack.write(documents)  # once for the memory, the caches and the connections
    stack.clear()
    index = _seconds(lambda: stack.write(documents))
    for question in questions:
        stack.ask(question)
    orders = [stack.ask(question) for question in questions]
    remembered = _milliseconds(stack, questions)
    memory.forgetful = True
    made = _milliseconds(stack, questions)
    memory.forgetful = False
    again_plain = min(_seconds(lambda: stack.write(documents)) for _ in range(2))
    stack.clear()
    stack.sync(documents)
    again = min(_seconds(lambda: stack.sync(documents)) for _ in range(3))
    change = _seconds(lambda: stack.sync(changed))
    return asdict(Figures(stack.name, index, again_plain, again, change, *_shape(remembered), *_shape(made), orders))


def _milliseconds(stack: Stack, questions: Sequence[str]) -> list[float]:
    return [_seconds(lambda question=question: stack.ask(question)) * 1000 for question in questions]  # type: ignore[misc]  # a default binds it


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _shape(milliseconds: Sequence[float]) -> tuple[float, float]:
    return statistics.median(milliseconds), sorted(milliseconds)[int(len(milliseconds) * 0.95)]
