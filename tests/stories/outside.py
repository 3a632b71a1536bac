"""The running product with Zendesk, Claude and Slack around it: `python -m app up`, each look-alike as a process."""

import base64
import contextlib
import json
import shutil
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from app.database import make_database
from app.embedded.postgres import EmbeddedPostgres
from app.installation import completed
from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.platform.database import Database
from desk.run import Run
from desk.ticket import ItemState
from tests.fakes import settings_of
from tests.lookalikes.slack import CHANNEL
from tests.lookalikes.slack import TOKEN as BOT_TOKEN
from tests.lookalikes.zendesk import ACCOUNT_ID, EMAIL, TOKEN
from tests.stories.running import ROOT, SETTLE_SECONDS, Json, Running, until
from workers import record
from workers.queue import inbox, outbox
from workers.queue.inbox import InboxItem

ACCOUNT = "main"
SECRET = "a-webhook-secret"
PLENTY = 1_000_000
"""Requests a minute: the look-alike's own 700 would slow the stories down after a while."""
DONE = {ItemState.DONE, ItemState.PARKED}
GONE = {DeliveryState.SENT, DeliveryState.WITHDRAWN, DeliveryState.FAILED, DeliveryState.UNKNOWN}
NOTHING: Json = {}


class Party:
    """A look-alike as a process of its own, steered by HTTP."""

    def __init__(self, module: str) -> None:
        argv = [sys.executable, "-m", f"tests.lookalikes.{module}", "--port", "0"]
        self.process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split(" at ")[1].strip()

    def end(self) -> None:
        """Stop the process."""
        self.process.terminate()
        self.process.communicate(timeout=10)

    def steer(self, control: str, **arguments: Any) -> Json:
        """`POST /_control` with the arguments as JSON; the answer."""
        return self._ask(f"/_{control}", json.dumps(arguments).encode())

    def look(self, path: str, headers: Json = NOTHING) -> Json:
        """GET a path."""
        return self._ask(path, None, headers)

    def effects(self, effect: str) -> list[Json]:
        """What was done, oldest first."""
        return [each for each in self.look("/_journal")["journal"] if each["effect"] == effect]

    def requests(self) -> int:
        """How many requests were answered."""
        return int(self.look("/_journal")["requests"])

    def _ask(self, path: str, body: bytes | None, headers: Json = NOTHING) -> Json:
        sent = {"Content-Type": "application/json", **headers}
        with urllib.request.urlopen(urllib.request.Request(self.url + path, body, sent), timeout=30) as answer:
            read = json.load(answer)
        assert isinstance(read, dict)
        return read


@dataclass(frozen=True, slots=True)
class Known:
    """What the product knows of a ticket: what came in, what it thought, what was to be sent."""

    items: Sequence[InboxItem]
    runs: Sequence[Run]
    deliveries: Sequence[Delivery]

    @property
    def settled(self) -> bool:
        """Does nothing move any more?"""
        done = all(item.state in DONE for item in self.items)
        return bool(self.items) and done and all(each.state in GONE for each in self.deliveries)

    def sent(self, *kinds: DeliveryKind) -> list[Delivery]:
        """The deliveries of these kinds that are out."""
        return [each for each in self.deliveries if each.kind in kinds and each.state is DeliveryState.SENT]


@dataclass
class Outside(Running):
    """The product under `up`, connected to its look-alikes. Tickets are Zendesk's numbers."""

    pages: dict[str, str] = field(default_factory=dict)
    """Help pages beside the example ones, by file name."""
    settings: dict[str, str] = field(default_factory=dict)
    parties: dict[str, Party] = field(default_factory=dict)
    group: int = 0
    _db: Database | None = None

    @property
    def zendesk(self) -> Party:
        """The helpdesk."""
        return self.parties["zendesk"]

    @property
    def claude(self) -> Party:
        """The model."""
        return self.parties["claude"]

    @property
    def slack(self) -> Party:
        """The chat."""
        return self.parties["slack"]

    @property
    def demo_dir(self) -> Path:
        """`up` keeps its data right in the directory."""
        return self.data_dir

    def start(self) -> None:
        """Start everything; on the first start, read the help pages and connect."""
        fresh = not self.parties
        if fresh:
            for name in ("zendesk", "claude", "slack"):
                self.parties[name] = Party(name)
            self._write_policy()
        self._launch("up", "Ready after ")
        if fresh:
            with ThreadPoolExecutor() as at_once:  # they mostly wait for Python to start
                list(at_once.map(lambda command: self.cli(*command), self._commands()))
            self.connect_webhook()

    def end(self) -> None:
        """Leave nothing behind."""
        if self._db is not None:
            self._db.close()
        super().end()
        for party in self.parties.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                party.end()

    def environment(self) -> dict[str, str]:
        """With a key for the look-alike of Claude, and a policy that hands over in Zendesk."""
        claude = {"ANTHROPIC_API_KEY": "sk-story", "ANTHROPIC_BASE_URL": self.claude.url}
        ours = {"FIRSTLINE_POLICY": str(self.data_dir / "policy.yaml"), "FIRSTLINE_CATCH_UP_SECONDS": "2"}
        return super().environment() | claude | ours | self.settings

    # --- Tickets in Zendesk

    def asked(self, body: str, subject: str = "Question", **more: Any) -> int:
        """A customer writes to the helpdesk, another one each time unless they are named; the ticket."""
        more.setdefault("requester", f"{uuid.uuid4().hex[:12]}@example.org")
        return int(self.zendesk.steer("new_ticket", subject=subject, body=body, **more)["id"])

    def seen(self, ticket: int) -> Json:
        """The ticket as it stands in Zendesk: ticket, comments, public_replies, notes, timeline."""
        return self.zendesk.look(f"/_ticket/{ticket}")

    def known(self, ticket: int) -> Known:
        """The same ticket in our database."""
        with self.database.account(ACCOUNT) as tx:
            key = "zendesk", str(ticket)
            return Known(
                inbox.items_of_ticket(tx, *key), record.runs_of(tx, *key), outbox.deliveries_of_ticket(tx, *key)
            )

    def settle(self, tickets: Iterable[int], seconds: float = SETTLE_SECONDS) -> list[Known]:
        """Wait until nothing moves about these tickets; what our own comments set off included."""
        numbers = list(tickets)
        for _ in range(2):
            self.zendesk.steer("drain")
            until(lambda: all(self.known(each).settled for each in numbers), f"tickets {numbers} settle", seconds)
        return [self.known(each) for each in numbers]

    @property
    def database(self) -> Database:
        """The product's database, for looking."""
        if self._db is None:
            settings = settings_of(data_dir=self.data_dir)
            self._db = make_database(completed(settings, EmbeddedPostgres(self.data_dir)))
        return self._db

    def _write_policy(self) -> None:
        policy = yaml.safe_load((ROOT / "examples/policy.yaml").read_text(encoding="utf-8"))
        policy["handover"]["channels"].append("zendesk")
        (self.data_dir / "policy.yaml").write_text(yaml.safe_dump(policy), encoding="utf-8")

    def _help_pages(self) -> Path:
        folder = self.data_dir / "pages"
        shutil.copytree(ROOT / "examples/helpcenter", folder)
        for name, text in self.pages.items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    def _commands(self) -> list[list[str]]:
        """What an operator types after the first start."""
        self.zendesk.steer("limits", requests=PLENTY)
        login = base64.b64encode(f"{EMAIL}/token:{TOKEN}".encode()).decode()
        self.group = self.zendesk.look("/api/v2/groups.json", {"Authorization": f"Basic {login}"})["groups"][-1]["id"]
        zendesk = ["--base-url", self.zendesk.url, "--email", EMAIL, "--api-token", TOKEN]
        zendesk += ["--account-id", str(ACCOUNT_ID), "--webhook-secret", SECRET]
        zendesk += ["--group", str(self.group), "--priority", "high"]
        slack = ["--channel", CHANNEL, "--bot-token", BOT_TOKEN, "--base-url", f"{self.slack.url}/api/"]
        return [
            ["index", str(self._help_pages())],
            ["connect", "zendesk", *zendesk],
            ["connect", "slack", *slack],
        ]

    def connect_webhook(self, **options: Any) -> str:
        """Have Zendesk call us; the webhook's id."""
        url = f"{self.url}/webhooks/zendesk/{ACCOUNT}"
        return str(self.zendesk.steer("connect_webhook", url=url, secret=SECRET, **options)["id"])
