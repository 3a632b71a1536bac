"""Fixtures that most tests of the channels share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.platform.database import Database
from tests.integration.zendesk_house import Desk, a_desk


@pytest.fixture
def desk(database: Database, account: str, tmp_path: Path) -> Iterator[Desk]:
    """An account connected to a Zendesk of its own."""
    with a_desk(database, account, tmp_path) as made:
        yield made


@pytest.fixture
def cautious(database: Database, account: str, tmp_path: Path) -> Iterator[Desk]:
    """The same with a policy that answers nothing by itself."""
    with a_desk(database, account, tmp_path, level="draft") as made:
        yield made
