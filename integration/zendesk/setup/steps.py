"""What Firstline has in a Zendesk, in the order in which it is made. A further thing is a class and a line of STEPS.

A webhook serves events or triggers, never both. Events are asked for first; where the account has no ticket events,
Zendesk refuses them, and the webhook is made for two triggers instead.
"""

from collections.abc import Sequence
from typing import Any

from desk.platform.database import Database
from integration.connections import amend_config, load_connection, save_connection
from integration.resources import Ledger
from integration.setup_steps import Found, SetupStep, StepRefused
from integration.zendesk.api.client import Unacceptable
from integration.zendesk.api.connection import PARTY, ZendeskConnection
from integration.zendesk.api.models import Shape
from integration.zendesk.inbound import ARTICLES, CHANGES, NAMESPACE
from integration.zendesk.setup.app_rows import open_sidebar_app
from integration.zendesk.setup.app_steps import AppInstallationStep, AppKeyStep, AppStep
from integration.zendesk.setup.rule_steps import AgentTrigger, CustomerTrigger, PeopleView
from integration.zendesk.setup.visit import (
    BY_TRIGGER,
    CATCH_UP,
    DELETE,
    WebhookRow,
    ZendeskVisit,
    already_gone,
    open_visit,
)

BY_HAND_FOUND = Found("", ours=False, note="set up by hand, with the secrets that are known; none is made")
MESSAGES = ("created", "comment_added", "agent_assignment_changed", "csat_received")
EVENTS = sorted(
    [f"{NAMESPACE}ticket.{name}" for name in (*MESSAGES, *CHANGES)] + [f"{NAMESPACE}{name}" for name in ARTICLES]
)
"""All that `inbound.py` understands."""


class _Made(Shape):
    webhook: WebhookRow


class _Secret(Shape):
    secret: str


class _SecretAnswer(Shape):
    signing_secret: _Secret


class WebhookStep(SetupStep):
    """The webhook that calls us. One that an admin made for our address is used as it is."""

    kind, name = "webhook", "webhook"

    def __init__(self, visit: ZendeskVisit) -> None:
        self._visit = visit
        self.purpose = f"calls {visit.endpoint} when a ticket changes"

    def find(self, known_id: str | None) -> Found | None:
        """By id, by our mark, or by our address; None too where one with other secrets was set up by hand."""
        try:
            rows = self._visit.webhooks()
        except StepRefused:
            if known_id or not self._visit.config.webhook_secrets:
                raise
            return BY_HAND_FOUND
        ours = next((row for row in rows if row.id == known_id or self._visit.is_marked(row.description)), None)
        row = ours or next((row for row in rows if row.endpoint == self._visit.endpoint), None)
        self._visit.webhook = row
        if ours:
            return self._judge(ours)
        if row:
            return Found(row.id, ours=False, note=f"made by hand, and used as it is ({row.id})")
        return BY_HAND_FOUND if self._visit.config.webhook_secrets and not known_id else None

    def obstacle(self) -> StepRefused | None:
        """Zendesk calls from outside."""
        if self._visit.is_reachable():
            return None
        remedy = f"set FIRSTLINE_PUBLIC_URL to an address that the world reaches, and connect again; {CATCH_UP}"
        return StepRefused(f"Zendesk cannot reach {self._visit.endpoint}", remedy)

    def create(self) -> str:
        """For events, or else for triggers."""
        with self._visit.explained("webhooks"):
            try:
                self._visit.webhook = self._post(EVENTS)
            except Unacceptable:
                self._visit.webhook = self._post(BY_TRIGGER)
                self.purpose = (
                    f"is called by triggers, as this account has no ticket events; calls {self._visit.endpoint}"
                )
        return self._visit.webhook.id

    def update(self, found: Found) -> None:
        """Bring address and events up to date; the connection method of a webhook never changes."""
        wanted: dict[str, Any] = {"endpoint": self._visit.endpoint, "description": self._visit.description}
        if (row := self._visit.webhook) and row.subscriptions != BY_TRIGGER:
            wanted["subscriptions"] = sorted({*row.subscriptions, *EVENTS})
        with self._visit.explained("webhooks"):
            self._visit.client.change("PATCH", f"webhooks/{found.foreign_id}", {"webhook": wanted})
        self._visit.webhook = row.model_copy(update=wanted) if row else None

    def remove(self, foreign_id: str) -> None:
        """Delete it; its secret is worthless from then on."""
        with self._visit.explained("webhooks", DELETE), already_gone():
            self._visit.client.change("DELETE", f"webhooks/{foreign_id}")

    def _judge(self, row: WebhookRow) -> Found:
        if row.endpoint != self._visit.endpoint:
            return Found(row.id, fits=False, note=f"it called {row.endpoint}, and calls {self._visit.endpoint}")
        if row.subscriptions != BY_TRIGGER and (unheard := sorted(set(EVENTS) - set(row.subscriptions))):
            return Found(row.id, fits=False, note=f"events that it did not tell of: {len(unheard)}")
        if row.status != "active":
            return Found(row.id, note="somebody has switched it off in Zendesk; it is left so")
        return Found(row.id)

    def _post(self, subscriptions: list[str]) -> WebhookRow:
        webhook = {
            "name": "Firstline",
            "description": self._visit.description,
            "status": "active",
            "endpoint": self._visit.endpoint,
            "http_method": "POST",
            "request_format": "json",
            "subscriptions": subscriptions,
        }
        return _Made.model_validate(self._visit.client.change("POST", "webhooks", {"webhook": webhook})).webhook


class SecretStep(SetupStep):
    """The webhook's signing secret, sealed with the connection."""

    kind, name = "signing_secret", "signing secret"
    purpose = "fetched, and sealed with the connection"

    def __init__(self, visit: ZendeskVisit, db: Database, account: str) -> None:
        self._visit, self._db, self._account = visit, db, account
        self._secret = ""

    def is_wanted(self) -> bool:
        """Where there is a webhook."""
        return self._visit.webhook is not None

    def find(self, known_id: str | None) -> Found | None:
        """Is the webhook's secret among those that we accept?"""
        if self._visit.webhook is None:
            return None
        with self._visit.explained("signing secrets"):
            answer = self._visit.client.show(f"webhooks/{self._visit.webhook.id}/signing_secret", _SecretAnswer)
        self._secret = answer.signing_secret.secret
        return Found("", ours=False, note="known") if self._secret in self._visit.config.webhook_secrets else None

    def create(self) -> None:
        """Accept it from now on, beside those that are known."""
        with self._db.account(self._account) as tx:
            known = load_connection(tx, PARTY, ZendeskConnection)
            if known and self._secret not in known.config.webhook_secrets:
                secrets = [self._secret, *known.config.webhook_secrets]
                save_connection(tx, PARTY, amend_config(known.config, ZendeskConnection, {"webhook_secrets": secrets}))

    def update(self, found: Found) -> None:
        """A secret fits, or is another one."""

    def remove(self, foreign_id: str) -> None:
        """It goes with the connection."""


def zendesk_steps(db: Database, account: str, address: str, config: ZendeskConnection) -> Sequence[SetupStep]:
    """The steps of one account. `address` is where people reach us."""
    visit = open_visit(account, address, config)
    sidebar = open_sidebar_app(visit, Ledger(db, account, PARTY), address, account)
    return (
        WebhookStep(visit),
        SecretStep(visit, db, account),
        CustomerTrigger(visit),
        AgentTrigger(visit),
        PeopleView(visit),
        AppStep(sidebar, db, account),
        AppInstallationStep(sidebar),
        AppKeyStep(sidebar, db, account),
    )
