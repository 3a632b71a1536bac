"""Tickets from Zendesk by way of Claude back to Zendesk and Slack: tickets per second, CPU per ticket, and its ratio
to the bare calls.

The whole product runs (`firstline up`), with look-alikes as processes around it; Claude takes two seconds a call. Then
one process with gevent makes the same calls by zenpy, anthropic and slack_sdk, with the same bodies, and nothing else.
What the look-alikes use is not counted on either side.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from typing import Any

from sqlalchemy import text

from bench.measure import cpu_by_kind, print_cpu
from tests.conftest import short_directory
from tests.lookalikes.slack import CHANNEL
from tests.stories.outside import ACCOUNT, PLENTY, Outside
from tests.stories.running import ROOT

TICKETS, MODEL_SECONDS = 200, 2.0
TEXTS = (
    *["Hi there, how do I create an API key for our workspace?"] * 6,
    *["Hello, where do I add our VAT number so that it is printed on the invoices?"] * 3,
    "The calendar sync has stopped again. Can I please talk to a human about this?",
)
"""Six are answered, three noted, one is handed over."""
AS_SHIPPED = {
    "FIRSTLINE_SWEEP_SECONDS": "5",
    "FIRSTLINE_ENQUEUE_AGAIN_SECONDS": "45",
    "FIRSTLINE_CLAIM_SECONDS": "120",
    "FIRSTLINE_CATCH_UP_SECONDS": "120",
}
"""The stories hurry; here every interval is the shipped one."""

Json = dict[str, Any]


def main() -> None:
    """Measure and print."""
    with short_directory() as directory:
        outside = Outside(directory, settings=AS_SHIPPED)
        try:
            outside.start()
            whole = _whole(outside)
            bare = _bare(outside)
            print(f"ratio of the whole product to the bare calls: {whole / bare:.2f}")
        finally:
            outside.end()


def _whole(outside: Outside) -> float:
    """CPU milliseconds per ticket of all processes of the product."""
    assert outside.process is not None
    outside.settle([outside.asked(body) for body in sorted(set(TEXTS))])  # the first tickets import and load
    _forget(outside)
    outside.claude.steer("mode", slow=MODEL_SECONDS)
    before, began = cpu_by_kind(outside.process.pid), time.monotonic()
    tickets = [outside.asked(TEXTS[number % len(TEXTS)]) for number in range(TICKETS)]
    wall = _until_settled(outside, tickets) - began
    print(f"{TICKETS} tickets, {MODEL_SECONDS:g} s a model call: {TICKETS / wall:.1f} tickets/s")
    time.sleep(2)  # what our own comments set off
    used = print_cpu(before, cpu_by_kind(outside.process.pid), TICKETS)
    _check(outside, tickets)
    return used


def _until_settled(outside: Outside, tickets: list[int]) -> float:
    """The moment when all of them are done. One short query a look, for looking costs Postgres time."""
    while _unfinished(outside, tickets):
        time.sleep(0.25)
    return time.monotonic()


def _unfinished(outside: Outside, tickets: list[int]) -> bool:
    """Does anything still move, or has a ticket not come in yet?"""
    busy = "state NOT IN ('done', 'parked', 'sent', 'withdrawn', 'failed', 'unknown')"
    looked = text(f"""
        SELECT count(DISTINCT ticket_id) FILTER (WHERE ticket_id::bigint >= :first) AS seen,
               count(*) FILTER (WHERE {busy}) AS moving
        FROM (SELECT ticket_id, state FROM inbox_items UNION ALL SELECT ticket_id, state FROM deliveries) AS work""")
    with outside.database.account(ACCOUNT) as tx:
        counted = tx.execute(looked, {"first": tickets[0]}).one()
    return bool(counted.moving or counted.seen < len(tickets))


def _check(outside: Outside, tickets: list[int]) -> None:
    ends = Counter(outside.known(each).runs[-1].decision.action.value for each in tickets)
    comments = Counter(len(outside.seen(each)["comments"]) - 1 for each in tickets)
    print(f"  ends: {dict(ends)}; comments of ours on a ticket: {dict(comments)}")


# --- The bare calls --------------------------------------------------------------------------------------------------


def _bare(outside: Outside) -> float:
    """CPU milliseconds per ticket of one process that makes the same calls on tickets of the same text."""
    plan = _plan(outside)
    print(f"  calls: {dict(Counter(each['kind'] for steps in plan for each in steps))}")
    _forget(outside, tickets=True)
    outside.claude.steer("mode", slow=MODEL_SECONDS)
    numbers = [outside.asked(TEXTS[number % len(TEXTS)]) for number in range(TICKETS)]
    addresses = {name: party.url for name, party in outside.parties.items()}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"addresses": addresses, "channel": CHANNEL, "tickets": list(zip(numbers, plan, strict=True))}, file)
        file.flush()
        argv = [sys.executable, "-m", "bench.bare_calls", file.name]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    print(f"the same {found['calls']} calls alone, in one process: {TICKETS / found['seconds']:.1f} tickets/s")
    print(f"  CPU per ticket             {found['cpu'] / TICKETS * 1000:6.1f} ms")
    return float(found["cpu"] / TICKETS * 1000)


def _plan(outside: Outside) -> list[list[Json]]:
    """For each ticket its calls in order, as the product made them. Claude's and Slack's, which name no ticket, are
    dealt out after the first look."""
    tickets: dict[str, list[Json]] = {}
    for each in outside.zendesk.look("/_requests")["requests"]:
        if found := re.fullmatch(r"/api/v2/tickets/(\d+)(/\w+)?\.json", each["path"]):
            step = {"kind": f"{each['method']} ticket{found[2] or ''}", "body": json.loads(each["body"] or "null")}
            tickets.setdefault(found[1], []).append(step)
    steps = list(tickets.values())
    for name, party in (("claude", outside.claude), ("slack", outside.slack)):
        for place, each in enumerate(party.look("/_requests")["requests"]):
            steps[place % len(steps)].insert(2, {"kind": name, "body": json.loads(each["body"])})
    return steps


def _forget(outside: Outside, *, tickets: bool = False) -> None:
    """Empty the journals; with `tickets`, the helpdesk too, and it calls nobody any more."""
    outside.claude.steer("reset")
    outside.slack.steer("reset")
    outside.zendesk.steer("reset" if tickets else "forget_requests")
    outside.zendesk.steer("limits", requests=PLENTY)
