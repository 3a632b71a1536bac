"""Waiting is heard of: by whatever still works, each thing once."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from desk.delivery import NOTICES, Delivery, DeliveryKind, DeliveryState
from desk.errors import Outage
from desk.party import Access
from desk.policy.policy import PolicyBook
from desk.ports import Alert
from tests.workers.parties.test_parties import API, Pretend, channel, desk, due_now, error, known, party  # noqa: F401
from tests.workers.test_side_effects import HUMAN, Bell
from tests.workers.test_walk import POLICY, House, house  # noqa: F401  # the fixture
from workers.parties import notices, standing
from workers.parties.waiting import probe_party, whose_trouble
from workers.queue import leases, outbox
from workers.tables import inbox_items

BELL = "bell"


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def ringer() -> Pretend:
    """The party behind the alerts."""
    return Pretend(BELL)


@pytest.fixture
def told(desk: House, party: Pretend, bell: Bell, ringer: Pretend) -> House:  # noqa: F811  # the fixtures
    """A desk that can tell people."""
    bell.before = lambda: ringer.call(Access.WRITE)
    tools = replace(desk.tools, alerts=bell, parties={API: party, BELL: ringer}, address="https://desk.example")
    return House(tools, desk.account, desk.shelf)


def later(desk: House, minutes: float) -> None:  # noqa: F811
    """So many minutes pass for what waits."""
    for table, columns in {
        "parties": ("since", "next_probe_at", "told_late_at"),
        "deliveries": ("waits_since", "created_at", "not_before"),
        "inbox_items": ("received_at", "waits_since", "not_before"),
    }.items():
        moved = ", ".join(f"{each} = {each} - interval '{minutes} minutes'" for each in columns)
        desk.sql(f"UPDATE {table} SET {moved}")


def sweep(desk: House) -> list[str]:  # noqa: F811
    """What the sweeper does about those who are away; then everything that is due is sent."""
    for each in (API, BELL):
        probe_party(desk.tools, desk.account, each)
    planned = notices.send_notices(desk.tools, desk.account)
    if desk.account in {each.account for each in notices.accounts_with_notices(desk.tools.db)}:
        planned += notices.note_instead_of_alert(desk.tools, desk.account)
    desk.send(planned)
    desk.send([each.id for each in leases.due_deliveries(desk.tools.db, 0) if each.account == desk.account])
    return planned


def notices_in(bell: Bell) -> list[Alert]:
    return [alert for alert in bell.posted.values() if not alert.ticket_id]


def notes(desk: House, ticket_id: str) -> list[Delivery]:  # noqa: F811
    with desk.tools.db.account(desk.account) as tx:
        theirs = outbox.deliveries_of_ticket(tx, API, ticket_id)
    return [each for each in theirs if each.kind is DeliveryKind.NOTE and each.key.startswith("otherwise:")]


# --- A helpdesk that is away -----------------------------------------------------------------------------------------


def test_an_outage_of_a_quarter_of_an_hour_is_told_once_with_count_and_oldest(
    told: House, party: Pretend, bell: Bell  # noqa: F811
) -> None:  # fmt: skip
    party.away = {Access.READ}
    for _ in range(3):
        told.think(told.write().item_id)
    later(told, 10)
    sweep(told)
    assert notices_in(bell) == []
    later(told, 6)
    sweep(told)
    sweep(told)
    [notice] = notices_in(bell)
    assert notice.title.startswith("Api does not answer since 20")
    assert any("3 messages and deliveries wait" in line for line in notice.reasons)
    later(told, 60)
    sweep(told)
    assert len(notices_in(bell)) == 1


def test_a_second_outage_is_told_anew(told: House, party: Pretend, bell: Bell) -> None:  # noqa: F811
    for _ in range(2):
        party.away = {Access.READ}
        whose_trouble(told.tools, told.account, error())
        later(told, 16)
        sweep(told)
        party.away = set()
        due_now(told)
        sweep(told)
        assert known(told) == []
    assert len(notices_in(bell)) == 2


def test_reading_and_writing_away_are_one_outage(told: House, party: Pretend, bell: Bell) -> None:  # noqa: F811
    party.away = {Access.READ, Access.WRITE}
    for access in Access:
        whose_trouble(told.tools, told.account, error(access))
    later(told, 16)
    sweep(told)
    sweep(told)
    assert len(notices_in(bell)) == 1


def test_a_broken_connection_is_told_at_once_with_what_to_do(told: House, party: Pretend, bell: Bell) -> None:  # noqa: F811
    party.away, party.refuses = {Access.READ}, True
    told.think(told.write().item_id)
    due_now(told)
    sweep(told)
    sweep(told)
    [notice] = notices_in(bell)
    assert "refuses the connection" in notice.title
    assert any("firstline connect api" in line for line in notice.reasons)


def test_after_a_day_each_ticket_that_waits_is_listed_and_still_waits(
    told: House, party: Pretend, bell: Bell  # noqa: F811
) -> None:  # fmt: skip
    party.away = {Access.READ}
    accepted = [told.write() for _ in range(3)]
    for each in accepted:
        told.think(each.item_id)
    later(told, 16)
    sweep(told)
    later(told, 24 * 60)
    sweep(told)
    sweep(told)
    _, listing = notices_in(bell)
    assert all(any(each.ticket_id in line for line in listing.reasons) for each in accepted)
    party.away = set()
    due_now(told)
    sweep(told)
    told.sql("UPDATE inbox_items SET not_before = now()")
    told.finish(accepted[0])
    assert told.replies(accepted[0].ticket_id) == 1


def test_an_urgent_message_that_nobody_can_read_is_told_at_once_and_once(
    told: House, party: Pretend, bell: Bell  # noqa: F811
) -> None:  # fmt: skip
    party.away = {Access.READ}
    for body in ("I will end my life", "How do I reset my password?"):
        accepted = told.write(body)
        sealed = told.tools.db.sealer.seal(json.dumps({"event": {"comment": {"body": body}}}))
        with told.tools.db.account(told.account) as tx:
            tx.execute(update(inbox_items).where(inbox_items.c.id == accepted.item_id).values(payload=sealed))
        for _ in range(3):
            told.send(told.think(accepted.item_id))
            told.sql("UPDATE inbox_items SET not_before = now()")
    [alert] = bell.posted.values()
    assert "self_harm" in alert.reasons[0]
    assert alert.ticket_id


# --- Alerts that cannot go out ---------------------------------------------------------------------------------------


def test_an_alert_that_waits_is_told_by_a_note_after_five_minutes_and_still_goes_out(
    told: House, bell: Bell, ringer: Pretend
) -> None:
    ringer.away = {Access.WRITE}
    accepted = told.write(HUMAN)
    told.send(told.think(accepted.item_id))
    sweep(told)
    assert notes(told, accepted.ticket_id) == []
    later(told, 6)
    sweep(told)
    sweep(told)
    [note] = notes(told, accepted.ticket_id)
    assert note.state is DeliveryState.SENT
    assert bell.posted == {}
    ringer.away = set()
    due_now(told)
    sweep(told)
    told.sql("UPDATE deliveries SET not_before = now()")
    sweep(told)
    [alert] = bell.posted.values()
    assert alert.ticket_id == accepted.ticket_id
    later(told, 60)
    sweep(told)
    assert len(notes(told, accepted.ticket_id)) == 1


def test_an_urgent_alert_that_waits_is_told_by_a_note_at_once(told: House, ringer: Pretend) -> None:
    ringer.away = {Access.WRITE}
    accepted = told.write("I will end my life")
    told.send(told.think(accepted.item_id))
    sweep(told)
    sweep(told)
    assert len(notes(told, accepted.ticket_id)) == 1


def test_alerts_are_away_and_the_helpdesk_too_and_nothing_is_told_twice_after_their_return(
    told: House, party: Pretend, bell: Bell, ringer: Pretend  # noqa: F811
) -> None:  # fmt: skip
    waiting, ringer.away = told.write(HUMAN), {Access.WRITE}
    told.send(told.think(waiting.item_id))
    party.away = set(Access)
    for access in Access:
        whose_trouble(told.tools, told.account, error(access))
    later(told, 16)
    sweep(told)
    assert bell.posted == {}
    ringer.away = party.away = set()
    for _ in range(3):
        due_now(told)
        told.sql("UPDATE deliveries SET not_before = now()")
        sweep(told)
    assert [alert.ticket_id for alert in bell.posted.values()] == [waiting.ticket_id]
    assert len(notes(told, waiting.ticket_id)) == 1


def test_an_alert_of_a_ticket_that_cannot_be_read_goes_out_without_a_look(
    told: House, party: Pretend, bell: Bell  # noqa: F811
) -> None:  # fmt: skip
    accepted = told.write(HUMAN)
    planned = told.think(accepted.item_id)
    party.away = {Access.READ}
    told.send(planned)
    told.sql("UPDATE deliveries SET not_before = now()")
    told.send(planned)
    [alert] = bell.posted.values()
    assert (alert.ticket_id, alert.question) == (accepted.ticket_id, "")
    assert alert.reasons


def test_a_broken_policy_tells_nothing_and_breaks_nothing(told: House, party: Pretend, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "broken.yaml").write_text("nonsense")
    whose_trouble(told.tools, told.account, Outage("away", API, Access.READ, certain=True))
    later(told, 16)
    assert notices.send_notices(replace(told.tools, policies=PolicyBook(tmp_path / "broken.yaml")), told.account) == []


def test_the_minutes_are_the_policys(told: House, party: Pretend, bell: Bell, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "hasty.yaml").write_text(POLICY + "waiting: {notice_minutes: 2}\n")
    hasty = House(replace(told.tools, policies=PolicyBook(tmp_path / "hasty.yaml")), told.account, told.shelf)
    party.away = {Access.READ}
    whose_trouble(hasty.tools, hasty.account, error())
    later(hasty, 3)
    sweep(hasty)
    assert len(notices_in(bell)) == 1
    with told.tools.db.account(told.account) as tx:
        assert {each.channel for each in outbox.deliveries_of_ticket(tx, NOTICES, API)} == {NOTICES}
        assert standing.parties_away(tx)
