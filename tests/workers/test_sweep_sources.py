"""The sweeper asks for the sources that something told of, and only for these; and says that it was there."""

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from desk.errors import Temporary
from desk.platform.database import Database
from knowledge.ingest.sync_requests import request_sync
from knowledge.sources import configured_sources
from knowledge.sources.configured_sources import ConfiguredSource
from workers import tasks
from workers.queue import heartbeats


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """What was handed to the broker: task, account, row."""
    sent: list[tuple[str, str, str]] = []
    monkeypatch.setattr(tasks, "count_held", lambda app: {})
    monkeypatch.setattr(tasks, "publish", lambda task, account, row, queue: sent.append((task.name, account, row)))
    return sent


def sweep(database: Database) -> None:
    tools = SimpleNamespace(db=database, enqueue_again_seconds=30.0)
    tasks.sweep.run.__func__(SimpleNamespace(app=SimpleNamespace(dependencies=tools)))


def add_source(database: Database, account: str) -> None:
    with database.account(account) as tx:
        configured_sources.save_source(tx, ConfiguredSource("help", "zendesk-guide", {}))


def test_a_wanted_source_is_handed_to_the_broker_once(
    database: Database, account: str, published: list[tuple[str, str, str]]
) -> None:
    add_source(database, account)
    sweep(database)
    assert [each for each in published if each[1] == account] == []
    with database.account(account) as tx:
        request_sync(tx, "zendesk-guide")
    sweep(database)
    sweep(database)
    assert [each for each in published if each[1] == account] == [("sync_source", account, "help")]


def test_a_broker_that_is_away_stops_no_sweep(
    database: Database, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise Temporary("away")

    monkeypatch.setattr(tasks, "count_held", lambda app: {})
    monkeypatch.setattr(tasks, "publish", away)
    add_source(database, account)
    with database.account(account) as tx:
        request_sync(tx, "zendesk-guide")
    sweep(database)


def test_a_sweep_leaves_beats_sign_of_life(
    database: Database, owner_url: str, published: list[tuple[str, str, str]]
) -> None:
    sweep(database)
    with psycopg.connect(owner_url) as owner:
        owner.execute("UPDATE heartbeats SET beat_at = now() - interval '1 hour'")
    assert (heartbeats.seconds_since_heartbeat(database, heartbeats.BEAT) or 0) > 3500
    sweep(database)
    age = heartbeats.seconds_since_heartbeat(database, heartbeats.BEAT)
    assert age is not None
    assert age < 60
