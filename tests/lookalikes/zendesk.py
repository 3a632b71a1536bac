"""A Zendesk account that listens on 127.0.0.1, in the shape that zenpy 2.0.57 uses and Zendesk documents.

    with Zendesk() as zendesk:
        zendesk.connect_webhook("http://127.0.0.1:8000/webhooks/zendesk/acme", secret="s")
        ticket = zendesk.new_ticket("Lost parcel", "Where is it?", requester="ada@example.org")
        zendesk.drain()
        zendesk.public_replies(ticket)

or `python -m tests.lookalikes.zendesk --port 9001`, steered by `POST /_<method>` with the arguments as JSON:
`/_new_ticket`, `/_comment`, `/_assign`, `/_set_status`, `/_set_tags`, `/_merge`, `/_delete`, `/_suspend`, `/_rate`,
`/_lock`, `/_limits`, `/_connect_webhook`, `/_webhook_options`, `/_drain`, and `GET /_ticket/<id>`; what an admin sets
up by `/_brand`, `/_form`, `/_field`, `/_custom_status`, `/_trigger`; `/_change`, `/_hide`, `/_redact`; the help center
by `/_guide/publish`, `/_guide/translate`, `/_guide/unpublish`, `/_guide/change`, `/_guide/archive`, `/_guide/segment`.
What an integration makes by the API (webhooks, triggers, views) stands in `setup.rows`; `/_plan` says what is sold.

zenpy without environment variables: `Zenpy(subdomain="127", domain="0.0.1:<port>", ...)`, then
`for api in vars(client).values(): api.protocol = "http"`.

What Zendesk does and one may forget: a new ticket is opened by its assignment; solving without an assignee assigns
whoever solves; a customer's comment reopens; times have whole seconds; a full last page says there is more and the next
one is empty; wrong credentials on `users/me` give an anonymous user with status 200; what stands in `ticket.metadata`
arrives under `audit.metadata.custom` as it is, and only there. Zendesk's page says: "In the audit object, the data is
specified in the custom property of the metadata object", so `{"custom": {...}}` becomes `custom.custom`; whoever knows
it otherwise sets `zendesk.api.unwraps_custom`. A careful client finds its mark in both.
"""

import re
import time
from collections.abc import Callable, Iterable
from typing import Any

from desk.text.tokenizer import word_set
from tests.lookalikes.stage import Answer, LookAlike, Request, serve
from tests.lookalikes.zendesk_api import Api
from tests.lookalikes.zendesk_guide import Guide, announce
from tests.lookalikes.zendesk_hooks import Invocation, Postman, Webhook, options, sign
from tests.lookalikes.zendesk_people import People
from tests.lookalikes.zendesk_setup import PLANS, Setup
from tests.lookalikes.zendesk_shapes import Json, Record, Refusal
from tests.lookalikes.zendesk_store import Happening, Store

__all__ = ["ACCOUNT_ID", "EMAIL", "OAUTH_TOKEN", "TOKEN", "Zendesk", "sign"]

EMAIL = "ari@acorn.example"
"""The agent to whom the API token belongs: a real agent of the account, as it often is."""
TOKEN = "zendesk-token"
OAUTH_TOKEN = "zendesk-oauth"
ACCOUNT_ID = 22_000_017
METHODS = word_set(
    """
    new_ticket add_comment assign set_status set_tags merge delete suspend rate lock_ticket limits connect_webhook
    webhook_options drain brand form field custom_status trigger change hide redact plan
    """
)
GUIDE_METHODS = ("publish", "translate", "unpublish", "change", "archive", "segment")
MAKERS = (
    *("new_ticket", "add_comment", "connect_webhook", "publish", "segment", "brand", "form", "field", "custom_status"),
)
SHORT = {"tickets": "new_ticket", "comment": "add_comment", "webhook": "connect_webhook", "lock": "lock_ticket"}


class Zendesk(People, LookAlike):
    """One account. Ticket ids are ints; `clock` gives Unix seconds."""

    name = "zendesk"

    def __init__(self, port: int = 0, clock: Callable[[], float] = time.time) -> None:
        super().__init__(port)
        self.clock = clock
        self.postman = Postman(self._posted)
        self._begin()

    def _begin(self) -> None:
        self.store = Store(self._happened, self.clock)
        self.agent = self.store.person(EMAIL, "Ari Agent", role="admin")
        self.colleague = self.store.person("noor@acorn.example", "Noor Colleague", role="agent")
        self.support = self.store.named(self.store.groups, "Support", is_public=True)
        self.tier2 = self.store.named(self.store.groups, "Tier 2", is_public=True)
        self.webhooks: list[Webhook] = []
        self.guide = Guide(self.clock, self.lock, self._article_told)
        self.api = Api(self.store, self.guide, self.agent["id"], f"{EMAIL}/token:{TOKEN}", OAUTH_TOKEN)
        self.setup = Setup(self.api, self.webhooks, self.postman, ACCOUNT_ID)

    def __exit__(self, *details: object) -> None:
        self.postman.stop()
        super().__exit__(*details)

    def reset(self) -> None:
        """Forget everything, webhooks and what is under way included."""
        with self.lock:
            super().reset()
            self.postman.forget()
            self._begin()

    def answer(self, request: Request) -> Answer:
        """What Zendesk's API says."""
        return self.setup.answer(request)

    def plan(self, name: str) -> None:
        """What the account has bought: webhooks for `events`, for `triggers` alone, or `none`."""
        if name not in PLANS:
            raise ValueError(f"no plan {name}")
        with self.lock:
            self.setup.plan = name

    # --- Webhooks ---------------------------------------------------------------------------------------------------

    def connect_webhook(self, url: str, secret: str, kinds: Iterable[str] | None = None, **more: Any) -> str:
        """Send events of these `kinds` (all when None) to `url`; the webhook's id. `more` is what `Webhook` takes:
        `copies`, `delay`, `disorder` (seconds), `off`, `numbers`, `first_comment_too`, `trigger`, `timeout`.
        """
        with self.lock:
            self.webhooks.append(Webhook(url=url, secret=secret, **options({"kinds": kinds, **more})))
            return self.webhooks[-1].id

    def webhook_options(self, only: str | None = None, **more: Any) -> None:
        """Change all webhooks, or only the one of this id: `zendesk.webhook_options(off=True)`."""
        with self.lock:
            for webhook in (each for each in self.webhooks if only in (None, each.id)):
                for name, value in options(more).items():
                    setattr(webhook, name, value)

    def drain(self, timeout: float = 10.0) -> bool:
        """Wait until every event is sent and answered; False when that took too long."""
        return self.postman.drain(timeout)

    def _happened(self, record: Record, actor: int, happenings: list[Happening]) -> None:
        for kind, event in happenings:
            self.note(kind, ticket=record.ticket["id"], actor=actor, **event)
        for webhook in self.webhooks:
            who = self.store.users.get(actor, {"id": actor, "name": "System", "email": None})
            for body in webhook.bodies(ACCOUNT_ID, record, who, happenings, self.clock()):
                self.postman.take(webhook, ACCOUNT_ID, body, record.ticket["id"])
        self.setup.notify(record, self.store.users.get(actor, {"id": actor}), happenings)

    def _article_told(self, kind: str, event: Json) -> None:
        announce(self.postman, self.webhooks, ACCOUNT_ID, kind, event)

    def _posted(self, invocation: Invocation, status: int) -> None:
        with self.lock:
            facts = {"kind": invocation.kind, "ticket": invocation.ticket, "invocation": invocation.id}
            self.note("webhook", status=status, attempt=invocation.tries, **facts)

    # --- What stands there ------------------------------------------------------------------------------------------

    def ticket(self, ticket_id: int) -> Json:
        """The ticket as it stands, deleted ones too."""
        with self.lock:
            return dict(self.store.records[ticket_id].ticket)

    def comments(self, ticket_id: int) -> list[Json]:
        """All comments, oldest first."""
        with self.lock:
            return list(self.store.records[ticket_id].comments)

    def public_replies(self, ticket_id: int) -> list[Json]:
        """Public comments made through the API."""
        return [each for each in self.comments(ticket_id) if each["public"] and each["via"]["channel"] == "api"]

    def notes(self, ticket_id: int) -> list[Json]:
        """Private comments made through the API."""
        return [each for each in self.comments(ticket_id) if not each["public"] and each["via"]["channel"] == "api"]

    def timeline(self, ticket_id: int) -> list[str]:
        """The ticket's history, one line an event, oldest first: `14:03:07 Ari Agent: public comment "..."`."""
        with self.lock:
            audits = self.store.records[ticket_id].audits
            return [
                f"{audit['created_at'][11:19]} {self._name(audit['author_id'])}: {_line(event)}"
                for audit in audits
                for event in audit["events"]
                if event["type"] != "Create"
            ]

    def _name(self, user_id: int) -> str:
        return str(self.store.users.get(user_id, {"name": "System"})["name"])

    # --- Steering by HTTP -------------------------------------------------------------------------------------------

    def _steer(self, request: Request) -> Answer:
        name = request.path.removeprefix("/_")
        name = SHORT.get(name, name)
        guided = name.removeprefix("guide/")
        target = self.guide if name != guided and guided in GUIDE_METHODS else self
        if request.method == "POST" and (name in METHODS or target is self.guide):
            try:
                made = getattr(target, guided)(**request.json)
            except (Refusal, KeyError, TypeError, ValueError) as error:
                return Answer(400, {"error": str(error)})
            return Answer(body={"id" if guided in MAKERS else "done": made})
        if re.fullmatch(r"ticket/\d+", name) and int(name[7:]) in self.store.records:
            number = int(name[7:])
            views = (self.ticket, self.comments, self.public_replies, self.notes, self.timeline)
            return Answer(body={view.__name__: view(number) for view in views})
        return super()._steer(request)


def _line(event: Json) -> str:
    if event["type"] == "Comment":
        return f'{"public" if event["public"] else "private"} comment "{event["body"][:60]}"'
    return f"{event['field_name']}: {event['previous_value']} -> {event['value']}"


if __name__ == "__main__":
    serve(Zendesk)
