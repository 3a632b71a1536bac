"""What an admin has set up in a Zendesk account: brands, forms, custom fields, custom statuses and triggers; and what
is done with a ticket besides writing, assigning and solving."""

import itertools
from collections.abc import Mapping
from typing import Any

from tests.lookalikes.stage import Answer, Request
from tests.lookalikes.zendesk_pages import cursor_page, offset_page
from tests.lookalikes.zendesk_shapes import Json, Record, invalid, not_found

RULE = {
    "channel": "rule",
    "source": {"from": {"id": 360001, "title": "Assign new tickets"}, "to": {}, "rel": "trigger"},
}
ROUTING = {"channel": "omnichannel_routing", "source": {"from": {}, "to": {}, "rel": None}}
SYSTEM = -1
"""The author of what Zendesk does by itself."""
STANDARD = ("new", "open", "pending", "hold", "solved")


class Admin:
    """The account's own lists. Ids are ints, as everywhere in the API."""

    def __init__(self) -> None:
        self._ids = itertools.count(360_000_000_001)
        self.lists: dict[str, list[Json]] = {
            "brands": [],
            "ticket_forms": [],
            "ticket_fields": [],
            "custom_statuses": [],
            "custom_roles": [],
        }
        self.brands, self.forms = self.lists["brands"], self.lists["ticket_forms"]
        self.brands.append({"id": 7001, "name": "Acorn", "active": True, "default": True})
        self.forms.append({"id": 8001, "name": "Default", "active": True})
        for status in STANDARD:
            self.custom_status(status.title(), status)

    def answer(self, request: Request, name: str) -> Answer:
        """GET brands, ticket_forms, ticket_fields or custom_statuses; by cursor where it is asked for."""
        rows = self.lists[name]
        if name == "custom_statuses":  # a list without pages
            return Answer(body={name: rows})
        by_cursor = any(key.startswith("page[") for key in request.query)
        return Answer(body=cursor_page(request, name, rows) if by_cursor else offset_page(request, name, rows))

    def brand(self, name: str) -> int:
        """A brand; its id."""
        return self._add("brands", name=name, active=True, default=False)

    def form(self, name: str) -> int:
        """A ticket form; its id."""
        return self._add("ticket_forms", name=name, active=True)

    def field(self, title: str, kind: str = "text", options: Mapping[str, str] | None = None) -> int:
        """A custom field; `options` of a drop-down are what is shown by value. Its id."""
        rows = [{"name": shown, "value": value} for value, shown in (options or {}).items()]
        return self._add(
            "ticket_fields", title=title, raw_title=title, type=kind, active=True, custom_field_options=rows
        )

    def custom_status(self, label: str, category: str) -> int:
        """A custom status within one of the standard ones; its id."""
        return self._add("custom_statuses", agent_label=label, status_category=category, active=True)

    def custom_role(self, name: str, ticket_access: str) -> int:
        """A role of agents, with the tickets that it shows; its id."""
        return self._add("custom_roles", name=name, role_type=0, configuration={"ticket_access": ticket_access})

    def show_role(self, number: int) -> Answer:
        """GET custom_roles/{id}."""
        found = next((role for role in self.lists["custom_roles"] if role["id"] == number), None)
        if found is None:
            raise not_found()
        return Answer(body={"custom_role": found})

    def category_of(self, status_id: int) -> str:
        """Which standard status a custom one belongs to. Raises a 422 `Refusal`."""
        found = next((each for each in self.lists["custom_statuses"] if each["id"] == status_id), None)
        if found is None:
            raise invalid("custom_status_id", "Custom status: is invalid")
        return str(found["status_category"])

    def check_fields(self, given: Any) -> None:
        """A custom field that takes no such value refuses the whole change."""
        for each in given or ():
            field = next((row for row in self.lists["ticket_fields"] if row["id"] == each["id"]), None)
            options = [row["value"] for row in field["custom_field_options"]] if field else []
            if options and each["value"] not in (None, "", *options):
                raise invalid("base", f"{field['title'] if field else ''}: is not a valid option")

    def _add(self, kind: str, **row: Any) -> int:
        number = next(self._ids)
        self.lists[kind].append({"id": number, **row})
        return number


def redact(record: Record, comment_id: int, words: str) -> None:
    """Words of a comment are blackened, in the conversation and in the history."""
    black = "▇" * len(words)
    rows = [*record.comments, *(event for audit in record.audits for event in audit["events"])]
    for row in rows:
        if row["id"] == comment_id and row["type"] == "Comment":
            for name in ("body", "plain_body", "html_body"):
                row[name] = row[name].replace(words, black)
