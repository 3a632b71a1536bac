"""What `connect` made, as the tests look at it: at the look-alike, and in our own records."""

import json

from desk.platform.database import Database
from integration.connections import load_connection
from integration.resources import list_resources
from integration.zendesk.api.connection import ZendeskConnection
from tests.app.conftest import Said
from tests.lookalikes.zendesk import Zendesk

ENDPOINT = "http://127.0.0.1:1/webhooks/zendesk/main"
NOTHING = {"webhooks": 0, "triggers": 0, "views": 0, "apps": 0, "installations": 0}
BY_EVENTS = {"webhooks": 1, "triggers": 0, "views": 1, "apps": 1, "installations": 1}
BY_TRIGGERS = {**BY_EVENTS, "triggers": 2}


def counts(zendesk: Zendesk) -> dict[str, int]:
    """How many of each stand in Zendesk."""
    return {kind: len(rows) for kind, rows in zendesk.setup.rows.items()}


def all_rows(zendesk: Zendesk) -> str:
    """All of them, as text."""
    return json.dumps(zendesk.setup.rows)


def kept(db: Database) -> ZendeskConnection | None:
    """How Zendesk is reached."""
    with db.account("main") as tx:
        found = load_connection(tx, "zendesk", ZendeskConnection)
    return found.config if found else None


def resources(db: Database) -> dict[str, str]:
    """What is remembered, by its kind."""
    with db.account("main") as tx:
        return {kind: resource.foreign_id for kind, resource in list_resources(tx, "zendesk").items()}


def secret_of(zendesk: Zendesk) -> str:
    """The signing secret of the one webhook."""
    [webhook] = zendesk.webhooks
    return webhook.secret


def states(said: Said) -> dict[str, str]:
    """What became of each step."""
    return {step["name"]: step["state"] for step in json.loads(said.out)["steps"]}


def changes_asked(zendesk: Zendesk) -> list[str]:
    """All that Zendesk was asked to change."""
    return [f"{request.method} {request.path}" for request in zendesk.requests if request.method != "GET"]
