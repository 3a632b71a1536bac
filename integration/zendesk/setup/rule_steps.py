"""Triggers, which call us where the account has no ticket events, and the view of the tickets that wait for people."""

import json
from abc import abstractmethod
from typing import Any

from pydantic import ValidationError

from desk.errors import Temporary
from integration.setup_steps import Found, SetupStep
from integration.zendesk.api.models import Shape
from integration.zendesk.channel.update import ESCALATED_TAG
from integration.zendesk.setup.visit import BY_TRIGGER, DELETE, RuleRow, ZendeskVisit, already_gone

NOTIFICATION = "notification_webhook"
COLUMNS = ("status", "subject", "requester", "created", "updated", "group", "assignee")


class _Made(Shape):
    id: str


class RuleStep(SetupStep):
    """A trigger or a view: found by its id or our mark, made by its content. What an admin changes in it is left."""

    things: str
    """As the address names them: `triggers` or `views`."""
    title: str
    """As people read it in Zendesk."""

    def __init__(self, visit: ZendeskVisit) -> None:
        self._visit = visit

    def find(self, known_id: str | None) -> Found | None:
        """By id, or by our mark and what it is for."""
        for row in self._visit.rules(self.things):
            if row.id == known_id or (self._visit.is_marked(row.description) and self.is_this_one(row)):
                return self.judge(row)
        return None

    def create(self) -> str:
        """Make it."""
        rule = {"title": self.title, "description": self._visit.description, **self.content()}
        with self._visit.explained(self.things):
            payload = self._visit.client.change("POST", self.things, {self._thing: rule})
        try:
            return _Made.model_validate(payload.get(self._thing)).id
        except ValidationError:
            raise Temporary("Zendesk gave an answer of another shape") from None

    def update(self, found: Found) -> None:
        """What has to be so for it to work; the rest stays as people have made it."""
        with self._visit.explained(self.things):
            rule = {"description": self._visit.description, **self.essentials()}
            self._visit.client.change("PUT", f"{self.things}/{found.foreign_id}", {self._thing: rule})

    def remove(self, foreign_id: str) -> None:
        """Delete it."""
        with self._visit.explained(self.things, DELETE), already_gone():
            self._visit.client.change("DELETE", f"{self.things}/{foreign_id}")

    def is_this_one(self, row: RuleRow) -> bool:
        """Of several that are ours, is it this step's?"""
        return True

    def judge(self, row: RuleRow) -> Found:
        """Does it still do what it is for?"""
        if not self._visit.is_marked(row.description):
            return Found(row.id, fits=False, note="it named an earlier address")
        return Found(row.id, note="" if row.active else "somebody has switched it off in Zendesk; it is left so")

    @abstractmethod
    def content(self) -> dict[str, Any]:
        """All of it but title and description."""

    def essentials(self) -> dict[str, Any]:
        """What may not be otherwise."""
        return {}

    @property
    def _thing(self) -> str:
        return self.things.removesuffix("s")


class TriggerStep(RuleStep):
    """Calls the webhook with the body that `inbound.py` accepts."""

    things = "triggers"
    event: str
    role: str

    def is_wanted(self) -> bool:
        """Where the webhook is ours and serves triggers."""
        webhook = self._visit.webhook
        return bool(webhook and self._visit.is_marked(webhook.description) and webhook.subscriptions == BY_TRIGGER)

    def is_this_one(self, row: RuleRow) -> bool:
        """By the body that it sends."""
        return any(f'"event": "{self.event}"' in str(action.get("value")) for action in row.actions)

    def judge(self, row: RuleRow) -> Found:
        """A webhook that was made anew has another id."""
        if self._visit.webhook and not any(self._visit.webhook.id in str(each.get("value")) for each in row.actions):
            return Found(row.id, fits=False, note="it called a webhook that is gone")
        return super().judge(row)

    def content(self) -> dict[str, Any]:
        """https://developer.zendesk.com/documentation/ticketing/reference-guides/conditions-reference/"""
        conditions = [
            {"field": "comment_is_public", "operator": "is", "value": "true"},
            {"field": "role", "operator": "is", "value": self.role},
        ]
        changes = [{"field": "update_type", "operator": "is", "value": value} for value in ("Create", "Change")]
        return {"conditions": {"all": conditions, "any": changes}, **self.essentials()}

    def essentials(self) -> dict[str, Any]:
        """Whom it calls, and with what."""
        webhook_id = self._visit.webhook.id if self._visit.webhook else ""
        return {"actions": [{"field": NOTIFICATION, "value": [webhook_id, trigger_body(self.event)]}]}


class CustomerTrigger(TriggerStep):
    """A customer writes."""

    kind, name, title = "trigger_customer", "trigger for customers", "Firstline: a customer writes"
    purpose = "calls the webhook when a customer writes"
    event, role = "customer_message", "end_user"


class AgentTrigger(TriggerStep):
    """An agent answers."""

    kind, name, title = "trigger_agent", "trigger for agents", "Firstline: an agent answers"
    purpose = "calls the webhook when an agent answers in public"
    event, role = "agent_message", "agent"


class PeopleView(RuleStep):
    """The tickets that wait for people, for every agent."""

    kind, name, title = "view", "view", "Firstline: waits for a person"
    purpose = f'"{title}", the open tickets with the tag {ESCALATED_TAG}'
    things = "views"

    def content(self) -> dict[str, Any]:
        """Oldest first. https://developer.zendesk.com/api-reference/ticketing/business-rules/views/#create-view"""
        conditions = [
            {"field": "current_tags", "operator": "includes", "value": ESCALATED_TAG},
            {"field": "status", "operator": "less_than", "value": "solved"},
        ]
        output = {"columns": list(COLUMNS), "sort_by": "updated", "sort_order": "asc"}
        return {"all": conditions, "any": [], "output": output}


def trigger_body(event: str) -> str:
    """The JSON that a trigger sends; docs/zendesk.md shows it. Zendesk fills in the placeholders."""
    body = {
        "firstline": "1",
        "event": event,
        "ticket_id": "{{ticket.id}}",
        "updated_at": "{{ticket.updated_at_with_timestamp}}",
    }
    return json.dumps(body, indent=2)
