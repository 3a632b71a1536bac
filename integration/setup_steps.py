"""Making what Firstline needs at an outside party, and taking it back: steps as values, carried out in order.

Each step looks for what is there before it makes anything, by the id that is remembered and else by a mark of ours, so
it may be cut off anywhere and run again. The two functions yield what they find and do while they do it; a command, and
any page, lay that out.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from desk.errors import Outage, Permanent, Refused, Temporary
from integration.resources import Ledger

MOST_WAIT = 60.0
"""Seconds that one run waits for a rate limit, all in all."""
AGAIN = "run it again: it goes on where it stopped"


class StepState(StrEnum):
    """What became of a step."""

    MADE = "made"
    THERE = "there"
    CHANGED = "changed"
    PLANNED = "planned"
    """It would be made, or changed, were this not a dry run."""
    WAITING = "waiting"
    REMOVED = "removed"
    GONE = "gone"
    """Somebody else had removed it."""
    REFUSED = "refused"
    """The other side will not, and trying again does not help."""
    STOPPED = "stopped"
    """Trouble that passes: nothing after it was tried."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of one step, for people, and what to do where it is not well."""

    name: str
    state: StepState
    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a step found at the other side. `note` says what is remarkable, or what does not fit."""

    foreign_id: str
    ours: bool = True
    """False for what an admin made by hand: it is used, never changed, never removed."""
    fits: bool = True
    note: str = ""


class StepRefused(Permanent):
    """The other side will not, with what to do about it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class SetupStep(ABC):
    """One thing at the other side. `kind` is its name in our own records and never changes; `name` and `purpose` are
    for people."""

    kind: str
    name: str
    purpose: str

    def is_wanted(self) -> bool:
        """Does this account need it?"""
        return True

    def obstacle(self) -> StepRefused | None:
        """Why it cannot be made, where that is known before it is tried."""
        return None

    @abstractmethod
    def find(self, known_id: str | None) -> Found | None:
        """Look for it, by the id that is remembered or by our mark; changes nothing."""

    @abstractmethod
    def create(self) -> str | None:
        """Make it; the other side's id, or None for what is kept here alone."""

    @abstractmethod
    def update(self, found: Found) -> None:
        """Make what is there fit."""

    @abstractmethod
    def remove(self, foreign_id: str) -> None:
        """Remove it. Raises Permanent when it may not be, Gone when it is not there."""


Act = Callable[[SetupStep, Ledger], StepResult | None]


def set_up(
    steps: Sequence[SetupStep], ledger: Ledger, *, dry_run: bool = False, sleep: Callable[[float], None] = time.sleep
) -> Iterator[StepResult]:
    """Make what is not there yet. A step that is refused does not keep the later ones from being tried."""
    return _carry_out(steps, ledger, _plan if dry_run else _ensure, sleep)


def take_back(
    steps: Sequence[SetupStep], ledger: Ledger, *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[StepResult]:
    """Remove what is ours, last made first, and nothing else."""
    return _carry_out(steps[::-1], ledger, _remove, sleep)


def _carry_out(
    steps: Sequence[SetupStep], ledger: Ledger, act: Act, sleep: Callable[[float], None]
) -> Iterator[StepResult]:
    patience = MOST_WAIT
    for step in steps:
        while True:
            try:
                result = act(step, ledger)
            except Temporary as error:
                if not (wait := seconds_to_wait(error, patience)):
                    yield _stopped(step, error)
                    return
                patience -= wait
                yield StepResult(step.name, StepState.WAITING, f"{error}; going on in {wait:.0f} s")
                sleep(wait)
                continue
            except (Permanent, Refused) as error:
                result = StepResult(step.name, StepState.REFUSED, str(error), getattr(error, "remedy", ""))
            if result:
                yield result
            break


def _ensure(step: SetupStep, ledger: Ledger) -> StepResult | None:
    if not step.is_wanted():
        return None
    known_id = ledger.recall(step.kind)
    found = step.find(known_id)
    if found is None:
        _require_possible(step)
        if foreign_id := step.create():
            ledger.remember(step.kind, foreign_id)
        return StepResult(step.name, StepState.MADE, step.purpose)
    if found.ours and found.foreign_id != known_id:
        ledger.remember(step.kind, found.foreign_id)
    if found.fits:
        return StepResult(step.name, StepState.THERE, found.note or step.purpose)
    step.update(found)
    return StepResult(step.name, StepState.CHANGED, found.note or step.purpose)


def _plan(step: SetupStep, ledger: Ledger) -> StepResult | None:
    if not step.is_wanted():
        return None
    found = step.find(ledger.recall(step.kind))
    if found is None:
        _require_possible(step)
        return StepResult(step.name, StepState.PLANNED, f"would be made: {step.purpose}")
    if not found.fits:
        return StepResult(step.name, StepState.PLANNED, f"would be changed: {found.note or step.purpose}")
    return StepResult(step.name, StepState.THERE, found.note or step.purpose)


def _require_possible(step: SetupStep) -> None:
    if obstacle := step.obstacle():
        raise obstacle


def _remove(step: SetupStep, ledger: Ledger) -> StepResult | None:
    known_id = ledger.recall(step.kind)
    try:
        found = step.find(known_id)
    except Permanent:
        if known_id:
            raise
        return None  # we may not even look, and know of nothing
    removed_ids: set[str] = set()
    while found and found.ours and found.foreign_id not in removed_ids:
        step.remove(found.foreign_id)
        removed_ids.add(found.foreign_id)
        found = step.find(None)  # two runs at once may have made two
    ledger.forget(step.kind)
    if removed_ids:
        return StepResult(step.name, StepState.REMOVED, step.purpose)
    return StepResult(step.name, StepState.GONE, "somebody had removed it") if known_id else None


def seconds_to_wait(error: Temporary, patience: float = MOST_WAIT) -> float:
    """Seconds to wait for a rate limit; 0 for any other trouble, or when it would be too long."""
    untouched = not isinstance(error, Outage) or (error.untouched and not error.refused)
    wait = error.retry_after or 0.0
    return wait if untouched and 0 < wait <= patience else 0.0


def _stopped(step: SetupStep, error: Temporary) -> StepResult:
    if isinstance(error, Outage) and error.refused:
        remedy = f"make a new token, and {AGAIN}"
        return StepResult(step.name, StepState.STOPPED, str(error), remedy)
    later = f"in {error.retry_after:.0f} s, " if error.retry_after else ""
    return StepResult(step.name, StepState.STOPPED, str(error), f"{later}{AGAIN}")
