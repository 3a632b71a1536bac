"""Pages that were read and hold nothing to be searched: remembered by their stamps, so that they are not read again."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from desk.platform.database import Transaction
from knowledge.tables import passed_over_pages as pages


def passed_over_stamp(tx: Transaction, source: str, external_id: str) -> str | None:
    """What the source called the page when it held nothing."""
    is_page = and_(pages.c.account_id == tx.account, pages.c.source == source, pages.c.external_id == external_id)
    return tx.execute(select(pages.c.stamp).where(is_page)).scalar_one_or_none()


def pass_over(tx: Transaction, source: str, stamps: Mapping[str, str]) -> None:
    """These pages, by their ids, hold nothing as long as they bear these stamps."""
    if not stamps:
        return
    statement = insert(pages).values(account_id=tx.account, source=source)
    statement = statement.on_conflict_do_update(
        index_elements=["account_id", "source", "external_id"],
        set_={"stamp": statement.excluded.stamp, "seen_at": func.now()},
    )
    tx.execute(statement, [{"external_id": name, "stamp": stamp} for name, stamp in stamps.items()])


def mark_passed_over_seen(tx: Transaction, source: str, external_ids: Sequence[str]) -> None:
    """Those of the pages that were passed over are still in their source."""
    is_there = and_(pages.c.account_id == tx.account, pages.c.source == source, pages.c.external_id.in_(external_ids))
    tx.execute(update(pages).where(is_there).values(seen_at=func.now()))


def forget_passed_over(tx: Transaction, source: str, unseen_since: datetime | None) -> None:
    """Forget those of the source, those `unseen_since` if that is given."""
    to_forget = and_(pages.c.account_id == tx.account, pages.c.source == source)
    if unseen_since:
        to_forget = and_(to_forget, pages.c.seen_at < unseen_since)
    tx.execute(delete(pages).where(to_forget))
