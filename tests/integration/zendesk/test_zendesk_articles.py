"""Events of articles: genuine ones have the help center read again, soon and once; nothing else is done with them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from desk.passage import SearchScope
from desk.platform.database import Database
from integration.webhooks import make_webhooks
from integration.zendesk.inbound import ZendeskInbound
from integration.zendesk.sources import guide
from knowledge.ingest import sync
from knowledge.ingest.sync import SyncContext
from knowledge.ingest.sync_requests import request_sync, take_sync_requests
from knowledge.search.library import PostgresLibrary
from knowledge.sources import configured_sources
from knowledge.sources.configured_sources import ConfiguredSource
from tests.fakes import FakeEmbedder
from tests.integration.zendesk_house import Desk, a_desk
from tests.lookalikes.zendesk import ACCOUNT_ID
from tests.lookalikes.zendesk_guide import article_event
from workers.queue import inbox

pytestmark = pytest.mark.loopback


@pytest.fixture
def desk(database: Database, account: str, tmp_path: Path) -> Iterator[Desk]:
    with a_desk(database, account, tmp_path) as made:
        app = Flask("articles")
        inbound = ZendeskInbound(articles_changed=lambda tx: request_sync(tx, guide.NAME))
        app.register_blueprint(make_webhooks(database, lambda _, item: made.enqueued.append(item), [inbound]))
        made.web = app.test_client()
        yield made


def add_source(desk: Desk) -> None:
    with desk.db.account(desk.account) as tx:
        configured_sources.save_source(tx, ConfiguredSource("zendesk-guide", guide.NAME, {}))


def wanted(desk: Desk) -> list[str]:
    return [each.name for each in take_sync_requests(desk.db) if each.account == desk.account]


def told(kind: str = "published", article: int = 7, **more: Any) -> dict[str, Any]:
    return {"account_id": ACCOUNT_ID, **article_event(article, kind, {}, datetime.now(UTC).timestamp()), **more}


def find(desk: Desk, words: str) -> list[str]:
    library = PostgresLibrary(desk.db, FakeEmbedder())
    hits = library.search(desk.account, words, SearchScope(frozenset({"public"}), "en"), limit=5)
    return [hit.passage.title for hit in hits]


@pytest.mark.parametrize("kind", ["published", "unpublished"])
def test_an_article_that_comes_or_goes_has_the_source_read_once(desk: Desk, kind: str) -> None:
    add_source(desk)
    event = told(kind)
    assert [desk.post(event), desk.post(event), desk.post(told(kind))] == [202, 202, 202]
    assert wanted(desk) == ["zendesk-guide"]
    assert wanted(desk) == []
    assert desk.enqueued == []
    with desk.db.account(desk.account) as tx:
        assert inbox.list_items(tx) == []


def test_from_the_event_to_the_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guide, "FRESH", timedelta(0))
    add_source(desk)
    desk.zendesk.guide.publish("Mooring", "<p>A berth costs 14 florins.</p>")
    article = desk.zendesk.guide.publish("Reset your password", "<p>Click Forgot password on the page.</p>")
    for kind, there in (("published", ["Reset your password"]), ("unpublished", [])):
        if kind == "unpublished":
            desk.zendesk.guide.unpublish(article)
        assert desk.post(told(kind, article)) == 202
        with desk.db.account(desk.account) as tx:
            source = configured_sources.find_source(tx, "zendesk-guide")
        assert source
        outcome = sync.sync_source(SyncContext(desk.db, desk.account, {guide.NAME: guide.KIND}, FakeEmbedder()), source)
        assert outcome.fault is None
        assert [title for title in find(desk, "forgot password") if title != "Mooring"] == there


def test_without_the_source_the_event_is_of_no_use(desk: Desk) -> None:
    assert desk.post(told()) == 200
    assert wanted(desk) == []


@pytest.mark.parametrize("kind", ["author_changed", "vote_created", "comment_created", "subscription_created"])
def test_other_events_of_articles_are_of_no_use(desk: Desk, kind: str) -> None:
    add_source(desk)
    assert desk.post(told(kind)) == 200
    assert wanted(desk) == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"account_id": 5}, 400),
        ({"zendesk_event_version": "2022-06-20"}, 400),
        ({"subject": "zen:ticket:7"}, 400),
        ({"id": ""}, 400),
        ({"detail": None}, 400),
    ],
)
def test_what_zendesk_cannot_have_sent_wants_nothing(desk: Desk, change: dict[str, Any], status: int) -> None:
    add_source(desk)
    assert desk.post(told(**change)) == status
    assert wanted(desk) == []


def test_an_event_that_is_not_signed_wants_nothing(desk: Desk) -> None:
    add_source(desk)
    assert desk.post(told(), secret="another") == 401
    assert wanted(desk) == []


def test_the_look_alike_tells_of_publishing_and_withdrawing_and_of_nothing_else(desk: Desk) -> None:
    """An edit, a move and the archive come with the timed reading."""
    sent: list[str] = []
    desk.zendesk.guide.post = lambda kind, event: sent.append(kind)
    article = desk.zendesk.guide.publish("A", "<p>B.</p>")
    desk.zendesk.guide.translate(article, "en-us", "A", "<p>C.</p>")
    desk.zendesk.guide.change(article, user_segment_id=desk.zendesk.guide.staff)
    desk.zendesk.guide.unpublish(article)
    desk.zendesk.guide.archive(article)
    assert sent == ["published", "unpublished"]
