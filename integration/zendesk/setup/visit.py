"""What all steps of a Zendesk's set-up share: the line, our address there, our mark, and what a refusal means."""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from desk.errors import FirstlineError, Permanent
from desk.text.tokenizer import clean
from integration.setup_steps import StepRefused
from integration.zendesk.api.client import Gone, Unacceptable, ZendeskClient
from integration.zendesk.api.connection import LOCAL, ZendeskConnection, make_client
from integration.zendesk.api.models import ListPage, Shape
from integration.zendesk.setup.health import introduced

CATCH_UP = "until then catch-up reads what changed, with a delay of minutes"
BY_HAND = "docs/zendesk.md says how to make it by hand; then `--webhook-secret`"
RENAME = "rename yours, or delete it, and connect again"
DELETE = "take it out of what uses it, and delete it in Zendesk's Admin Center"
BY_TRIGGER = ["conditional_ticket_events"]
"""The subscription of a webhook that triggers call."""
MOST_WORDS = 200
MARK = "/webhooks/zendesk/"
"""What every mark has, whosever it is."""


class WebhookRow(Shape):
    """https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/"""

    id: str
    endpoint: str
    description: str | None = None
    status: str = "active"
    subscriptions: list[str] = Field(default_factory=list)


class Webhooks(ListPage):
    """Some of an account's webhooks."""

    webhooks: list[WebhookRow]


class RuleRow(Shape):
    """A trigger or a view."""

    id: str
    description: str | None = None
    active: bool = True
    actions: list[dict[str, Any]] = Field(default_factory=list)


class Rules(ListPage):
    """Some of an account's triggers, or of its views."""

    triggers: list[RuleRow] = Field(default_factory=list)
    views: list[RuleRow] = Field(default_factory=list)


@dataclass
class ZendeskVisit:
    """One set-up, or taking back, of one account. `webhook` is what the webhook's step found or made."""

    client: ZendeskClient
    config: ZendeskConnection
    endpoint: str
    webhook: WebhookRow | None = field(default=None)

    @property
    def mark(self) -> str:
        """What stands in the description of whatever is ours: another installation's has another address."""
        return f"[{self.endpoint}]"

    @property
    def description(self) -> str:
        """What people read of it in Zendesk."""
        return f"Made by `firstline connect zendesk`; `firstline disconnect zendesk` removes it. {self.mark}"

    def is_marked(self, description: str | None) -> bool:
        """Did we make it?"""
        return self.mark in (description or "")

    def is_marked_by_another(self, description: str | None) -> bool:
        """Did a Firstline at another address, or for another account, make it?"""
        return MARK in (description or "") and not self.is_marked(description)

    def webhooks(self) -> list[WebhookRow]:
        """All webhooks of the account."""
        with self.explained("webhooks"):
            return [row for page in self.client.listed("webhooks", Webhooks) for row in page.webhooks]

    def rules(self, kind: str) -> list[RuleRow]:
        """All of its `triggers` or `views`."""
        with self.explained(kind):
            return [row for page in self.client.listed(kind, Rules) for row in getattr(page, kind)]

    @property
    def is_local(self) -> bool:
        """Is it a Zendesk on this machine?"""
        return urlsplit(self.config.base_url).hostname in LOCAL

    def is_reachable(self) -> bool:
        """May the address be one that Zendesk reaches? A Zendesk on this machine reaches all of this machine's."""
        host = urlsplit(self.endpoint).hostname or ""
        if self.is_local:
            return True
        with suppress(ValueError):
            return ipaddress.ip_address(host).is_global
        return "." in host and not host.endswith((".local", ".internal", ".localhost"))

    @contextmanager
    def explained(
        self, things: str, remedy: str = BY_HAND, *, by_hand: str = BY_HAND, meanwhile: str = CATCH_UP
    ) -> Iterator[None]:
        """What Zendesk refuses, as StepRefused that says what to do: `remedy` where Zendesk finds fault with what we
        sent; `by_hand` where an administrator has to do it, and `meanwhile` what serves until then."""
        try:
            yield
        except StepRefused:
            raise
        except Unacceptable as error:
            words = fault_words(error)
            advice = RENAME if "taken" in words else remedy
            raise StepRefused(f"{error}{f': {words}' if words else ''}", advice) from error
        except Permanent as error:
            raise self._forbidden(things, error, by_hand, meanwhile) from error

    def _forbidden(self, things: str, error: Permanent, by_hand: str, meanwhile: str) -> StepRefused:
        if self._role() == "admin":
            message = f"Zendesk has no {things} for this account ({_status(error)}): they are not part of its plan"
            return StepRefused(message, meanwhile)
        message = f"only an administrator may see and make {things}, and {self.config.identity} is none"
        return StepRefused(message, f"connect with an administrator's token, or ask one: {by_hand}; {meanwhile}")

    def _role(self) -> str:
        try:
            return introduced(self.client).role or ""
        except FirstlineError:
            return ""


def open_visit(account: str, address: str, config: ZendeskConnection) -> ZendeskVisit:
    """`address` is where people reach us."""
    return ZendeskVisit(make_client(config), config, f"{address}{MARK}{account}")


@contextmanager
def already_gone() -> Iterator[None]:
    """What somebody else has removed meanwhile is removed."""
    with suppress(Gone):
        yield


def fault_words(error: Permanent) -> str:
    """What Zendesk says is wrong with something of ours, in one line."""
    response = getattr(error.__cause__, "response", None)
    with suppress(ValueError, AttributeError):
        return clean("; ".join(_sentences(response.json())))[:MOST_WORDS]  # type: ignore[union-attr]  # None has no json
    return ""


def _sentences(payload: Any) -> Iterator[str]:
    """The texts under `description`, `detail` or `title`, the most exact first."""
    details = payload.get("details") or {}
    texts = [fault.get("description") for faults in details.values() for fault in faults]
    texts = texts or [fault.get("detail") or fault.get("title") for fault in payload.get("errors") or []]
    return (str(text) for text in texts or [payload.get("description")] if text)


def _status(error: Permanent) -> int:
    response = getattr(error.__cause__, "response", None)
    return getattr(response, "status_code", 0)
