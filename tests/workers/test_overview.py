"""An item is never shown as done while an effect of it is waiting or has failed."""

from desk.outcome import OutcomeState
from tests.workers.test_walk import House, house  # noqa: F401  # the fixture
from workers import overview, record
from workers.overview import ItemLine
from workers.record import TicketFilter


def only_item(house: House) -> ItemLine:  # noqa: F811  # the fixture's value
    with house.tools.db.account(house.account) as tx:
        [line] = overview.list_items(tx)
    return line


def test_an_item_goes_from_waiting_over_delivering_to_done(house: House) -> None:  # noqa: F811
    accepted = house.write()
    assert (only_item(house).state, only_item(house).decided) == ("waiting", "")
    planned = house.think(accepted.item_id)
    line = only_item(house)
    assert (line.state, line.decided) == ("delivering", "Answered automatically")
    assert line.happened.startswith("reply waiting since ")
    house.send(planned)
    assert (only_item(house).state, only_item(house).happened) == ("done", "reply sent")


def test_what_failed_is_shown_as_failed(house: House) -> None:  # noqa: F811
    accepted = house.write("Let me talk to a human please")
    house.finish(accepted)
    house.sql("UPDATE deliveries SET state = 'failed', reason = 'Permanent: gone' WHERE kind = 'note'")
    line = only_item(house)
    assert line.state == "failed"
    assert "internal note failed: permanent: gone" in line.happened


def test_a_stop_is_told_in_words(house: House) -> None:  # noqa: F811
    first = house.write()
    house.finish(house.add(first.ticket_id))
    house.finish(first)
    with house.tools.db.account(house.account) as tx:
        decided = {line.decided for line in overview.list_items(tx)}
    assert decided == {"Answered automatically", "Already answered"}


def test_a_list_of_tickets_tells_what_came_of_the_last_decision(house: House) -> None:  # noqa: F811
    accepted = house.write()
    house.finish(accepted)
    with house.tools.db.account(house.account) as tx:
        lines = record.list_tickets(tx, TicketFilter())
        outcome = overview.outcomes(tx, lines)["api", accepted.ticket_id]
    assert (outcome.state, outcome.text) == (OutcomeState.DONE, "reply sent")
