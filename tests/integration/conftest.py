"""Fixtures that most tests of the channels share."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from desk.platform.database import Database
from tests.integration.zendesk_house import Desk, a_desk


class Compiled(BytecodeCache):
    """Remembers the templates of all apps of this process."""

    _kept: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """What is known of this template, if it has not changed since."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Remember."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once() -> Iterator[None]:
    """Each test has an app of its own, and to compile its templates takes longer than all else that it does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": Compiled()})
        yield


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
