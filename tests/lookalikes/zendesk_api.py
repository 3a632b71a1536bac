"""Zendesk's REST API over a `Store`: credentials, limits, endpoints, pages."""

import base64
import re
from collections.abc import Callable
from typing import Any

from tests.lookalikes.stage import Answer, Request
from tests.lookalikes.zendesk_guide import Guide
from tests.lookalikes.zendesk_limits import Limits
from tests.lookalikes.zendesk_pages import cursor_of, cursor_page, here, offset_page, place_of
from tests.lookalikes.zendesk_search import found as search
from tests.lookalikes.zendesk_shapes import Json, Record, Refusal, not_found
from tests.lookalikes.zendesk_store import Store

ANONYMOUS = {"id": None, "name": "Anonymous user", "email": "invalid@example.com", "role": "end-user"}
API_VIA = {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}}
MOST_EXPORT = 1000


class Api:
    """What one account answers to one agent's token. Call it with the look-alike's lock held."""

    def __init__(self, store: Store, guide: Guide, agent: int, basic: str, bearer: str) -> None:
        self.store = store
        self.guide = guide
        self.agent = agent
        self.accepted = {"Basic " + base64.b64encode(basic.encode()).decode(), f"Bearer {bearer}"}
        self.limits = Limits(store.clock)
        self.export_lag = 0
        self.unwraps_custom = False

    def answer(self, request: Request) -> Answer:
        """Answer with Zendesk's headers for what is left of the limit."""
        try:
            self.limits.spend("requests")
            if request.method == "PUT" and "/tickets/" in request.path:
                self.limits.spend("updates")
            made = self._answer(request)
        except Refusal as refusal:
            made = Answer(refusal.status, refusal.body, refusal.headers)
        return Answer(made.status, made.body, {**self.limits.headers(), **made.headers})

    def _answer(self, request: Request) -> Answer:
        known = request.headers.get("authorization") in self.accepted
        if not known and request.path == "/api/v2/users/me.json":
            return Answer(body={"user": ANONYMOUS})
        if not known:
            return Answer(401, {"error": "Couldn't authenticate you"})
        if request.path.startswith("/api/v2/help_center/"):
            return self.guide.answer(request)
        listed = request.path.removeprefix("/api/v2/").removesuffix(".json")
        if request.method == "GET" and listed in self.store.admin.lists:
            return self.store.admin.answer(request, listed)
        for method, pattern, act in ROUTES:
            found = re.fullmatch(pattern, request.path.removeprefix("/api/v2/").removesuffix(".json"))
            if found and method == request.method:
                return act(self, request, *(int(number) for number in found.groups()))
        return Answer(404, {"error": "InvalidEndpoint", "description": "Not found"})

    # --- Tickets ----------------------------------------------------------------------------------------------------

    def show_ticket(self, request: Request, number: int) -> Answer:
        """GET tickets/{id}, with `include`."""
        ticket = self.store.record(number).ticket
        return Answer(body={"ticket": self._told(request, ticket), **self._include(request, [ticket])})

    def show_tickets(self, request: Request) -> Answer:
        """GET tickets/show_many?ids=, without those that are gone."""
        wanted = [int(each) for each in request.query.get("ids", "").split(",") if each.strip().isdigit()]
        return Answer(body=self._page(request, "tickets", [self._told(request, t) for t in self._standing(wanted)]))

    def list_tickets(self, request: Request) -> Answer:
        """GET tickets."""
        return Answer(body=self._page(request, "tickets", [self._told(request, t) for t in self._standing(None)]))

    def create_ticket(self, request: Request) -> Answer:
        """POST tickets: the agent writes, unless `submitter_id` or the comment's `author_id` says otherwise."""
        given = _object(request, "ticket")
        asked = given.get("requester") or {}
        requester = given.get("requester_id") or self.agent
        if asked:
            requester = self.store.person(asked.get("email"), asked.get("name"))["id"]
        author = given.get("submitter_id") or self.agent
        record = self.store.create(author, requester, given, API_VIA, self._custom(given))
        return self._changed(request, record, record.audits[-1], 201)

    def update_ticket(self, request: Request, number: int) -> Answer:
        """PUT tickets/{id}. `ticket.metadata` is kept as the audit's `metadata.custom`."""
        record, given = self.store.record(number), _object(request, "ticket")
        audit = self.store.update(record, self.agent, given, API_VIA, self._custom(given))
        return self._changed(request, record, audit, 200)

    def delete_ticket(self, request: Request, number: int) -> Answer:
        """DELETE tickets/{id}."""
        self.store.delete(self.store.record(number), self.agent)
        return Answer(204, b"")

    def merge_tickets(self, request: Request, number: int) -> Answer:
        """POST tickets/{id}/merge; the job is done when it answers."""
        for source in request.json.get("ids") or []:
            self.store.merge(self.store.record(int(source)), self.store.record(number), self.agent)
        return Answer(body={"job_status": {"id": "j1", "status": "completed", "progress": None, "total": None}})

    def change_tags(self, request: Request, number: int) -> Answer:
        """tickets/{id}/tags: PUT adds, POST replaces, DELETE removes."""
        record, given = self.store.record(number), request.json
        tags, asked = record.ticket["tags"], [str(tag).lower() for tag in given.get("tags") or []]
        wanted = {
            "PUT": [*tags, *asked],
            "POST": asked,
            "DELETE": [tag for tag in tags if tag not in asked],
            "GET": tags,
        }[request.method]
        if request.method != "GET":
            tags = self.store.retag(record, self.agent, wanted, given, API_VIA)
        return Answer(201 if request.method == "POST" else 200, {"tags": tags})

    def comments(self, request: Request, number: int) -> Answer:
        """GET tickets/{id}/comments, with `include=users`; newest first by `sort` or `sort_order`."""
        return self._conversation(request, "comments", self.store.record(number).comments)

    def audits(self, request: Request, number: int) -> Answer:
        """GET tickets/{id}/audits, with `include=users`; oldest first, whatever is asked."""
        return self._conversation(request, "audits", self.store.record(number).audits)

    # --- People -----------------------------------------------------------------------------------------------------

    def me(self, request: Request) -> Answer:
        """GET users/me."""
        return Answer(body={"user": self.store.users[self.agent]})

    def show_user(self, request: Request, number: int) -> Answer:
        """GET users/{id}."""
        return Answer(body={"user": _found(self.store.users, number)})

    def show_users(self, request: Request) -> Answer:
        """GET users/show_many?ids=."""
        wanted = [int(each) for each in request.query.get("ids", "").split(",") if each.strip().isdigit()]
        users = [self.store.users[number] for number in wanted if number in self.store.users]
        return Answer(body=self._page(request, "users", users))

    def show_organization(self, request: Request, number: int) -> Answer:
        """GET organizations/{id}."""
        return Answer(body={"organization": _found(self.store.organizations, number)})

    def show_group(self, request: Request, number: int) -> Answer:
        """GET groups/{id}."""
        return Answer(body={"group": _found(self.store.groups, number)})

    def show_custom_role(self, request: Request, number: int) -> Answer:
        """GET custom_roles/{id}."""
        return self.store.admin.show_role(number)

    def list_groups_of_user(self, request: Request, number: int) -> Answer:
        """GET users/{id}/groups: those of the user's `group_ids`, which the API itself does not show."""
        mine = _found(self.store.users, number).get("group_ids", [])
        return Answer(body=self._page(request, "groups", [self.store.groups[group] for group in mine]))

    def list_users(self, request: Request) -> Answer:
        """GET users, of a role."""
        role = request.query.get("role")
        users = [user for user in self.store.users.values() if role in (None, user["role"])]
        return Answer(body=self._page(request, "users", users))

    def list_groups(self, request: Request) -> Answer:
        """GET groups."""
        return Answer(body=self._page(request, "groups", list(self.store.groups.values())))

    def export_search(self, request: Request) -> Answer:
        """GET search/export?query=&filter[type]=ticket, by cursor only."""
        if request.query.get("filter[type]") != "ticket":
            raise Refusal(400, {"error": "InvalidValue", "description": "filter[type] is missing"})
        rows = [self._told(request, row) for row in search(list(self.store.records.values()), request.query["query"])]
        return Answer(body=cursor_page(request, "results", rows))

    # --- Incremental export -----------------------------------------------------------------------------------------

    def export_by_time(self, request: Request) -> Answer:
        """GET incremental/tickets?start_time=: everything since, the second itself included, so pages overlap."""
        since = self._start(request)
        most = min(int(request.query.get("per_page", MOST_EXPORT)), MOST_EXPORT)
        rows = [each for each in self._exported() if each.ticket["generated_timestamp"] >= since]
        page = rows[:most]
        if page and len(rows) > most:  # a second is never torn apart, or the export would never get beyond it
            last = page[-1].ticket["generated_timestamp"]
            page = [each for each in rows if each.ticket["generated_timestamp"] <= last]
        end = page[-1].ticket["generated_timestamp"] if page else None
        next_page = f"{here(request)}?start_time={end or since}" if page else None
        told = {"count": len(page), "end_of_stream": len(page) == len(rows), "end_time": end, "next_page": next_page}
        return Answer(body={**self._export(request, page), **told})

    def export_by_cursor(self, request: Request) -> Answer:
        """GET incremental/tickets/cursor?start_time= or ?cursor=. Nothing since `start_time`: no cursor either."""
        cursor = request.query.get("cursor")
        most = min(int(request.query.get("per_page", MOST_EXPORT)), MOST_EXPORT)
        if cursor:
            self.limits.spend("exports")
            rows = [each for each in self._exported() if each.turn > place_of(cursor)]
        else:
            since = self._start(request)
            rows = [each for each in self._exported() if each.ticket["generated_timestamp"] >= since]
        page = rows[:most]
        after = cursor_of(page[-1].turn) if page else cursor
        told: Json = {"after_cursor": after, "after_url": after and f"{here(request)}?cursor={after}"}
        told |= {"end_of_stream": len(page) == len(rows)}
        told |= {"before_cursor": None, "before_url": None}
        return Answer(body={**self._export(request, page), **told})

    def _start(self, request: Request) -> int:
        self.limits.spend("exports")
        since = int(float(request.query.get("start_time") or 0))
        if since > self.store.clock() - 60:
            text = "Too recent start_time. Use a start_time older than 60 seconds"
            raise Refusal(400, {"error": "StartTimeTooRecent", "description": text})
        return since

    def _exported(self) -> list[Record]:
        until = self.store.clock() - self.export_lag
        rows = [each for each in self.store.records.values() if each.ticket["generated_timestamp"] <= until]
        return sorted(rows, key=lambda record: record.turn)

    def _export(self, request: Request, page: list[Record]) -> Json:
        tickets = [{**each.ticket, **({"status": "deleted"} if each.deleted else {})} for each in page]
        told = [self._told(request, ticket) for ticket in tickets]
        return {"tickets": told, **self._include(request, tickets)}

    # --- Parts ------------------------------------------------------------------------------------------------------

    def _custom(self, given: Json) -> Any:
        metadata = given.get("metadata")
        wrapped = isinstance(metadata, dict) and isinstance(metadata.get("custom"), dict)
        return metadata["custom"] if metadata and wrapped and self.unwraps_custom else metadata

    def _standing(self, wanted: list[int] | None) -> list[Json]:
        numbers = list(self.store.records) if wanted is None else wanted
        records = [self.store.records[number] for number in numbers if number in self.store.records]
        return [record.ticket for record in records if not record.deleted]

    def _told(self, request: Request, ticket: Json) -> Json:
        url = f"http://{request.headers.get('host', '')}/api/v2/tickets/{ticket['id']}.json"
        return {"url": url, **ticket, "fields": ticket["custom_fields"]}

    def _changed(self, request: Request, record: Record, audit: Json, status: int) -> Answer:
        return Answer(status, {"ticket": self._told(request, record.ticket), "audit": audit})

    def _include(self, request: Request, tickets: list[Json]) -> Json:
        wanted = request.query.get("include", "").split(",")
        sides = {
            "users": (self.store.users, ("requester_id", "submitter_id", "assignee_id")),
            "groups": (self.store.groups, ("group_id",)),
            "organizations": (self.store.organizations, ("organization_id",)),
            "ticket_forms": ({each["id"]: each for each in self.store.admin.forms}, ("ticket_form_id",)),
        }
        return {
            name: [kind[key] for key in dict.fromkeys(t[field] for t in tickets for field in fields) if key in kind]
            for name, (kind, fields) in sides.items()
            if name in wanted
        }

    def _conversation(self, request: Request, name: str, rows: list[Json]) -> Answer:
        backwards = request.query.get("sort") == "-created_at" or request.query.get("sort_order") == "desc"
        body = self._page(request, name, rows[::-1] if backwards and name == "comments" else list(rows))
        if "users" in request.query.get("include", "").split(","):
            authors = dict.fromkeys(row["author_id"] for row in body[name])
            body["users"] = [self.store.users[number] for number in authors if number in self.store.users]
        return Answer(body=body)

    def _page(self, request: Request, name: str, rows: list[Any]) -> Json:
        by_cursor = any(key.startswith("page[") for key in request.query)
        return cursor_page(request, name, rows) if by_cursor else offset_page(request, name, rows)


Route = tuple[str, str, Callable[..., Answer]]

ROUTES: tuple[Route, ...] = (
    ("GET", r"tickets/(\d+)", Api.show_ticket),
    ("PUT", r"tickets/(\d+)", Api.update_ticket),
    ("DELETE", r"tickets/(\d+)", Api.delete_ticket),
    ("GET", r"tickets/show_many", Api.show_tickets),
    ("GET", r"tickets", Api.list_tickets),
    ("POST", r"tickets", Api.create_ticket),
    ("POST", r"tickets/(\d+)/merge", Api.merge_tickets),
    ("GET", r"tickets/(\d+)/comments", Api.comments),
    ("GET", r"tickets/(\d+)/audits", Api.audits),
    *((method, r"tickets/(\d+)/tags", Api.change_tags) for method in ("GET", "PUT", "POST", "DELETE")),
    ("GET", r"users/me", Api.me),
    ("GET", r"users/(\d+)", Api.show_user),
    ("GET", r"users/show_many", Api.show_users),
    ("GET", r"users/(\d+)/groups", Api.list_groups_of_user),
    ("GET", r"organizations/(\d+)", Api.show_organization),
    ("GET", r"groups/(\d+)", Api.show_group),
    ("GET", r"groups", Api.list_groups),
    ("GET", r"custom_roles/(\d+)", Api.show_custom_role),
    ("GET", r"users", Api.list_users),
    ("GET", r"search/export", Api.export_search),
    ("GET", r"incremental/tickets", Api.export_by_time),
    ("GET", r"incremental/tickets/cursor", Api.export_by_cursor),
)


def _object(request: Request, name: str) -> Json:
    try:
        given = request.json[name]
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(400, {"error": "BadRequest", "description": f"{name} is missing or no JSON"}) from error
    if not isinstance(given, dict):
        raise Refusal(400, {"error": "BadRequest", "description": f"{name} must be an object"})
    return given


def _found(kind: dict[int, Json], number: int) -> Json:
    if number not in kind:
        raise not_found()
    return kind[number]
