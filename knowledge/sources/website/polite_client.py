"""Requests to one site: one after the other, with its pauses, each tried again once, redirects followed by hand."""

import time
from collections.abc import Callable, Mapping

from desk.errors import Blocked, Permanent, Temporary, retry_after
from knowledge.sources.website.http_fetch import HttpClient, HttpResponse
from knowledge.sources.website.urls import host_of, normalize_url

MOST_REDIRECTS = 5
AGAIN_SECONDS = 1.0
LONGEST_PAUSE = 10.0
"""Seconds that a Retry-After is waited for before the second try."""

LONGEST_REST, MOST_REST = 60.0, 600.0
"""The same of a 429, and of all of them in one reading; after that no 429 is waited for."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})


class PoliteClient:
    """`delay` seconds lie between two requests."""

    def __init__(self, client: HttpClient, delay: float = 0.0, pause: Callable[[float], None] = time.sleep) -> None:
        self.delay = delay
        self._client = client
        self._pause = pause
        self._has_requested = False
        self._rested = 0.0

    def get(self, url: str, max_bytes: int, extra_headers: Mapping[str, str] | None = None) -> HttpResponse:
        """The answer, unless it is of the kind 429 or 5xx. Raises Temporary when that, or none, comes twice; Blocked
        when it is 429; Permanent when the host may not be asked."""
        try:
            return self._request(url, max_bytes, extra_headers)
        except Blocked as error:
            self._rest(error)
        except Temporary as error:
            self._pause(min(AGAIN_SECONDS if error.retry_after is None else error.retry_after, LONGEST_PAUSE))
        return self._request(url, max_bytes, extra_headers)

    def follow(self, url: str, max_bytes: int, within: Callable[[str], bool]) -> HttpResponse | None:
        """The answer behind at most five redirects; None when there are more, or they go in a circle. Raises as `get`,
        and Permanent when one leads to where we may not follow."""
        for _ in range(MOST_REDIRECTS + 1):
            response = self.get(url, max_bytes)
            if response.status not in REDIRECTS:
                return response
            target = redirect_target(response)
            if target is None or not within(target):
                raise Permanent(f"{url} leads to {target or 'nowhere'}; if that is meant, name that address")
            url = target
        return None

    def _rest(self, error: Blocked) -> None:
        seconds = min(AGAIN_SECONDS if error.retry_after is None else error.retry_after, LONGEST_REST)
        if self._rested + seconds > MOST_REST:
            raise error
        self._rested += seconds
        self._pause(seconds)

    def _request(self, url: str, max_bytes: int, extra_headers: Mapping[str, str] | None) -> HttpResponse:
        if self._has_requested and self.delay:
            self._pause(self.delay)
        self._has_requested = True
        response = self._client.get(url, max_bytes, extra_headers)
        retry_after_seconds = retry_after(response.header("retry-after"))
        if response.status == 429:
            raise Blocked(f"{host_of(url)} has had enough requests for now (429)", retry_after_seconds)
        if response.status >= 500:
            raise Temporary(f"{host_of(url)} has trouble ({response.status})", retry_after_seconds)
        return response


def redirect_target(response: HttpResponse) -> str | None:
    """Where a redirect leads, as a normal URL."""
    location = response.header("location")
    return normalize_url(location, response.url) if location else None
