"""Many acts, pressed twice and out of order, carried out by workers that are killed: none doubled, none lost."""

import uuid
from pathlib import Path

from app.embedded.postgres import EmbeddedPostgres
from desk.platform.accounts import add_account
from desk.platform.database import Database
from desk.platform.encryption import new_key
from tests.workers.interventions.storm import run_storm
from tests.workers.talks import policy_text

ACTS = 200
"""`python -m bench acts` does 10,000."""


def test_of_many_acts_none_is_doubled_and_none_is_lost(
    postgres: EmbeddedPostgres, database: Database, tmp_path: Path
) -> None:
    account, policy = f"storm-{uuid.uuid4().hex[:8]}", tmp_path / "policy.yaml"
    policy.write_text(policy_text().replace("level: auto", "level: draft"), encoding="utf-8")
    add_account(database, account)
    tally = run_storm(postgres.url, [new_key()], account, policy, ACTS, kills=4)
    assert (tally.acts, tally.unfinished, tally.doubled) == (ACTS, 0, 0)
    assert tally.replies == tally.promised > 0
    assert tally.proposals == tally.taught > 0
    assert tally.statuses["failed"] == 0
