"""Edits of articles, seen within minutes: Zendesk's webhooks tell of publishing and unpublishing alone.

With each catch-up the incremental list of articles is asked what has changed since the source was last read; if there
is anything, the source is read soon. What the list does not tell (archived and hidden articles) waits for the timed
reading.
https://developer.zendesk.com/api-reference/help_center/help-center-api/articles/#list-articles
"""

from datetime import datetime

import structlog
from sqlalchemy import and_, func, select

from desk.errors import FirstlineError
from desk.platform.database import Database
from integration.zendesk.api.connection import ZendeskLines, is_connected
from integration.zendesk.api.guide_models import ChangedArticles
from integration.zendesk.sources import guide
from knowledge.ingest.sync_requests import request_sync
from knowledge.tables import sources

log = structlog.get_logger(__name__)


def watch_articles(db: Database, account: str) -> bool:
    """Have the help center read soon if an article has changed since it was last; whether one has. Raises nothing: the
    timed reading comes by."""
    try:
        since = _last_read(db, account)
        if since is None or not is_connected(db, account) or not _changed_since(db, account, since):
            return False
        with db.account(account) as tx:
            request_sync(tx, guide.NAME)
    except FirstlineError as error:
        log.warning("articles not watched", account=account, why=str(error))
        return False
    return True


def _last_read(db: Database, account: str) -> datetime | None:
    """When the help center was last begun to be read; None where it is no source, or is about to be read anyway."""
    is_guide = and_(sources.c.account_id == account, sources.c.kind == guide.NAME)
    is_wanted = sources.c.wanted_at > func.coalesce(sources.c.tried_at, sources.c.added_at)
    query = select(func.min(sources.c.tried_at).label("tried_at"), func.bool_or(is_wanted).label("wanted")).where(
        is_guide
    )
    with db.account(account) as tx:
        row = tx.execute(query).one()
    return None if row.wanted else row.tried_at


def _changed_since(db: Database, account: str, since: datetime) -> bool:
    client = ZendeskLines(db).open(account).client
    start = str(int(since.timestamp()))
    response = client.show("help_center/incremental/articles.json", ChangedArticles, start_time=start)
    return any(article.updated_at is None or article.updated_at >= since for article in response.articles)
