"""Trouble of a party is waited out by all, trouble of a ticket by that ticket: how that is told and kept."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from desk.delivery import DeliveryKind, DeliveryState
from desk.errors import Blocked, FirstlineError, Outage, Permanent, Temporary
from desk.party import Access, PartyAccess, PartyState, PartyStatus
from desk.platform.database import Database
from desk.ticket import ItemState, Ticket
from tests.workers.test_walk import House, Meddled, house  # noqa: F401  # the fixture
from workers import tasks
from workers.parties import standing, waiting
from workers.parties.waiting import TroubleOwner, probe_party, whose_trouble
from workers.processing.process_item import process_item
from workers.queue import leases
from workers.tickets import TicketChannel

API = "api"
"""The party behind the channel of these tests: our own tickets, for once with something that can be away."""


@dataclass
class Pretend:
    """A party that is away when it is told to be, and remembers who asked."""

    name: str = API
    away: set[Access] = field(default_factory=set)
    refuses: bool = False
    probes: list[Access] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def probe(self, account: str, access: Access) -> None:
        self.probes.append(access)
        self.meanwhile()
        if access in self.away:
            raise self.outage(access)

    def outage(self, access: Access, **more: bool) -> Outage:
        return Outage("does not answer", self.name, access, refused=self.refuses, **more)

    def call(self, access: Access) -> None:
        """What a channel of this party does."""
        if access in self.away:
            raise self.outage(access)


@dataclass
class Behind(Meddled):
    """The real channel, behind the party."""

    party: Pretend = field(default_factory=Pretend)
    fetched: int = 0

    def fetch(self, account: str, ticket_id: str, holding: str = "", since: datetime | None = None) -> Ticket:
        self.fetched += 1
        self.party.call(Access.READ)
        return super().fetch(account, ticket_id)


@pytest.fixture
def party() -> Pretend:
    return Pretend()


@pytest.fixture
def channel(house: House, party: Pretend) -> Behind:  # noqa: F811
    real = TicketChannel(house.tools.db)
    return Behind(real, before=lambda _: party.call(Access.WRITE), party=party)


@pytest.fixture
def desk(house: House, party: Pretend, channel: Behind) -> House:  # noqa: F811
    tools = replace(house.tools, channels={API: channel}, parties={API: party})
    return House(tools, house.account, house.shelf)


def known(desk: House) -> list[PartyStatus]:
    with desk.tools.db.account(desk.account) as tx:
        return standing.parties_away(tx)


def error(access: Access = Access.READ, **more: bool) -> Outage:
    return Outage("does not answer", API, access, **more)


def due_now(desk: House) -> None:
    desk.sql("UPDATE parties SET next_probe_at = now()")


def test_trouble_that_a_probe_does_not_confirm_is_the_tickets(desk: House, party: Pretend) -> None:
    assert whose_trouble(desk.tools, desk.account, error()) is TroubleOwner.OWN
    assert (party.probes, known(desk)) == ([Access.READ], [])
    assert whose_trouble(desk.tools, desk.account, error()) is TroubleOwner.OWN, "the turn was given back"


def test_trouble_that_a_probe_confirms_is_the_partys_and_all_know_it(desk: House, party: Pretend) -> None:
    party.away = {Access.READ}
    assert whose_trouble(desk.tools, desk.account, error()) is TroubleOwner.PARTY
    [one] = known(desk)
    assert (one.party, one.access, one.state, one.reason) == (API, Access.READ, PartyState.WAITING, "does not answer")
    assert whose_trouble(desk.tools, desk.account, error()) is TroubleOwner.PARTY
    assert party.probes == [Access.READ], "what is known is not asked again"


def test_a_refusal_that_the_probe_confirms_is_a_broken_connection(desk: House, party: Pretend) -> None:
    party.away, party.refuses = {Access.READ}, True
    assert whose_trouble(desk.tools, desk.account, error(refused=True)) is TroubleOwner.PARTY
    assert known(desk)[0].state is PartyState.BROKEN


def test_what_a_party_says_itself_of_all_the_account_needs_no_probe(desk: House, party: Pretend) -> None:
    assert whose_trouble(desk.tools, desk.account, error(certain=True)) is TroubleOwner.PARTY
    assert (party.probes, len(known(desk))) == ([], 1)


def test_many_workers_that_hear_of_it_at_once_make_it_no_longer(desk: House) -> None:
    for _ in range(10):
        whose_trouble(desk.tools, desk.account, error(certain=True))
    with desk.tools.db.account(desk.account) as tx:
        assert tx.execute(text("SELECT failures FROM parties")).scalar_one() == 1


@pytest.mark.parametrize("other", [Permanent("gone"), Temporary("odd"), Blocked("this ticket alone")])
def test_other_trouble_is_the_tickets_and_asks_nobody(desk: House, party: Pretend, other: FirstlineError) -> None:
    assert whose_trouble(desk.tools, desk.account, other) is TroubleOwner.OWN
    assert party.probes == []


def test_reading_and_writing_are_away_apart(desk: House, party: Pretend) -> None:
    party.away = {Access.WRITE}
    assert whose_trouble(desk.tools, desk.account, error(Access.WRITE)) is TroubleOwner.PARTY
    assert whose_trouble(desk.tools, desk.account, error(Access.READ)) is TroubleOwner.OWN


def test_of_two_workers_in_trouble_at_once_one_probes(desk: House, party: Pretend) -> None:
    party.away = {Access.READ}
    met, asked = threading.Event(), threading.Event()
    party.meanwhile = lambda: (asked.set(), met.wait(10))  # type: ignore[func-returns-value,assignment]
    with ThreadPoolExecutor() as pool:
        first = pool.submit(whose_trouble, desk.tools, desk.account, error())
        assert asked.wait(10)
        assert whose_trouble(desk.tools, desk.account, error()) is TroubleOwner.ASKING
        met.set()
        assert first.result() is TroubleOwner.PARTY
    assert party.probes == [Access.READ]


def test_of_two_sweepers_one_asks_whether_it_is_back(desk: House, party: Pretend) -> None:
    whose_trouble(desk.tools, desk.account, error(certain=True))
    due_now(desk)
    party.away = {Access.READ}
    party.meanwhile = lambda: probe_party(replace(desk.tools), desk.account, API) if len(party.probes) == 1 else None
    probe_party(desk.tools, desk.account, API)
    assert party.probes == [Access.READ]


def test_a_worker_that_dies_while_it_asks_does_not_keep_others_from_asking(desk: House) -> None:
    use = PartyAccess(API, Access.READ)
    with desk.tools.db.account(desk.account) as tx:
        assert standing.take_probe(tx, use)
    assert whose_trouble(desk.tools, desk.account, error()) is TroubleOwner.ASKING
    desk.sql("UPDATE parties SET probe_until = now() - interval '1 s'")
    assert whose_trouble(desk.tools, desk.account, error()) is TroubleOwner.OWN


def test_the_pause_between_probes_doubles_up_to_a_minute(desk: House, party: Pretend) -> None:
    party.away = {Access.READ}
    whose_trouble(desk.tools, desk.account, error())
    pauses = []
    for _ in range(7):
        with desk.tools.db.account(desk.account) as tx:
            pauses.append(
                tx.execute(text("SELECT extract(epoch FROM next_probe_at - now()) FROM parties")).scalar_one()
            )
        probe_party(desk.tools, desk.account, API)
        assert len(party.probes) == len(pauses), "not before its time"
        due_now(desk)
        probe_party(desk.tools, desk.account, API)
    for pause, step in zip(pauses, (5, 10, 20, 40, 60, 60, 60), strict=True):
        assert step * 0.74 < pause <= step


def test_a_wish_for_quiet_is_kept_up_to_a_minute(desk: House) -> None:
    for wish, pause in ((30.0, 30), (600.0, 60)):
        with desk.tools.db.account(desk.account) as tx:
            standing.declare_up(tx, PartyAccess(API, Access.READ))
        whose_trouble(desk.tools, desk.account, Outage("quiet", API, Access.READ, wish, certain=True))
        with desk.tools.db.account(desk.account) as tx:
            left = tx.execute(text("SELECT extract(epoch FROM next_probe_at - now()) FROM parties")).scalar_one()
        assert pause - 1 < left <= pause


def test_a_message_waits_for_the_party_without_using_up_its_attempts_and_goes_on_by_itself(
    desk: House, party: Pretend, channel: Behind
) -> None:
    party.away = {Access.READ}
    first = desk.write()
    for _ in range(desk.tools.max_attempts + 2):
        desk.think(first.item_id)
        desk.sql("UPDATE inbox_items SET not_before = now()")
    item = desk.item(first.item_id)
    assert (item.state, item.attempts, item.waits_for) == (ItemState.WAITING, 0, API)
    assert item.waits_since is not None
    assert channel.fetched == 1, "who is known to be away is not called"
    party.away = set()
    due_now(desk)
    probe_party(desk.tools, desk.account, API)
    assert known(desk) == []
    desk.finish(first)
    assert desk.replies(first.ticket_id) == 1
    item = desk.item(first.item_id)
    assert (item.waits_for, item.waits_since) == (None, None)


def test_when_only_writing_is_away_drafts_go_on_and_deliveries_wait(desk: House, party: Pretend) -> None:
    party.away = {Access.WRITE}
    first, second = desk.write(), desk.write("Let me talk to a human please")
    desk.send(desk.think(first.item_id))
    desk.send(desk.think(second.item_id))
    planned = [*desk.deliveries(first.ticket_id), *desk.deliveries(second.ticket_id)]
    assert [kind for kind, _, _ in planned] == [DeliveryKind.REPLY, DeliveryKind.HANDOVER, DeliveryKind.NOTE]
    assert {state for _, state, _ in planned} == {DeliveryState.WAITING}
    assert party.probes == [Access.WRITE], "the others met what is known"
    party.away = set()
    due_now(desk)
    probe_party(desk.tools, desk.account, API)
    desk.sql("UPDATE deliveries SET not_before = now()")
    desk.send([each.id for each in leases.due_deliveries(desk.tools.db, 0) if each.account == desk.account])
    planned = [*desk.deliveries(first.ticket_id), *desk.deliveries(second.ticket_id)]
    assert {state for _, state, _ in planned} == {DeliveryState.SENT}


def test_what_waits_goes_on_in_order_of_age_and_not_all_at_once(desk: House, party: Pretend) -> None:
    party.away = {Access.READ}
    accepted = [desk.write() for _ in range(5)]
    for each in reversed(accepted):
        desk.think(each.item_id)
    party.away = set()
    due_now(desk)
    probe_party(desk.tools, desk.account, API)
    with desk.tools.db.account(desk.account) as tx:
        rows = tx.execute(
            text("SELECT id, extract(epoch FROM not_before - now()) AS after FROM inbox_items ORDER BY not_before")
        ).all()
    assert [str(row.id) for row in rows] == [each.item_id for each in accepted]
    gaps = [float(later.after - earlier.after) for earlier, later in pairwise(rows)]
    assert gaps == pytest.approx([leases.RELEASE_SECONDS] * 4)


def test_what_is_put_off_in_the_moment_of_the_return_is_not_forgotten(desk: House, party: Pretend) -> None:
    """The worker saw it away, and it was back before the worker could write that down."""
    party.away = {Access.READ}
    accepted = desk.write()
    whose_trouble(desk.tools, desk.account, error())
    party.away = set()
    due_now(desk)
    seen = waiting.whose_trouble

    def back_meanwhile(*given: object) -> TroubleOwner:
        trouble = seen(*given)  # type: ignore[arg-type]
        probe_party(desk.tools, desk.account, API)
        return trouble

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workers.processing.failures.whose_trouble", back_meanwhile)
        desk.think(accepted.item_id)
    with desk.tools.db.account(desk.account) as tx:
        row = tx.execute(text("SELECT waits_for, not_before < now() + interval '1 min' AS soon FROM inbox_items")).one()
    assert (row.waits_for, row.soon) == (None, True)


def test_a_party_that_flickers_for_one_ticket_alone_parks_that_ticket_alone(desk: House, party: Pretend) -> None:
    accepted = desk.write()
    broken = replace(
        desk.tools, channels={API: Behind(TicketChannel(desk.tools.db), party=Pretend(away={Access.READ}))}
    )
    for _ in range(desk.tools.max_attempts):
        desk.sql("UPDATE inbox_items SET not_before = now()")
        process_item(broken, desk.account, accepted.item_id, "w1")
    assert desk.item(accepted.item_id).state is ItemState.PARKED
    assert known(desk) == []
    other = desk.write()
    desk.finish(other)
    assert desk.replies(other.ticket_id) == 1


def test_other_accounts_see_and_wait_for_nothing(desk: House, database: Database, other_account: str) -> None:
    whose_trouble(desk.tools, desk.account, error(certain=True))
    with database.account(other_account) as tx:
        assert standing.parties_away(tx) == []
    assert (desk.account, API) in [(each.account, each.party) for each in due_after(desk)]


def due_after(desk: House) -> list[standing.DueProbe]:
    due_now(desk)
    return list(standing.due_probes(desk.tools.db))


def test_connecting_anew_has_the_party_asked_at_once(desk: House) -> None:
    whose_trouble(desk.tools, desk.account, error(certain=True))
    assert (desk.account, API) not in [(each.account, each.party) for each in standing.due_probes(desk.tools.db)]
    with desk.tools.db.account(desk.account) as tx:
        standing.probe_soon(tx, API)
    assert (desk.account, API) in [(each.account, each.party) for each in standing.due_probes(desk.tools.db)]


def test_a_party_that_is_not_connected_any_more_is_nothing_to_wait_for(desk: House, party: Pretend) -> None:
    whose_trouble(desk.tools, desk.account, error(certain=True))
    party.meanwhile = not_connected
    due_now(desk)
    probe_party(desk.tools, desk.account, API)
    assert known(desk) == []


def not_connected() -> None:
    raise Permanent("not connected")


def test_the_sweeper_has_a_party_asked_and_the_task_lets_its_work_go_on(
    desk: House, party: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[tuple[str, str, str]] = []
    monkeypatch.setattr(tasks, "count_held", lambda app: {})
    monkeypatch.setattr(tasks, "publish", lambda task, account, row, queue: published.append((task.name, account, row)))
    worker = SimpleNamespace(app=SimpleNamespace(dependencies=desk.tools))
    party.away = {Access.READ}
    accepted = desk.write()
    desk.think(accepted.item_id)
    party.away = set()
    due_now(desk)
    tasks.sweep.run.__func__(worker)
    assert ("look_after", desk.account, API) in published
    tasks.look_after.run.__func__(worker, desk.account, API)
    assert known(desk) == []
    published.clear()
    tasks.sweep.run.__func__(worker)
    assert ("answer", desk.account, accepted.item_id) in published, "what was released is handed to the broker"
