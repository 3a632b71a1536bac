"""What customers, agents, rules and routing do with the tickets of a Zendesk account."""

import threading
from collections.abc import Iterable
from typing import Any

from tests.lookalikes import zendesk_admin
from tests.lookalikes.zendesk_admin import ROUTING, SYSTEM
from tests.lookalikes.zendesk_api import Api
from tests.lookalikes.zendesk_shapes import Json, Record
from tests.lookalikes.zendesk_store import Store

VIA = {
    "web": {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}},
    "email": {"channel": "email", "source": {"from": {}, "to": {"address": "help@acorn.example"}, "rel": None}},
    "api": {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}},
}


class People:
    """The acts, each a method. Ticket ids are ints."""

    lock: threading.RLock
    store: Store
    api: Api
    agent: Json
    colleague: Json

    def new_ticket(
        self,
        subject: str,
        body: str,
        requester: str | None = "robin@example.org",
        *,
        name: str | None = None,
        tags: Iterable[str] = (),
        via: str = "web",
        attachments: Iterable[str] = (),
        organization: str | None = None,
        **fields: Any,
    ) -> int:
        """A customer writes; the ticket's id. `requester` is an address, or None for someone without one."""
        with self.lock:
            user = self.store.person(requester, name)
            if organization:
                user["organization_id"] = self.store.named(self.store.organizations, organization)["id"]
            given = {"subject": subject, "tags": list(tags), **fields}
            given["comment"] = {"body": body, "attachments": list(attachments)}
            number: int = self.store.create(user["id"], user["id"], given, VIA.get(via, {"channel": via})).ticket["id"]
            return number

    def add_comment(
        self,
        ticket_id: int,
        body: str,
        author: str = "customer",
        *,
        public: bool = True,
        attachments: Iterable[str] = (),
        **fields: Any,
    ) -> int:
        """A comment by the `customer`, the `agent` whose token the API has, a `colleague`, or an address; its id."""
        with self.lock:
            record = self.store.record(ticket_id)
            comment = {"body": body, "public": public, "attachments": list(attachments)}
            self.store.update(record, self._who(record, author), {"comment": comment, **fields}, VIA["web"])
            number: int = record.comments[-1]["id"]
            return number

    def assign(self, ticket_id: int, to: str | None = "colleague", by: str = "colleague", via: str = "web") -> None:
        """Give the ticket to somebody, or to nobody; by `routing` it is Zendesk's own doing."""
        with self.lock:
            record = self.store.record(ticket_id)
            given = {"assignee_id": None if to is None else self._who(record, to)}
            way = ROUTING if by == "routing" else VIA.get(via, {"channel": via})
            self.store.update(record, self._who(record, by), given, way)

    def change(self, ticket_id: int, by: str = "colleague", via: str = "web", **given: Any) -> None:
        """Somebody changes fields: `requester` and `assignee` by who they are, everything else as the API names it."""
        with self.lock:
            record = self.store.record(ticket_id)
            people = {
                f"{name}_id": self._who(record, given.pop(name)) for name in ("requester", "assignee") if name in given
            }
            self.store.update(record, self._who(record, by), {**given, **people}, VIA.get(via, {"channel": via}))

    def trigger(self, on: str = "create", **given: Any) -> None:
        """From now on a trigger sets these fields, on `create` or on each `comment`."""
        with self.lock:
            self.store.triggers.append((on, given))

    def hide(self, ticket_id: int, comment_id: int, by: str = "colleague") -> None:
        """A public comment is made private."""
        with self.lock:
            self.store.hide(self.store.record(ticket_id), comment_id, self._who(self.store.record(ticket_id), by))

    def redact(self, ticket_id: int, comment_id: int, words: str) -> None:
        """Words of a comment are blackened."""
        with self.lock:
            zendesk_admin.redact(self.store.record(ticket_id), comment_id, words)

    def __getattr__(self, name: str) -> Any:
        if name in ("brand", "form", "field", "custom_status"):
            return getattr(self.store.admin, name)
        raise AttributeError(name)

    def set_status(self, ticket_id: int, status: str, by: str = "colleague") -> None:
        """An agent sets the status, in lower case."""
        self._set(ticket_id, by, status=status)

    def set_tags(self, ticket_id: int, tags: Iterable[str], by: str = "colleague") -> None:
        """An agent replaces the tags."""
        self._set(ticket_id, by, tags=list(tags))

    def merge(self, ticket_id: int, into: int, by: str = "colleague") -> None:
        """An agent merges the ticket into another: it is closed."""
        with self.lock:
            source, target = self.store.record(ticket_id), self.store.record(into)
            self.store.merge(source, target, self._who(source, by))

    def delete(self, ticket_id: int) -> None:
        """An agent deletes the ticket."""
        with self.lock:
            self.store.delete(self.store.record(ticket_id), self.colleague["id"])

    def suspend(self, email: str, suspended: bool = True) -> None:
        """Suspend the user with this address."""
        with self.lock:
            self.store.person(email, suspended=suspended)

    def rate(self, ticket_id: int, score: str, comment: str | None = None) -> None:
        """The requester is satisfied (`good`) or not (`bad`)."""
        with self.lock:
            self.store.rate(self.store.record(ticket_id), score, comment)

    def lock_ticket(self, ticket_id: int, times: int = 1) -> None:
        """The next so many updates of the ticket answer 409."""
        with self.lock:
            self.store.record(ticket_id).locked = times

    def limits(self, *, export_lag: int | None = None, **allowed: int | None) -> None:
        """Limits per minute that answer 429 when spent: `requests`, `updates`, `exports`; None for no limit.
        `export_lag` is how many seconds the incremental export holds back (60 at Zendesk, 0 here until set).
        """
        with self.lock:
            self.api.limits.allow(**allowed)
            self.api.export_lag = self.api.export_lag if export_lag is None else export_lag

    def _set(self, ticket_id: int, by: str, **given: Any) -> None:
        with self.lock:
            record = self.store.record(ticket_id)
            self.store.update(record, self._who(record, by), given, VIA["web"])

    def _who(self, record: Record, who: str) -> int:
        known = {
            "customer": record.ticket["requester_id"],
            "agent": self.agent["id"],
            "colleague": self.colleague["id"],
            "routing": SYSTEM,
        }
        number: int = known[who] if who in known else self.store.person(who)["id"]
        return number
