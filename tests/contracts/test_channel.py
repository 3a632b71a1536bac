"""What every `desk.ports.Channel` keeps to, its fake too: the promises that `workers/processing/deliver.py` builds
on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from desk.conversation import NO_RECORD
from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.errors import Permanent
from desk.platform.database import Database
from desk.ports import Channel, Outgoing, StillWanted
from desk.ticket import Requester, Role, Ticket, TicketStatus, new_id
from integration.connections import save_connection
from integration.zendesk.api.connection import PARTY
from integration.zendesk.channel.outbound import ZendeskChannel
from tests.contracts.remembered_channel import RememberedChannel
from tests.fakes import a_ticket
from tests.integration.zendesk_house import connection
from tests.lookalikes.zendesk import Zendesk
from workers import tickets
from workers.pipeline.guards import stop_before_send
from workers.tickets import NewTicket, TicketChannel

pytestmark = pytest.mark.loopback

QUESTION = "How do I reset my password?"


class Helpdesk(Protocol):
    """The world behind a channel, in which customers and agents act."""

    account: str

    @property
    def channel(self) -> Channel:
        """How it is reached."""
        ...

    def open(self) -> str:
        """A customer opens a ticket; its id."""
        ...

    def write(self, ticket_id: str, role: Role, *, public: bool = True) -> None:
        """Somebody writes."""
        ...


@dataclass
class Remembered:
    """The fake."""

    account: str
    channel: RememberedChannel

    def open(self) -> str:
        ticket = a_ticket(QUESTION, id=new_id(), account=self.account, channel="remembered")
        self.channel.tickets[ticket.id] = ticket
        return ticket.id

    def write(self, ticket_id: str, role: Role, *, public: bool = True) -> None:
        self.channel.write(ticket_id, role, "And now?", public=public)


@dataclass
class Ours:
    """Tickets that live in our own database."""

    account: str
    channel: TicketChannel
    db: Database

    def open(self) -> str:
        with self.db.account(self.account) as tx:
            return tickets.open_ticket(tx, NewTicket(Requester("c1"), "Password", QUESTION)).ticket_id

    def write(self, ticket_id: str, role: Role, *, public: bool = True) -> None:
        with self.db.account(self.account) as tx:
            tickets.add_message(tx, ticket_id, role, "And now?", public=public)


@dataclass
class Theirs:
    """Tickets that live in Zendesk."""

    account: str
    channel: ZendeskChannel
    zendesk: Zendesk

    def open(self) -> str:
        return str(self.zendesk.new_ticket("Password", QUESTION))

    def write(self, ticket_id: str, role: Role, *, public: bool = True) -> None:
        author = "customer" if role is Role.CUSTOMER else "agent"
        self.zendesk.add_comment(int(ticket_id), "And now?", author, public=public)


@pytest.fixture(params=["remembered", "api", "zendesk"])
def desk(request: pytest.FixtureRequest, database: Database, account: str, tmp_path: Path) -> Iterator[Helpdesk]:
    if request.param == "remembered":
        yield Remembered(account, RememberedChannel())
    elif request.param == "api":
        yield Ours(account, TicketChannel(database), database)
    else:
        with Zendesk() as zendesk:
            with database.account(account) as tx:
                save_connection(tx, PARTY, connection(zendesk))
            yield Theirs(account, ZendeskChannel(database), zendesk)


def read(desk: Helpdesk, ticket_id: str) -> Ticket:
    return desk.channel.fetch(desk.account, ticket_id)


def delivery(desk: Helpdesk, ticket: Ticket, kind: DeliveryKind = DeliveryKind.REPLY) -> Delivery:
    newest = ticket.messages[-1].id
    return Delivery(
        id=new_id(),
        account=desk.account,
        channel=desk.channel.name,
        ticket_id=ticket.id,
        message_id=newest,
        run_id=None,
        kind=kind,
        key="k",
        state=DeliveryState.SENDING,
    )


def answer(ticket: Ticket) -> Outgoing:
    return Outgoing("Click on Forgot password.", newest_message_id=ticket.messages[-1].id)


def wanted(ticket: Ticket) -> StillWanted:
    """The last look as the product has it: nothing has happened since the ticket was read."""
    return lambda now: stop_before_send(now, ticket.messages[-1].id, DeliveryKind.REPLY, NO_RECORD) is None


def poster(desk: Helpdesk, ticket: Ticket, kind: DeliveryKind) -> Callable[[Delivery], str | None]:
    if kind is DeliveryKind.NOTE:
        return lambda its: desk.channel.note(ticket, answer(ticket), its)
    return lambda its: desk.channel.reply(ticket, answer(ticket), its, wanted(ticket))


def said(desk: Helpdesk, ticket_id: str) -> list[tuple[Role, bool]]:
    return [(m.role, m.public) for m in read(desk, ticket_id).messages]


def test_a_new_ticket_holds_the_customers_message(desk: Helpdesk) -> None:
    ticket = read(desk, desk.open())
    assert (ticket.account, ticket.channel, ticket.status) == (desk.account, desk.channel.name, TicketStatus.OPEN)
    [message] = ticket.messages
    assert (message.role, message.public, message.body) == (Role.CUSTOMER, True, QUESTION)
    assert message.delivery_id is None
    assert message.at.tzinfo is not None
    assert ticket.assignee is None


def test_messages_are_in_order_and_have_their_roles(desk: Helpdesk) -> None:
    ticket_id = desk.open()
    desk.write(ticket_id, Role.CUSTOMER)
    desk.write(ticket_id, Role.AGENT, public=False)
    desk.write(ticket_id, Role.AGENT)
    customer, agent = Role.CUSTOMER, Role.AGENT
    assert said(desk, ticket_id) == [(customer, True), (customer, True), (agent, False), (agent, True)]


def test_a_ticket_that_is_not_there_is_permanent(desk: Helpdesk) -> None:
    with pytest.raises(Permanent):
        desk.channel.fetch(desk.account, "999999999")


def test_a_reply_is_public_ours_and_marked_with_its_delivery(desk: Helpdesk) -> None:
    ticket = read(desk, desk.open())
    its = delivery(desk, ticket)
    foreign_id = desk.channel.reply(ticket, answer(ticket), its, wanted(ticket))
    posted = read(desk, ticket.id).messages[-1]
    assert (posted.id, posted.delivery_id) == (foreign_id, its.id)
    assert (posted.role, posted.public, posted.body) == (Role.ASSISTANT, True, "Click on Forgot password.")


def test_a_note_is_internal_ours_and_marked_with_its_delivery(desk: Helpdesk) -> None:
    ticket = read(desk, desk.open())
    its = delivery(desk, ticket, DeliveryKind.NOTE)
    foreign_id = desk.channel.note(ticket, answer(ticket), its)
    posted = read(desk, ticket.id).messages[-1]
    assert (posted.id, posted.delivery_id) == (foreign_id, its.id)
    assert (posted.role, posted.public) == (Role.ASSISTANT, False)


@pytest.mark.parametrize("kind", [DeliveryKind.REPLY, DeliveryKind.NOTE])
def test_what_was_posted_is_found_again_even_by_an_old_snapshot(desk: Helpdesk, kind: DeliveryKind) -> None:
    ticket = read(desk, desk.open())
    its = delivery(desk, ticket, kind)
    post = poster(desk, ticket, kind)
    assert desk.channel.find_delivery(ticket, its) is None
    foreign_id = post(its)
    assert foreign_id is not None
    assert desk.channel.find_delivery(ticket, its) == foreign_id
    assert desk.channel.find_delivery(ticket, delivery(desk, ticket, kind)) is None


@pytest.mark.parametrize("kind", [DeliveryKind.REPLY, DeliveryKind.NOTE])
def test_the_same_delivery_twice_is_there_once(desk: Helpdesk, kind: DeliveryKind) -> None:
    ticket = read(desk, desk.open())
    its = delivery(desk, ticket, kind)
    post = poster(desk, ticket, kind)
    assert post(its) == post(its)
    assert len(said(desk, ticket.id)) == 2


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.AGENT])
def test_a_ticket_that_moved_on_since_it_was_read_gets_no_reply(desk: Helpdesk, role: Role) -> None:
    ticket = read(desk, desk.open())
    desk.write(ticket.id, role)
    assert desk.channel.reply(ticket, answer(ticket), delivery(desk, ticket), wanted(ticket)) is None
    assert len(said(desk, ticket.id)) == 2


def test_an_agents_note_is_no_reason_to_hold_a_reply_back(desk: Helpdesk) -> None:
    ticket = read(desk, desk.open())
    desk.write(ticket.id, Role.AGENT, public=False)
    assert desk.channel.reply(ticket, answer(ticket), delivery(desk, ticket), wanted(ticket))


def test_a_note_is_left_though_an_agent_has_answered(desk: Helpdesk) -> None:
    ticket = read(desk, desk.open())
    desk.write(ticket.id, Role.AGENT)
    assert desk.channel.note(ticket, answer(ticket), delivery(desk, ticket, DeliveryKind.NOTE))
