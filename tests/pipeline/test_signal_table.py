"""The table of signals says the truth: each is read by the rules, checks and stops that it names, and by no other."""

import inspect
import re
from collections.abc import Callable
from typing import Any

from desk.reasons import Stop
from desk.run import Classification
from workers.pipeline.guards import GUARDS
from workers.pipeline.rules import RULES
from workers.pipeline.signals.table import CLASSIFIED, SIGNALS
from workers.pipeline.validate import CHECKS
from workers.processing import process_item

READERS: tuple[Callable[..., Any], ...] = (*RULES, *CHECKS, *GUARDS)


def reads(function: Callable[..., Any], name: str) -> bool:
    body = inspect.getsource(function).split(":\n", 1)[1]
    return re.search(rf"\.{name}\b|\b{name}\(", body) is not None


def test_each_signal_names_the_rules_and_checks_that_read_it_and_no_others() -> None:
    stops = {stop.value for stop in Stop} - {function.__name__ for function in READERS}
    for signal in SIGNALS:
        named = set(signal.read_by) - stops
        assert {function.__name__ for function in READERS if reads(function, signal.name)} == named, signal.name


def test_the_stop_that_a_signal_names_is_given_for_it() -> None:
    confirmed = next(signal for signal in SIGNALS if signal.name == "is_confirmation")
    source = inspect.getsource(process_item)
    assert confirmed.read_by == (Stop.CONFIRMED,)
    assert source.index("if is_confirmation(") < source.index("Stop.CONFIRMED, TicketState.CONFIRMED")


def test_what_the_table_hears_is_what_the_classification_holds() -> None:
    fields = set(Classification.__dataclass_fields__) - {"category", "confidence", "questions"}
    assert {signal.name for signal in CLASSIFIED} == fields
    assert len({signal.name for signal in SIGNALS}) == len(SIGNALS)
