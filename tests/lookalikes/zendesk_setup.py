"""What an integration sets up in a Zendesk account by the API: webhooks with their secrets and tests, triggers that
notify them, views, private apps, and bearer tokens by client credentials. Everything else goes on to `Api`.

https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/ and
https://developer.zendesk.com/api-reference/ticketing/business-rules/triggers/ (views beside it).
"""

import itertools
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from tests.lookalikes.stage import Answer, Request
from tests.lookalikes.zendesk_api import Api
from tests.lookalikes.zendesk_apps import Apps
from tests.lookalikes.zendesk_hooks import Invocation, Postman, Webhook, fill, ulid
from tests.lookalikes.zendesk_pages import cursor_page, offset_page
from tests.lookalikes.zendesk_shapes import Json, Record, Refusal, invalid, iso, not_found
from tests.lookalikes.zendesk_store import Happening

CLIENT_ID, CLIENT_SECRET = "firstline_client", "zendesk-client-secret"
BY_TRIGGER = ["conditional_ticket_events"]
EVENT = re.compile(r"zen:event-type:(ticket|article|user|organization)\.[a-z_]+")
RULES = ("triggers", "views")
PLANS = ("events", "triggers", "none")


class Setup:
    """One account's own. `plan`: webhooks for `events` and triggers, for `triggers` alone, or `none`."""

    def __init__(self, api: Api, webhooks: list[Webhook], postman: Postman, account: int) -> None:
        self.api, self.webhooks, self.postman, self.account = api, webhooks, postman, account
        self.plan = "events"
        self.unique_titles = False
        self.apps = Apps(api)
        self.rows: dict[str, dict[str, Json]] = {"webhooks": {}, "triggers": {}, "views": {}}
        self.rows |= {"apps": self.apps.rows, "installations": self.apps.installations}
        self.issued: set[str] = set()
        self._ids = itertools.count(370_000_000_001)

    def answer(self, request: Request) -> Answer:
        """Answer by the setup's own endpoints, or by the rest of the API."""
        path = request.path.removeprefix("/api/v2/").removesuffix(".json")
        if request.path == "/oauth/tokens":
            return self._issue(request)
        known = request.headers.get("authorization") in self.api.accepted
        kind = path.split("/")[0]
        if not known or kind not in self.rows:
            return self.api.answer(request)
        try:
            self.api.limits.spend("requests")
            made = self._answer_by(kind, request, path)
        except Refusal as refusal:
            made = Answer(refusal.status, refusal.body, refusal.headers)
        return Answer(made.status, made.body, {**self.api.limits.headers(), **made.headers})

    def _answer_by(self, kind: str, request: Request, path: str) -> Answer:
        if kind == "apps":
            return self.apps.answer(request, path)
        return self._webhook(request, path) if kind == "webhooks" else self._rule(request, kind, path)

    def revoke(self) -> None:
        """All bearer tokens that were issued are over."""
        self.api.accepted -= self.issued
        self.issued.clear()

    def add(self, kind: str, **row: Any) -> str:
        """Something that an admin made by hand: a webhook, trigger or view; its id."""
        return str((self._new_webhook(row) if kind == "webhooks" else self._new_rule(kind, row))["id"])

    def notify(self, record: Record, actor: Json, happenings: list[Happening]) -> None:
        """Triggers look at the change, and call the webhooks they name."""
        kinds = {kind for kind, _ in happenings}
        if not {"created", "comment_added"} & kinds:
            return
        for trigger in self.rows["triggers"].values():
            for webhook_id, body in self._notified(trigger, record, actor):
                webhook = next((each for each in self.webhooks if each.id == webhook_id), None)
                if webhook is not None and not webhook.off:
                    self.postman.take(webhook, self.account, fill(body, record, actor), record.ticket["id"])

    # --- Webhooks ---------------------------------------------------------------------------------------------------

    def _webhook(self, request: Request, path: str) -> Answer:
        if self.plan == "none":
            raise Refusal(404, _errors("NotFound", "Webhooks are not part of this plan"))
        self._admins_only()
        if path == "webhooks":
            return self._list(request, "webhooks") if request.method == "GET" else self._make_webhook(request)
        if path == "webhooks/test":
            return self._test(request)
        row = self._found("webhooks", path.split("/")[1])
        if path.endswith("/signing_secret"):
            return self._secret(request, row)
        if request.method == "DELETE":
            return self._delete_webhook(row)
        if request.method in ("PATCH", "PUT"):
            row |= self._checked(request.json["webhook"], row)
            self._settle(row)
            return Answer(204, b"")
        return Answer(body={"webhook": row})

    def _make_webhook(self, request: Request) -> Answer:
        row = self._new_webhook(self._checked(request.json.get("webhook") or {}))
        return Answer(201, {"webhook": row})

    def _new_webhook(self, given: Json) -> Json:
        now = iso(self.api.store.clock())
        row: Json = {"id": ulid(time.time()), "created_at": now, "updated_at": now, "created_by": str(self.api.agent)}
        row |= {"description": None, "status": "active", "http_method": "POST", "request_format": "json", **given}
        self.rows["webhooks"][row["id"]] = row
        self.webhooks.append(Webhook(url=row["endpoint"], secret=secrets.token_urlsafe(24), id=row["id"]))
        self._settle(row)
        return row

    def _settle(self, row: Json) -> None:
        """What is sent follows what the row says."""
        webhook = next(each for each in self.webhooks if each.id == row["id"])
        kinds = [kind.removeprefix("zen:event-type:").removeprefix("ticket.") for kind in row["subscriptions"]]
        webhook.url, webhook.kinds, webhook.off = row["endpoint"], kinds, row["status"] != "active"

    def _checked(self, given: Json, row: Json | None = None) -> Json:
        needed = ("name", "endpoint", "http_method", "request_format", "status", "subscriptions")
        if row is None and (absent := [name for name in needed if not given.get(name)]):
            raise Refusal(400, _errors("InvalidParameter", f"{absent[0]} is required"))
        kinds = given.get("subscriptions") or (row or {}).get("subscriptions") or []
        if row is not None and (kinds == BY_TRIGGER) != (row["subscriptions"] == BY_TRIGGER):
            raise Refusal(400, _errors("InvalidParameter", "connection method cannot be changed"))
        if kinds != BY_TRIGGER and not all(EVENT.fullmatch(kind) for kind in kinds):
            raise Refusal(400, _errors("InvalidParameter", "subscriptions contain an unknown event type"))
        if kinds != BY_TRIGGER and self.plan == "triggers":
            raise Refusal(400, _errors("InvalidParameter", "ticket events are not available to this account"))
        return given

    def _secret(self, request: Request, row: Json) -> Answer:
        webhook = next(each for each in self.webhooks if each.id == row["id"])
        if request.method == "POST":
            webhook.secret = secrets.token_urlsafe(24)
        body = {"signing_secret": {"algorithm": "SHA256", "secret": webhook.secret}}
        return Answer(201 if request.method == "POST" else 200, body)

    def _delete_webhook(self, row: Json) -> Answer:
        named = [action["value"][0] for rule in self.rows["triggers"].values() for action in _notifications(rule)]
        if row["id"] in named:
            raise Refusal(400, _errors("WebhookInUse", "the webhook is used by a trigger or automation"))
        del self.rows["webhooks"][row["id"]]
        self.webhooks[:] = [each for each in self.webhooks if each.id != row["id"]]
        return Answer(204, b"")

    def _test(self, request: Request) -> Answer:
        """Calls the webhook at once, and says what it answered."""
        row = self._found("webhooks", request.query.get("webhook_id", ""))
        webhook = next(each for each in self.webhooks if each.id == row["id"])
        payload = str((request.json.get("request") or {}).get("payload") or "")
        status, _ = Invocation(webhook, self.account, payload.encode(), "test", 0, ulid(time.time())).post()
        return Answer(body={"response": {"status": max(status, 0), "headers": [], "payload": ""}})

    # --- Triggers and views -----------------------------------------------------------------------------------------

    def _rule(self, request: Request, kind: str, path: str) -> Answer:
        name = kind.removesuffix("s")
        if request.method != "GET" or kind == "triggers":
            self._admins_only()
        if path == kind:
            return self._list(request, kind) if request.method == "GET" else self._make_rule(request, kind, name)
        row = self._found(kind, path.split("/")[1])
        if request.method == "DELETE":
            del self.rows[kind][str(row["id"])]
            return Answer(204, b"")
        if request.method == "PUT":
            row |= request.json[name]
        return Answer(body={name: row})

    def _make_rule(self, request: Request, kind: str, name: str) -> Answer:
        given = request.json.get(name) or {}
        self._check_rule(kind, given)
        return Answer(201, {name: self._new_rule(kind, given)})

    def _check_rule(self, kind: str, given: Json) -> None:
        if not given.get("title"):
            raise invalid("title", "Title: cannot be blank")
        if self.unique_titles and given["title"] in [row["title"] for row in self.rows[kind].values()]:
            raise invalid("title", "Title: has already been taken")
        conditions = given.get("conditions") or given
        if not conditions.get("all") and not conditions.get("any"):
            raise invalid("base", "You must select at least one condition")
        for action in _notifications(given):
            if action["value"][0] not in self.rows["webhooks"]:
                raise invalid("base", "Notify active webhook: is invalid")

    def _new_rule(self, kind: str, given: Json) -> Json:
        number, now = next(self._ids), iso(self.api.store.clock())
        row = {"id": number, "active": True, "description": None, "created_at": now, "updated_at": now, **given}
        self.rows[kind][str(number)] = row
        return row

    def _notified(self, trigger: Json, record: Record, actor: Json) -> list[tuple[str, str]]:
        by = "agent" if self.api.store.staff(actor["id"]) else "end_user"
        wanted: dict[str, str] = {rule["field"]: rule["value"] for rule in trigger["conditions"]["all"]}
        public = str(record.comments[-1]["public"]).lower()
        if not trigger["active"] or wanted.get("role", by) != by or wanted.get("comment_is_public", public) != public:
            return []
        return [(action["value"][0], action["value"][1]) for action in _notifications(trigger)]

    # --- Parts ------------------------------------------------------------------------------------------------------

    def _issue(self, request: Request) -> Answer:
        """POST oauth/tokens, by client credentials."""
        given = request.json
        if given.get("grant_type") != "client_credentials":
            return Answer(400, {"error": "unsupported_grant_type", "error_description": "grant type is not supported"})
        if (given.get("client_id"), given.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return Answer(401, {"error": "invalid_client", "error_description": "Client authentication failed"})
        token = secrets.token_urlsafe(24)
        self.issued.add(f"Bearer {token}")
        self.api.accepted.add(f"Bearer {token}")
        scope = given.get("scope") or "read"
        return Answer(200, {"access_token": token, "token_type": "bearer", "scope": scope, "expires_in": 1800})

    def _list(self, request: Request, kind: str) -> Answer:
        pages: Callable[[Request, str, list[Any]], Json] = offset_page
        if kind == "webhooks" or any(key.startswith("page[") for key in request.query):
            pages = cursor_page
        return Answer(body=pages(request, kind, list(self.rows[kind].values())))

    def _found(self, kind: str, number: str) -> Json:
        if number not in self.rows[kind]:
            raise not_found()
        return self.rows[kind][number]

    def _admins_only(self) -> None:
        if self.api.store.users[self.api.agent]["role"] != "admin":
            text = "You do not have access to this page. Please contact the account owner of this help desk."
            raise Refusal(403, {"error": {"title": "Forbidden", "message": text}})


def _notifications(rule: Json) -> list[Json]:
    return [action for action in rule.get("actions") or [] if action["field"] == "notification_webhook"]


def _errors(code: str, title: str) -> Json:
    """A refusal as the Webhooks API shapes it."""
    return {"errors": [{"code": code, "title": title, "detail": title}]}
