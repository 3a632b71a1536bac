"""Many waiting, much behind: does a ticket cost the same when thousands wait, and when a hundred thousand lie behind?

Both run `firstline demo`. For the first, the worker is stopped while the tickets come in, each handed to the broker as
the doors do it; then it goes on, and the moments are read from the database. For the second, tickets are answered
before and after Postgres has been given a past.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import yaml
from sqlalchemy import create_engine, text

from app.bootstrap import make_celery
from app.database import make_database
from app.embedded.postgres import EmbeddedPostgres
from app.installation import completed
from bench.measure import cpu_by_kind
from desk.platform.database import Database, driver_url
from desk.platform.settings import Settings
from desk.ticket import Requester
from tests.conftest import short_directory
from tests.fakes import settings_of
from tests.past import make_past
from tests.stories.running import ROOT, Running
from workers import tickets
from workers.tasks import handle_item, publish
from workers.tickets import NewTicket

ACCOUNT = "main"
AT_ONCE = 40
"""Tickets by which the cost of one is measured."""
TENTHS = 10
PRESSING = "Somebody put a bomb threat on our booking page, please call me."
MOMENTS = """
    SELECT item.ticket_id, extract(epoch FROM greatest(item.done_at, max(sent_at)))::float AS done,
           extract(epoch FROM max(sent_at - created_at) FILTER (WHERE delivery.kind = 'reply'))::float AS reply
    FROM inbox_items AS item LEFT JOIN deliveries AS delivery ON delivery.item_id = item.id
    WHERE item.done_at IS NOT NULL GROUP BY item.ticket_id, item.done_at ORDER BY done"""
FINISHED = "SELECT count(*) FROM inbox_items WHERE state IN ('done', 'parked')"
UNFINISHED = """
    SELECT (SELECT count(*) FROM inbox_items WHERE state IN ('waiting', 'claimed'))
         + (SELECT count(*) FROM deliveries WHERE state IN ('waiting', 'sending'))"""
READ = "SELECT tup_returned + tup_fetched FROM pg_stat_database WHERE datname = current_database()"


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m bench backlog", description=__doc__)
    options.add_argument("--waiting", type=int, default=1000, help="tickets that wait; 0 leaves this part out")
    options.add_argument("--past", type=int, default=100_000, help="tickets that lie behind; 0 leaves this part out")
    asked = options.parse_args(arguments)
    if asked.waiting:
        with _demo() as demo:
            _waiting(demo, asked.waiting)
    if asked.past:
        with _demo() as demo:
            _past(demo, asked.past)


@dataclass
class _Demo:
    """The running demo, its database and its questions."""

    running: Running
    settings: Settings
    db: Database
    questions: Sequence[str]

    @property
    def pid(self) -> int:
        assert self.running.process is not None
        return self.running.process.pid

    def ask(self, number: int, body: str | None = None) -> str:
        """A ticket of a customer of its own, handed to the broker; its id."""
        new = NewTicket(Requester(f"customer-{number}"), "", body or self.questions[number % len(self.questions)])
        with self.db.account(ACCOUNT) as tx:
            accepted = tickets.open_ticket(tx, new)
        publish(handle_item, ACCOUNT, accepted.item_id)
        return accepted.ticket_id

    def settle(self) -> None:
        """Wait until nothing is left to do. One short query a look, for looking costs Postgres time."""
        while self.sql(UNFINISHED)[0][0]:
            time.sleep(0.5)

    def sql(self, statement: str) -> Sequence[Sequence[Any]]:
        with self.db.account(ACCOUNT) as tx:
            return [tuple(row) for row in tx.execute(text(statement))]


@contextmanager
def _demo() -> Iterator[_Demo]:
    with short_directory() as directory:
        running = _Shipped(directory)
        try:
            running.start()
            settings = settings_of(data_dir=running.demo_dir)
            settings = completed(settings, EmbeddedPostgres(running.demo_dir))
            make_celery(settings)
            rows = yaml.safe_load((ROOT / "examples/tickets.yaml").read_text(encoding="utf-8"))
            asked = [row["description"] for row in rows if row["ends"] == "auto_reply"]
            db = make_database(settings)
            demo = _Demo(running, settings, db, asked)
            demo.ask(0)  # the first loads the model
            demo.settle()
            yield demo
            db.close()
        finally:
            running.end()


class _Shipped(Running):
    """With the intervals as shipped: the stories hurry."""

    def environment(self) -> dict[str, str]:
        """Without the stories' settings."""
        hurried = ("FIRSTLINE_SWEEP_SECONDS", "FIRSTLINE_ENQUEUE_AGAIN_SECONDS", "FIRSTLINE_CLAIM_SECONDS")
        return {name: value for name, value in super().environment().items() if name not in hurried}


# --- Many waiting ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Look:
    """How far it was at a moment: tickets finished, and CPU seconds used by all processes."""

    at: float
    finished: int
    cpu: float


def _waiting(demo: _Demo, count: int) -> None:
    with demo.running.held("worker"), ThreadPoolExecutor(8) as pool:
        list(pool.map(demo.ask, range(1, count + 1)))
        pressing = demo.ask(0, PRESSING)
        printed, before, began = len(demo.running.lines), int(demo.sql(FINISHED)[0][0]), time.time()
    looks = _watch(demo, before, count)
    demo.settle()
    moments = [(str(ticket), done, reply) for ticket, done, reply in demo.sql(MOMENTS) if done > began]
    done, by_ticket = [began, *(each[1] for each in moments)], {each[0]: each[1] for each in moments}
    waits = sorted(each[2] for each in moments if each[2] is not None)
    print(f"{count} tickets waiting, done in {done[-1] - began:.0f} s")
    _print_tenths(looks)
    print(f"  longest time in which none was done: {max(after - before for before, after in pairwise(done)):.1f} s")
    print(f"  a planned reply left after {statistics.median(waits):.2f} s (median), {waits[-1]:.2f} s (longest)")
    print(f"  the one that presses, the last to come in: done after {by_ticket[pressing] - began:.1f} s")
    print(f"  handed to the broker by the sweeper besides: {_swept(demo.running.lines[printed:])}")


def _watch(demo: _Demo, before: int, count: int) -> list[_Look]:
    """A look whenever a further tenth is done."""
    looks: list[_Look] = []
    while len(looks) <= TENTHS:
        finished = int(demo.sql(FINISHED)[0][0]) - before
        if finished >= min(count, len(looks) * count / TENTHS):
            looks.append(_Look(time.time(), finished, sum(cpu_by_kind(demo.pid).values())))
        time.sleep(0.5)
    return looks


def _print_tenths(looks: Sequence[_Look]) -> None:
    """In the first tenth the worker takes up more than it ends, in the last it ends more than it takes up: neither is
    compared."""
    pairs = list(pairwise(looks))
    pace = [(b.finished - a.finished) / (b.at - a.at) for a, b in pairs]
    cost = [(b.cpu - a.cpu) / (b.finished - a.finished) * 1000 for a, b in pairs]
    print("  tickets a second, by tenths: " + " ".join(f"{each:.1f}" for each in pace))
    print("  CPU ms a ticket, by tenths: " + " ".join(f"{each:.0f}" for each in cost))
    print(
        f"  the last but one to the second: {pace[-2] / pace[1]:.2f} of the pace, {cost[-2] / cost[1]:.2f} of the cost"
    )


def _swept(lines: Sequence[str]) -> int:
    told = [json.loads(line[line.index("{") :]) for line in lines if '"swept"' in line]
    return sum(each["items"] + each["deliveries"] for each in told)


# --- Much behind -----------------------------------------------------------------------------------------------------


def _past(demo: _Demo, count: int) -> None:
    _cost(demo, "no past")
    superuser = create_engine(driver_url(EmbeddedPostgres(demo.running.demo_dir).superuser_url))
    with superuser.begin() as connection:
        sealer = demo.db.sealer
        make_past(connection, ACCOUNT, count, channel="api", regular=sealer.lookup("customer-1"))
    superuser.dispose()
    _cost(demo, f"{count} tickets behind")


def _cost(demo: _Demo, name: str) -> None:
    time.sleep(2)  # what came before is counted
    cpu, rows, began = cpu_by_kind(demo.pid), demo.sql(READ)[0][0], time.monotonic()
    for number in range(AT_ONCE):
        demo.ask(number + 1000)
    demo.settle()
    seconds = time.monotonic() - began
    time.sleep(2)
    used, read = cpu_by_kind(demo.pid), demo.sql(READ)[0][0]
    spent = {kind: (used[kind] - cpu.get(kind, 0.0)) / AT_ONCE * 1000 for kind in used}
    print(f"{name}: {AT_ONCE / seconds:.1f} tickets/s, {(read - rows) / AT_ONCE:.0f} rows read a ticket, "
          f"CPU a ticket {spent['postgres']:.1f} ms of Postgres, {sum(spent.values()):.1f} ms in all")  # fmt: skip
