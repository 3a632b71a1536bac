"""What cannot work is told once: a note and an alert for one message, one alert for many alike."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from desk.delivery import NOTICES, Delivery, DeliveryKind, DeliveryState
from desk.errors import Permanent
from desk.policy.policy import PolicyBook
from desk.ports import Alert
from desk.ticket import ItemState, Ticket, TicketState
from tests.workers.test_side_effects import HUMAN, Bell, refuse
from tests.workers.test_walk import POLICY, SENTENCE, Broken, House, house  # noqa: F401  # the fixture
from workers.processing.process_item import process_item
from workers.queue import leases, outbox, parked
from workers.tables import deliveries
from workers.tickets import TicketChannel


class Chime(Bell):
    """Alerts that can be changed."""

    def update(self, alert: Alert, delivery: Delivery, foreign_id: str) -> str:
        self.posted[delivery.id] = alert
        return foreign_id


@pytest.fixture
def bell() -> Bell:
    return Chime()


@pytest.fixture
def told(house: House, bell: Bell, tmp_path: Path) -> House:  # noqa: F811
    """Three like alerts in ten minutes are told apart here; what comes on top is an incident."""
    (tmp_path / "few.yaml").write_text(POLICY + "incidents: {alerts: 3}\n")
    tools = replace(house.tools, alerts=bell, policies=PolicyBook(tmp_path / "few.yaml"))
    return House(tools, house.account, house.shelf)


def send_all(desk: House) -> None:
    """Everything that is due, and what comes of it."""
    for _ in range(3):
        desk.sql("UPDATE deliveries SET enqueued_at = enqueued_at - interval '1 s' WHERE state = 'waiting'")
        desk.send([each.id for each in leases.due_deliveries(desk.tools.db, 0) if each.account == desk.account])


def park(desk: House, why: str = "ticket 7 cannot be read") -> str:
    accepted = desk.write()
    broken = replace(desk.tools, library=Broken(Permanent(why)))
    process_item(broken, desk.account, accepted.item_id, "w1")
    assert desk.item(accepted.item_id).state is ItemState.PARKED
    send_all(desk)
    return accepted.ticket_id


def incidents(desk: House) -> list[Delivery]:
    with desk.tools.db.account(desk.account) as tx:
        kinds = [each.ticket_id for each in tx.execute(select(deliveries)) if each.channel == NOTICES]
        return [each for kind in dict.fromkeys(kinds) for each in outbox.deliveries_of_ticket(tx, NOTICES, kind)]


def last(bell: Bell) -> Alert:
    return list(bell.posted.values())[-1]


def test_a_few_messages_that_cannot_work_have_an_alert_and_a_note_each(told: House, bell: Bell) -> None:
    tickets = [park(told) for _ in range(3)]
    assert [alert.ticket_id for alert in bell.posted.values()] == tickets
    assert [told.messages(ticket)[1:] for ticket in tickets] == [[("assistant", False)]] * 3


def test_more_of_them_are_one_alert_that_counts_and_lists(told: House, bell: Bell) -> None:
    tickets = [park(told, f"ticket {number} cannot be read") for number in range(8)]
    assert len(bell.posted) == 4
    assert not last(bell).ticket_id
    assert "8 messages could not be worked on" in last(bell).title
    listed = " ".join(last(bell).reasons[2:]).replace("api tickets ", "").replace(",", "").split()
    assert listed == tickets
    [incident] = incidents(told)
    assert incident.state is DeliveryState.SENT
    assert all(told.messages(ticket)[1:] == [("assistant", False)] for ticket in tickets), "each has its note"


def test_other_reasons_are_another_matter(told: House, bell: Bell) -> None:
    for number in range(4):
        park(told)
        park(told, f"quite another thing {number}")
    assert len([alert for alert in bell.posted.values() if alert.ticket_id]) == 6
    assert len(incidents(told)) == 2


def test_after_a_quiet_time_it_is_a_new_incident(told: House, bell: Bell) -> None:
    for _ in range(4):
        park(told)
    told.sql("UPDATE inbox_items SET parked_at = parked_at - interval '1 h'")
    told.sql("UPDATE deliveries SET enqueued_at = enqueued_at - interval '1 h'")
    ticket = park(told)
    assert last(bell).ticket_id == ticket
    for _ in range(3):
        park(told)
    assert "4 messages" in last(bell).title


def never(ticket: Ticket) -> None:
    raise Permanent("takes no replies")


def test_a_reply_that_can_never_be_sent_hands_the_ticket_to_people_with_the_draft(told: House, bell: Bell) -> None:
    accepted = told.write()
    planned = told.think(accepted.item_id)
    told.with_channel(before=never).send(planned)
    send_all(told)
    assert told.state(accepted.ticket_id) is TicketState.PARKED
    ticket = TicketChannel(told.tools.db).fetch(told.account, accepted.ticket_id)
    [note] = [message for message in ticket.messages if not message.public]
    assert SENTENCE in note.body
    assert "could not send" in note.body
    [alert] = bell.posted.values()
    assert "takes no replies" in alert.reasons[0]
    assert told.replies(accepted.ticket_id) == 0


def test_many_replies_that_can_never_be_sent_are_one_alert(told: House, bell: Bell) -> None:
    for number in range(6):
        accepted = told.write(HUMAN if number % 2 else f"How do I reset my password, number {number}?")
        told.with_channel(before=never).send(told.think(accepted.item_id)[:1])
    send_all(told)
    assert len(incidents(told)) == 1


def test_after_a_replay_what_failed_is_sent(told: House, bell: Bell) -> None:
    accepted = told.write()
    told.with_channel(before=never).send(told.think(accepted.item_id))
    send_all(told)
    with told.tools.db.account(told.account) as tx:
        assert parked.requeue_parked(tx, parked.ParkedFilter(item_id=accepted.item_id), 1, 1)
    told.finish(accepted)
    assert told.replies(accepted.ticket_id) == 1


def test_an_alert_that_can_never_be_posted_is_told_by_a_note(told: House, bell: Bell) -> None:
    bell.before = lambda: refuse(Permanent("no such channel"))
    accepted = told.write(HUMAN)
    told.send(told.think(accepted.item_id))
    send_all(told)
    ticket = TicketChannel(told.tools.db).fetch(told.account, accepted.ticket_id)
    notes = [message.body for message in ticket.messages if not message.public]
    assert len([body for body in notes if "could not be posted" in body]) == 1
    assert dict(told_of(told, accepted.ticket_id))[DeliveryKind.ALERT] is DeliveryState.FAILED


def told_of(desk: House, ticket_id: str) -> list[tuple[DeliveryKind, DeliveryState]]:
    return [(kind, state) for kind, state, _ in desk.deliveries(ticket_id)]
