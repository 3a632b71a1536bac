"""Bodies as they come in, for every door: bytes, then UTF-8, then JSON of bearable depth; each has its own refusal."""

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

from flask import Request
from werkzeug.exceptions import HTTPException

from desk.errors import Refused

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DEEPEST = 64
"""Levels of JSON. What follows (repr, comparison, validation) may recurse: Python refuses some hundred levels."""


def read_bytes(request: Request, max_bytes: int) -> bytes:
    """The whole body. Raises Refused: 413 over `max_bytes` bytes, 400 for one that breaks off or is badly chunked.

    One byte more than allowed is read: Werkzeug cuts a chunked body off at its limit without a word.
    """
    request.max_content_length = max_bytes + 1
    try:
        body = request.get_data()
    except HTTPException as error:
        if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise _too_long_error(max_bytes) from error
        raise Refused("the body broke off", status=400) from error
    if len(body) > max_bytes:
        raise _too_long_error(max_bytes)
    return body


def read_json(raw: bytes) -> Any:
    """What the JSON holds. Raises Refused (400)."""
    try:
        content = json.loads(raw.decode("utf-8"), parse_constant=_reject_constant)
    except UnicodeDecodeError as error:
        raise Refused("the body is not UTF-8", status=400) from error
    except RecursionError as error:
        raise _too_deep_error() from error
    except ValueError as error:
        raise Refused("the body is not JSON", status=400) from error
    _refuse_depth(content)
    return content


def readable(app: "WSGIApplication") -> "WSGIApplication":
    """The same application, to which whatever is wrong with a body's framing looks like a body that broke off.

    gunicorn finds bad chunks while the application reads, and raises exceptions of its own: Werkzeug, and with it every
    door, knows OSError, and answers 400.
    """

    def call(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ["wsgi.input"] = _BodyStream(environ["wsgi.input"], _announced_length(environ))
        return app(environ, start_response)

    return call


def _announced_length(environ: "WSGIEnvironment") -> int:
    """Bytes that were announced; none for a chunked body, which says itself where it ends."""
    content_length = environ.get("CONTENT_LENGTH") or ""
    return 0 if "HTTP_TRANSFER_ENCODING" in environ or not content_length.isdecimal() else int(content_length)


class _BodyStream:
    """A `wsgi.input` that fails with OSError alone, and does so when it ends before the announced length."""

    def __init__(self, stream: Any, length: int) -> None:
        self._stream = stream
        self._bytes_left = length

    def read(self, size: int | None = -1) -> bytes:
        return self._count_bytes(self._read_framed(self._stream.read, size), size)

    def readline(self, size: int | None = -1) -> bytes:
        line = self._read_framed(self._stream.readline, size)
        return self._count_bytes(line, len(line) or size)

    def __iter__(self) -> "_BodyStream":
        return self

    def __next__(self) -> bytes:
        if line := self.readline():
            return line
        raise StopIteration

    def _read_framed(self, read_stream: Callable[[int | None], bytes], size: int | None) -> bytes:
        try:
            return read_stream(size)
        except OSError:
            raise
        except Exception as error:
            raise OSError(f"the body cannot be read ({type(error).__name__})") from error

    def _count_bytes(self, data: bytes, size: int | None) -> bytes:
        """A read that gives less than was asked for has met the end."""
        self._bytes_left -= len(data)
        if self._bytes_left > 0 and (size is None or size < 0 or len(data) < size):
            raise OSError("the body broke off")
        return data


def _too_long_error(max_bytes: int) -> Refused:
    return Refused(f"the body is longer than {max_bytes} bytes", status=413)


def _too_deep_error() -> Refused:
    return Refused(f"the body's JSON is nested more than {DEEPEST} levels deep", status=400)


def _reject_constant(name: str) -> NoReturn:
    """Python reads NaN and Infinity, JSON does not have them."""
    raise ValueError(name)


def _refuse_depth(content: Any) -> None:
    """Level by level, without recursion."""
    level = [content]
    for _ in range(DEEPEST):
        level = [inner for value in level for inner in _nested_values(value)]
        if not level:
            return
    raise _too_deep_error()


def _nested_values(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
