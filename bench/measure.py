"""What several benches read from the system."""

from collections.abc import Mapping

import psutil

KINDS = ("answer@", "knowledge@", "beat", "gunicorn", "redis", "postgres")


def cpu_by_kind(pid: int) -> dict[str, float]:
    """CPU seconds of `up` (its pid) and its children by kind of process, children that ended included."""
    used: dict[str, float] = {}
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        line = " ".join(process.cmdline())
        kind = next((each for each in KINDS if each in line), "up")
        times = process.cpu_times()
        used[kind] = used.get(kind, 0.0) + times.user + times.system
    return used


def print_cpu(before: Mapping[str, float], after: Mapping[str, float], tickets: int) -> float:
    """CPU per ticket by kind, and all together, which is returned in milliseconds."""
    spent = {kind: (after[kind] - before.get(kind, 0.0)) / tickets * 1000 for kind in after}
    for kind in sorted(spent, key=lambda each: -spent[each]):
        print(f"  CPU per ticket, {kind:<10} {spent[kind]:6.1f} ms")
    print(f"  CPU per ticket, all        {sum(spent.values()):6.1f} ms")
    return sum(spent.values())
