"""Subjects for lists: of the tickets that live here, by id."""

from desk.platform.database import Database
from desk.ticket import Requester
from workers import tickets
from workers.tickets import NewTicket


def test_subjects_are_those_of_the_tickets_asked_for_and_of_no_other_account(database: Database, account: str) -> None:
    with database.account(account) as tx:
        one = tickets.open_ticket(tx, NewTicket(Requester("c"), "One", "x"))
        tickets.open_ticket(tx, NewTicket(Requester("c"), "Two", "x"))
        assert tickets.ticket_subjects(tx, [one.ticket_id, "4711", ""]) == {one.ticket_id: "One"}
        assert tickets.ticket_subjects(tx, []) == {}
    with database.account("nobody") as tx:
        assert tickets.ticket_subjects(tx, [one.ticket_id]) == {}
