"""gunicorn's gevent worker with a clock on what comes in, and errors of its own that carry the headers of all answers.

Without the clock a sender of one byte a second holds a connection, and its greenlet, for ever. A request's headers and
body together have `FIRSTLINE_REQUEST_SECONDS`; then its connection reads as ended: unfinished headers are dropped, an
unfinished body is answered 400, like one whose sender has gone.
"""

import json
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from http import HTTPStatus
from typing import Any

from gevent import socket
from gunicorn import util  # type: ignore[import-untyped]  # gunicorn carries no types
from gunicorn.http import errors  # type: ignore[import-untyped]  # as above
from gunicorn.workers.ggevent import GeventWorker  # type: ignore[import-untyped]  # as above

UNREADABLE = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.ForbiddenProxyRequest: HTTPStatus.FORBIDDEN,
}
"""What gunicorn cannot read as a request, where it is not 400."""

HEADERS = (
    "Connection: close",
    "Content-Type: application/problem+json",
    "X-Content-Type-Options: nosniff",
    "Referrer-Policy: same-origin",
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
    "Cache-Control: no-store",
)


class TimedSocket:
    """A connection that reads as ended when a request takes longer than `seconds` to come in, or when none comes for
    `idle` seconds after an answer."""

    def __init__(self, sock: socket.socket, seconds: float, idle: float) -> None:
        self._sock = sock
        self._seconds = seconds
        self._idle = idle
        self._deadline: float | None = time.monotonic() + seconds
        self._is_over = False

    def recv(self, size: int, *flags: int) -> bytes:
        """The next bytes; none when the time is up."""
        seconds_left = self._idle if self._deadline is None else self._deadline - time.monotonic()
        if self._is_over or seconds_left <= 0:
            return self._mark_ended()
        self._sock.settimeout(seconds_left)
        try:
            data: bytes = self._sock.recv(size, *flags)
        except TimeoutError:
            return self._mark_ended()
        finally:
            self._sock.settimeout(None)
        if self._deadline is None:
            self._deadline = time.monotonic() + self._seconds
        return data

    def answered(self) -> None:
        """The request is done with: what comes now is another one, with its own time."""
        self._deadline = None

    def _mark_ended(self) -> bytes:
        self._is_over = True
        return b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class WebWorker(GeventWorker):  # type: ignore[misc]  # untyped base
    """The worker class of `app/processes/gunicorn_config.py`."""

    request_seconds = 10.0

    def load_wsgi(self) -> None:
        """The application, and its setting; here, because now the process is ready for gevent."""
        from desk.platform.settings import read_settings

        self.request_seconds = read_settings().request_seconds
        super().load_wsgi()

    def timeout_ctx(self) -> AbstractContextManager[None]:
        """gunicorn gives the headers `keepalive` seconds, and the body none; the clock is in the socket instead."""
        return nullcontext()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve a connection."""
        super().handle(listener, TimedSocket(client, self.request_seconds, self.cfg.keepalive), addr)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        """Serve a request of it."""
        try:
            return super().handle_request(listener_name, req, sock, addr)
        finally:
            sock.answered()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """What is no readable request, or went wrong where the application could not answer."""
        if isinstance(exc, errors.ParseException):
            status = UNREADABLE.get(type(exc), HTTPStatus.BAD_REQUEST)
            self.log.info("Not a request from %s: %s", addr[0] if addr else "a socket", type(exc).__name__)
        else:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            self.log.exception("Error handling a request")
        with suppress(OSError):  # who sent it may be gone
            util.write(client, problem(status))


def problem(status: HTTPStatus) -> bytes:
    """A whole answer with a problem document (RFC 9457)."""
    body = json.dumps({"type": "about:blank", "title": status.phrase, "status": status.value}).encode()
    header_lines = (f"HTTP/1.1 {status.value} {status.phrase}", *HEADERS, f"Content-Length: {len(body)}", "", "")
    return "\r\n".join(header_lines).encode() + body
