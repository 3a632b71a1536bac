"""An edit of an article is seen with the next catch-up, not with the next timed reading."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from desk.platform.database import Database
from integration.connections import block_until, save_connection
from integration.zendesk.api.connection import PARTY
from integration.zendesk.provider import PROVIDER
from integration.zendesk.sources.guide_changes import watch_articles
from knowledge.ingest.sync_requests import take_sync_requests
from knowledge.sources import configured_sources
from knowledge.sources.configured_sources import ConfiguredSource
from knowledge.tables import sources
from tests.integration.zendesk_house import connection
from tests.lookalikes.zendesk import Zendesk

pytestmark = pytest.mark.loopback


@pytest.fixture
def zendesk(database: Database, account: str) -> Iterator[Zendesk]:
    with Zendesk() as zendesk:
        with database.account(account) as tx:
            save_connection(tx, PARTY, connection(zendesk))
        yield zendesk


@pytest.fixture
def read_source(database: Database, account: str, zendesk: Zendesk) -> Zendesk:
    """A help center that was read a minute ago, with one article that was there."""
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    zendesk.guide.clock = lambda: long_ago.timestamp()
    zendesk.guide.publish("Reset your password", "<p>Click Forgot password.</p>")
    zendesk.guide.clock = lambda: datetime.now(UTC).timestamp()
    with database.account(account) as tx:
        configured_sources.save_source(tx, ConfiguredSource("help", "zendesk-guide", {}))
        tx.execute(update(sources).values(tried_at=func.now() - timedelta(minutes=1)))
    return zendesk


def wanted(database: Database) -> list[str]:
    return [request.name for request in take_sync_requests(database)]


def test_nothing_is_read_again_where_nothing_has_changed(
    database: Database, account: str, read_source: Zendesk
) -> None:
    assert not watch_articles(database, account)
    assert wanted(database) == []


def test_an_edited_article_has_the_help_center_read(database: Database, account: str, read_source: Zendesk) -> None:
    [article] = read_source.guide.articles
    read_source.guide.translate(article, "en-us", "Reset your password", "<p>Ask your administrator.</p>")
    assert PROVIDER.catch_up
    PROVIDER.catch_up(database, account)
    assert wanted(database) == ["help"]


def test_what_is_wanted_already_is_not_asked_for_again(database: Database, account: str, read_source: Zendesk) -> None:
    read_source.guide.publish("Another", "<p>New.</p>")
    assert watch_articles(database, account)
    asked = len(read_source.requests)
    assert not watch_articles(database, account)
    assert len(read_source.requests) == asked


def test_a_zendesk_that_wants_a_rest_is_left_alone(database: Database, account: str, read_source: Zendesk) -> None:
    read_source.guide.publish("Another", "<p>New.</p>")
    with database.account(account) as tx:
        block_until(tx, PARTY, 60)
    assert not watch_articles(database, account)


def test_an_account_without_a_help_center_asks_nothing(database: Database, account: str, zendesk: Zendesk) -> None:
    assert not watch_articles(database, account)
    assert zendesk.requests == []
    with database.account(account) as tx:
        assert tx.execute(select(func.count()).select_from(sources)).scalar_one() == 0
