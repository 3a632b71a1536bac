"""What the conversations share: a town under the usual policy."""

from pathlib import Path

import pytest

from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from tests.workers.talks import Town, a_town, policy_text


@pytest.fixture
def town(database: Database, account: str, tmp_path: Path) -> Town:
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text(), encoding="utf-8")
    return a_town(database, account, PolicyBook(path))
