"""Bodies and headers where a test client is enough; tests/app/processes/test_sockets.py does it by real sockets."""

import io
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from flask import Flask, Response, abort

from desk.errors import Refused
from integration.web.request_body import DEEPEST, read_json, readable
from integration.web.security_headers import add_security_headers


@pytest.mark.parametrize("inner", ["1", '{"a": "b"}', '"[[[[["'])
def test_json_is_read_as_deep_as_allowed_and_not_a_level_deeper(inner: str) -> None:
    most = DEEPEST - 1 - inner.startswith("{")
    assert read_json(f"{'[' * most}{inner}{']' * most}".encode())
    with pytest.raises(Refused, match="nested more than 64 levels deep"):
        read_json(f"{'[' * (most + 1)}{inner}{']' * (most + 1)}".encode())
    with pytest.raises(Refused, match="levels deep") as refused:
        read_json(b"[" * 200_000)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "content", [b"\xff", b"{", b"NaN", b"9" * 5000, b"\x00", b'{"a": "\n"}', "{}".encode("utf-16")]
)
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_json(content)
    assert refused.value.status == 400


class Cut(io.BytesIO):
    """A body whose framing is broken after what it holds."""

    def read(self, *size: int | None) -> bytes:
        data = super().read(*size)
        if not data:
            raise KeyError("an error of the server's own")
        return data


def test_a_broken_body_is_an_oserror_and_a_whole_one_comes_through() -> None:
    seen: list[io.BytesIO] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        seen.append(environ["wsgi.input"])
        return []

    def given(stream: io.BytesIO, **environ: str) -> io.BytesIO:
        readable(app)({"wsgi.input": stream, **environ}, lambda *_: lambda data: None)
        return seen[-1]

    assert given(io.BytesIO(b"abc"), CONTENT_LENGTH="3").read() == b"abc"
    assert given(io.BytesIO(b"abc"), CONTENT_LENGTH="3").read(10) == b"abc"
    assert list(given(io.BytesIO(b"a\nbc"), CONTENT_LENGTH="4")) == [b"a\n", b"bc"]
    with pytest.raises(OSError, match="broke off"):
        given(io.BytesIO(b"abc"), CONTENT_LENGTH="4").read()
    with pytest.raises(OSError, match="broke off"):
        list(given(io.BytesIO(b"abc"), CONTENT_LENGTH="4"))
    chunked = given(Cut(b"abc"), HTTP_TRANSFER_ENCODING="chunked")
    assert chunked.read(3) == b"abc"
    with pytest.raises(OSError, match="KeyError"):
        chunked.read(1)


def test_errors_nobody_expected_carry_the_headers_and_what_a_view_says_stays() -> None:
    app = Flask("armoured")
    app.after_request(add_security_headers)
    app.add_url_rule("/broken", "broken", lambda: str(1 / 0))
    app.add_url_rule("/away", "away", lambda: abort(503))
    own = {"Content-Security-Policy": "default-src 'self'", "Cache-Control": "max-age=60"}
    app.add_url_rule("/own", "own", lambda: Response("{}", headers=own, mimetype="application/json"))
    client = app.test_client()
    for path, status in (("/broken", 500), ("/away", 503), ("/nothing", 404)):
        got = client.get(path)
        assert (got.status_code, got.headers["X-Content-Type-Options"]) == (status, "nosniff")
        assert "frame-ancestors 'none'" in got.headers["Content-Security-Policy"]
        assert got.headers["Cache-Control"] == "no-store"
    kept = client.get("/own").headers
    assert {name: kept[name] for name in own} == own
