"""Many acts of many people at once, pressed twice, out of order, by workers that are killed: for a test and a bench.

The workers are processes of their own, and SIGKILL ends them wherever they are. What is left in the end is counted
against what was pressed.
"""

import logging
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from sqlalchemy import text

from desk.intervention import Actor, Face, InterventionKind, Order, ResultStatus
from desk.platform.database import Database
from desk.platform.encryption import Sealer
from desk.policy.policy import PolicyBook
from desk.ticket import Message, Role, Ticket, new_id
from tests.workers.interventions.acts import Desk
from tests.workers.talks import a_town
from workers import interventions, proposed_entries, tickets
from workers.processing.deliver import send_delivery
from workers.processing.interventions.carry_out import carry_out_intervention
from workers.queue import leases
from workers.tickets import CHANNEL

ACTS_A_TICKET = 10
PEOPLE = tuple(Actor(f"user:{n}", f"Person {n}") for n in range(5))
LEASE_SECONDS = 1.0
KINDS = (
    *[InterventionKind.SEND] * 3,
    *[InterventionKind.EDIT_AND_SEND] * 3,
    InterventionKind.CLAIM,
    InterventionKind.RELEASE,
    InterventionKind.REJECT,
    InterventionKind.TEACH,
    InterventionKind.CLOSE,
    InterventionKind.CORRECT_CATEGORY,
    InterventionKind.TURN_OFF,
    InterventionKind.TURN_ON,
)


@dataclass(frozen=True)
class Press:
    """One press of one person; `times` it is sent."""

    id: str
    actor: Actor
    order: Order
    times: int


@dataclass(frozen=True)
class Tally:
    """What was left in the end. `replies` were posted for the customer, `promised` said to be sent by their acts."""

    acts: int
    unfinished: int
    kinds: Counter[str]
    statuses: Counter[str]
    replies: int
    promised: int
    doubled: int
    """Messages of the customer that got more than one person's answer, and deliveries that became two messages."""
    proposals: int
    taught: int
    kills: int


def run_storm(url: str, keys: Sequence[str], account: str, policy: Path, acts: int, kills: int, seed: int = 7) -> Tally:
    """Press so many acts, and have them carried out by two processes of which some are killed."""
    chance = random.Random(seed)  # a test's
    desk = _desk(url, keys, account, policy)
    presses = _presses(desk, acts, chance)
    with _workers(url, keys, account, policy) as workers:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda press: _send(desk, press), _in_disorder(presses, chance)))
        for _ in range(kills):
            time.sleep(chance.uniform(0.1, 0.4))
            workers.kill_one(chance)
        _wait(desk)
    tally = _count(desk, kills)
    desk.tools.db.close()
    return tally


def quieten() -> None:
    """No line for each act."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def _desk(url: str, keys: Sequence[str], account: str, policy: Path) -> Desk:
    desk = Desk.of(a_town(Database(url, Sealer(list(keys))), account, PolicyBook(policy)))
    return replace(desk, tools=replace(desk.tools, claim_seconds=LEASE_SECONDS, max_attempts=50))


def _presses(desk: Desk, acts: int, chance: random.Random) -> list[Press]:
    presses: list[Press] = []
    for _ in range(max(1, acts // ACTS_A_TICKET)):
        opened = desk.opened()
        run_id, seen = opened.run_id, opened.last_word
        for _ in range(ACTS_A_TICKET):
            order = Order(
                kind=chance.choice(KINDS),
                channel=CHANNEL,
                ticket_id=opened.ticket_id,
                run_id=run_id,
                seen_message_id=seen,
                override=True,
                text="We are open, Kim.",
                question="When?",
                comment="No.",
                value="other",
            )
            presses.append(Press(new_id(), chance.choice(PEOPLE), order, chance.choice((1, 1, 2, 3))))
    return presses


def _in_disorder(presses: Sequence[Press], chance: random.Random) -> list[Press]:
    sent = [press for press in presses for _ in range(press.times)]
    chance.shuffle(sent)
    return sent


def _send(desk: Desk, press: Press) -> None:
    with desk.tools.db.account(desk.account) as tx:
        interventions.add_intervention(tx, Face.API, press.id, press.actor, press.order)


# --- Workers ----------------------------------------------------------------------------------------------------------


class _Workers:
    """Two processes; whichever is killed is replaced at once."""

    def __init__(self, arguments: tuple[object, ...]) -> None:
        self._context = multiprocessing.get_context("forkserver")  # forks from a process that has no threads
        self._context.set_forkserver_preload([__name__])
        self._arguments = arguments
        self._processes = [self._start() for _ in range(2)]

    def _start(self) -> multiprocessing.process.BaseProcess:
        process = self._context.Process(target=_work, args=(*self._arguments, new_id()), daemon=True)
        process.start()
        return process

    def kill_one(self, chance: random.Random) -> None:
        at = chance.randrange(len(self._processes))
        os.kill(self._processes[at].pid or 0, signal.SIGKILL)
        self._processes[at].join()
        self._processes[at] = self._start()

    def end(self) -> None:
        for process in self._processes:
            process.kill()
            process.join()


@contextmanager
def _workers(url: str, keys: Sequence[str], account: str, policy: Path) -> Iterator[_Workers]:
    workers = _Workers((url, keys, account, policy))
    try:
        yield workers
    finally:
        workers.end()


def _work(url: str, keys: Sequence[str], account: str, policy: Path, name: str) -> None:
    """What the sweeper would hand over, and here and there something that was handed over before."""
    quieten()
    desk = _desk(url, keys, account, policy)
    db, chance = desk.tools.db, random.Random(name)  # a test's
    while True:
        leases.note_missed(db, {})
        acts = [row.id for row in leases.due_interventions(db, 0.5) if row.account == account]
        for act_id in [*acts, *chance.sample(acts, len(acts) // 4)]:
            for delivery_id in carry_out_intervention(desk.tools, account, act_id, name):
                send_delivery(desk.tools, account, delivery_id, name)
        for row in leases.due_deliveries(db, 0.5):
            if row.account == account:
                send_delivery(desk.tools, account, row.id, name)
        if not acts:
            time.sleep(0.05)


# --- What is left -----------------------------------------------------------------------------------------------------

_OPEN = text(
    "SELECT (SELECT count(*) FROM interventions WHERE state <> 'done')"
    " + (SELECT count(*) FROM deliveries WHERE state IN ('waiting', 'sending'))"
)


def _wait(desk: Desk, seconds: float = 600.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with desk.tools.db.account(desk.account) as tx:
            if not tx.execute(_OPEN).scalar_one():
                return
        time.sleep(0.1)
    raise TimeoutError("the acts were not done")


def _count(desk: Desk, kills: int) -> Tally:
    with desk.tools.db.account(desk.account) as tx:
        ticket_ids = list(tx.execute(text("SELECT id::text FROM tickets")).scalars())
        acts = [act for each in ticket_ids for act in interventions.interventions_of_ticket(tx, CHANNEL, each)]
        read = [tickets.read_ticket(tx, each) for each in ticket_ids]
        sent = "SELECT count(*) FROM deliveries WHERE key LIKE 'intervention:%' AND kind = 'reply' AND state = 'sent'"
        promised = int(tx.execute(text(sent)).scalar_one())
        proposals = len(proposed_entries.list_proposed(tx, 100_000))
    replies = [m for ticket in read if ticket for m in ticket.messages if m.role is Role.AGENT]
    done = [act for act in acts if act.result and act.result.status is ResultStatus.DONE]
    return Tally(
        acts=len(acts),
        unfinished=sum(act.result is None for act in acts),
        kinds=Counter(act.order.kind.value for act in acts),
        statuses=Counter(act.result.status.value for act in acts if act.result),
        replies=len(replies),
        promised=promised,
        doubled=_doubled(read, replies),
        proposals=proposals,
        taught=sum(act.order.kind is InterventionKind.TEACH for act in done),
        kills=kills,
    )


def _doubled(read: Sequence[Ticket | None], replies: Sequence[Message]) -> int:
    answers = [sum(message.role is Role.AGENT for message in ticket.messages) for ticket in read if ticket]
    marks = Counter(message.delivery_id for message in replies)
    return sum(max(0, count - 1) for count in answers) + sum(count - 1 for count in marks.values())
