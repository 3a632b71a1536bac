"""Writes `docs/reasons.md` from the tables in the code: `python -m docs.reasons`. A test holds it up to date."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from desk.reasons import REASONS, STOPS, Limit
from workers.pipeline.guards import GUARDS
from workers.pipeline.rules import RULES
from workers.pipeline.signals.table import SIGNALS
from workers.pipeline.validate import CHECKS

PAGE = Path(__file__).with_name("reasons.md")


def reasons_page() -> str:
    """The page, in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Why it decided so\n"
    yield "Generated from `desk/reasons.py` and the pipeline by `python -m docs.reasons`; do not edit.\n"
    yield "## Reasons\n"
    yield "Each reason keeps a reply from leaving by itself. *Person*: the ticket goes to people; *draft*: an agent"
    yield "finds the draft in a note.\n"
    yield "| Code | What agents read | For leads | Limit | Shows in |"
    yield "|---|---|---|---|---|"
    for reason, about in REASONS.items():
        limits = " or ".join(each.value for each in (Limit.PERSON, Limit.DRAFT) if each in about.limits)
        yield f"| `{reason.value}` | {about.agents} | {about.leads} | {limits} | {', '.join(about.shows)} |"
    yield "\n## Stops\n"
    yield "Each stop ends the walk of a message before the pipeline, or keeps back what was about to be sent.\n"
    yield "| Code | What agents read |"
    yield "|---|---|"
    for stop, words in STOPS.items():
        yield f"| `{stop.value}` | {words} |"
    yield from _signals()
    yield from _functions("Guards", "Run before the pipeline, and again right before sending, in this order.", GUARDS)
    yield from _functions("Checks", "Each looks for one fault in a draft; what it finds caps it at draft.", CHECKS)
    yield from _functions("Rules", "Each may cap a decision; all of them are asked.", RULES)


def _signals() -> Iterator[str]:
    yield "\n## Signals\n"
    yield "Each is heard in what the customer wrote, without any model; the rules, checks and stops named read it.\n"
    yield "| Name | What it says | In | Read by |"
    yield "|---|---|---|---|"
    for signal in SIGNALS:
        place = f"`{signal.function.__name__}` in `{signal.function.__module__.replace('.', '/')}.py`"
        yield f"| `{signal.name}` | {signal.says} | {place} | {', '.join(f'`{name}`' for name in signal.read_by)} |"


def _functions(title: str, about: str, functions: Iterable[Callable[..., Any]]) -> Iterator[str]:
    yield f"\n## {title}\n"
    yield f"{about}\n"
    yield "| Name | What it says | In |"
    yield "|---|---|---|"
    for each in functions:
        words = " ".join((inspect.getdoc(each) or "").split()).replace("|", "\\|")
        yield f"| `{each.__name__}` | {words} | `{each.__module__.replace('.', '/')}.py` |"


if __name__ == "__main__":
    PAGE.write_text(reasons_page(), encoding="utf-8")
