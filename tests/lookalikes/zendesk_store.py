"""What a Zendesk account holds: people, groups, tickets with their comments and audits, and the rules of changing them.

Values are dicts in the shape of Zendesk's JSON. Every change makes one audit (comment first, then changed fields) and
hands what happened to `Store.happened` as `(kind, event)` pairs, which become webhook events.
"""

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.lookalikes.zendesk_admin import RULE, Admin
from tests.lookalikes.zendesk_directory import Directory
from tests.lookalikes.zendesk_shapes import (
    Json,
    Record,
    Refusal,
    as_html,
    as_text,
    blank,
    clean_tags,
    invalid,
    iso,
    not_found,
    seconds_of,
    told,
)

Happening = tuple[str, Json]

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = (None, "low", "normal", "high", "urgent")
CHANGEABLE = (
    *("subject", "status", "priority", "type", "group_id", "assignee_id", "requester_id", "brand_id", "ticket_form_id"),
    *("custom_status_id", "tags", "custom_fields"),
)
TYPES = (None, "question", "incident", "problem", "task")
MOST_METADATA = 1024
EVENT_OF = {
    "status": "status_changed",
    "priority": "priority_changed",
    "subject": "subject_changed",
    "type": "type_changed",
    "group_id": "group_assignment_changed",
    "assignee_id": "agent_assignment_changed",
    "tags": "tags_changed",
}


class Store(Directory):
    """One account. Not thread-safe: the look-alike holds its lock. `clock` gives Unix seconds."""

    def __init__(
        self, happened: Callable[[Record, int, list[Happening]], None], clock: Callable[[], float] = time.time
    ):
        super().__init__(clock)
        self.happened = happened
        self.records: dict[int, Record] = {}
        self.admin = Admin()
        self.triggers: list[tuple[str, Json]] = []
        """On `create` or `comment`: what a trigger then sets, in the same audit and under its own `via`."""
        self._ticket_ids = itertools.count(1001)
        self._turns = itertools.count(1)

    # --- Tickets ----------------------------------------------------------------------------------------------------

    def record(self, ticket_id: int) -> Record:
        """The ticket as far as the API shows it. Raises a 404 `Refusal` when it is deleted or unknown."""
        record = self.records.get(ticket_id)
        if record is None or record.deleted:
            raise not_found()
        return record

    def create(self, author: int, requester: int, given: Mapping[str, Any], via: Json, custom: Any = None) -> Record:
        """A new ticket with its first comment. `given` is the `ticket` object of a POST."""
        comment = given.get("comment") or {"body": given.get("description") or ""}
        self._check(given, comment)
        record = Record(blank(next(self._ticket_ids), given, requester, author, via))
        record.ticket["organization_id"] = self.users[requester]["organization_id"]
        record.ticket["created_at"] = iso(self.clock())
        self.records[record.ticket["id"]] = record
        audit = self._audit(record, author, via, custom)
        words = self._comment(record, audit, author, comment, via)
        record.ticket["description"] = words["body"]
        for name in ("subject", "status", "priority", "type", "requester_id", "group_id", "assignee_id", "tags"):
            self._event(audit, type="Create", field_name=name, value=told(record.ticket[name]))
        for each in record.ticket["custom_fields"]:
            self._event(audit, type="Create", field_name=str(each["id"]), value=each["value"])
        triggered = self._triggered(record, audit, "create")
        self._touch(record)
        self.happened(record, author, [("created", {}), ("comment_added", self._said(words)), *triggered])
        return record

    def update(self, record: Record, author: int, given: Mapping[str, Any], via: Json, custom: Any = None) -> Json:
        """One change of a ticket; the audit. Raises `Refusal` (409, 422) as Zendesk does."""
        comment = given.get("comment")
        self._may_change(record, given)
        self._check(given, comment)
        happenings: list[Happening] = []
        before = dict(record.ticket)
        audit = self._audit(record, author, via, custom)
        if comment:
            happenings.append(("comment_added", self._said(self._comment(record, audit, author, comment, via))))
        for name, value in self._settled(record.ticket, given, author, comment).items():
            happenings += self._change(record, audit, name, value)
        happenings += self._triggered(record, audit, "comment") if comment else []
        if record.ticket == before and not comment:
            record.audits.pop()  # nothing changed, nothing is written
            return audit
        self._touch(record)
        self.happened(record, author, happenings)
        return audit

    def retag(self, record: Record, author: int, tags: list[str], given: Mapping[str, Any], via: Json) -> list[str]:
        """What the tags endpoint does: these are the ticket's tags now."""
        stamps = {name: given[name] for name in ("safe_update", "updated_stamp") if name in given}
        self.update(record, author, {"tags": tags, **stamps}, via)
        return list(record.ticket["tags"])

    def rate(self, record: Record, score: str, comment: str | None) -> None:
        """The requester's rating: `good` or `bad`."""
        author = record.ticket["requester_id"]
        audit = self._audit(record, author, {"channel": "web"}, None)
        previous = record.ticket["satisfaction_rating"]["score"]
        rating = {"id": next(self._ids), "score": score, "comment": comment}
        record.ticket["satisfaction_rating"] = rating
        self._event(audit, type="Change", field_name="satisfaction_score", value=score, previous_value=previous)
        self._touch(record)
        self.happened(record, author, [("csat_received", {"satisfaction_score": {**rating, "id": str(rating["id"])}})])

    def merge(self, source: Record, target: Record, author: int) -> None:
        """The source is closed with a private comment and points to the target, which gets a comment too."""
        ids = source.ticket["id"], target.ticket["id"]
        via = {"channel": "merge", "source": {"from": {}, "to": {}, "rel": "merge"}}
        note = {"body": f"This request was closed and merged into request #{ids[1]}", "public": False}
        tags = [*source.ticket["tags"], "closed_by_merge"]
        self.update(source, author, {"comment": note, "status": "closed", "tags": tags}, via)
        note = {"body": f"Request #{ids[0]} was closed and merged into this request.", "public": False}
        self.update(target, author, {"comment": note}, via)
        self.happened(source, author, [("merged", {"target_ticket_id": str(ids[1])})])

    def hide(self, record: Record, comment_id: int, author: int) -> None:
        """A public comment is made private, by an event of its own; the comment says so itself from now on."""
        next(each for each in record.comments if each["id"] == comment_id)["public"] = False
        audit = self._audit(record, author, {"channel": "web"}, None)
        self._event(audit, type="CommentPrivacyChange", comment_id=comment_id, public=False)
        self._touch(record)

    def delete(self, record: Record, author: int) -> None:
        """Soft deletion: gone from the API, `deleted` in the incremental export."""
        record.deleted = True
        self._touch(record)
        self.happened(record, author, [("soft_deleted", {})])

    # --- Parts ------------------------------------------------------------------------------------------------------

    def _may_change(self, record: Record, given: Mapping[str, Any]) -> None:
        if record.locked > 0:
            record.locked -= 1
            raise Refusal(409, {"error": "DatabaseConflict", "description": "Database collision"})
        if record.ticket["status"] == "closed":
            raise invalid("status", "Status: closed prevents ticket update")
        if str(given.get("safe_update")).lower() != "true":
            return
        if seconds_of(record.ticket["updated_at"]) > seconds_of(given.get("updated_stamp", "")):
            text = "Safe Update prevented the update due to outdated ticket data."
            text += " Please fetch the latest ticket data and try again."
            raise Refusal(409, {"error": "UpdateConflict", "description": text})

    def _check(self, given: Mapping[str, Any], comment: Any) -> None:
        if given.get("status", "open") not in STATUSES:
            raise invalid("status", f"Status: {given['status']} is not valid")
        if given.get("type") not in TYPES:
            raise invalid("type", f"Type: {given['type']} is not valid")
        self.admin.check_fields(given.get("custom_fields"))
        if given.get("priority") not in PRIORITIES:
            raise invalid("priority", f"Priority: {given['priority']} is not valid")
        if given.get("group_id") is not None and given["group_id"] not in self.groups:
            raise invalid("group", "Group: is invalid")
        if given.get("assignee_id") is not None and not self.staff(given["assignee_id"]):
            raise invalid("assignee", "Assignee: is not an agent")
        if comment and not (comment.get("body") or comment.get("html_body") or comment.get("attachments")):
            raise invalid("comment", "Comment: cannot be blank")

    def _settled(self, ticket: Json, given: Mapping[str, Any], author: int, comment: Any) -> Json:
        """What is asked for, and what Zendesk does by itself with it."""
        wanted = {name: given[name] for name in CHANGEABLE if name in given}
        if "custom_status_id" in wanted:
            wanted["status"] = self.admin.category_of(wanted["custom_status_id"])
        if "tags" in wanted:
            wanted["tags"] = clean_tags(wanted["tags"])
        if wanted.get("assignee_id") and ticket["status"] == "new":
            wanted.setdefault("status", "open")
        if wanted.get("status") == "solved" and ticket["assignee_id"] is None and self.staff(author):
            wanted.setdefault("assignee_id", author)
        asleep = ticket["status"] in ("pending", "hold", "solved")
        if asleep and comment and comment.get("public", True) and not self.staff(author):
            wanted.setdefault("status", "open")
        return wanted

    def _triggered(self, record: Record, audit: Json, when: str) -> list[Happening]:
        made: list[Happening] = []
        for on, given in self.triggers:
            for name, value in given.items() if on == when else ():
                made += self._change(record, audit, name, value, via=RULE)
        return made

    def _change(self, record: Record, audit: Json, name: str, value: Any, **more: Any) -> list[Happening]:
        previous = record.ticket[name]
        if name == "custom_fields":
            return self._fill_in(record, audit, {each["id"]: each["value"] for each in value}, **more)
        if value == previous:
            return []
        record.ticket[name] = value
        self._event(audit, type="Change", field_name=name, value=told(value), previous_value=told(previous), **more)
        if name == "tags":
            changed = {
                "tags_added": [tag for tag in value if tag not in previous],
                "tags_removed": [tag for tag in previous if tag not in value],
            }
            return [("tags_changed", changed)]
        shout = str.upper if name in ("status", "priority", "type") else str
        event = {"current": value and shout(str(value)), "previous": previous and shout(str(previous))}
        return [(EVENT_OF[name], event)] if name in EVENT_OF else []

    def _fill_in(self, record: Record, audit: Json, given: Json, **more: Any) -> list[Happening]:
        """Custom fields, each a change of its own under its number."""
        before = {each["id"]: each["value"] for each in record.ticket["custom_fields"]}
        for number, value in given.items():
            if value != before.get(number):
                old = told(before.get(number))
                self._event(audit, type="Change", field_name=str(number), value=value, previous_value=old, **more)
        record.ticket["custom_fields"] = [
            {"id": number, "value": value} for number, value in {**before, **given}.items()
        ]
        return []

    def _audit(self, record: Record, author: int, via: Json, custom: Any) -> Json:
        if custom and len(str(custom)) > MOST_METADATA:
            raise invalid("metadata", "Metadata: is too large")
        audit: Json = {"id": next(self._ids), "ticket_id": record.ticket["id"], "created_at": iso(self.clock())}
        audit |= {"author_id": author, "via": via, "events": []}
        audit["metadata"] = {"system": {"ip_address": "203.0.113.7"}, "custom": custom or {}}
        record.audits.append(audit)
        return audit

    def _event(self, audit: Json, **event: Any) -> Json:
        made: Json = {"id": next(self._ids), **event}
        audit["events"].append(made)
        return made

    def _comment(self, record: Record, audit: Json, author: int, given: Mapping[str, Any], via: Json) -> Json:
        markup = given.get("html_body")
        text = as_text(markup) if markup else str(given.get("body") or "")
        event = self._event(
            audit,
            type="Comment",
            author_id=given.get("author_id") or author,
            body=text,
            html_body=f'<div class="zd-comment" dir="auto">{markup}</div>' if markup else as_html(text),
            plain_body=text,
            public=given.get("public", True) is not False,
            attachments=[self._attachment(name) for name in given.get("attachments") or ()],
            audit_id=audit["id"],
        )
        bare = {"system": audit["metadata"]["system"], "custom": {}}  # what we sent is shown in the audit alone
        comment = {**event, "via": via, "created_at": audit["created_at"], "metadata": bare}
        record.comments.append(comment)
        return comment

    def _attachment(self, name: str) -> Json:
        number = next(self._ids)
        url = f"https://acorn.zendesk.example/attachments/token/{number}/?name={name}"
        made = {"id": number, "file_name": name, "content_url": url, "mapped_content_url": url}
        return {**made, "content_type": "application/octet-stream", "size": 2048, "inline": False, "deleted": False}

    def _said(self, comment: Json) -> Json:
        author = self.users[comment["author_id"]]
        who = {"id": str(author["id"]), "is_staff": self.staff(author["id"]), "name": author["name"]}
        words = {"id": str(comment["id"]), "body": comment["body"], "html_body": comment["html_body"]}
        return {"comment": {**words, "is_public": comment["public"], "author": who}}

    def _touch(self, record: Record) -> None:
        now = self.clock()
        record.turn = next(self._turns)
        record.ticket["updated_at"] = iso(now)
        record.ticket["generated_timestamp"] = int(now)
