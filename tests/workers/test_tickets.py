"""Our own tickets: what a customer wrote is kept whole, and a reply is posted once and only when it still fits."""

import pytest
from sqlalchemy import text

from desk.conversation import NO_RECORD
from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.errors import Permanent, Refused
from desk.platform.database import Database
from desk.ports import Outgoing, Source, StillWanted
from desk.ticket import Requester, Role, TicketState, new_id
from workers import record, tickets
from workers.pipeline.guards import stop_before_send
from workers.queue import inbox
from workers.tickets import Accepted, NewTicket, TicketChannel


def open_one(database: Database, account: str, body: str = "How do I sign in?") -> Accepted:
    with database.account(account) as tx:
        return tickets.open_ticket(tx, NewTicket(Requester("c1", "Kim", "kim@example.com"), "Sign in", body))


def write(
    database: Database, account: str, ticket_id: str, role: Role, body: str = "More", public: bool = True
) -> Accepted:
    with database.account(account) as tx:
        return tickets.add_message(tx, ticket_id, role, body, public=public)


def delivery(account: str, accepted: Accepted, kind: DeliveryKind = DeliveryKind.REPLY) -> Delivery:
    return Delivery(
        new_id(), account, "api", accepted.ticket_id, accepted.message_id, None, kind, "key", DeliveryState.SENDING
    )


def test_a_ticket_comes_back_as_it_was_written(database: Database, account: str) -> None:
    accepted = open_one(database, account)
    ticket = TicketChannel(database).fetch(account, accepted.ticket_id)
    assert ticket.subject == "Sign in"
    assert ticket.requester == Requester("c1", "Kim", "kim@example.com")
    assert [(m.role, m.public, m.body) for m in ticket.messages] == [(Role.CUSTOMER, True, "How do I sign in?")]
    with database.account(account) as tx:
        assert [item.id for item in inbox.items_of_ticket(tx, "api", ticket.id)] == [accepted.item_id]
        line = record.get_ticket_line(tx, "api", ticket.id)
    assert line is not None
    assert line.state is TicketState.RECEIVED


def test_nothing_a_customer_wrote_is_readable_in_the_database(database: Database, account: str) -> None:
    open_one(database, account, "my secret question")
    with database.account(account) as tx:
        rows = tx.execute(text("SELECT m::text, t::text FROM messages m JOIN tickets t ON t.id = m.ticket_id")).all()
    stored = " ".join(part for row in rows for part in row)
    assert "secret" not in stored
    assert "kim" not in stored.lower()


def test_nul_bytes_and_lone_surrogates_do_not_stop_a_message(database: Database, account: str) -> None:
    accepted = open_one(database, account, "be\x00fore \ud800 after")
    body = TicketChannel(database).fetch(account, accepted.ticket_id).messages[0].body
    assert body == "before \ufffd after"


LATE = Outgoing("Late")


def unmoved(accepted: Accepted) -> StillWanted:
    """The last look of the product."""
    return lambda now: stop_before_send(now, accepted.message_id, DeliveryKind.REPLY, NO_RECORD) is None


def test_a_reply_is_posted_once_however_often_it_is_sent(database: Database, account: str) -> None:
    accepted = open_one(database, account)
    channel = TicketChannel(database)
    ticket = channel.fetch(account, accepted.ticket_id)
    sending = delivery(account, accepted)
    source = Source(1, "Signing in", "https://help.example/sign-in", ("Click Sign in.",), "p1")
    outgoing = Outgoing("Click Sign in. [1]", (source,), accepted.message_id)
    first = channel.reply(ticket, outgoing, sending, unmoved(accepted))
    assert channel.reply(ticket, outgoing, sending, unmoved(accepted)) == first
    assert channel.find_delivery(ticket, sending) == first
    replies = [m for m in channel.fetch(account, ticket.id).messages if m.role is Role.ASSISTANT]
    assert [(m.id, m.delivery_id, m.public) for m in replies] == [(first, sending.id, True)]
    with database.account(account) as tx:
        assert tickets.ticket_sources(tx, ticket.id) == {first: (source,)}


def test_a_reply_is_not_posted_when_the_customer_wrote_again(database: Database, account: str) -> None:
    accepted = open_one(database, account)
    channel = TicketChannel(database)
    ticket = channel.fetch(account, accepted.ticket_id)
    write(database, account, ticket.id, Role.CUSTOMER)
    assert channel.reply(ticket, LATE, delivery(account, accepted), unmoved(accepted)) is None


def test_a_reply_is_not_posted_over_an_agent(database: Database, account: str) -> None:
    accepted = open_one(database, account)
    channel = TicketChannel(database)
    ticket = channel.fetch(account, accepted.ticket_id)
    write(database, account, ticket.id, Role.AGENT)
    assert channel.reply(ticket, LATE, delivery(account, accepted), unmoved(accepted)) is None


def test_a_note_is_internal_and_posted_once(database: Database, account: str) -> None:
    accepted = open_one(database, account)
    channel = TicketChannel(database)
    ticket = channel.fetch(account, accepted.ticket_id)
    sending = delivery(account, accepted, DeliveryKind.NOTE)
    assert channel.note(ticket, Outgoing("Note"), sending) == channel.note(ticket, Outgoing("Note"), sending)
    notes = [m for m in channel.fetch(account, ticket.id).messages if not m.public]
    assert [m.body for m in notes] == ["Note"]


def test_a_ticket_that_is_not_there_is_refused(database: Database, account: str) -> None:
    for ticket_id in (new_id(), "nonsense", "", "' OR 1=1"):
        with pytest.raises(Refused) as refusal:
            write(database, account, ticket_id, Role.CUSTOMER)
        assert refusal.value.status == 404
        with pytest.raises(Permanent):
            TicketChannel(database).fetch(account, ticket_id)


def test_a_closed_ticket_takes_no_message_and_a_solved_one_opens_again(database: Database, account: str) -> None:
    accepted = open_one(database, account)
    with database.account(account) as tx:
        tx.execute(text("UPDATE tickets SET status = 'solved'"))
    write(database, account, accepted.ticket_id, Role.CUSTOMER)
    assert TicketChannel(database).fetch(account, accepted.ticket_id).status == "open"
    with database.account(account) as tx:
        tx.execute(text("UPDATE tickets SET status = 'closed'"))
    with pytest.raises(Refused) as refusal:
        write(database, account, accepted.ticket_id, Role.CUSTOMER)
    assert refusal.value.status == 409


def test_another_accounts_ticket_is_not_there(database: Database, account: str, other_account: str) -> None:
    accepted = open_one(database, account)
    with database.account(other_account) as tx:
        assert tickets.read_ticket(tx, accepted.ticket_id) is None


def test_what_only_looks_like_an_id_is_no_ticket(database: Database, account: str) -> None:
    with database.account(account) as tx:
        assert tickets.read_ticket(tx, "-" * 36) is None


def test_a_ticket_is_found_by_its_requesters_id_and_by_their_address(database: Database, account: str) -> None:
    accepted = open_one(database, account)
    with database.account(account) as tx:
        for known_by in ("c1", "kim@example.com", "KIM@example.com"):
            found = record.list_tickets(tx, record.TicketFilter(requester=known_by))
            assert [line.ticket_id for line in found] == [accepted.ticket_id], known_by
        assert record.list_tickets(tx, record.TicketFilter(requester="somebody else")) == []
