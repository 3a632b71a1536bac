"""A source that was told of a change is read before its time, once, however often it was told."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from desk.platform.database import Database
from knowledge.ingest.sync_requests import AGAIN_SECONDS, request_sync, take_sync_requests
from knowledge.sources import configured_sources
from knowledge.sources.configured_sources import ConfiguredSource
from knowledge.tables import sources


@pytest.fixture
def guide(database: Database, account: str) -> str:
    with database.account(account) as tx:
        configured_sources.save_source(tx, ConfiguredSource("help", "zendesk-guide", {}))
        configured_sources.save_source(tx, ConfiguredSource("docs", "folder", {"path": "docs"}))
    return "help"


def due(db: Database, account: str) -> list[str]:
    """What a worker is told to read. Who asks twice is not told twice."""
    return [each.name for each in take_sync_requests(db) if each.account == account]


def read(db: Database, account: str, name: str, *, well: bool = True) -> None:
    with db.account(account) as tx:
        configured_sources.record_attempt(tx, name)
    with db.account(account) as tx:
        if well:
            configured_sources.record_success(tx, name, {})
        else:
            configured_sources.record_failure(tx, name, "no answer")


def want_it(db: Database, account: str) -> list[str]:
    with db.account(account) as tx:
        return request_sync(tx, "zendesk-guide")


def earlier(db: Database, account: str, seconds: float) -> None:
    """All that was noted happened so much earlier."""
    names = ("wanted_at", "asked_at", "tried_at", "synced_at")
    with db.account(account) as tx:
        tx.execute(update(sources).values({name: sources.c[name] - timedelta(seconds=seconds) for name in names}))


def test_only_the_sources_of_the_kind_are_wanted_and_asked_for_once(
    database: Database, account: str, guide: str
) -> None:
    assert due(database, account) == []
    assert want_it(database, account) == [guide]
    assert want_it(database, account) == [guide]
    assert due(database, account) == [guide]
    assert due(database, account) == []


def test_a_reading_ends_the_want(database: Database, account: str, guide: str) -> None:
    want_it(database, account)
    read(database, account, guide)
    earlier(database, account, AGAIN_SECONDS + 1)
    assert due(database, account) == []


def test_a_flood_of_events_asks_twice_a_minute_at_most(database: Database, account: str, guide: str) -> None:
    want_it(database, account)
    assert due(database, account) == [guide]
    earlier(database, account, 20)
    want_it(database, account)
    assert due(database, account) == []
    earlier(database, account, 11)
    want_it(database, account)
    assert due(database, account) == [guide]


def test_what_is_told_during_a_reading_wants_another(database: Database, account: str, guide: str) -> None:
    with database.account(account) as tx:
        configured_sources.record_attempt(tx, guide)
    want_it(database, account)
    with database.account(account) as tx:
        configured_sources.record_success(tx, guide, {})
    assert due(database, account) == [guide]


def test_a_reading_in_vain_is_asked_for_again_after_a_while(database: Database, account: str, guide: str) -> None:
    want_it(database, account)
    assert due(database, account) == [guide]
    read(database, account, guide, well=False)
    earlier(database, account, 60)
    assert due(database, account) == []
    earlier(database, account, AGAIN_SECONDS)
    assert due(database, account) == [guide]


def test_a_message_that_the_broker_forgot_is_sent_again(database: Database, account: str, guide: str) -> None:
    want_it(database, account)
    assert due(database, account) == [guide]
    earlier(database, account, AGAIN_SECONDS + 1)
    assert due(database, account) == [guide]


def test_after_a_day_the_timed_reading_is_left_to_do_it(database: Database, account: str, guide: str) -> None:
    want_it(database, account)
    earlier(database, account, 86_401)
    assert due(database, account) == []


def test_an_account_without_such_a_source_has_nothing_to_want(
    database: Database, account: str, other_account: str, guide: str
) -> None:
    assert want_it(database, other_account) == []
    want_it(database, account)
    assert due(database, other_account) == []
