"""Zendesk's API by zenpy, with our own session: no retries, short time-outs, no sleeping, no cache.

zenpy's own session repeats a PUT on 503 and time-outs, which posts a comment twice, and sleeps through a 429 inside
the process. Here every trouble is raised at once, as Temporary or Permanent; waiting is the work of the tasks. What may
be trouble of the whole account is an Outage.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote, urlsplit

import requests
from pydantic import ValidationError
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from zenpy.lib.api import TicketApi  # type: ignore[import-untyped]  # zenpy carries no types
from zenpy.lib.cache import ZenpyCacheManager  # type: ignore[import-untyped]  # as above
from zenpy.lib.endpoint import Url  # type: ignore[import-untyped]  # as above
from zenpy.lib.exception import APIException, ZenpyException  # type: ignore[import-untyped]  # as above

from desk.errors import Blocked, FirstlineError, Outage, Permanent, Temporary, retry_after
from desk.party import Access
from integration.zendesk.api.models import AuditPage, Export, ListPage, Shape, TicketAnswer, Updated
from integration.zendesk.api.rate_limits import PARTY, limit_of, quiet_for

TIMEOUT = (5.0, 10.0)
"""Seconds to connect, and to wait for the first or next byte."""
CONNECTIONS = 100
PAGE = 100
EXPORT_PAGE = 50
"""Small, because each ticket of it costs a further call before the cursor moves on."""
SIDES = ["users", "organizations", "groups", "ticket_forms"]
MOST_PAGES = 60
"""Of audits: 6,000 changes of one ticket; Zendesk takes at most 5,000 comments."""
NOWHERE = "2147483647"
"""A ticket that no account has: Zendesk numbers them from 1 on."""

logging.getLogger("zenpy").setLevel(logging.INFO)  # at DEBUG it would log what customers wrote

Json = dict[str, Any]
File = tuple[str, bytes, str]
"""Its name, its content, and of what kind it is."""
OnLimit = Callable[[float], None]
S = TypeVar("S", bound=Shape)
P = TypeVar("P", bound=ListPage)


class Conflict(Temporary):
    """409: the ticket changed since we looked, or is locked. Look again before the next try."""


class Unacceptable(Permanent):
    """422 or 400: Zendesk will not take this as it is; a closed ticket answers so."""


class Gone(Permanent):
    """404: there is no such ticket, or no longer."""


class HistoryTooLong(Permanent):
    """A ticket with more history than we read."""


class ZendeskSession(requests.Session):
    """HTTP without retries. A 429 is raised before zenpy can sleep; `on_limit` hears when a minute is nearly spent."""

    def __init__(self, on_limit: OnLimit) -> None:
        super().__init__()
        for scheme in ("https://", "http://"):
            self.mount(scheme, HTTPAdapter(max_retries=0, pool_maxsize=CONNECTIONS))
        self._on_limit = on_limit
        self._limit_reported_until = 0.0

    def send(self, request: Any, **kwargs: Any) -> Any:
        """Send, and read from the answer how much more Zendesk will take."""
        response = super().send(request, **kwargs)
        if response.status_code == 429:
            raise limit_of(response, Access.READ if request.method == "GET" else Access.WRITE)
        if (pause_seconds := quiet_for(response.headers)) and time.monotonic() > self._limit_reported_until:
            self._limit_reported_until = time.monotonic() + pause_seconds
            self._on_limit(pause_seconds)
        return response


class TicketsApi(TicketApi):  # type: ignore[misc]  # untyped base
    """zenpy's ticket API at any address. It gives plain JSON: zenpy drops sideloaded users when its cache is off."""

    def __init__(self, address: str, session: ZendeskSession, timeout: tuple[float, float] = TIMEOUT) -> None:
        url_parts = urlsplit(address)
        config = {"subdomain": url_parts.netloc, "domain": "", "session": session, "timeout": timeout}
        no_rate_limits = {"ratelimit": None, "ratelimit_budget": None, "ratelimit_request_interval": 10}
        super().__init__({**config, **no_rate_limits, "cache": ZenpyCacheManager(True)})
        self.protocol = url_parts.scheme
        self._netloc = url_parts.netloc

    @property
    def base_url(self) -> str:
        """Host and port."""
        return self._netloc

    def read(self, endpoint: Any) -> Json:
        """GET an endpoint of zenpy's."""
        return _json_object(self._get(self._build_url(endpoint), raw_response=True))

    def write(self, endpoint: Any, payload: Json) -> Json:
        """PUT, once."""
        url = self._build_url(endpoint)
        return _json_object(self._call_api(self.session.put, url, json=payload, timeout=self.timeout))

    def send(self, method: str, endpoint: Url, payload: Json | None) -> Json:
        """Any other method, once. An answer without content is an empty object."""
        act = getattr(self.session, method.lower())
        response = self._call_api(act, self._build_url(endpoint), json=payload, timeout=self.timeout)
        return _json_object(response) if response.content else {}

    def send_file(self, endpoint: Url, field: str, file: File) -> Json:
        """POST a form with one file, once."""
        url = self._build_url(endpoint)
        return _json_object(self._call_api(self.session.post, url, files={field: file}, timeout=self.timeout))

    def read_text(self, endpoint: Url) -> str:
        """GET what need not be JSON."""
        return str(self._get(self._build_url(endpoint), raw_response=True).text)

    def _check_response(self, response: Any) -> None:
        """zenpy trips over a refusal whose JSON is no object."""
        try:
            super()._check_response(response)
        except AttributeError:
            response.raise_for_status()


class ZendeskClient:
    """What Firstline asks of Zendesk. Every method raises Temporary or Permanent, and nothing else."""

    def __init__(
        self,
        address: str,
        email: str,
        token: str,
        on_limit: OnLimit,
        timeout: tuple[float, float] | None = None,
        auth: AuthBase | None = None,
    ) -> None:
        session = ZendeskSession(on_limit)
        session.auth = auth or (f"{email}/token", token)
        session.headers["User-Agent"] = "Firstline"
        self.address = address
        self._tickets = TicketsApi(address, session, timeout or TIMEOUT)

    def ticket(self, ticket_id: str) -> TicketAnswer:
        """The ticket with its people, and the names around it, in one call."""
        with translate_error():
            endpoint = self._tickets.endpoint(id=int(ticket_id), include=SIDES)
            return TicketAnswer.model_validate(self._tickets.read(endpoint))

    def audits(self, ticket_id: str) -> Iterator[AuditPage]:
        """The ticket's whole history, oldest first, 100 changes to a call; comments stand in it with their authors."""
        cursor_params: Json = {}
        for _ in range(MOST_PAGES):
            with translate_error():
                endpoint = self._tickets.endpoint.audits
                call = endpoint(int(ticket_id), include="users", cursor_pagination=PAGE, **cursor_params)
                page = AuditPage.model_validate(self._tickets.read(call))
            yield page
            if not page.meta.has_more or not page.meta.after_cursor:
                return
            cursor_params = {"page[after]": quote(page.meta.after_cursor, safe="")}  # zenpy quotes nothing
        raise HistoryTooLong("the ticket's history is too long to read")

    def update(self, ticket_id: str, fields: Json) -> Updated:
        """Change a ticket. Raises Conflict, Unacceptable and Gone as well."""
        with translate_error(Access.WRITE):
            payload = self._tickets.write(self._tickets.endpoint(id=int(ticket_id)), {"ticket": fields})
            return Updated.model_validate(payload)

    def probe(self, access: Access) -> None:
        """Ask after, or change nothing in, a ticket that cannot be there: whatever Zendesk says of that ticket, it is
        up. Raises Outage."""
        try:
            self.ticket(NOWHERE) if access is Access.READ else self.update(NOWHERE, {})
        except Outage:
            raise
        except Blocked as error:  # no ticket, so it can only mean the account
            raise Outage(str(error), PARTY, access, error.retry_after, untouched=True) from error
        except (Permanent, Temporary):
            return

    def changed(self, *, cursor: str | None = None, since: int = 0) -> Export:
        """A page of the tickets that changed, from a cursor or from a Unix time, in order of change."""
        export_endpoints = self._tickets.endpoint.incremental
        with translate_error():
            endpoint = (
                export_endpoints.cursor(cursor=quote(cursor, safe=""))
                if cursor
                else export_endpoints.cursor_start(since)
            )
            endpoint.params["per_page"] = EXPORT_PAGE
            return Export.model_validate(self._tickets.read(endpoint))

    def show(self, path: str, shape: type[S], **query: str) -> S:
        """GET a path below `/api/v2/`. The query's values are quoted here."""
        quoted = {name: quote(value, safe=",") for name, value in query.items()}
        with translate_error():
            return shape.model_validate(self._tickets.read(Url(path, quoted)))

    def change(self, method: str, path: str, payload: Json | None = None, **query: str) -> Json:
        """POST, PUT, PATCH or DELETE a path below `/api/v2/`, once."""
        quoted = {name: quote(value, safe=",") for name, value in query.items()}
        with translate_error(Access.WRITE):
            return self._tickets.send(method, Url(path, quoted), payload)

    def upload(self, path: str, field: str, file: File) -> Json:
        """POST a file to a path below `/api/v2/`, once."""
        with translate_error(Access.WRITE):
            return self._tickets.send_file(Url(path), field, file)

    def text(self, path: str) -> str:
        """GET a path below `/api/v2/` that is no JSON."""
        with translate_error():
            return self._tickets.read_text(Url(path))

    def listed(self, path: str, shape: type[P], **query: str) -> Iterator[P]:
        """A whole list, 100 to a call. Raises Temporary when a page says that there are more and not where: who takes
        that for the end would take the rest for deleted."""
        cursor_params: dict[str, str] = {}
        while True:
            page = self.show(path, shape, **{"page[size]": str(PAGE)}, **query, **cursor_params)
            yield page
            if not page.meta.has_more:
                return
            if not page.meta.after_cursor or page.meta.after_cursor == cursor_params.get("page[after]"):
                raise Temporary("Zendesk's list broke off half-way")
            cursor_params = {"page[after]": page.meta.after_cursor}


@contextmanager
def translate_error(access: Access = Access.READ) -> Iterator[None]:
    """Every foreign exception as one of ours."""
    try:
        yield
    except FirstlineError:
        raise
    except (APIException, requests.HTTPError) as error:
        _raise_refusal(error, access)
    except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
        raise Outage(f"no answer from Zendesk ({type(error).__name__})", PARTY, access) from error
    except ValidationError:
        raise Temporary("Zendesk gave an answer of another shape") from None  # its words would quote the ticket
    except requests.exceptions.JSONDecodeError as error:
        raise Outage("Zendesk gave an answer that cannot be read", PARTY, access) from error
    except (requests.RequestException, ZenpyException, ValueError) as error:
        raise Temporary("Zendesk gave an answer that cannot be read") from error


def _raise_refusal(error: Any, access: Access) -> NoReturn:
    response = error.response
    status = response.status_code if response is not None else 0
    if status == 401:
        message = "Zendesk refused the API token (401); make a new one and connect again"
        raise Outage(message, PARTY, access, refused=True, untouched=True) from error
    if status == 403:
        raise Permanent("Zendesk forbids this to the token's user (403); it must be an agent with access") from error
    if status in (404, 410):
        raise Gone("the ticket is gone from Zendesk") from error
    if status == 409:
        raise Conflict("the ticket changed or is locked (409)", retry_after=1.0) from error
    if status in (400, 422):
        raise Unacceptable(f"Zendesk does not take this ({status})") from error
    if status >= 500 or status in (0, 408):
        wait = retry_after(response.headers.get("Retry-After")) if response is not None else None
        raise Outage(f"Zendesk has trouble ({status})", PARTY, access, retry_after=wait) from error
    raise Permanent(f"Zendesk refused ({status})") from error


def _json_object(response: Any) -> Json:
    payload = response.json()
    if not isinstance(payload, dict):
        raise ValueError("not an object")
    return payload
