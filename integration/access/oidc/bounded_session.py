"""The line to the provider: no redirect is followed, and no answer is waited for or read without end."""

import time
from io import BytesIO
from typing import Any

from authlib.integrations.requests_client import OAuth2Session
from requests import RequestException, Response
from urllib3.exceptions import HTTPError

SECONDS = 5.0
"""For each of the up to four calls of a sign-in, the answer's last byte included."""
CONNECT_SECONDS = 3.0
MOST_BYTES = 1_000_000


class BoundedSession(OAuth2Session):  # type: ignore[misc]  # Authlib carries no types
    """Authlib's client over requests. A redirect would take the secret elsewhere, so it is an answer like any other."""

    def request(self, method: str, url: str, **options: Any) -> Response:
        """The whole answer. Raises RequestException."""
        deadline = time.monotonic() + SECONDS
        bounds = {"allow_redirects": False, "stream": True, "timeout": (CONNECT_SECONDS, SECONDS)}
        with super().request(method, url, **options | bounds) as response:
            return _copy_response(response, _read_body(response, deadline))


def _read_body(response: Response, deadline: float) -> bytes:
    """Piece by piece as it comes: requests' own way waits for a whole piece, and each byte may take its time-out."""
    body = bytearray()
    try:
        while chunk := response.raw.read1(8192, decode_content=True):
            body += chunk
            if len(body) > MOST_BYTES:
                raise RequestException("the answer is too long")
            if time.monotonic() > deadline:
                raise RequestException("the answer drips")
    except HTTPError as error:
        raise RequestException("the answer broke off") from error
    return bytes(body)


def _copy_response(response: Response, body: bytes) -> Response:
    """The same with all of its body: one that was streamed cannot be read a second time."""
    copy = Response()
    copy.status_code, copy.reason, copy.url = response.status_code, response.reason, response.url
    copy.headers, copy.encoding, copy.raw = response.headers, response.encoding, BytesIO(body)
    return copy
