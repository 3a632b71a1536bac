"""How `connect` and `disconnect` show what they find, make and remove, while they do it."""

from collections.abc import Iterable

from app.cli.output import mutter, out, say
from desk.errors import Temporary
from desk.health_check import HealthCheck, HealthState
from integration.setup_steps import StepResult, StepState

HEALTH_STYLES = {
    HealthState.FINE: "green",
    HealthState.MISSING: "yellow",
    HealthState.STOPPED: "red",
    HealthState.WRONG: "red",
}
STEP_STYLES = {StepState.PLANNED: "yellow", StepState.REFUSED: "red", StepState.STOPPED: "red"}


def print_step(result: StepResult, *, quiet: bool) -> None:
    """What became of one step. What is waited for is told on standard error, to scripts too."""
    if result.state is StepState.WAITING:
        mutter(f"{result.name}: {result.what}")
    elif not quiet:
        _print_finding(result.state.value, STEP_STYLES.get(result.state, "green"), result.name, result)


def print_check(check: HealthCheck, *, quiet: bool) -> None:
    """One finding of a look at the other side."""
    if not quiet:
        _print_finding(check.state.value, HEALTH_STYLES[check.state], check.name, check)


def raise_if_stopped(results: Iterable[StepResult]) -> None:
    """Raises Temporary for what was cut off, so that the exit code says to try again."""
    for result in results:
        if result.state is StepState.STOPPED:
            raise Temporary(f"not done: {result.name}: {result.what}; {result.remedy}")


def _print_finding(state: str, style: str, name: str, finding: StepResult | HealthCheck) -> None:
    out.print(f"{state:<8}", style=style, end=" ")
    say(f"{name}: {finding.what}")
    if finding.remedy:
        say(f"         → {finding.remedy}")
