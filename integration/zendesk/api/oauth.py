"""A bearer token by client credentials, for who connects an OAuth client instead of an API token.

Each process has its own token. When Zendesk no longer takes it, a new one is asked for and the request sent once more:
what was answered 401 was not done. https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/
"""

from threading import Lock
from typing import Any

import requests
from requests.auth import AuthBase

from desk.errors import Outage
from desk.party import Access
from integration.zendesk.api.rate_limits import PARTY, limit_of

TIMEOUT = (5.0, 10.0)
SCOPE = "read write"
REFUSALS = (400, 401, 403, 404)


class ClientCredentials(AuthBase):
    """`requests` authentication by an OAuth client. Raises Outage when no token is to be had."""

    def __init__(self, address: str, client_id: str, client_secret: str) -> None:
        self._url = f"{address}/oauth/tokens"
        self._identity = {"client_id": client_id, "client_secret": client_secret}
        self._token = ""
        self._lock = Lock()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request, and be there for its answer."""
        request.headers["Authorization"] = f"Bearer {self._token or self._renew('')}"
        request.register_hook("response", self._try_again)
        return request

    def _try_again(self, response: requests.Response, **kwargs: Any) -> requests.Response:
        if response.status_code != requests.codes.unauthorized:
            return response
        request = response.request.copy()
        used_token = str(request.headers["Authorization"]).removeprefix("Bearer ")
        response.close()
        request.headers["Authorization"] = f"Bearer {self._renew(used_token)}"
        adapter: Any = response.connection
        second_response: requests.Response = adapter.send(request, **kwargs)
        second_response.history.append(response)
        return second_response

    def _renew(self, used_token: str) -> str:
        """A token that is not `used_token`, which nobody takes any more."""
        with self._lock:
            if self._token == used_token:
                self._token = self._fetch()
            return self._token

    def _fetch(self) -> str:
        grant = {"grant_type": "client_credentials", "scope": SCOPE, **self._identity}
        response = requests.post(self._url, json=grant, timeout=TIMEOUT, allow_redirects=False)
        if response.status_code == requests.codes.too_many_requests:
            raise limit_of(response, Access.READ)
        if response.status_code in REFUSALS:
            message = f"Zendesk gives this OAuth client no token ({response.status_code})"
            raise Outage(message, PARTY, Access.READ, refused=True, untouched=True)
        response.raise_for_status()
        token = response.json().get("access_token")
        if not isinstance(token, str) or not token:
            raise Outage("Zendesk gave an answer without a token", PARTY, Access.READ, untouched=True)
        return token
