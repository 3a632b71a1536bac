"""A language model as one value, for the list in `app/bootstrap.py`: how it is opened, and whether it is well."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from desk.health_check import HealthCheck
from desk.platform.settings import Settings
from desk.ports import Embedder, LanguageModel


@dataclass(frozen=True, slots=True)
class ModelProvider:
    """`open` gives None where the model is not set up; `examine` then says nothing."""

    name: str
    open: Callable[[Settings, Embedder], LanguageModel | None]
    examine: Callable[[Settings], Iterable[HealthCheck]] | None = None
