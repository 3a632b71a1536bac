"""One ticket's way on one machine: start-up, milliseconds from POST to reply, CPU per ticket over all processes.

Starts `firstline demo` on an empty data directory, sends example questions through the API one by one and then all at
once, and reads the CPU time of every process from the system.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from pathlib import Path

import yaml

from bench.measure import cpu_by_kind, print_cpu

ROOT = Path(__file__).parents[1]
ONE_BY_ONE, AT_ONCE = 30, 200
DONE = {"answered", "noted", "escalated", "observed", "stepped_back", "confirmed", "parked"}


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="firstline-bench-", dir="/tmp") as directory:
        Path(directory).chmod(0o711)
        env = {**os.environ, "FIRSTLINE_DATA_DIR": directory, "FIRSTLINE_PORT": "0"}
        began = time.monotonic()
        up = subprocess.Popen(
            [sys.executable, "-m", "app", "demo"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
        )
        try:
            address = _address(up)
            print(f"start-up, empty data directory to address printed: {time.monotonic() - began:.1f} s")
            env["FIRSTLINE_DATA_DIR"] = f"{directory}/demo"
            token = _token(env)
            _measure(address, token, up.pid)
        finally:
            up.terminate()
            up.wait(60)


def _measure(address: str, token: str, pid: int) -> None:
    questions = [
        row for row in yaml.safe_load((ROOT / "examples/tickets.yaml").read_text()) if row["ends"] == "auto_reply"
    ]
    _send(address, token, questions[0])  # the first ticket loads the model
    time.sleep(1)
    took = [
        _until_done(address, token, _send(address, token, questions[n % len(questions)])) for n in range(ONE_BY_ONE)
    ]
    ordered = sorted(took)
    print(f"POST to reply, {ONE_BY_ONE} tickets one by one: median {statistics.median(took) * 1000:.0f} ms, "
          f"p95 {ordered[int(len(ordered) * 0.95)] * 1000:.0f} ms (looked every 10 ms)")  # fmt: skip
    before, began = cpu_by_kind(pid), time.monotonic()
    sent = [_send(address, token, questions[n % len(questions)]) for n in range(AT_ONCE)]
    for ticket in sent:
        _until_done(address, token, ticket, pause=0.2)
    wall, used = time.monotonic() - began, cpu_by_kind(pid)
    print(f"{AT_ONCE} tickets at once: {AT_ONCE / wall:.1f} tickets/s")
    print_cpu(before, used, AT_ONCE)


def _address(up: subprocess.Popen[str]) -> str:
    assert up.stdout
    for line in up.stdout:
        if found := re.search(r"Ready after .* at (http\S+)", line):
            # A pipe that nobody reads fills up with the log, and then everybody waits to write.
            threading.Thread(target=up.stdout.read, daemon=True).start()
            return found.group(1)
    raise SystemExit("the demo did not start")


def _token(env: dict[str, str]) -> str:
    argv = [sys.executable, "-m", "app", "tokens", "create", "bench"]
    return subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout.strip()


def _send(address: str, token: str, row: dict[str, str]) -> tuple[str, float]:
    body = {"customer_id": uuid.uuid4().hex, "subject": row["subject"], "description": row["description"]}
    began = time.monotonic()
    return _call(f"{address}/api/v1/tickets", token, body)["id"], began


def _until_done(address: str, token: str, sent: tuple[str, float], pause: float = 0.01) -> float:
    ticket, began = sent
    while _call(f"{address}/api/v1/tickets/{ticket}", token)["state"] not in DONE:
        time.sleep(pause)
    return time.monotonic() - began


def _call(url: str, token: str, body: dict[str, str] | None = None) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        said: dict[str, str] = json.load(answer)
    return said
