"""What all look-alikes stand on: a threaded HTTP server, a journal of what was done, and faults by request."""

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class Request:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; {} when empty."""
        return json.loads(self.body or b"{}")

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return {name: values[-1] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Answer:
    """What to send back. A `stream` is written piece by piece with `Transfer-Encoding: chunked`."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Iterable[bytes] | None = None

    def encoded(self) -> bytes:
        """Bytes as they are; everything else as JSON."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Fault:
    """Something that goes wrong with requests whose method and path match, so many `times`.

    `status`, `headers` and `body` answer instead of the look-alike, and nothing is done. `slow` waits so many seconds
    before the first byte. `cut` drops the connection: `before` the work is done, or `after` it, so that the effect is
    there and the answer is lost. `slow` with `cut="after"` does the work, waits, then drops: a time-out that was
    applied. `garble` does the work and sends this text instead of the answer.
    """

    path: str = ".*"
    method: str = ".*"
    times: int = 1
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    slow: float = 0.0
    cut: str | None = None
    garble: str | None = None

    def fits(self, request: Request) -> bool:
        """Is this fault meant for this request?"""
        return bool(self.times > 0 and re.fullmatch(self.method, request.method) and re.search(self.path, request.path))


class LookAlike:
    """One outside party. Subclasses implement `answer` and write effects with `note`."""

    name = "look-alike"

    def __init__(self, port: int = 0) -> None:
        self.lock = threading.RLock()
        self.journal: list[dict[str, Any]] = []
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, request: Request) -> Answer:
        """What the party would do. Called with `self.lock` held."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget everything."""
        with self.lock:
            self.journal.clear()
            self.requests.clear()
            self.faults.clear()

    def note(self, effect: str, **facts: Any) -> None:
        """Write an effect into the journal."""
        self.journal.append({"effect": effect, "at": time.time(), **facts})

    def effects(self, effect: str) -> list[dict[str, Any]]:
        """All effects of a kind, oldest first."""
        with self.lock:
            return [entry for entry in self.journal if entry["effect"] == effect]

    def fail(self, **fault: Any) -> None:
        """Arrange a fault (see `Fault`)."""
        with self.lock:
            self.faults.append(Fault(**fault))

    def fault_for(self, request: Request) -> Fault | None:
        """The first fault that fits; it is used up by one."""
        with self.lock:
            fault = next((each for each in self.faults if each.fits(request)), None)
            if fault:
                fault.times -= 1
            return fault

    def perform(self, request: Request) -> Answer:
        """Answer a request of the party's own, or one that steers the look-alike."""
        if request.path.startswith("/_"):
            return self._steer(request)
        with self.lock:
            self.requests.append(request)
            return self.answer(request)

    def _steer(self, request: Request) -> Answer:
        if request.path == "/_journal":
            with self.lock:
                return Answer(body={"journal": list(self.journal), "requests": len(self.requests)})
        if request.path == "/_requests":
            with self.lock:
                return Answer(body={"requests": [_shown(each) for each in self.requests]})
        if request.path == "/_faults":
            self.fail(**request.json)
            return Answer(body=asdict(self.faults[-1]))
        if request.path == "/_forget_requests":
            with self.lock:
                self.requests.clear()
            return Answer(body={})
        if request.path == "/_reset":
            self.reset()
            return Answer(body={})
        return Answer(404, {"error": "no such control"})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is nothing to print."""


def _handler(party: LookAlike) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are two writes; the second would wait 40 ms for the first

        def log_message(self, format: str, *args: Any) -> None:  # the library's name
            """Quiet."""

        def _serve(self) -> None:
            request = self._read()
            fault = None if request.path.startswith("/_") else party.fault_for(request)
            if fault is None:
                self._send(party.perform(request))
            else:
                self._suffer(fault, request)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815  # the library's names

        def _suffer(self, fault: Fault, request: Request) -> None:
            if fault.cut == "before":
                return self._drop()
            if fault.status is not None:
                time.sleep(fault.slow)
                return self._send(Answer(fault.status, fault.body.encode(), fault.headers))
            answer = party.perform(request)
            time.sleep(fault.slow)
            if fault.cut == "after":
                return self._drop()
            return self._send(answer if fault.garble is None else Answer(answer.status, fault.garble.encode()))

        def _read(self) -> Request:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            length = min(int(self.headers.get("Content-Length") or 0), MOST_BYTES)
            headers = {name.lower(): value for name, value in self.headers.items()}
            return Request(self.command, parts.path, query, headers, self.rfile.read(length))

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            headers = {"Content-Type": "application/json; charset=utf-8", **answer.headers}
            if answer.stream is not None:
                headers["Transfer-Encoding"] = "chunked"
            else:
                headers["Content-Length"] = str(len(answer.encoded()))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if answer.stream is None:
                self.wfile.write(answer.encoded())
                return
            for piece in answer.stream:
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")

        def _drop(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    return Handler


def _shown(request: Request) -> dict[str, Any]:
    """A request as JSON, without its headers: they hold secrets."""
    body = request.body.decode(errors="replace")
    return {"method": request.method, "path": request.path, "query": request.query, "body": body}


def serve(make: Callable[[int], LookAlike]) -> None:
    """Run one as a process: `--port N`; prints its address and runs until it is ended."""
    import argparse

    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, default=0)
    with make(arguments.parse_args().port) as party:
        print(f"{party.name} at {party.url}", flush=True)
        threading.Event().wait()
