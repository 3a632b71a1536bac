"""A Slack channel for tests: an account that is connected to it, an alert, a delivery, and a fast outbox."""

from dataclasses import replace

from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.errors import Temporary
from desk.platform.database import Database
from desk.ports import Alert, Source
from desk.ticket import new_id
from integration.connections import save_connection
from integration.slack.alerts import SlackAlerts
from integration.slack.client import SlackConnection
from tests.lookalikes.slack import CHANNEL, TOKEN

SOURCES = (Source(1, "Refunds", "https://help.example/refunds", ("Refunds take five days.",), "p1"),)


def connect_slack(database: Database, account: str, base_url: str, channel: str = CHANNEL) -> None:
    """Connect the account."""
    with database.account(account) as tx:
        save_connection(tx, "slack", SlackConnection(bot_token=TOKEN, channel_id=channel, base_url=base_url))


def an_alert(account: str) -> Alert:
    """An alert with something in every place."""
    reasons = ("The customer asks for a person", "The message touches a sensitive topic: refund")
    url = "https://acme.example/agent/tickets/7"
    draft = "It takes five days. [1]"
    return Alert(account, "zendesk", "7", "Refund", "Kim", "Where is it?", reasons, draft, SOURCES, url, url)


def a_delivery(account: str, delivery_id: str | None = None) -> Delivery:
    """A first attempt, under way."""
    kind, state = DeliveryKind.ALERT, DeliveryState.SENDING
    return Delivery(delivery_id or new_id(), account, "zendesk", "7", "m1", None, kind, "k", state, attempts=1)


def outbox(alerts: SlackAlerts, delivery: Delivery) -> tuple[str, Delivery]:
    """What the outbox does until it has an answer: an attempt after another first looks."""
    alert = an_alert(delivery.account)
    for attempt in range(1, 5):
        current = replace(delivery, attempts=attempt)
        try:
            found = alerts.find_delivery(alert, current) if attempt > 1 else None
            return found or alerts.post(alert, current), current
        except Temporary:
            continue
    raise AssertionError("never answered")
