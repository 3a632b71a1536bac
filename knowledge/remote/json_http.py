"""Calls to providers of vectors and rankings: JSON over HTTP, each made once, within its seconds, every fault
translated. No text that was sent, and nothing that quotes one, gets into an error: what a provider answers may."""

import json
import re
import threading
import time
from collections.abc import Mapping
from typing import Any

import httpx2

from desk.errors import FirstlineError, Permanent, Temporary, retry_after

CONNECT_SECONDS = 5.0
MOST_ANSWER = 64_000_000  # bytes; 128 vectors of 3,072 numbers are some 8 million
LIMITED_SECONDS = 15.0
"""Where a provider does not say when its limit ends: most count by the minute."""

_CODE_WORD = re.compile(r"[\w.\-]{1,60}")
_RETRYABLE_STATUSES = frozenset({408, 409, 421, 425})
_NO_CREDIT_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})


class JsonHttpClient:
    """The line to one provider. Connects at the first call (after a fork, so that no socket is shared), keeps its
    connections, and is safe between threads and greenlets."""

    def __init__(self, party: str, url: str, key: str | None = None, seconds: float = 20.0) -> None:
        self.party = party
        self._url = url.rstrip("/")
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._seconds = seconds
        self._lock = threading.Lock()
        self._client: httpx2.Client | None = None

    def post(self, body: Mapping[str, object]) -> Any:
        """The answer's JSON. Raises Temporary (with what Retry-After says) when it may work later, else Permanent."""
        content = json.dumps(body).encode()  # ASCII: any text can be sent
        deadline = time.monotonic() + self._seconds
        try:
            with self._get_client().stream("POST", self._url, content=content, headers=self._headers) as response:
                response_body = self._read_body(response, deadline)
        except httpx2.TimeoutException as error:
            raise Temporary(f"{self.party} did not answer within {self._seconds:g} s") from error
        except httpx2.HTTPError as error:
            raise Temporary(f"{self.party} could not be reached ({type(error).__name__})") from error
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise Permanent(f"{self.party} has an address, or a key, that cannot be used") from error
        if not response.is_success:
            raise _error_from_response(self.party, response, response_body)
        try:
            return json.loads(response_body)
        except (ValueError, RecursionError) as error:
            raise Temporary(f"{self.party} answered with something that is not JSON") from error

    def close(self) -> None:
        """Let all connections go; the next call opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client:
            client.close()

    def _get_client(self) -> httpx2.Client:
        with self._lock:
            if self._client is None:
                timeout = httpx2.Timeout(self._seconds, connect=min(CONNECT_SECONDS, self._seconds))
                self._client = httpx2.Client(timeout=timeout)
            return self._client

    def _read_body(self, response: httpx2.Response, deadline: float) -> bytes:
        """The client's own time-out is for each piece; an answer that drips is not waited for either."""
        response_body = bytearray()
        for chunk in response.iter_bytes():
            response_body += chunk
            if len(response_body) > MOST_ANSWER:
                raise Permanent(f"{self.party} answers with more than {MOST_ANSWER:,} bytes")
            if time.monotonic() > deadline:
                raise Temporary(f"{self.party} did not answer within {self._seconds:g} s")
        return bytes(response_body)


def _error_from_response(party: str, response: httpx2.Response, response_body: bytes) -> FirstlineError:
    status, code = response.status_code, _error_code(response_body)
    if status in (401, 403):
        return Permanent(f"{party} refused the key ({status})")
    if status == 402 or code in _NO_CREDIT_CODES:
        return Permanent(f"{party} has no credit left for this key ({status})")
    retry_after_seconds = retry_after(response.headers.get("retry-after"))
    if status == 429:
        return Temporary(
            f"{party} has had enough requests for now (429)",
            LIMITED_SECONDS if retry_after_seconds is None else retry_after_seconds,
        )
    if status in _RETRYABLE_STATUSES or status >= 500:
        return Temporary(f"{party} has trouble ({status})", retry_after_seconds)
    if status == 404:
        return Permanent(f"{party} knows no such address or model (404)")
    if status < 400:
        return Permanent(f"{party} answers from another address ({status}): name that one")
    return Permanent(f"{party} refused the request ({status}{f', {code}' if code else ''})")


def _error_code(response_body: bytes) -> str | None:
    """The word by which an OpenAI-shaped error is known, if it is one word: sentences may quote what was sent."""
    try:
        error = json.loads(response_body)["error"]
        code = error["code"] or error["type"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return code if isinstance(code, str) and _CODE_WORD.fullmatch(code) else None
