"""However many acts lie on a ticket, its page asks in as many statements."""

from pathlib import Path

import pytest
from sqlalchemy import event

from desk.intervention import InterventionKind
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from integration.console.ticket_story import tell_story
from tests.workers.interventions.acts import Desk
from tests.workers.talks import a_town, policy_text
from workers.tickets import CHANNEL


@pytest.fixture
def desk(database: Database, account: str, tmp_path: Path) -> Desk:
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text().replace("level: auto", "level: draft"), encoding="utf-8")
    return Desk.of(a_town(database, account, PolicyBook(path)))


def statements_of_story(desk: Desk) -> int:
    heard = list[str]()
    with desk.tools.db.account(desk.account) as tx:
        event.listen(tx.connection, "before_cursor_execute", lambda *asked: heard.append(str(asked[2])))
        story = tell_story(tx, CHANNEL, desk.ticket_id)
    assert story is not None
    return len(heard)


def test_a_story_with_ten_acts_asks_no_more_than_with_one(desk: Desk) -> None:
    desk = desk.opened()
    desk.act(InterventionKind.SEND)
    before = statements_of_story(desk)
    for _ in range(5):
        desk.act(InterventionKind.CLAIM)
        desk.act(InterventionKind.RELEASE)
    assert statements_of_story(desk) == before
