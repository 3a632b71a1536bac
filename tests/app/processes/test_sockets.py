"""The web server as it is started, by real sockets: bad bodies, slow senders, idle connections, and its headers."""

import base64
import hashlib
import hmac
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from app.database import make_database
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.redis import EmbeddedRedis
from app.os_process import until
from app.processes.children import GUNICORN
from desk.platform.settings import Settings, environment_variable
from integration import connections
from integration.access import api_tokens
from integration.access.permissions import TokenScope
from integration.zendesk.api.connection import ZendeskConnection
from tests.app.conftest import SERVERS, installed
from tests.app.copies import in_database

pytestmark = pytest.mark.loopback

ROOT = Path(__file__).parents[3]
SECRET = "webhook-secret"
SECONDS = 2.0
"""What the server under test gives a request."""
IDLE = 1000
WITHIN = 1.0


@dataclass(frozen=True, slots=True)
class Got:
    """An answer; header names are lower case. Status 0: the connection was closed without one."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Server:
    """A gunicorn with its port, and a token for its API."""

    port: int
    token: str

    def connect(self) -> socket.socket:
        """A new connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def send(self, *pieces: bytes, pause: float = 0.0, end: bool = False) -> Got:
        """Send the pieces, with a pause before each but the first; with `end`, say that no more comes."""
        with closing(self.connect()) as line:
            try:
                for number, piece in enumerate(pieces):
                    time.sleep(pause if number else 0)
                    line.sendall(piece)
                if end:
                    line.shutdown(socket.SHUT_WR)
            except OSError:  # cut, as it may be; what it said is there to be read
                pass
            return read(line)

    def head(self, path: str, *headers: str, method: str = "POST") -> bytes:
        """The beginning of a request; its connection is not to be used again."""
        lines = (f"{method} {path} HTTP/1.1", "Host: here", "Connection: close", *headers, "", "")
        return "\r\n".join(lines).encode()

    def webhook(self, body: bytes) -> Got:
        """A webhook call, signed."""
        return self.send(self.head("/webhooks/zendesk/main", *signed(body), f"Content-Length: {len(body)}") + body)


def signed(body: bytes) -> tuple[str, ...]:
    """The headers of Zendesk's signature."""
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = base64.b64encode(hmac.digest(SECRET.encode(), stamp.encode() + body, hashlib.sha256)).decode()
    names = ("X-Zendesk-Webhook-Signature", "X-Zendesk-Webhook-Signature-Timestamp", "Content-Type")
    return tuple(f"{name}: {value}" for name, value in zip(names, (digest, stamp, "application/json"), strict=True))


def read(line: socket.socket) -> Got:
    """The answer, up to the end of the connection."""
    content = b""
    try:
        while piece := line.recv(65536):
            content += piece
    except ConnectionResetError:
        pass
    head, _, body = content.partition(b"\r\n\r\n")
    if not head:
        return Got(0, {}, b"")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return Got(int(first.split()[1]), {name.lower(): value for name, _, value in pairs}, body)


@pytest.fixture(scope="module")
def server(
    bare_postgres: EmbeddedPostgres,
    template: str,
    redis_server: EmbeddedRedis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """One for all tests of this file, on a database of its own."""
    name = "own_sockets"
    with psycopg.connect(bare_postgres.superuser_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER firstline_owner TEMPLATE {template}".encode())
    settings = installed(bare_postgres, name, tmp_path_factory.mktemp("data"))
    token = prepared(settings)
    with serving(settings, redis_server.url) as port:
        yield Server(port, token)
    with psycopg.connect(in_database(bare_postgres.superuser_url, "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def prepared(settings: Settings) -> str:
    """A Zendesk whose secret is known; a token for the API."""
    with closing(make_database(settings)) as db, db.account("main") as tx:
        given = {
            "base_url": "http://127.0.0.1:1",
            "email": "a@b.example",
            "api_token": "t",
            "webhook_secrets": [SECRET],
        }
        connections.save_connection(tx, "zendesk", ZendeskConnection.model_validate(given))
        return api_tokens.create_token(tx, "sockets", [TokenScope.WRITE, TokenScope.READ])


@contextmanager
def serving(settings: Settings, redis_url: str) -> Iterator[int]:
    """gunicorn, as `firstline up` and the Procfile start it, on a socket of ours; its port."""
    assert settings.keys
    env = {name: value for name, value in os.environ.items() if not name.startswith(("FIRSTLINE_", "DATABASE_"))}
    for field in SERVERS[:1]:
        env[environment_variable(field)] = getattr(settings, field).get_secret_value()
    env |= {"REDIS_URL": redis_url, "FIRSTLINE_KEYS": settings.keys.get_secret_value(), "PYTHONPATH": str(ROOT)}
    env |= {"FIRSTLINE_REQUEST_SECONDS": str(SECONDS), "FIRSTLINE_DEMO": "true"}
    env |= {"FIRSTLINE_POLICY": str(ROOT / "examples" / "policy.yaml")}
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        argv = [*GUNICORN, "-b", f"fd://{listener.fileno()}", "app.processes.web:create()"]
        process = subprocess.Popen(
            argv, env=env, cwd=settings.data_dir, pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL
        )
        try:
            port = listener.getsockname()[1]
            assert until(lambda: Server(port, "").send(b"GET /live HTTP/1.0\r\n\r\n").status == 200, 60)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def console(server: Server) -> tuple[str, tuple[str, ...]]:
    return "/sign-in/no-such-link", ("Content-Type: application/x-www-form-urlencoded",)


def form(server: Server) -> tuple[str, tuple[str, ...]]:
    return "/", ("Content-Type: application/x-www-form-urlencoded",)


def api(server: Server) -> tuple[str, tuple[str, ...]]:
    return "/api/v1/tickets", ("Content-Type: application/json", f"Authorization: Bearer {server.token}")


def webhook(server: Server) -> tuple[str, tuple[str, ...]]:
    return "/webhooks/zendesk/main", signed(b"")


Door = Callable[[Server], tuple[str, tuple[str, ...]]]
DOORS = [webhook, api, form, console]

CHUNKED = {
    "no size": b"zz\r\nabc\r\n0\r\n\r\n",
    "a negative size": b"-5\r\nabc\r\n0\r\n\r\n",
    "a size without an end": b"5" * 9000,
    "an end that is missing": b"3\r\nabcdef\r\n0\r\n\r\n",
    "a trailer that is no header": b"3\r\nabc\r\n0\r\nno header here\r\n\r\n",
    "a trailer with a bare line feed": b"3\r\nabc\r\n0\r\nA: b\n\r\n",
    "an extension that is none": b"3;\x00=\x01\r\nabc\r\n0\r\n\r\n",
    "nothing after the first chunk": b"3\r\nabc\r\n",
    "half a chunk": b"ff\r\nabc",
}


@pytest.mark.parametrize("door", DOORS)
def test_badly_chunked_bodies_are_refused_and_never_an_error_of_ours(server: Server, door: Door) -> None:
    path, headers = door(server)
    for what, body in CHUNKED.items():
        got = server.send(server.head(path, *headers, "Transfer-Encoding: chunked"), body, end=True)
        assert got.status == 400, (what, got)
        assert got.headers["x-content-type-options"] == "nosniff", what


@pytest.mark.parametrize("door", DOORS)
def test_a_body_that_breaks_off_is_refused(server: Server, door: Door) -> None:
    path, headers = door(server)
    got = server.send(server.head(path, *headers, "Content-Length: 500"), b'{"subject": "Half', end=True)
    assert got.status == 400, got


@pytest.mark.parametrize("door", DOORS)
def test_framing_that_is_none_is_refused_before_any_door(server: Server, door: Door) -> None:
    path, headers = door(server)
    for bad in ("Content-Length: many", "Content-Length: -1", "Transfer-Encoding: gzip", "Bad Header: x"):
        got = server.send(server.head(path, *headers, bad), b"abc", end=True)
        assert got.status == 400, (bad, got)
        assert got.headers["content-security-policy"].startswith("default-src 'none'")
        assert got.headers["cache-control"] == "no-store"


def test_wrong_encodings_and_deep_nesting_are_refused(server: Server) -> None:
    deep = [b"[" * 900 + b"]" * 900, b'{"type": ' + b"[" * 900 + b"]" * 900 + b"}", b"[" * 100_000]
    odd = [
        '{"subject": "ä"}'.encode("utf-16"),
        '{"type": "ä"}'.encode("latin-1"),
        b"\x1f\x8b\x08\x00",
        b"",
        b"9" * 9000,
    ]
    for body in deep + odd:
        assert server.webhook(body).status == 400, body[:40]
        path, headers = api(server)
        got = server.send(server.head(path, *headers, f"Content-Length: {len(body)}") + body)
        assert got.status in (400, 422), (body[:40], got)
    for body in (b"subject=%FF%FE&message=%ED%A0%80", b"\xff\xfe", b"a=" + "\xe4".encode("utf-16")):
        for path, headers in (form(server), console(server)):
            got = server.send(server.head(path, *headers, f"Content-Length: {len(body)}") + body)
            assert got.status == 400, (path, body[:40], got)
    assert server.send(server.head("/", f"Content-Length: {3 * 5000}") + b"a=&" * 5000).status == 422


def test_slow_senders_are_cut_and_others_are_served_meanwhile(server: Server) -> None:
    path, headers = api(server)
    whole = server.head(path, *headers, "Content-Length: 500")
    slow = {
        "headers": [whole[place : place + 1] for place in range(100)],
        "a body": [whole, *[b"x"] * 100],
        "chunks": [server.head(path, *headers, "Transfer-Encoding: chunked"), *[b"1\r\nx\r\n"] * 100],
        "both": [whole[:-9], *[bytes([byte]) for byte in whole[-9:]], *[b"x"] * 100],
        "a body that nobody reads": [server.head("/nowhere", "Content-Length: 500"), *[b"x"] * 100],
    }
    with ThreadPoolExecutor(len(slow)) as pool:
        began = time.monotonic()
        sent = {what: pool.submit(server.send, *pieces, pause=0.1) for what, pieces in slow.items()}
        time.sleep(SECONDS / 2)
        asked = time.monotonic()
        assert server.webhook(b"{}").status == 400
        assert time.monotonic() - asked < WITHIN
        got = {what: future.result() for what, future in sent.items()}
    assert time.monotonic() - began < 4 * SECONDS
    assert {what: each.status for what, each in got.items()} == {
        "headers": 0, "a body": 400, "chunks": 400, "both": 400, "a body that nobody reads": 404
    }  # fmt: skip


def test_a_thousand_idle_connections_keep_no_webhook_waiting(server: Server) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4 * IDLE)), hard))
    with ExitStack() as idle:
        idle.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        lines = [idle.enter_context(closing(server.connect())) for _ in range(IDLE + 200)]
        for line in lines[::2]:
            line.sendall(b"POST /webhooks/zendesk/main HTTP/1.1\r\nHost: here\r\n")
        assert server.webhook(customer_writes(6)).status == 202  # all have been let in, and the broker is known
        began = time.monotonic()
        got = server.webhook(customer_writes(7))
        assert time.monotonic() - began < WITHIN
        assert got.status == 202, got


def customer_writes(ticket: int) -> bytes:
    """A trigger's body."""
    return json.dumps({"firstline": "1", "event": "customer_message", "ticket_id": str(ticket)}).encode()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/nothing/here", 404),
        ("GET", "/api/v1/nothing", 404),
        ("DELETE", "/api/v1/tickets", 405),
        ("GET", "/webhooks/zendesk/main", 405),
        ("POST", "/webhooks/zendesk/main", 401),
        ("POST", "/api/v1/tickets", 401),
        ("GET", "/console/", 401),
        ("GET", "/sign-in", 200),
        ("GET", "/api/docs", 200),
        ("GET", "/look/firstline.css", 200),
        ("GET", "/live", 200),
        ("BREW", "/live", 405),
        ("GET", "/" + "x" * 9000, 414),
    ],
)
def test_every_answer_carries_the_headers_of_security(server: Server, method: str, path: str, status: int) -> None:
    got = server.send(server.head(path, "Content-Length: 0", method=method))
    assert got.status == status, got
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in got.headers["content-security-policy"]
    assert "cache-control" in got.headers


def test_a_body_that_is_too_long_is_413_with_the_same_headers(server: Server) -> None:
    for path, headers in (webhook(server), api(server), form(server)):
        got = server.send(server.head(path, *headers, "Content-Length: 1100000") + b"a=" + b"x" * 1_099_998)
        assert got.status == 413, (path, got)
        assert "frame-ancestors 'none'" in got.headers["content-security-policy"]


def test_up_and_the_procfile_start_it_alike() -> None:
    web = next(line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith("web: "))
    assert " ".join(GUNICORN[1:]) in web
    assert GUNICORN[0] == sys.executable
