"""Models in their order, best first: one that fails is remarked upon, and the next is asked."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from desk.errors import ModelAway, Permanent, Temporary
from desk.ports import LanguageModel, ModelRefusal, UnusableAnswer
from desk.run import Stage, StageTime, Usage
from desk.text.wording import Wording

Answer = TypeVar("Answer")
PATIENCE_SECONDS = 120.0
"""So long a model that has gone away is waited for; then the local parts draft for an agent."""


@dataclass(slots=True)
class RunTrace:
    """What a pass leaves behind besides its results."""

    on_stage: Callable[[Stage], None]
    usage: list[Usage] = field(default_factory=list)
    times: list[StageTime] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    patient: bool = False
    away: str = ""
    refused: bool = False

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Says that a stage begins, and keeps how long it took."""
        self.on_stage(stage)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.times.append(StageTime(stage, round((time.perf_counter() - start) * 1000, 2)))


def available_models(models: Sequence[LanguageModel], budget_spent: bool, trace: RunTrace) -> tuple[LanguageModel, ...]:
    """All models, or the last alone, the local one, once the day's dollars are spent."""
    if budget_spent and len(models) > 1:
        trace.remarks.append(Wording("The day's budget is spent; only %(model)s was asked.", model=models[-1].name))
        return tuple(models[-1:])
    return tuple(models)


def ask_first_available(
    models: tuple[LanguageModel, ...], ask: Callable[[LanguageModel], Answer], trace: RunTrace
) -> tuple[Answer | None, tuple[LanguageModel, ...]]:
    """The first answer that a model gives, and the models from that one on."""
    for index, model in enumerate(models):
        try:
            return ask(model), models[index:]
        except (Temporary, Permanent) as error:
            is_last = index == len(models) - 1
            if isinstance(error, ModelAway) and not is_last and _is_worth_waiting(error, trace):
                raise
            why = f"{type(error).__name__}: {error}"
            trace.remarks.append(Wording("%(model)s failed (%(why)s).", model=model.name, why=why))
            trace.usage.extend(error.usage if isinstance(error, UnusableAnswer) else ())
            trace.refused = trace.refused or isinstance(error, ModelRefusal)
            trace.away = trace.away or ("" if is_last else f"{model.name} failed")
    return None, ()


def _is_worth_waiting(error: ModelAway, trace: RunTrace) -> bool:
    """A model that has only just gone, and before anything was paid for: what is thrown away then cost nothing."""
    return trace.patient and not trace.usage and error.seconds < PATIENCE_SECONDS


def prompts_of(models: tuple[LanguageModel, ...]) -> str:
    """The prompts of the model that answered."""
    return f"{models[0].name} {models[0].prompts}" if models else "none"
