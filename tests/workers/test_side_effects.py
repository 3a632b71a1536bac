"""What goes with a delivery: labels on the ticket, alerts to people, one effect however many events tell of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import text

from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.errors import Blocked, Permanent, Temporary
from desk.ports import Alert, Alerts, Outgoing, StillWanted
from desk.ticket import Event, EventKind, ItemState, Ticket, TicketState
from integration.slack.alerts import SlackAlerts
from tests.workers.test_walk import Broken, House, Killed, house  # noqa: F401  # the fixture
from workers import record
from workers.processing.process_item import process_item
from workers.queue import inbox
from workers.tickets import TicketChannel

HUMAN = "Let me talk to a human please"


@dataclass
class Bell:
    """Alerts that remember, with something happening around each post."""

    posted: dict[str, Alert] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    name: str = "bell"

    def ready(self, account: str) -> bool:
        return True

    def quiet(self, account: str) -> float:
        return 0.0

    def post(self, alert: Alert, delivery: Delivery) -> str:
        self.before()
        assert delivery.id not in self.posted, "posted twice"
        self.posted[delivery.id] = alert
        self.after()
        return f"bell-{len(self.posted)}"

    def update(self, alert: Alert, delivery: Delivery, foreign_id: str) -> str:
        raise NotImplementedError

    def find_delivery(self, alert: Alert, delivery: Delivery) -> str | None:
        return "bell-found" if delivery.id in self.posted else None


@dataclass
class Noting(TicketChannel):
    """The real channel, and what each delivery was to say of the ticket."""

    posted: list[tuple[DeliveryKind, bool]] = field(default_factory=list)

    def __init__(self, channel: TicketChannel) -> None:
        super().__init__(channel._db)
        self.posted = []

    def reply(self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery, still_wanted: StillWanted) -> str | None:
        self.posted.append((delivery.kind, outgoing.escalated))
        return super().reply(ticket, outgoing, delivery, still_wanted)

    def note(self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery) -> str:
        self.posted.append((delivery.kind, outgoing.escalated))
        return super().note(ticket, outgoing, delivery)


def ringing(house: House, bell: Alerts) -> House:  # noqa: F811  # the fixture's value
    return House(replace(house.tools, alerts=bell, address="https://desk.example"), house.account, house.shelf)


def alerts_of(house: House, ticket_id: str) -> list[DeliveryState]:  # noqa: F811
    return [state for kind, state, _ in house.deliveries(ticket_id) if kind is DeliveryKind.ALERT]


def test_an_escalation_alerts_people_once_with_reasons_and_a_link(house: House) -> None:  # noqa: F811
    bell = Bell()
    house = ringing(house, bell)
    accepted = house.write(HUMAN)
    house.finish(accepted)
    house.finish(house.add(accepted.ticket_id))
    [alert] = bell.posted.values()
    assert alert.reasons == ("The customer asks for a person",)
    assert alert.question == HUMAN
    assert alert.console_url == f"https://desk.example/console/tickets/api/{accepted.ticket_id}"


def test_whether_slack_is_connected_is_asked_before_anything_is_locked(house: House) -> None:  # noqa: F811
    house = ringing(house, SlackAlerts(house.tools.db))
    accepted = house.write(HUMAN)
    house.finish(accepted)
    assert house.state(accepted.ticket_id) is TicketState.ESCALATED


def test_so_it_is_asked_before_a_message_is_parked(house: House) -> None:  # noqa: F811
    house = ringing(house, SlackAlerts(house.tools.db))
    accepted = house.write()
    process_item(replace(house.tools, library=Broken()), house.account, accepted.item_id, "w1")
    assert house.item(accepted.item_id).state is ItemState.PARKED


def test_an_answer_alerts_nobody(house: House) -> None:  # noqa: F811
    bell = Bell()
    house = ringing(house, bell)
    house.finish(house.write())
    assert not bell.posted


def test_a_worker_that_dies_after_the_alert_is_out_leaves_one_alert(house: House) -> None:  # noqa: F811
    bell = Bell(after=die)
    house = ringing(house, bell)
    accepted = house.write(HUMAN)
    planned = house.think(accepted.item_id)
    with pytest.raises(Killed):
        house.send(planned)
    bell.after = lambda: None
    house.sql("UPDATE deliveries SET lease_until = now() - interval '1 s' WHERE state = 'sending'")
    house.send(planned)
    assert len(bell.posted) == 1
    assert alerts_of(house, accepted.ticket_id) == [DeliveryState.SENT]


def test_an_alert_that_fails_undoes_nothing_and_parks_nothing(house: House) -> None:  # noqa: F811
    bell = Bell(before=lambda: refuse(Permanent("the token was revoked")))
    house = ringing(house, bell)
    accepted = house.write(HUMAN)
    house.finish(accepted)
    assert alerts_of(house, accepted.ticket_id) == [DeliveryState.FAILED]
    assert house.state(accepted.ticket_id) is TicketState.ESCALATED
    assert house.item(accepted.item_id).state is ItemState.DONE
    assert house.replies(accepted.ticket_id) == 1, "the hand-over message"


def test_an_alert_that_cannot_be_posted_now_is_posted_later(house: House) -> None:  # noqa: F811
    bell = Bell(before=lambda: refuse(Temporary("busy", retry_after=1)))
    house = ringing(house, bell)
    accepted = house.write(HUMAN)
    planned = house.think(accepted.item_id)
    house.send(planned)
    assert alerts_of(house, accepted.ticket_id) == [DeliveryState.WAITING]
    bell.before = lambda: None
    house.sql("UPDATE deliveries SET not_before = now()")
    house.send(planned)
    assert alerts_of(house, accepted.ticket_id) == [DeliveryState.SENT]


def test_every_delivery_says_whether_it_hands_the_ticket_to_people(house: House) -> None:  # noqa: F811
    channel = Noting(TicketChannel(house.tools.db))
    house = House(replace(house.tools, channels={"api": channel}), house.account, house.shelf)
    house.finish(house.write())
    house.finish(house.write(HUMAN))
    assert sorted(channel.posted) == [
        (DeliveryKind.HANDOVER, True),
        (DeliveryKind.NOTE, False),
        (DeliveryKind.REPLY, False),
    ]


def test_two_events_about_one_message_lead_to_one_run(house: House) -> None:  # noqa: F811
    accepted = house.write()
    with house.tools.db.account(house.account) as tx:
        event = Event(EventKind.CUSTOMER_MESSAGE, "created", accepted.ticket_id, message_id=None)
        created = inbox.add_event(tx, "api", event, "{}")
    assert created
    house.send(house.think(created))
    house.finish(accepted)
    assert house.item(accepted.item_id).outcome == "duplicate"
    assert house.replies(accepted.ticket_id) == 1
    with house.tools.db.account(house.account) as tx:
        assert len(record.runs_of(tx, "api", accepted.ticket_id)) == 1
        assert tx.execute(text("SELECT count(*) FROM inbox_items WHERE leads")).scalar_one() == 1


def refuse(error: Exception) -> None:
    raise error


def die() -> None:
    raise Killed


def test_being_asked_to_wait_uses_up_no_attempt(house: House) -> None:  # noqa: F811
    bell = Bell(before=lambda: refuse(Blocked("left alone", retry_after=1)))
    house = ringing(house, bell)
    accepted = house.write(HUMAN)
    planned = house.think(accepted.item_id)
    for _ in range(10):
        house.sql("UPDATE deliveries SET not_before = now()")
        house.send(planned)
    assert alerts_of(house, accepted.ticket_id) == [DeliveryState.WAITING]
    bell.before = lambda: None
    house.sql("UPDATE deliveries SET not_before = now()")
    house.send(planned)
    assert len(bell.posted) == 1


def test_people_are_told_even_of_a_ticket_that_cannot_be_read_any_more(house: House) -> None:  # noqa: F811
    bell = Bell()
    house = ringing(house, bell)
    accepted = house.write(HUMAN)
    planned = house.think(accepted.item_id)
    house.sql("DELETE FROM messages")
    house.sql("DELETE FROM tickets")
    house.send(planned)
    [alert] = bell.posted.values()
    assert alert.ticket_id == accepted.ticket_id
