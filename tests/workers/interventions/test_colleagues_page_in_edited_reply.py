"""What the note shows "for colleagues only, do not copy" is found when it stands in an edited reply."""

from dataclasses import replace
from pathlib import Path

import pytest

from desk.intervention import InterventionKind, ResultStatus
from desk.passage import Block, BlockKind, Passage
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from tests.fakes import FakeLibrary, a_hit
from tests.workers.interventions.acts import Desk
from tests.workers.talks import PASSAGE, SENTENCE, a_town, policy_text
from workers import record

SECRET = "We let good customers in at the back door after hours."
INTERNAL = Passage(
    "p7", "d7", "v1", "House rules", None, (), (Block(SECRET, BlockKind.SENTENCE, 0),), audience="internal"
)


@pytest.fixture
def desk(database: Database, account: str, tmp_path: Path) -> Desk:
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text().replace("level: auto", "level: draft"), encoding="utf-8")
    desk = Desk.of(a_town(database, account, PolicyBook(path)))
    library = FakeLibrary([a_hit(PASSAGE, 0.9, 1.0), a_hit(INTERNAL, 0.9, 1.0)])
    return replace(desk, tools=replace(desk.tools, library=library))


@pytest.mark.parametrize(
    "text", [f"{SENTENCE} {SECRET}", f"{SENTENCE}\n\nFor colleagues only:\n- House rules: {SECRET}"]
)
def test_a_page_for_colleagues_does_not_leave_without_one_more_press(desk: Desk, text: str) -> None:
    desk = desk.opened()
    run_id = desk.run_id or ""
    with desk.tools.db.account(desk.account) as tx:
        run = record.get_run(tx, run_id)
    assert run
    assert [hit.passage.id for hit in run.related] == ["p7"]
    result = desk.act(InterventionKind.EDIT_AND_SEND, text=text)
    assert result.status is ResultStatus.UNCONFIRMED
    assert [finding.check for finding in result.findings] == ["internal_source"]


def test_what_the_customer_or_a_public_page_says_too_is_nobodys_secret(desk: Desk) -> None:
    desk = desk.opened(f"When are you open? A friend told me: {SECRET}")
    result = desk.act(InterventionKind.EDIT_AND_SEND, text=f"{SENTENCE} {SECRET}")
    assert "internal_source" not in {finding.check for finding in result.findings}
