"""The webhook door: verify → parse → inbox → commit → enqueue → 202. No call to the other side, no model.

Whoever sends gets the same 401 for a wrong signature, an old one and an account that is not there.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Protocol

import structlog
from flask import Blueprint, Response, request
from werkzeug.datastructures import Headers

from desk.errors import Ignored, Refused
from desk.platform.accounts import SLUG
from desk.platform.database import Database, Transaction
from desk.ticket import Event
from integration.web.problems import answer_errors
from integration.web.request_body import read_bytes
from workers.queue import inbox

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 1_048_576

Enqueue = Callable[[str, str], None]
"""Called with (account, item id) after the commit. Whatever it raises, the sweeper picks the item up."""


class Inbound(Protocol):
    """The inbound half of a channel that is called by webhook."""

    name: str

    def receive(self, tx: Transaction, headers: Headers, body: bytes) -> Sequence[Event]:
        """The events of one call. Raises Refused (401, 400), and Ignored for what is genuine and of no use.

        An account without this channel is refused like a wrong signature, in the same time.
        """
        ...


def make_webhooks(
    db: Database, enqueue: Enqueue, channels: Sequence[Inbound], *, max_body_bytes: int = MAX_BODY_BYTES
) -> Blueprint:
    """`POST /webhooks/<channel>/<account>` for each of the channels."""
    webhooks = Blueprint("webhooks", __name__)
    for channel in channels:
        view = _WebhookView(db, enqueue, channel, max_body_bytes)
        webhooks.add_url_rule(f"/webhooks/{channel.name}/<account>", channel.name, view.receive, methods=["POST"])
    answer_errors(webhooks)
    return webhooks


class _WebhookView:
    """One channel's door."""

    def __init__(self, db: Database, enqueue: Enqueue, channel: Inbound, most: int) -> None:
        self._db = db
        self._enqueue = enqueue
        self._channel = channel
        self._max_body_bytes = most

    def receive(self, account: str) -> Response:
        """202 when it is in the inbox, now or before; 200 when it is of no use. Refusals are problem documents."""
        body = read_bytes(request, self._max_body_bytes)
        if not SLUG.fullmatch(account):
            raise Refused("the signature does not fit", status=401)
        try:
            item_ids = self._store_events(account, body)
        except Ignored as ignored:
            log.info("webhook of no use", account=account, channel=self._channel.name, why=str(ignored))
            return _status_response(HTTPStatus.OK, "ignored")
        for item_id in item_ids:
            self._enqueue_item(account, item_id)
        return _status_response(HTTPStatus.ACCEPTED, "accepted")

    def _store_events(self, account: str, body: bytes) -> list[str]:
        """The ids of the items that are new."""
        with self._db.account(account) as tx:
            events = self._channel.receive(tx, request.headers, body)
            payload = body.decode("utf-8", "replace")
            item_ids = [inbox.add_event(tx, self._channel.name, event, payload) for event in events]
        return [item_id for item_id in item_ids if item_id]

    def _enqueue_item(self, account: str, item_id: str) -> None:
        try:
            self._enqueue(account, item_id)
        except Exception as error:  # noqa: BLE001  # the item is kept; an error would only have it sent again
            log.warning("not enqueued; the sweeper will", account=account, item=item_id, why=type(error).__name__)


def _status_response(status: HTTPStatus, status_word: str) -> Response:
    return Response(f'{{"status": "{status_word}"}}\n', status=status, content_type="application/json")
