"""Zendesk itself calls our webhook with the test event, over the network that its events will come by.

https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/#test-webhook
"""

import json
from typing import Any

import requests

from desk.errors import FirstlineError
from desk.health_check import HealthCheck, fine, missing, wrong
from desk.platform.database import Database
from integration.resources import Ledger
from integration.zendesk.api.client import ZendeskClient
from integration.zendesk.api.connection import PARTY, ZendeskConnection, make_client
from integration.zendesk.setup.connect import make_test_event
from integration.zendesk.setup.steps import WebhookStep

NAME = "call by Zendesk"


def have_zendesk_call(db: Database, account: str, address: str, config: ZendeskConnection) -> HealthCheck | None:
    """Nothing where the webhook is not ours. `address` is where people reach us."""
    webhook_id = Ledger(db, account, PARTY).recall(WebhookStep.kind)
    if webhook_id is None:
        return None
    url = f"{address}/webhooks/zendesk/{account}"
    try:
        return _judge(url, _call(make_client(config), webhook_id, url, config.zendesk_account_id or "0"))
    except FirstlineError as error:
        return missing(
            NAME, f"could not be asked for ({error})", "*Test webhook* in Zendesk's Admin Center does the same"
        )


def _call(client: ZendeskClient, webhook_id: str, url: str, account_number: str) -> int | None:
    """What our webhook answered Zendesk; None where Zendesk does not say."""
    request = {
        "endpoint": url,
        "http_method": "POST",
        "request_format": "json",
        "payload": json.dumps(make_test_event(account_number)),
    }
    return _status_in(client.change("POST", "webhooks/test", {"request": request}, webhook_id=webhook_id))


def _judge(url: str, status: int | None) -> HealthCheck:
    if status == requests.codes.ok:
        return fine(NAME, f"arrived at {url} and was verified")
    if status is None:
        return missing(NAME, "Zendesk does not say what came of it", "look at the webhook's activity in Admin Center")
    if status == requests.codes.unauthorized:
        remedy = "a first ticket tells: `firstline doctor` says when the webhook last called"
        return missing(NAME, f"arrived at {url}, and its signature was not accepted (401)", remedy)
    said = f"answered {status}" if status else "did not answer"
    return wrong(NAME, f"{url} {said}", "is FIRSTLINE_PUBLIC_URL an address that the world reaches?")


def _status_in(payload: dict[str, Any]) -> int | None:
    response = payload.get("response")
    status = response.get("status") if isinstance(response, dict) else None
    return status if isinstance(status, int) else None
