"""How commands print: tables for people, JSON for scripts. What comes from outside cannot steer the terminal."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from desk.health_check import HealthCheck, HealthState
from desk.text.tokenizer import clean

F = TypeVar("F", bound=Callable[..., Any])

out = Console(highlight=False, emoji=False)
err = Console(stderr=True, highlight=False, emoji=False)

SHORT = 40  # characters of a cell that is never broken: ids have 36
HEALTH_COLOURS = {
    HealthState.FINE: "green",
    HealthState.MISSING: "yellow",
    HealthState.STOPPED: "red",
    HealthState.WRONG: "red",
}
NARROW = 20  # characters that a column of prose keeps on a narrow terminal


def json_option(command: F) -> F:
    """`--json`: print JSON for scripts."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")(command)


MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
"""A day, or a time of one, as an option takes it."""


def account_option(command: F) -> F:
    """`--account`: whose; by default FIRSTLINE_ACCOUNT."""
    return click.option("--account", metavar="ID", help="Which account (default: FIRSTLINE_ACCOUNT).")(command)


def confirm_option(command: F) -> F:
    """`--confirm`: what has gone from a source may leave the index, however much it is."""
    help_text = "Most of its pages may leave the index, if they are gone from the source."
    return click.option("--confirm", is_flag=True, help=help_text)(command)


def print_json(value: Any) -> None:
    """One JSON document; dataclasses become objects, moments ISO 8601."""
    text = json.dumps(value, default=_to_json_value, ensure_ascii=False, indent=2)
    click.echo(text.encode("utf-8", "replace").decode())


def say(text: str, style: str = "") -> None:
    """Prose, broken at words for a person; whole lines for a program."""
    out.print(clean(text), markup=False, style=style, soft_wrap=not out.is_terminal)


def say_health(state: HealthState, text: str) -> None:
    """A line of what a look found, with its state in colour."""
    out.print(f"{state.value:<8}", style=HEALTH_COLOURS[state], end=" ")
    say(text)


def say_check(check: HealthCheck) -> None:
    """One check, and what to do about it."""
    say_health(check.state, f"{check.name}: {check.what}")
    say_remedy(check)


def say_remedy(check: HealthCheck) -> None:
    """What to do, if there is anything."""
    if check.remedy:
        say(f"         → {check.remedy}")


def mutter(text: str) -> None:
    """Prose on standard error."""
    err.print(clean(text), markup=False, soft_wrap=True)


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """A table, or the line that says why there is none. Ids and numbers stay whole on the narrowest terminal; for a
    program each row is one line."""
    if not rows:
        say(empty)
        return
    cells = [[_cell_text(value) for value in row] for row in rows]
    widths = [max(len(name), *(len(row[index]) for row in cells)) for index, name in enumerate(columns)]
    table = _build_table(columns, widths, cells)
    column_widths = [width if width <= SHORT or not out.is_terminal else NARROW for width in widths]
    console = Console(highlight=False, emoji=False, width=max(out.width, sum(column_widths) + 3 * len(column_widths)))
    console.print(table, crop=False)


@contextmanager
def progress_bar(label: str, *, quiet: bool = False) -> Iterator[Callable[[int, int | None, str], None]]:
    """A bar on standard error, gone at the end: call what it yields with (done, in all if known, what)."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=quiet or not err.is_terminal, transient=True) as bar:
        task = bar.add_task(clean(label), total=None)

        def on_step(done: int, total: int | None, what: str) -> None:
            bar.update(task, completed=done, total=total)

        yield on_step


def _cell_text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M")
    return " ".join(clean(str(value.value if isinstance(value, Enum) else value)).split())


def _build_table(columns: Sequence[str], widths: Sequence[int], cells: Sequence[Sequence[str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name, width in zip(columns, widths, strict=True):
        table.add_column(name, no_wrap=width <= SHORT, overflow="fold")
    for row in cells:
        table.add_row(*(escape(cell) for cell in row))
    return table


def _to_json_value(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
