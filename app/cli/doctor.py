"""`firstline doctor`: what the look at the installation found, in few lines."""

import sys
from collections.abc import Sequence
from itertools import groupby

import click

from app.cli.output import json_option, print_json, say, say_check, say_health, say_remedy
from app.doctor.diagnose import diagnose
from desk.health_check import HealthCheck, HealthState

WRONG, STOPPED = 1, 2
"""Exit codes; what is wrong comes before what is stopped."""


@click.command()
@click.option("-v", "--verbose", is_flag=True, help="Also say what was found where all is fine.")
@json_option
def doctor(verbose: bool, as_json: bool) -> None:
    """Look at settings, database, processes, connections and work: what is fine, missing, stopped or wrong, and what to
    do. Changes nothing.

    Exit codes: 0 fine, 1 something is wrong, 2 nothing is wrong, but something is not running.
    """
    checks = diagnose()
    if as_json:
        print_json(checks)
    else:
        for group, group_checks in groupby(checks, lambda check: check.group):
            _print_group(group, list(group_checks), verbose)
        say(_summary_line(checks))
    sys.exit(_exit_code(checks))


def _print_group(group: str, checks: Sequence[HealthCheck], verbose: bool) -> None:
    """What is fine in one line; everything else with what to do."""
    fine = [check for check in checks if check.state is HealthState.FINE]
    if fine and not verbose:
        say_health(HealthState.FINE, f"{group}: {', '.join(check.name for check in fine)}")
    for check in checks:
        if verbose or check.state is not HealthState.FINE:
            say_check(check)
        else:
            say_remedy(check)


def _summary_line(checks: Sequence[HealthCheck]) -> str:
    bad_states = [state for state in reversed(HealthState) if state is not HealthState.FINE]
    counts = ((sum(check.state is state for check in checks), state) for state in bad_states)
    return ", ".join(f"{count} {state}" for count, state in counts if count) or "All is fine."


def _exit_code(checks: Sequence[HealthCheck]) -> int:
    states = {check.state for check in checks}
    return WRONG if HealthState.WRONG in states else STOPPED if HealthState.STOPPED in states else 0
