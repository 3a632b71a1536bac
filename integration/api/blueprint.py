"""The routes of the API. Each stands in `OPERATIONS`, and nothing is served before `admit` has looked there."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from desk.errors import Refused
from desk.platform.database import Database
from integration.access.api_tokens import find_caller
from integration.access.permissions import require
from integration.api.docs_page import DocsPage
from integration.api.intervention_views import InterventionViews
from integration.api.operations import OPERATIONS
from integration.api.views import StateViews, TicketViews
from integration.web.enqueue import Enqueue, leave_to_sweeper
from integration.web.problems import answer_errors, of_http

MAX_BODY_BYTES = 1_048_576

ABOUT_ITSELF = frozenset({"document", "page", "static"})
"""Routes that tell about the API. They are open, and no operations of it."""

_BY_NAME = {operation.name: operation for operation in OPERATIONS}


def make_api(
    db: Database,
    enqueue: Enqueue,
    state: StateViews,
    *,
    enqueue_act: Enqueue = leave_to_sweeper,
    max_body_bytes: int = MAX_BODY_BYTES,
) -> Blueprint:
    """The API for all accounts; a token belongs to one. `state` is how the installation is; `enqueue_act` is called
    like `enqueue`, with an intervention's id.

    The reading page needs `integration.web.layout.make_pages` registered on the same app.
    """
    api = Blueprint("api", __name__, template_folder="templates", static_folder="static", static_url_path="/api/look")
    tickets = TicketViews(db, enqueue, max_body_bytes)
    acts = InterventionViews(db, enqueue_act, max_body_bytes)
    views: dict[str, Callable[..., Response]] = {
        "open_ticket": tickets.open_ticket,
        "read_ticket": tickets.read_ticket,
        "add_message": tickets.add_message,
        "intervene": acts.intervene,
        "read_intervention": acts.read_intervention,
        "health": state.health,
        "ready": state.ready,
        "live": state.live,
    }
    for operation in OPERATIONS:
        api.add_url_rule(operation.rule, operation.name, views[operation.name], methods=[operation.method])
    docs_page = DocsPage(state.version, max_body_bytes)
    api.add_url_rule("/api/v1/openapi.json", "document", docs_page.document)
    api.add_url_rule("/api/docs", "page", docs_page.page)
    _add_guards(api, db)
    return api


def _admit(db: Database) -> None:
    """Who is it, and may they? Raises Refused."""
    name = (request.endpoint or "").removeprefix("api.")
    if name in ABOUT_ITSELF:
        return
    if name not in _BY_NAME:
        raise Refused("nobody may do this", status=403)
    if permission := _BY_NAME[name].act:
        g.caller = find_caller(db, request.headers.get("Authorization"))
        require(g.caller, permission)


def _add_guards(api: Blueprint, db: Database) -> None:
    api.before_request(partial(_admit, db))
    api.after_request(_add_privacy_headers)
    api.before_app_request(_answer_unknown_path)
    answer_errors(api)


def _answer_unknown_path() -> AnyResponse | None:
    """No blueprint is asked about an address that none has; this answers for those that would be ours."""
    error = request.routing_exception
    is_api_path = request.path.startswith("/api/") or request.path in {"/api", "/health", "/ready", "/live"}
    if is_api_path and isinstance(error, HTTPException) and (error.code or 0) >= 400:
        return of_http(error)
    return None


def _add_privacy_headers(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
