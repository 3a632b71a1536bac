"""A running demo: `python -m app demo` as real processes in a data directory of its own, and the ways to talk to it."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import psutil

from app.embedded.places import runtime

ROOT = Path(__file__).parents[2]
START_SECONDS = 120.0
STOP_SECONDS = 60.0
SETTLE_SECONDS = 60.0

QUICK = {"FIRSTLINE_SWEEP_SECONDS": "0.5", "FIRSTLINE_ENQUEUE_AGAIN_SECONDS": "3", "FIRSTLINE_CLAIM_SECONDS": "15"}
"""Settings that make recovery quick: an operator's defaults are several times as long."""

SIGNED_OUT: Mapping[str, str] = {}
Json = dict[str, Any]
"""The API's JSON; what is in it, the document at `/api/v1/openapi.json` says."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Json:
        """The body, read as a JSON object."""
        read = json.loads(self.text)
        assert isinstance(read, dict)
        return read


def until(look: Callable[[], Found], what: str, seconds: float = SETTLE_SECONDS) -> Found:
    """What `look` returns as soon as that is true; fails with `what` when it is not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)
    return found


@dataclass
class Running:
    """The demo, its address, its tokens and its processes. `lines` is all that it has printed."""

    data_dir: Path
    lines: list[str] = field(default_factory=list)
    url: str = ""
    sign_in_link: str = ""
    customer: str = ""
    staff: str = ""
    process: subprocess.Popen[bytes] | None = None
    reader: threading.Thread | None = None

    # --- Processes

    def start(self) -> None:
        """Start it and wait until it is ready; on the first start, make a customer's token and a staff one."""
        printed = self._launch("demo", "Sign in, once: ")
        self.sign_in_link = self._said("Sign in, once: ", printed)
        if not self.staff:
            self.customer = self.token("tickets:write", "tickets:read")
            self.staff = self.token("tickets:write", "tickets:read", "staff")

    def _launch(self, command: str, last_line: str) -> int:
        """Start `python -m app COMMAND` and wait for the line that begins so; where its own lines begin."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", command, "--port", "0"],
            env=self.environment(),
            cwd=self.data_dir,  # no `.env` of this checkout
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        printed = len(self.lines)
        self.reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self.reader.start()
        until(lambda: self._said(last_line, printed) or self._ended(), last_line, START_SECONDS)
        assert self._said(last_line, printed), "\n".join(self.lines)
        self.url = self._said("Ready after ", printed).split(" at ")[1]
        until(lambda: len(self.records()) == 6, "a record of each child")
        return printed

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Send a signal and wait for the end; how many seconds that took. After `SIGKILL` the children die alone."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(STOP_SECONDS)
        seconds = time.monotonic() - began
        if number != signal.SIGKILL:
            self._hang_up()
        return seconds

    def end(self) -> None:
        """Leave nothing behind, however the stories ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self.process is not None and self.process.poll() is None:
                self.stop()
        for left in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()
        shutil.rmtree(runtime(self.demo_dir), ignore_errors=True)
        self._hang_up()

    def pid(self, kind: str) -> int:
        """The pid of the child of this name (redis, postgres, web, worker, knowledge, beat)."""
        return int((self.demo_dir / "run" / kind).read_text().split("\n")[0])

    def _lives_as(self, kind: str) -> int | None:
        """The same, None while it is dead: its record may go at any moment."""
        try:
            return self.pid(kind)
        except FileNotFoundError:
            return None

    def kill(self, kind: str) -> None:
        """`kill -9` of a child, and wait until another stands in its place."""
        old = self.pid(kind)
        os.kill(old, signal.SIGKILL)
        self.wait_for_another(kind, old)

    def wait_for_another(self, kind: str, old: int) -> None:
        """Wait until the child of this name is another process."""
        until(lambda: self._lives_as(kind) not in (None, old), f"another {kind}")

    @contextlib.contextmanager
    def held(self, kind: str) -> Iterator[None]:
        """The child of this name stands still meanwhile, so that work waits."""
        pid = self.pid(kind)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def records(self) -> list[str]:
        """The names of the children that live."""
        return sorted(path.name for path in (self.demo_dir / "run").glob("*"))

    def processes(self) -> list[psutil.Process]:
        """Every process that has to do with this data directory, known by command line, place or settings."""
        mine = (str(self.data_dir), str(runtime(self.demo_dir)))
        return [each for each in psutil.process_iter() if any(mark in _traces(each) for mark in mine)]

    def locks(self) -> list[Path]:
        """Locks, sockets and notes that only a running installation has."""
        found = [path for path in self.data_dir.rglob("*") if path.name in {"lock", "address", "postmaster.pid"}]
        return [*found, *runtime(self.demo_dir).glob("**/*"), *(self.demo_dir / "run").glob("*")]

    @property
    def demo_dir(self) -> Path:
        """Where the demo keeps its data."""
        return self.data_dir / "demo"

    def environment(self) -> dict[str, str]:
        """Ours, without what a developer may have set."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FIRSTLINE_", "DATABASE_"))}
        for name in ("REDIS_URL", "PYTHONDONTWRITEBYTECODE"):
            kept.pop(name, None)
        return kept | QUICK | {"PYTHONPATH": str(ROOT), "FIRSTLINE_DATA_DIR": str(self.data_dir)}

    # --- HTTP

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = SIGNED_OUT
    ) -> Answer:
        """One request on a connection of its own."""
        there = urlsplit(self.url)
        connection = http.client.HTTPConnection(there.hostname or "", there.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, dict(headers))
            got = connection.getresponse()
            found = {name.lower(): value for name, value in got.getheaders()}
            return Answer(got.status, found, got.read().decode())

    def api(
        self, method: str, path: str, content: object = None, *, token: str | None = None, key: str | None = None
    ) -> Answer:
        """A request to the API, as the customer unless another token is given. `content` may be raw bytes."""
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {"Authorization": f"Bearer {token or self.customer}", "Content-Type": "application/json"}
        body = None if content is None else raw
        return self.call(method, f"/api/v1{path}", body, headers | ({"Idempotency-Key": key} if key else {}))

    def post(self, path: str, fields: Mapping[str, str], cookie: str = "") -> Answer:
        """A form, as a page of ours sends it. Redirects are not followed."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.url, "Cookie": cookie}
        return self.call("POST", path, urlencode(fields).encode(), headers)

    def page(self, path: str, cookie: str = "") -> str:
        """A page's HTML."""
        answer = self.call("GET", path, headers={"Cookie": cookie})
        assert answer.status == 200, (path, answer.status)
        return answer.text

    def sign_in(self) -> str:
        """Open a session with a fresh link; its cookie."""
        answer = self.post(urlsplit(self.cli("users", "add", "lead@demo.example", "--role", "admin")).path, {})
        assert answer.status == 303, answer.text
        return answer.headers["set-cookie"].split(";")[0]

    def token(self, *scopes: str) -> str:
        """A new bearer token."""
        return self.cli("tokens", "create", "stories", *(part for scope in scopes for part in ("--scope", scope)))

    def cli(self, *arguments: str) -> str:
        """The last line that a `firstline` command prints, beside the running demo."""
        env = self.environment() | {"FIRSTLINE_DATA_DIR": str(self.demo_dir), "FIRSTLINE_PUBLIC_URL": self.url}
        command = [sys.executable, "-m", "app", *arguments]
        done = subprocess.run(command, env=env, cwd=self.data_dir, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    # --- Tickets

    def write(
        self, description: str, subject: str = "Question", *, key: str | None = None, by: str | None = None
    ) -> str:
        """Open a ticket through the API, of another customer each time unless they are named; its id."""
        ticket = {"customer_id": by or uuid.uuid4().hex, "subject": subject, "description": description}
        answer = self.api("POST", "/tickets", ticket, key=key)
        assert answer.status == 202, (answer.status, answer.text[:300])
        return str(answer.json["id"])

    def add(self, ticket_id: str, body: str, role: str = "customer") -> None:
        """Write a further message."""
        token = self.staff if role == "agent" else None
        answer = self.api("POST", f"/tickets/{ticket_id}/messages", {"body": body, "role": role}, token=token)
        assert answer.status == 202, (answer.status, answer.text[:300])

    def settled(self, ticket_id: str, seconds: float = SETTLE_SECONDS) -> Json:
        """The ticket as staff see it, once its newest message is done with and all deliveries are out."""
        until(lambda: self.is_settled(ticket_id), f"ticket {ticket_id} settles", seconds)
        return self.ticket(ticket_id)

    def all_settled(self, ticket_ids: Iterable[str], seconds: float = SETTLE_SECONDS) -> list[Json]:
        """The same for many."""
        return [self.settled(each, seconds) for each in ticket_ids]

    def is_settled(self, ticket_id: str) -> bool:
        """Does nothing move any more? The customer's page knows."""
        answer = self.call("GET", f"/t/{ticket_id}/live")
        return answer.status == 200 and 'data-moving="no"' in answer.text

    def ticket(self, ticket_id: str) -> Json:
        """The ticket as it stands, as staff see it."""
        answer = self.api("GET", f"/tickets/{ticket_id}", token=self.staff)
        assert answer.status == 200, answer.text[:300]
        return answer.json

    def _said(self, start: str, since: int = 0) -> str:
        return next((line.removeprefix(start) for line in self.lines[since:] if line.startswith(start)), "")

    def _ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))

    def _hang_up(self) -> None:
        if self.reader is not None:
            self.reader.join(10)
            self.reader = None


def replies(ticket: Json) -> list[Json]:
    """What the customer got from Firstline."""
    return [each for each in ticket["messages"] if each["role"] == "assistant" and each["public"]]


def notes(ticket: Json) -> list[Json]:
    """What Firstline wrote to the agents."""
    return [each for each in ticket["messages"] if each["role"] == "assistant" and not each["public"]]


def csrf(page: str) -> str:
    """The word that a console form must send back."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, "no form on this page"
    return found[1]


def _traces(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        if process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
            setting = process.environ().get("FIRSTLINE_DATA_DIR", "")
            return " ".join([*process.cmdline(), process.cwd(), setting])
    return ""
