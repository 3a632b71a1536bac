"""What people do between thinking and sending counts: scope, switching off, solving, pausing, lowering."""

from pathlib import Path
from typing import Any

import pytest

from desk.platform.accounts import set_paused
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.ticket import Event, EventKind, PersonActKind, TicketStatus, new_id
from tests.contracts.remembered_channel import RememberedChannel
from tests.workers.talks import CHANNEL, HOURS, PERSON, Talk, Town, a_town, policy_text
from workers.queue import inbox


def rated(talk: Talk) -> None:
    talk.act(PersonActKind.RATED_BAD)
    with talk.tools.db.account(talk.account) as tx:
        talk.todo.append(str(inbox.add_event(tx, CHANNEL, Event(EventKind.RATING, new_id(), talk.ticket_id), "{}")))


def test_a_thank_you_does_not_close_a_ticket_over_a_bad_rating(town: Town) -> None:
    talk = town.talk()
    talk.customer(HOURS)
    talk.walk()
    talk.change(status=TicketStatus.SOLVED)
    talk.customer("Thank you!", status_before="solved")
    planned = talk.think()  # the status is to go back
    rated(talk)
    talk.walk()  # people have it: note, alert, escalated
    talk.send(planned)
    assert talk.ticket.status is TicketStatus.OPEN, "solved again, out of every view, though a person is owed"


def test_a_bad_rating_on_a_ticket_that_is_switched_off_is_left_alone(town: Town) -> None:
    """docs/zendesk.md: `it bears the tag firstline_off | silent until the tag is gone`."""
    talk = town.talk()
    talk.customer(HOURS)
    talk.walk()
    talk.change(tags=("firstline_off",))
    rated(talk)
    talk.walk()
    assert (talk.notes, talk.told) == ([], [])


def scoped(town: Town, path: Path) -> None:
    lines, inside = [], False
    for line in policy_text().splitlines():
        if line.startswith("scope:"):
            inside = True
            lines.append("scope: {never: {tag: vip}}")
        elif not inside or not line.startswith((" ", "#")):
            inside = False
            lines.append(line)
    path.write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize("tag", ["vip", "firstline_off"])
def test_a_ticket_that_leaves_the_scope_or_is_switched_off_before_the_post_gets_no_note(
    database: Database, account: str, tmp_path: Path, tag: str
) -> None:
    """docs/zendesk.md: `looked at again right before a post, so a ticket that leaves the scope meanwhile gets
    nothing`."""
    path = tmp_path / "scoped.yaml"
    town = a_town(database, account, PolicyBook(path))
    scoped(town, path)
    talk = town.talk()
    talk.customer(HOURS, attachments=1)
    planned = talk.think()
    assert len(planned) == 1
    talk.change(tags=(tag,))
    talk.send(planned)
    assert talk.notes == []


def test_a_ticket_that_its_agent_had_and_that_was_closed_is_not_alerted_as_unread(town: Town) -> None:
    """Guard `closed` stands before `person_took_over`: `The ticket was closed before anybody read this`."""
    talk = town.talk()
    talk.act(PersonActKind.TAKEN)
    talk.customer(PERSON)
    talk.change(status=TicketStatus.CLOSED)
    talk.walk()
    assert talk.told == []


def test_a_pause_between_the_last_look_and_the_post_keeps_the_reply_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`From this second nothing public leaves`: still_wanted does not ask, and the channel may look and try for many
    seconds (a read, a 409, a read, ...)."""
    talk = town.talk()
    talk.customer(HOURS)
    real = RememberedChannel.reply

    def reply(self: RememberedChannel, *asked: Any) -> str | None:
        with town.tools.db.account(town.account) as tx:
            set_paused(tx, True, "test")
        return real(self, *asked)

    monkeypatch.setattr(RememberedChannel, "reply", reply)
    talk.walk()
    assert talk.public == []


def test_a_category_that_was_lowered_to_draft_before_the_post(database: Database, account: str, tmp_path: Path) -> None:
    path = tmp_path / "edited.yaml"
    path.write_text(policy_text(), encoding="utf-8")
    talk = a_town(database, account, PolicyBook(path)).talk()
    talk.customer(HOURS)
    planned = talk.think()
    path.write_text(policy_text().replace("level: auto", "level: draft"), encoding="utf-8")
    talk.send(planned)
    assert talk.public == []
