"""Handing what was stored to the broker, after the commit. A broker that is away is no fault: the sweeper comes by."""

from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

Enqueue = Callable[[str, str], None]
"""Called with (account, row id) after the commit. Whatever it raises, the sweeper picks the row up."""


def leave_to_sweeper(account: str, row_id: str) -> None:
    """Hand it to nobody."""


def enqueue_quietly(enqueue: Enqueue, account: str, row_id: str) -> None:
    """Hand a row to the broker; never raises: the row is kept, and an error would make the caller send it again."""
    try:
        enqueue(account, row_id)
    except Exception as error:  # noqa: BLE001  # see above
        log.warning("not enqueued; the sweeper will", account=account, row=row_id, why=type(error).__name__)
